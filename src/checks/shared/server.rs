//! Servers of a model, and what their clients ask of them.

use std::rc::Rc;
use std::sync::Arc;

use uuid::Uuid;

use lockyard_explore::{ModelLocks, fail, point, point_as};

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    AdvisoryLock, Change, ClockTerm, CompareAndSet, Database, Guard, GuardError, HeldLease, Lease, LeaseTerm,
    Owner, RequestReceipt, RowLock, SharedSession, Token, TurnChange, TurnHold, TurnLost, Write,
};
use crate::checks::explored::{ModelShort, numbered};

use super::database::ModelDatabase;
use super::history::{OperationLog, Outcome};
use super::spec::{SharedAnswer, SharedCall, texts};
use super::time::{MARGIN, ModelServerClock, ModelTime, TTL};

/// A guard that can be made over the model of the database, for a server of this name.
pub trait ModelGuard: Guard {
    /// Whether what it does depends on time, beside the deadlines of turns.
    const READS_CLOCKS: bool = false;

    /// The guard of one server.
    fn over(database: &ModelDatabase, time: &ModelTime, owner: Owner) -> Self;
}

/// A term of leases over the model's clocks.
pub trait ModelTerm: LeaseTerm {
    /// The term of one server.
    fn over(time: &ModelTime) -> Self;
}

/// The lease over the model. `D` is the database, or a wrapper around it, `T` the term.
pub type ModelLease<D = ModelDatabase, T = ClockTerm<ModelServerClock>> =
    Lease<D, ModelLocks, ModelShort<Option<HeldLease>>, T>;

/// Compare-and-set over the model.
pub type ModelCompareAndSet<D = ModelDatabase> = CompareAndSet<D, ModelShort<Option<Arc<SharedSession>>>>;

impl ModelTerm for ClockTerm<ModelServerClock> {
    fn over(time: &ModelTime) -> Self {
        Self::new(time.server(), TTL, MARGIN).expect("a margin that is less than the lease")
    }
}

impl<D: Database + From<ModelDatabase>> ModelGuard for RowLock<D> {
    fn over(database: &ModelDatabase, _: &ModelTime, _: Owner) -> Self {
        Self::new(database.clone().into())
    }
}

impl<D: Database + From<ModelDatabase>> ModelGuard for AdvisoryLock<D> {
    fn over(database: &ModelDatabase, _: &ModelTime, _: Owner) -> Self {
        Self::new(database.clone().into())
    }
}

impl<D: Database + From<ModelDatabase>> ModelGuard for ModelCompareAndSet<D> {
    fn over(database: &ModelDatabase, _: &ModelTime, _: Owner) -> Self {
        Self::new(database.clone().into())
    }
}

impl<D: Database + From<ModelDatabase>, T: ModelTerm> ModelGuard for ModelLease<D, T> {
    const READS_CLOCKS: bool = true;

    fn over(database: &ModelDatabase, time: &ModelTime, owner: Owner) -> Self {
        Self::new(database.clone().into(), owner, T::over(time))
    }
}

/// The session that all models are of.
pub(super) fn session() -> ContextId {
    numbered(1)
}

/// The turn of this number, at this server.
pub(super) fn turn(number: u64, owner: Owner) -> TurnHold {
    TurnHold { token: Token(Uuid::from_u128(number.into())), owner }
}

/// What becomes of a session that is shown, or what is answered instead.
type ChangeFn = Box<dyn Fn(&SharedSession) -> Result<Change, SharedAnswer> + Send + Sync>;

/// One server: a guard, and what it keeps of the session. Clones are the same server.
pub(super) struct Server<G: Guard>(Rc<Inside<G>>);

struct Inside<G: Guard> {
    guard: G,
    local: G::Local,
    owner: Owner,
    log: OperationLog,
}

impl<G: Guard> Clone for Server<G> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<G: ModelGuard> Server<G> {
    pub(super) fn new(database: &ModelDatabase, time: &ModelTime, number: u64, log: &OperationLog) -> Self {
        let owner = Owner(Uuid::from_u128(number.into()));
        let guard = G::over(database, time, owner);
        let local = guard.local(session());
        Self(Rc::new(Inside { guard, local, owner, log: log.clone() }))
    }
}

impl<G: ModelGuard> Server<G> {
    /// Reads as nobody's operation.
    pub(super) async fn warm_up(&self) {
        let _session = self.0.guard.read(&self.0.local).await;
    }

    /// Reads.
    pub(super) fn read(&self) -> impl Future<Output = ()> + use<G> {
        let (server, operation) = (self.clone(), self.0.log.plan(Some(SharedCall::Read)));
        async move {
            let answer = server.0.guard.read(&server.0.local).await;
            // It may be long after the last look that the answer goes out.
            point_as("answer").await;
            server.ended(operation, answer.map(SharedAnswer::Session));
        }
    }

    /// Renews what it has for a time.
    pub(super) fn renew(&self) -> impl Future<Output = ()> + use<G> {
        let (server, _) = (self.clone(), self.0.log.plan(None));
        async move {
            // Whatever came of it: what is read after it shows whether that was right.
            let _renewal = server.0.guard.renew(&server.0.local).await;
            point().await;
        }
    }

