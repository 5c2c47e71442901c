//! What two servers are asked at once: the programs that are explored over each guard.

use lockyard_explore::{Explorer, Limits, Program, Report, Setting};

use crate::backend::shared::NewSession;

use super::database::ModelDatabase;
use super::history::{OperationLog, Verdicts};
use super::server::{ModelGuard, Server, session};
use super::time::{EXPIRY, ModelTime};

/// What two servers are asked at once. In each, a server may stop between any two steps, for any time, and go on. Time passes
/// until a lease has expired that was taken in the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedProgram {
    /// Both append, and the first one is read after that.
    Writes,
    /// One appends to the version that the other's append makes, which is read after that.
    Conditions,
    /// One appends and is read, the other deletes and is read.
    Deletion,
    /// One appends twice, the other once. One connection is lost with a change under way.
    LostConnection,
    /// Both begin a turn, and no time passes: neither may be taken over.
    Busy,
    /// Two tasks of one server append; the other is read.
    SameServer,
    /// One runs a turn, the other is read.
    Looks,
    /// The first one renews what it has and is read, the other appends.
    Renewal,
    /// The first one gives up what it has while it is read, the other appends.
    Release,
    /// One runs a turn, the other ends it if it is overdue, as servers do that look for such.
    Abandonment,
    /// Both are asked the same request, as by a client that had no answer, and the first one another after it.
    Retries,
    /// Both run a turn.
    Turns,
    /// Both append and are read, the first one beside its append.
    Readers,
    /// The first one appends, and is read beside that; the other is read. No lease was taken in the beginning.
    Cold,
    /// Both append, with reads beside that. The first one's append may be dropped anywhere; its server stays.
    Cancelled,
}

impl SharedProgram {
    /// Every program, the large ones last.
    pub const ALL: [Self; 15] = [
        Self::Writes,
        Self::Conditions,
        Self::Deletion,
        Self::LostConnection,
        Self::Busy,
        Self::SameServer,
        Self::Looks,
        Self::Renewal,
        Self::Release,
        Self::Abandonment,
        Self::Retries,
        Self::Turns,
        Self::Readers,
        Self::Cold,
        Self::Cancelled,
    ];

    /// How it is explored.
    pub fn explorer(self, limits: Limits) -> Explorer {
        let cancels = u32::from(self == Self::Cancelled);
        Explorer { limits, ..Explorer::new(Setting { cancels, ..Setting::default() }) }
    }

    /// Searches it over a guard.
    pub fn search<G: ModelGuard>(self, limits: Limits) -> Report {
        self.explorer(limits).search(&self.build::<G>())
    }

    /// The program over a guard.
    pub fn build<G: ModelGuard>(self) -> impl Fn(&mut Program) {
        let verdicts = Verdicts::default();
        move |program| {
            let time = ModelTime::default();
            let database = ModelDatabase::new(time.clone(), u32::from(self == Self::LostConnection));
            database.insert(session(), NewSession::default());
            let log = OperationLog::default();
            let servers = [1, 2].map(|number| Server::<G>::new(&database, &time, number, &log));
            if self != Self::Cold {
                // Both have met the session; of a lease, the first one has it.
                servers.iter().for_each(|server| program.now(server.warm_up()));
            }
            // First, so that a search comes to what has expired early.
            self.add_time::<G>(program, &time, &log);
            self.add_tasks(program, &servers);
            must_hold(program, &database, &log, &verdicts);
            if self == Self::Busy {
                program.at_end(move |_| {
                    let taken_over = "a turn was taken over whose deadline had not passed";
                    if log.has_taken_over() { Err(taken_over.to_owned()) } else { Ok(()) }
                });
            }
        }
    }

