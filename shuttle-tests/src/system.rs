//! The whole service under shuttle: clients that ask it at random, and what must hold when all have ended.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, ChatContextDTO, Message, NewMessage, Role};
use lockyard::backend::service::{
    Backend, ChatService, DtoPolicy, Prompts, ServiceError, Simulator, SimulatorConfig,
};
use lockyard::backend::session::{ChatSessionManager, Durability, Env, SaveMode, SessionError, StateMode};
use lockyard::checks::invariants;
use lockyard::checks::spec::{Answer, Call, Context, Log, Recording, Token};
use lockyard::history::Verdict;
use lockyard::lock::{AwaitFamily, LockFamily};
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::rand::{Rng, thread_rng};

use super::env::{ShuttleClock, ShuttleEnv, context, id};

/// How large a model is, and what is asked in it.
#[derive(Clone, Copy)]
pub struct WorkloadShape {
    /// Clients.
    pub clients: u64,
    /// What each asks, one after another.
    pub each: u32,
    /// Sessions.
    pub sessions: u32,
    /// How many of them the cache has room for.
    pub capacity: usize,
    /// What "acknowledged" promises.
    pub durability: Durability,
    /// How turns are made, if they are.
    pub turns: Option<Turn>,
    /// Whether sessions are deleted now and then.
    pub deletions: bool,
    /// Whether one client is dropped on the way.
    pub abort: bool,
}

/// How a turn is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// By the service.
    Sound,
    /// By a caller that looks whether another is at work, and begins all the same.
    Careless,
    /// By a caller that leaves the session in a working state when dropped.
    Forgetful,
}

impl WorkloadShape {
    /// Four clients append to two sessions and look at them, with room for one.
    pub const APPENDS: Self = Self {
        clients: 4,
        each: 3,
        sessions: 2,
        capacity: 1,
        durability: Durability::WriteThrough,
        turns: None,
        deletions: false,
        abort: false,
    };
    /// The same with turns and deletions.
    pub const TRAFFIC: Self = Self { turns: Some(Turn::Sound), deletions: true, ..Self::APPENDS };
    /// The same, acknowledged before it is stored.
    pub const WRITE_BEHIND: Self = Self {
        durability: Durability::WriteBehind { max_unsaved: 1, within: Duration::MAX },
        ..Self::TRAFFIC
    };
    /// Turns on one session, and a client that goes away.
    pub const ABANDONED: Self =
        Self { clients: 3, sessions: 1, turns: Some(Turn::Sound), abort: true, ..Self::APPENDS };
}

/// The service, and what is noted of it.
pub struct System<F: LockFamily, G: AwaitFamily, P: StateMode, S: SaveMode<F>> {
    backend: Arc<Backend<ShuttleEnv<F, G, P, S>, Simulator<ShuttleClock>>>,
    /// Moments, in their order.
    moments: Arc<AtomicU64>,
    shape: WorkloadShape,
}

/// A client, with one request at a time.
pub struct Client<F: LockFamily, G: AwaitFamily, P: StateMode, S: SaveMode<F>> {
    system: Arc<System<F, G, P, S>>,
    log: Arc<Mutex<Log>>,
    name: u64,
}

impl<F: LockFamily, G: AwaitFamily, P: StateMode, S: SaveMode<F>> System<F, G, P, S> {
    /// Lets clients ask, and looks at what has come of it.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn run(shape: WorkloadShape) {
        let room = NonZeroUsize::new(shape.capacity).expect("room for a session");
        let manager =
            Arc::new(ChatSessionManager::new(ShuttleEnv::new(shape.sessions), room, shape.durability));
        let some_time = Duration::from_millis(1)..=Duration::from_millis(1);
        let config = SimulatorConfig { latency: some_time, ..SimulatorConfig::default() };
        let model = Simulator::new(ShuttleClock, config);
        let backend = Arc::new(Backend::new(manager, model, Prompts::default(), DtoPolicy::Borrowed));
        let system = Arc::new(Self { backend, moments: Arc::default(), shape });
        block_on(system.clone().traffic());
    }

    async fn traffic(self: Arc<Self>) {
        let mut logs = Vec::new();
        let tasks: Vec<_> = (0..self.shape.clients)
            .map(|name| {
                let log = Arc::new(Mutex::new(Log::new(name, self.shape.each as usize)));
                logs.push(log.clone());
                spawn(Client { system: self.clone(), log, name }.asks())
            })
            .collect();
        if self.shape.abort {
            for _ in 0..thread_rng().gen_range(0..8) {
                yield_now().await;
            }
            tasks[0].abort();
        }
        for (name, task) in tasks.into_iter().enumerate() {
            let ended = task.await;
            assert!(ended.is_ok() || (self.shape.abort && name == 0), "no other client is dropped");
        }
        self.manager().env().drained().await;
        let given = (0..self.shape.sessions).map(|key| seen(&context(key)).given(key));
        let mut recording = Recording::new(given);
        for log in logs {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            recording.add(std::mem::replace(&mut *log, Log::new(0, 0)));
        }
        self.must_hold(&recording).await;
    }

    fn manager(&self) -> &ChatSessionManager<ShuttleEnv<F, G, P, S>> {
        self.backend.manager()
    }

    async fn must_hold(&self, recording: &Recording) {
        match recording.judge(Duration::from_secs(20), |key| format!("session {key}")) {
            Verdict::Linearizable => {}
            Verdict::Violation(lanes) => panic!("not linearizable: no order explains these answers\n{lanes}"),
            Verdict::Unknown => panic!("the history was not judged in time"),
        }
        let mut memory = BTreeMap::new();
        for key in 0..self.shape.sessions {
            match self.manager().read(id(key), ChatContext::clone).await {
                Ok(context) => drop(memory.insert(key, context)),
                Err(SessionError::NotFound { .. }) => {}
                Err(error) => panic!("the store never fails here: {error}"),
            }
        }
        assert_eq!(self.manager().flush().await, [], "the store never fails here");
        for key in 0..self.shape.sessions {
            let stored = self.manager().env().store().stored(id(key));
            assert!(memory.get(&key) == stored.as_ref(), "session {key} is not stored as it is in memory");
        }
        let last = memory.iter().map(|(key, context)| (*key, context)).collect();
        let token = |message: &Message| match message.role {
            Role::User => Token::of(&message.text()),
            _ => Token::FOREIGN,
        };
        let findings = invariants::appends(recording, &last, token)
            .into_iter()
            .chain(invariants::versions(recording, &last))
            .chain(invariants::at_rest(&last));
        let findings: Vec<_> = findings.map(|it| format!("{}: {}", it.rule, it.message)).collect();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
        assert_eq!(self.manager().stats().await.unsaved, 0, "marked as unsaved after a flush");
    }
}

