//! Turns over a real PostgreSQL: one server runs a turn and stops, another takes over when the deadline has passed.

use uuid::Uuid;

use lockyard::backend::chat::ContextId;
use lockyard::backend::postgres::PostgresDatabase;
use lockyard::backend::shared::{
    AdvisoryLock, Change, Guard, GuardError, NewSession, Owner, RowLock, SharedSession, Token, TurnChange,
    TurnHold, TurnLost,
};

use super::parts::{RealCompareAndSet, RealLease, TTL, opened, owner, term};
use super::private_server::PrivateServer;

fn with(session: &SharedSession, turn: TurnChange) -> Change {
    Change::Write(session.appending(session.body.clone(), "step".into(), turn))
}

async fn taken_over<G: Guard>(server: &PrivateServer, make: impl Fn(PostgresDatabase, Owner) -> G) {
    let id = ContextId(Uuid::now_v7());
    let (one, other) = (make(opened(server).await, owner(1)), make(opened(server).await, owner(2)));
    let (ones, others) = (one.local(id), other.local(id));
    assert!(one.create(id, NewSession::default()).await.expect("it is created"));
    let turn = |number: u128, owner| TurnHold { token: Token(Uuid::from_u128(number)), owner };
    let (first, second) = (turn(1, owner(1)), turn(2, owner(2)));
    let begin =
        |turn| move |session: &SharedSession| Ok::<_, TurnLost>(with(session, session.begin_turn(turn, TTL)));
    let step = |turn: TurnHold| {
        move |session: &SharedSession| session.step_of(turn.token, TTL).map(|step| with(session, step))
    };
    one.change(&ones, begin(first)).await.expect("there is no other turn");
    one.change(&ones, step(first)).await.expect("it is the session's turn");
    // The first server stops here. As long as its deadline has not passed, or its lease, the other is refused.
    let mut refused = 0;
    let begun = loop {
        match other.change(&others, begin(second)).await {
            Ok(version) => break version,
            Err(GuardError::Busy | GuardError::Elsewhere(_)) => refused += 1,
            Err(error) => panic!("{}: {error}", G::NAME),
        }
        tokio::task::yield_now().await;
    };
    assert!(refused > 0, "{}: it was taken over at once", G::NAME);
    assert_eq!(begun.0, 4, "{}: what the first turn has stored stays", G::NAME);
    // It comes back, and finds its turn over.
    let late = loop {
        match one.change(&ones, step(first)).await {
            Err(GuardError::Elsewhere(_)) => tokio::task::yield_now().await,
            late => break late,
        }
    };
    assert_eq!(late, Err(GuardError::Refused(TurnLost)), "{}", G::NAME);
}

#[tokio::test]
async fn a_turn_is_taken_over_when_its_deadline_has_passed_and_not_before() {
    let Some(server) = PrivateServer::start() else { return };
    taken_over(&server, |database, _| RowLock::new(database)).await;
    taken_over(&server, |database, _| AdvisoryLock::new(database)).await;
    taken_over(&server, |database, _| RealCompareAndSet::new(database)).await;
    taken_over(&server, |database, owner| RealLease::new(database, owner, term())).await;
}
