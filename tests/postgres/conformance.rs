//! The model of the database against the database: the same statements, drawn at random, have the same answers.

use std::time::Duration;

use uuid::Uuid;

use lockyard::backend::chat::{ContextId, Version};
use lockyard::backend::postgres::{PostgresDatabase, PostgresOptions};
use lockyard::backend::shared::{
    Connection, Database, Epoch, LeaseAnswer, MessageRow, NewSession, Owner, RequestReceipt, Token,
    TurnChange, TurnHold, Write, WriteCondition,
};
use lockyard::checks::shared::{ModelDatabase, ModelTime};

use super::private_server::PrivateServer;

const STATEMENTS: usize = 1_500;

/// Numbers that are the same in each run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, of: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % of
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.below(2) + 1))
    }

    /// Over at once, or not while the test runs: so it does not hang on the clocks.
    fn lasts(&mut self) -> Duration {
        Duration::from_secs(3_600 * self.below(2))
    }

    fn condition(&mut self) -> WriteCondition {
        let version = (self.below(3) == 0).then(|| Version(self.below(4) + 1));
        let epoch = (self.below(3) == 0).then(|| Epoch(self.below(4)));
        WriteCondition { version, epoch }
    }

    fn turn(&mut self) -> TurnChange {
        let token = Token(self.uuid());
        match self.below(5) {
            0 => TurnChange::Keep,
            1 => {
                let over = (self.below(2) == 0).then(|| Token(self.uuid()));
                let turn = TurnHold { token, owner: Owner(self.uuid()) };
                TurnChange::Begin { turn, lasts: self.lasts(), over }
            }
            2 => TurnChange::Step { token, lasts: self.lasts() },
            3 => TurnChange::Abandon { token },
            _ => TurnChange::End { token },
        }
    }

    /// New messages, and other ones in the place of old ones. Their numbers leave none out.
    fn messages(&mut self) -> Vec<MessageRow> {
        let count = self.below(5) as u32;
        let row = |number| MessageRow { number, body: format!("message {}", self.below(100)).into() };
        (0..count).map(row).collect()
    }

    /// Few keys, so that some come again: each of the session that it belongs to.
    fn receipt(&mut self, id: ContextId) -> Option<RequestReceipt> {
        let key = Uuid::from_u64_pair(id.0.as_u64_pair().1, self.below(40));
        (self.below(4) == 0).then(|| RequestReceipt { key, request: Uuid::nil(), message: None })
    }

    fn write(&mut self, id: ContextId) -> Write {
        let settings = (self.below(3) == 0).then(|| format!("settings {}", self.below(100)).into());
        let (messages, receipt) = (self.messages(), self.receipt(id));
        Write {
            body: format!("body {}", self.below(100)).into(),
            settings,
            messages,
            turn: self.turn(),
            receipt,
        }
    }
}

/// Sends one statement, which the numbers draw; what it answers, in words, without what a clock says.
async fn send(connection: &mut impl Connection, numbers: &mut Numbers, in_transaction: &mut bool) -> String {
    let id = ContextId(Uuid::from_u128(u128::from(numbers.below(2))));
    match numbers.below(20) {
        0 | 1 if *in_transaction => {
            *in_transaction = false;
            let ended =
                if numbers.below(2) == 0 { connection.commit().await } else { connection.rollback().await };
            format!("end {ended:?}")
        }
        0 | 1 => {
            *in_transaction = true;
            format!("begin {:?}", connection.begin().await)
        }
        2..=4 => format!("read {:?}", connection.read(id).await),
        5 => format!("read newer {:?}", connection.read_newer(id, Version(numbers.below(4) + 1)).await),
        6 => format!("lock {:?}", connection.lock(id).await),
        7 => format!("advisory lock {:?}", connection.advisory_lock(id).await),
        8 | 9 => format!("create {:?}", connection.create(id, NewSession::default()).await),
        10 if numbers.below(4) == 0 => {
            let condition = numbers.condition();
            format!("delete {condition:?} {:?}", connection.delete(id, condition).await)
        }
        11 | 12 => {
            let (owner, lasts) = (Owner(numbers.uuid()), numbers.lasts());
            let answer = connection.take_lease(id, owner, lasts).await.map(|answer| match answer {
                LeaseAnswer::Taken { epoch, at: _ } => format!("taken {epoch:?}"),
                other => format!("{other:?}"),
            });
            format!("take {answer:?}")
        }
        13 => {
            let (epoch, lasts) = (Epoch(numbers.below(4)), numbers.lasts());
            format!("renew {:?}", connection.renew_lease(id, epoch, lasts).await.map(|at| at.is_some()))
        }
        14 => format!("release {:?}", connection.release_lease(id, Epoch(numbers.below(4))).await),
        _ => {
            let (condition, write) = (numbers.condition(), numbers.write(id));
            let what = format!("write {condition:?} {:?}", write.turn);
            let written = connection.write(id, condition, write).await;
            if written.is_err() && std::mem::take(in_transaction) {
                // As every guard does: PostgreSQL takes nothing else in a transaction in which a statement has failed.
                connection.rollback().await.expect("it is answered");
            }
            format!("{what} {written:?}")
        }
    }
}

#[tokio::test]
async fn the_model_answers_as_postgresql_does() {
    let Some(server) = PrivateServer::start() else { return };
    let opened = PostgresDatabase::open(&server.url("postgres"), PostgresOptions::default()).await;
    let mut real = opened.expect("it can be used").connect().await.expect("it is reached");
    let time = ModelTime::default();
    let mut model = ModelDatabase::new(time.clone(), 0).connect().await.expect("it always is");
    let (mut for_real, mut for_model) = (Numbers(1), Numbers(1));
    let (mut real_transaction, mut model_transaction) = (false, false);
    let (mut made, mut refused) = (0, 0);
    for nth in 0..STATEMENTS {
        let answered = send(&mut real, &mut for_real, &mut real_transaction).await;
        time.tick().await;
        let expected = send(&mut model, &mut for_model, &mut model_transaction).await;
        assert_eq!(answered, expected, "statement {nth}: PostgreSQL on the left, the model on the right");
        made += usize::from(answered.starts_with("write") && answered.contains("Some(Version"));
        refused += usize::from(answered.starts_with("write") && answered.ends_with("Ok(None)"));
    }
    println!("{made} writes were made, {refused} were not");
    assert!(made > 50 && refused > 50, "{made} and {refused}: both are to be compared");
}