/// What came of a request.
enum Outcome {
    Answered(Answer),
    Refused,
    Unknown,
}

impl<F: LockFamily, G: AwaitFamily, P: StateMode, S: SaveMode<F>> Client<F, G, P, S> {
    async fn asks(self) {
        for nth in 0..self.system.shape.each {
            let key = thread_rng().gen_range(0..self.system.shape.sessions);
            self.asks_one(key, &format!("{}.{nth}", self.name)).await;
        }
    }

    async fn asks_one(&self, key: u32, text: &str) {
        let WorkloadShape { turns, deletions, .. } = self.system.shape;
        let (service, token) = (&self.system.backend, Token::of(text));
        let said = || NewMessage::text(Role::User, text);
        match (thread_rng().gen_range(0..10), turns) {
            (0, _) if deletions => {
                let deleted = async { service.delete_context(id(key)).await.map(|()| Answer::Done) };
                self.noted(key, Call::Delete, deleted).await;
            }
            (1..5, Some(Turn::Sound)) => {
                let turn = async {
                    let action = service.send_message_action(id(key), said()).await?;
                    Ok(Answer::turn(action.began, action.message, &action.context))
                };
                self.noted(key, Call::Send(token), turn).await;
            }
            (1..5, Some(Turn::Careless)) => {
                self.noted(key, Call::Send(token), self.careless_turn(key, said())).await;
            }
            (1..5, Some(Turn::Forgetful)) => {
                self.noted(key, Call::Send(token), self.forgetful_turn(key, said())).await;
            }
            (5, _) => {
                let state = async { service.get_context_state(id(key)).await.map(Answer::from) };
                self.noted(key, Call::State, state).await;
            }
            (6, _) => {
                let look = async { service.get_context(id(key)).await.map(|context| Answer::from(&context)) };
                self.noted(key, Call::Context, look).await;
            }
            _ => {
                let append =
                    async { service.add_context_message(id(key), said(), None).await.map(Answer::from) };
                self.noted(key, Call::Append(token), append).await;
            }
        }
    }

    /// Asks, and notes the question before and the answer after. One that is dropped stays open.
    async fn noted(&self, key: u32, call: Call, request: impl Future<Output = Result<Answer, ServiceError>>) {
        let now = || self.system.moments.fetch_add(1, Relaxed) + 1;
        let log = || self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = log().invoke(now(), key, call);
        let answer = request.await;
        let outcome = match answer {
            Ok(answer) => Outcome::Answered(answer),
            Err(error) if error.is_refusal() => Outcome::Refused,
            // A turn may have begun before the session was deleted.
            Err(ServiceError::Session(SessionError::NotFound { .. })) if matches!(call, Call::Send(_)) => {
                Outcome::Unknown
            }
            Err(ServiceError::Session(SessionError::NotFound { .. })) => Outcome::Answered(Answer::Gone),
            Err(error) => panic!("the store never fails here: {error}"),
        };
        match outcome {
            Outcome::Answered(answer) => log().ok(ticket, now(), answer),
            Outcome::Refused => log().fail(ticket),
            Outcome::Unknown => log().info(ticket),
        }
    }

    async fn careless_turn(&self, key: u32, message: NewMessage) -> Result<Answer, ServiceError> {
        let manager = self.system.manager();
        let state = manager.read(id(key), ChatContext::state_kind).await?;
        let begin = |context: &mut ChatContext| {
            if context.state_kind().is_working() && !state.is_working() {
                context.cancel()?;
            }
            let message = context.begin_turn(message)?;
            Ok((context.version().next(), message))
        };
        let (began, message) = manager.write(id(key), begin).await?;
        let end = |context: &mut ChatContext| {
            if context.state_kind().is_working() {
                context.cancel()?;
            }
            Ok(())
        };
        manager.write(id(key), end).await?;
        let after = manager.read(id(key), |context| ChatContextDTO::from(context)).await?;
        Ok(Answer::turn(began, Some(message), &after))
    }

    async fn forgetful_turn(&self, key: u32, message: NewMessage) -> Result<Answer, ServiceError> {
        let manager = self.system.manager();
        let begin = |context: &mut ChatContext| {
            let message = context.begin_turn(message)?;
            Ok((context.version().next(), message))
        };
        let (began, message) = manager.write(id(key), begin).await?;
        manager.write(id(key), ChatContext::cancel).await?;
        let after = manager.read(id(key), |context| ChatContextDTO::from(context)).await?;
        Ok(Answer::turn(began, Some(message), &after))
    }
}

fn seen(context: &ChatContext) -> Context {
    Context::from(&ChatContextDTO::from(context))
}