    /// Gives up what it has for a time.
    pub(super) fn release(&self) -> impl Future<Output = ()> + use<G> {
        let (server, _) = (self.clone(), self.0.log.plan(None));
        async move {
            let _released = server.0.guard.release(&server.0.local).await;
            point().await;
        }
    }

    /// Appends a message.
    pub(super) fn append(&self, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let change = move |session: &SharedSession| Ok(written(session, text, TurnChange::Keep));
        self.change(SharedCall::Append(text), Box::new(change))
    }

    /// Appends a message to this version.
    pub(super) fn append_at(&self, version: u64, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let version = Version(version);
        let change = move |session: &SharedSession| {
            if session.version != version {
                return Err(SharedAnswer::OtherVersion(session.version));
            }
            Ok(written(session, text, TurnChange::Keep))
        };
        self.change(SharedCall::AppendAt(version, text), Box::new(change))
    }

    /// Appends a message, for a request that may have been made before.
    pub(super) fn append_once(&self, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let change = move |session: &SharedSession| {
            let receipt = RequestReceipt { key: Uuid::nil(), request: Uuid::nil(), message: None };
            let (body, message) = texts(session, text);
            let write = session.appending(body, message, TurnChange::Keep);
            Ok(Change::Write(Write { receipt: Some(receipt), ..write }))
        };
        self.change(SharedCall::AppendOnce(text), Box::new(change))
    }

    /// Ends a turn of another, if it is overdue.
    pub(super) fn abandon(&self, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let change = move |session: &SharedSession| {
            let token = session.turn.ok_or(SharedAnswer::TurnLost)?.token;
            Ok(written(session, text, TurnChange::Abandon { token }))
        };
        self.change(SharedCall::Abandon(text), Box::new(change))
    }

    /// Deletes.
    pub(super) fn delete(&self) -> impl Future<Output = ()> + use<G> {
        self.change(SharedCall::Delete, Box::new(|_| Ok(Change::Delete)))
    }

    /// Begins a turn, or takes over.
    pub(super) fn begin(&self, number: u64, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let turn = turn(number, self.0.owner);
        let change = move |session: &SharedSession| Ok(written(session, text, session.begin_turn(turn, TTL)));
        self.change(SharedCall::Begin(turn, text), Box::new(change))
    }

    /// A step of a turn.
    pub(super) fn step(&self, number: u64, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let token = turn(number, self.0.owner).token;
        let change = move |session: &SharedSession| {
            let step = session.step_of(token, TTL).map_err(|TurnLost| SharedAnswer::TurnLost)?;
            Ok(written(session, text, step))
        };
        self.change(SharedCall::Step(token, text), Box::new(change))
    }

    /// Ends a turn.
    pub(super) fn end(&self, number: u64, text: &'static str) -> impl Future<Output = ()> + use<G> {
        let token = turn(number, self.0.owner).token;
        let change = move |session: &SharedSession| {
            let end = session.end_of(token).map_err(|TurnLost| SharedAnswer::TurnLost)?;
            Ok(written(session, text, end))
        };
        self.change(SharedCall::End(token, text), Box::new(change))
    }

    fn change(&self, call: SharedCall, change: ChangeFn) -> impl Future<Output = ()> + use<G> {
        let begins = matches!(call, SharedCall::Begin(..));
        let (server, operation) = (self.clone(), self.0.log.plan(Some(call)));
        async move {
            let over = std::sync::Mutex::new(None);
            let seen = |session: &SharedSession| {
                *over.lock().expect("it is not poisoned") = session.turn.map(|turn| turn.token);
                change(session)
            };
            let made = server.0.guard.change(&server.0.local, seen).await;
            let over = over.into_inner().expect("it is not poisoned");
            let answer = made.map(|version| {
                if begins { SharedAnswer::Began(version, over) } else { SharedAnswer::Made(version) }
            });
            server.ended(operation, answer);
        }
    }

    fn ended<E: Into<SharedAnswer>>(&self, operation: usize, answer: Result<SharedAnswer, GuardError<E>>) {
        let outcome = match answer {
            Ok(answer) => Outcome::Answered(answer),
            Err(GuardError::Gone) => Outcome::Answered(SharedAnswer::Gone),
            Err(GuardError::Refused(answer)) => Outcome::Answered(answer.into()),
            Err(GuardError::Busy) => Outcome::Answered(SharedAnswer::Busy),
            Err(GuardError::Repeated) => Outcome::Answered(SharedAnswer::Repeated),
            Err(GuardError::Unknown) => Outcome::Unknown,
            Err(GuardError::Contended) => {
                // As many attempts as that there are not even changes.
                fail("a change was tried anew again and again, though nobody else has changed the session");
                Outcome::Failed
            }
            Err(_) => Outcome::Failed,
        };
        self.0.log.ended(operation, outcome);
    }
}

impl From<std::convert::Infallible> for SharedAnswer {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// The session with one text more.
fn written(session: &SharedSession, text: &'static str, turn: TurnChange) -> Change {
    let (body, message) = texts(session, text);
    Change::Write(session.appending(body, message, turn))
}