    fn add_tasks<G: ModelGuard>(self, program: &mut Program, [one, other]: &[Server<G>; 2]) {
        match self {
            Self::Writes => {
                program.task("server 1").op("append a", one.append("a")).op("read", one.read()).done();
                program.task("server 2").op("append b", other.append("b")).done();
            }
            Self::Readers => {
                program.task("server 1, writer").op("append a", one.append("a")).done();
                program.task("server 1, reader").op("read", one.read()).done();
                program.task("server 2").op("append b", other.append("b")).op("read", other.read()).done();
            }
            Self::Cold => {
                program.task("server 1, writer").op("append a", one.append("a")).done();
                program.task("server 1, reader").op("read", one.read()).done();
                program.task("server 2").op("read", other.read()).done();
            }
            Self::Conditions => {
                program.task("server 1").op("append a to version 2", one.append_at(2, "a")).done();
                let plan = program.task("server 2").op("append b to version 1", other.append_at(1, "b"));
                plan.op("read", other.read()).done();
            }
            Self::Deletion => {
                program.task("server 1").op("append a", one.append("a")).op("read", one.read()).done();
                program.task("server 2").op("delete", other.delete()).op("read", other.read()).done();
            }
            Self::Busy => {
                let plan = program.task("server 1").op("begin turn 1", one.begin(1, "a"));
                plan.op("end turn 1", one.end(1, "b")).done();
                program.task("server 2").op("begin turn 2", other.begin(2, "x")).done();
            }
            Self::SameServer => {
                program.task("server 1, one").op("append a", one.append("a")).done();
                program.task("server 1, another").op("append b", one.append("b")).done();
                program.task("server 2").op("read", other.read()).done();
            }
            Self::LostConnection => {
                let plan = program.task("server 1").op("append a", one.append("a"));
                plan.op("append c", one.append("c")).done();
                program.task("server 2").op("append b", other.append("b")).done();
            }
            Self::Cancelled => {
                program.task("server 1, writer").op("append a", one.append("a")).done();
                program.task("server 1, reader").op("read", one.read()).steady().done();
                program.task("server 2").op("append b", other.append("b")).steady().done();
            }
            Self::Turns => {
                let plan = program.task("server 1").op("begin turn 1", one.begin(1, "a"));
                plan.op("step of turn 1", one.step(1, "b")).op("end turn 1", one.end(1, "c")).done();
                let plan = program.task("server 2").op("begin turn 2", other.begin(2, "x"));
                plan.op("end turn 2", other.end(2, "y")).done();
            }
            Self::Looks => {
                let plan = program.task("server 1").op("begin turn 1", one.begin(1, "a"));
                plan.op("end turn 1", one.end(1, "b")).done();
                program.task("server 2").op("read", other.read()).done();
            }
            Self::Abandonment => {
                let plan = program.task("server 1").op("begin turn 1", one.begin(1, "a"));
                plan.op("end turn 1", one.end(1, "b")).done();
                program.task("server 2").op("abandon", other.abandon("x")).done();
            }
            Self::Retries => {
                let plan = program.task("server 1").op("append a once", one.append_once("a"));
                plan.op("append b", one.append("b")).done();
                program.task("server 2").op("append a once", other.append_once("a")).done();
            }
            Self::Release => {
                program.task("server 1").op("release", one.release()).done();
                program.task("server 1, reader").op("read", one.read()).done();
                program.task("server 2").op("append b", other.append("b")).done();
            }
            Self::Renewal => {
                program.task("server 1").op("renew", one.renew()).op("read", one.read()).done();
                program.task("server 2").op("append b", other.append("b")).done();
            }
        }
    }

    /// Time passes, where anything depends on it.
    fn add_time<G: ModelGuard>(self, program: &mut Program, time: &ModelTime, log: &OperationLog) {
        let has_deadlines = matches!(self, Self::Turns | Self::Abandonment);
        if self == Self::Busy || !G::READS_CLOCKS && !has_deadlines {
            return;
        }
        let mut plan = program.task("time").steady();
        for _ in 0..EXPIRY {
            let (time, _) = (time.clone(), log.plan(None));
            plan = plan.op("pass", async move { time.tick().await });
        }
        plan.done();
    }
}

/// The properties of every program: that its answers, and what is committed in the end, have an order that explains them. A
/// change that was lost, a deleted session that came back, a write of a server that has lost its lease, a turn beside another
/// and a read of what was not current any more have none.
fn must_hold(program: &mut Program, database: &ModelDatabase, log: &OperationLog, verdicts: &Verdicts) {
    let (its_database, its_log, verdicts) = (database.clone(), log.clone(), verdicts.clone());
    program.at_end(move |_| {
        its_log.judge(&verdicts, its_database.committed(session()).map(|stored| stored.session))
    });
    let (database, log) = (database.clone(), log.clone());
    program.outcome(move || format!("{:?} {:?}", log.outcomes(), database.committed(session())));
}
