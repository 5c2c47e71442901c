//! `SharedSessions` over the model of the database: what the endpoints do, by two servers at once, over each guard. The guards'
//! own programs ask whether a change is lost; these, whether the layer above them asks the guards rightly: for requests that are
//! made once, and for turns.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use lockyard_explore::{Explorer, Limits, Program, Report, Setting, fail};

use crate::backend::chat::{
    ChatContext, ChatError, ContextConfig, ContextId, IdempotencyKey, NewMessage, Role, Version,
};
use crate::backend::session::{HeldSession, SessionError, SessionLimits, Sessions, Settle};
use crate::backend::shared::{
    Guard, Owner, ServerEntry, SharedEntry, SharedEnv, SharedOptions, SharedSessions,
};
use crate::checks::explored::{CacheModel, ModelCache, ModelClock, ModelShort, numbered};

use super::database::{ModelDatabase, in_background};
use super::server::ModelGuard;
use super::time::{EXPIRY, ModelTime, TTL};

/// What shared sessions stand on in a model.
pub struct SharedModelEnv<G> {
    guard: G,
    next: AtomicU64,
}

impl<G: Guard<Database = ModelDatabase>> SharedEnv for SharedModelEnv<G> {
    type Guard = G;
    type Short<T: Send + 'static> = ModelShort<T>;
    type Cache = ModelCache<SharedEntry<Self>>;
    type Clock = ModelClock;

    fn guard(&self) -> &G {
        &self.guard
    }

    fn clock(&self) -> &ModelClock {
        &ModelClock
    }

    fn cache(&self, capacity: std::num::NonZeroUsize) -> Self::Cache {
        ModelCache::like(CacheModel::OneStep, capacity)
    }

    fn new_id(&self) -> ContextId {
        numbered(self.next.fetch_add(1, Relaxed))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        in_background("roll-back", future);
    }
}

/// What two servers are asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedSessionsProgram {
    /// Both are sent the same request, with its key. One connection is lost with a change under way.
    Retries,
    /// Both run a turn of one session.
    Turns,
    /// One runs a turn, and may stop; the other ends it once it is overdue.
    Abandonment,
}

/// What a server was answered, and whether it was.
type Answers = Arc<Mutex<Vec<Result<&'static str, SessionError>>>>;

type Server<G> = Arc<SharedSessions<SharedModelEnv<G>>>;

fn server<G: ModelGuard<Database = ModelDatabase>>(
    database: &ModelDatabase,
    time: &ModelTime,
    number: u64,
) -> Server<G> {
    let owner = Owner(Uuid::from_u128(number.into()));
    let env = SharedModelEnv { guard: G::over(database, time, owner), next: AtomicU64::new(1_000 * number) };
    let options = SharedOptions {
        server: ServerEntry { owner, url: String::new(), version: String::new() },
        capacity: std::num::NonZeroUsize::MIN,
        limits: SessionLimits::default(),
        turn_deadline: TTL,
    };
    Arc::new(SharedSessions::new(env, options))
}

impl SharedSessionsProgram {
    /// Every program.
    pub const ALL: [Self; 3] = [Self::Retries, Self::Turns, Self::Abandonment];

    /// Searches it over a guard.
    pub fn search<G: ModelGuard<Database = ModelDatabase>>(self, limits: Limits) -> Report {
        Explorer { limits, ..Explorer::new(Setting::default()) }.search(&self.build::<G>())
    }

    /// The program over a guard.
    pub fn build<G: ModelGuard<Database = ModelDatabase>>(self) -> impl Fn(&mut Program) {
        move |program| {
            let time = ModelTime::default();
            let database = ModelDatabase::new(time.clone(), u32::from(self == Self::Retries));
            let [one, other] = [1, 2].map(|number| server::<G>(&database, &time, number));
            let created = program.now(one.create(ContextConfig::new("m", "chat"), None, |_| Ok(())));
            let Ok(id) = created else { unreachable!("there is room for a first session") };
            let answers = Answers::default();
            match self {
                Self::Retries => {
                    program.task("server 1").op("append once", appended(&one, id, &answers)).done();
                    program.task("server 2").op("append once", appended(&other, id, &answers)).done();
                }
                Self::Turns => {
                    program.task("server 1").op("turn a", turn(&one, id, "a", &answers)).done();
                    program.task("server 2").op("turn b", turn(&other, id, "b", &answers)).done();
                }
                Self::Abandonment => {
                    program.task("server 1").op("turn a", turn(&one, id, "a", &answers)).done();
                    let ends = async move {
                        if let Err(error) = other.end_overdue_turns().await {
                            fail(format!("the model answers everybody: {error}"));
                        }
                    };
                    program.task("server 2").op("end what is overdue", ends).done();
                }
            }
            // Where the one has something for a time, the other comes to it only after that.
            if G::READS_CLOCKS || self == Self::Abandonment {
                let mut plan = program.task("time").steady();
                for _ in 0..EXPIRY {
                    let time = time.clone();
                    plan = plan.op("pass", async move { time.tick().await });
                }
                plan.done();
            }
            program.at_end(move |_| {
                let stored = database.committed(id).ok_or("the session is gone")?.session;
                let context = SharedSessions::<SharedModelEnv<G>>::decoded(id, &stored)
                    .map_err(|error| error.to_string())?;
                let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                holds(&context, &answers)
            });
        }
    }
}

/// One request, of one key.
fn appended<G: ModelGuard<Database = ModelDatabase>>(
    server: &Server<G>,
    id: ContextId,
    answers: &Answers,
) -> impl Future<Output = ()> + use<G> {
    let (server, answers) = (server.clone(), answers.clone());
    let key = Some(IdempotencyKey { key: Uuid::from_u128(7), request: Uuid::from_u128(8) });
    async move {
        let append = |context: &mut ChatContext| {
            context.expect_new(key, server.time_of(key))?;
            let message = context.append(NewMessage::text(Role::User, "once"), None)?;
            context.remember(key, Some(message), server.time_of(key));
            Ok(())
        };
        let answer = match server.write(id, key, append).await {
            // Answered as the first time.
            Err(SessionError::Refused { source: ChatError::Repeated { .. }, .. }) => Ok("again"),
            answer => answer.map(|()| "made"),
        };
        answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }
}

/// One turn: its beginning, the reply, its end.
fn turn<G: ModelGuard<Database = ModelDatabase>>(
    server: &Server<G>,
    id: ContextId,
    text: &'static str,
    answers: &Answers,
) -> impl Future<Output = ()> + use<G> {
    let (server, answers) = (server.clone(), answers.clone());
    async move {
        let answer = async {
            let held = server.hold(id).await?;
            let begin = &mut |context: &mut ChatContext| {
                context.begin_turn(NewMessage::text(Role::User, text)).map(drop)?;
                context.request_model()
            };
            held.change(Settle::Acknowledged, None, begin).await?;
            let end = &mut |context: &mut ChatContext| {
                context.full_response(text)?;
                context.finish_response(Vec::new()).map(drop)
            };
            held.change(Settle::Acknowledged, None, end).await.map(|()| "ended")
        };
        let answer = answer.await;
        answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }
}

/// What must be true in the end, however far everybody came.
fn holds(context: &ChatContext, answers: &[Result<&'static str, SessionError>]) -> Result<(), String> {
    let messages: Vec<(Role, String)> = context
        .messages(None)
        .map_err(|error| error.to_string())?
        .map(|message| (message.role, message.text()))
        .collect();
    let found = || {
        format!("{messages:?} at version {}, {:?}; answers {answers:?}", context.version(), context.state())
    };
    let count = |wanted: &str| answers.iter().filter(|answer| **answer == Ok(wanted)).count();
    if count("made") > 1 || messages.iter().filter(|(_, text)| text == "once").count() > 1 {
        return Err(format!("a request was made twice: {}", found()));
    }
    if count("made") + count("again") > 0 && !messages.iter().any(|(_, text)| text == "once") {
        return Err(format!("a request that was answered was not made: {}", found()));
    }
    // A reply stands behind the message that it answers, and nothing of another turn between them.
    for (at, (role, text)) in messages.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &messages[at]);
        if *role == Role::Assistant && before != Some(&(Role::User, text.clone())) {
            return Err(format!("two turns were at work at once: {}", found()));
        }
    }
    if messages.iter().filter(|(role, _)| *role == Role::Assistant).count() < count("ended") {
        return Err(format!("a turn has ended, and its reply is not there: {}", found()));
    }
    // Creation, and each change: nothing else counts.
    let begun = messages.iter().filter(|(role, _)| *role == Role::User).count() as u64;
    let replied = messages.len() as u64 - begun;
    let given_up = begun - replied;
    let most = Version(1 + begun + replied + given_up);
    if context.version() > most {
        return Err(format!("versions without a change: {}", found()));
    }
    Ok(())
}
