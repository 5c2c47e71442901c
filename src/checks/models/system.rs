//! The system under exploration: sessions over a model back end, asked by tasks, with everything noted that a property
//! needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use crate::backend::chat::{ChatContext, ChatContextDTO, ContextConfig, ContextId, Message, Role, Timestamp};
use crate::backend::service::{Backend, DtoPolicy, Prompts, Simulator, SimulatorConfig};
use crate::backend::session::{ChatSessionManager, Durability, Env, SaveMode, SessionError, StateMode};
use crate::checks::explored::{CacheModel, ModelClock, ModelEnv, ModelStore, numbered};
use crate::checks::invariants::{self, Finding};
use crate::checks::spec::{Call, Context, Log, Recording, Token};
use lockyard_explore::{Complaint, End, MarkKind, Program, look, marks};
use lockyard_history::{Lanes, Verdict};
use lockyard_lock::{AwaitFamily, LockFamily};

use super::client::{Client, Outcome};

/// An operation that was planned, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    operation: usize,
    process: u64,
    key: u32,
    call: Call,
    outcome: Outcome,
}

/// What is shared by the operations of one run.
pub(super) struct System<E: Env> {
    pub(super) backend: Arc<Backend<E, Simulator<ModelClock>>>,
    sessions: u32,
    asked: Rc<RefCell<Vec<Asked>>>,
    /// By session: the newest version that a change has made in memory.
    newest: Rc<RefCell<BTreeMap<u32, u64>>>,
    next_operation: Rc<Cell<usize>>,
    verdicts: Verdicts,
}

impl<E: Env> Clone for System<E> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend.clone(),
            sessions: self.sessions,
            asked: self.asked.clone(),
            newest: self.newest.clone(),
            next_operation: self.next_operation.clone(),
            verdicts: self.verdicts.clone(),
        }
    }
}

/// Histories that were judged already, and what they came to: few differ among thousands of schedules.
#[derive(Clone, Default)]
pub(super) struct Verdicts(Rc<RefCell<HashMap<History, Judged>>>);

type History = (Vec<(usize, MarkKind)>, Vec<Asked>);

/// The sessions in the end, by their numbers.
type Last = Vec<Option<ChatContext>>;

struct Judged {
    verdict: Result<(), Complaint>,
    /// Ends that were found to go with the history.
    ends: Vec<Last>,
}

impl<S, P, L, G> System<ModelEnv<S, P, L, G>>
where
    S: SaveMode<L>,
    P: StateMode,
    L: LockFamily,
    G: AwaitFamily,
{
    /// A manager with such a cache and room for one session in it, over a store that holds the sessions from zero on.
    pub(super) fn new(sessions: u32, cache: CacheModel, durability: Durability, verdicts: &Verdicts) -> Self {
        let store = ModelStore::new((0..sessions).map(context));
        let env = ModelEnv::new(store, cache);
        let manager = Arc::new(ChatSessionManager::new(env, NonZeroUsize::MIN, durability));
        let some_time = Duration::from_millis(1)..=Duration::from_millis(1);
        let model =
            Simulator::new(ModelClock, SimulatorConfig { latency: some_time, ..SimulatorConfig::default() });
        Self {
            backend: Arc::new(Backend::new(manager, model, Prompts::default(), DtoPolicy::Borrowed)),
            sessions,
            asked: Rc::default(),
            newest: Rc::default(),
            next_operation: Rc::default(),
            verdicts: verdicts.clone(),
        }
    }

    /// Looks whether memory is newer than the store anywhere without being marked so.
    fn marked_if_newer(&self) -> Result<(), Complaint> {
        let newest = self.newest.borrow();
        let store = self.manager().env().store();
        let behind = |(key, newest): (&u32, &u64)| {
            store.stored(id(*key)).is_some_and(|stored| stored.version().0 < *newest)
        };
        let behind = newest.iter().filter(|session| behind(*session)).count();
        if behind == 0 {
            return Ok(());
        }
        let unsaved = look(self.manager().stats())?.unsaved;
        if unsaved >= behind {
            return Ok(());
        }
        Err(format!(
            "memory is newer than the store in {behind} sessions, and {unsaved} are marked as unsaved"
        ))
    }

    /// All that must hold when everybody has ended.
    fn all_holds(&self, end: &End) -> Result<(), Complaint> {
        let history = self.history();
        self.judged(&history)?;
        if end.left > 0 {
            return Ok(()); // who was left may have a lock, and a change of theirs may be half saved
        }
        self.marked_if_newer()?;
        let manager = self.manager();
        let memory: Last = (0..self.sessions).map(|key| self.memory(key)).collect::<Result<_, _>>()?;
        while !look(manager.flush())?.is_empty() {}
        let store: Vec<_> = (0..self.sessions).map(|key| manager.env().store().stored(id(key))).collect();
        let sessions = |contexts: &'_ [Option<ChatContext>]| -> Vec<u32> {
            (0..).zip(contexts).filter_map(|(key, context)| context.as_ref().map(|_| key)).collect()
        };
        if memory != store {
            return Err(format!(
                "after a flush the store differs from memory: memory has the sessions {:?}, the store {:?}",
                sessions(&memory),
                sessions(&store)
            ));
        }
        self.goes_with(&history, memory)?;
        match look(manager.stats())?.unsaved {
            0 => Ok(()),
            unsaved => Err(format!("{unsaved} sessions are marked as unsaved after a flush")),
        }
    }

    /// Whether this end goes with the history.
    fn goes_with(&self, history: &History, memory: Last) -> Result<(), Complaint> {
        let mut verdicts = self.verdicts.0.borrow_mut();
        if verdicts.get(history).is_some_and(|judged| judged.ends.contains(&memory)) {
            return Ok(());
        }
        let recording = record(self.sessions, history);
        let last: BTreeMap<_, _> =
            (0..).zip(&memory).filter_map(|(key, it)| Some((key, it.as_ref()?))).collect();
        let token = |message: &Message| match message.role {
            Role::User => Token::of(&message.text()),
            _ => Token::FOREIGN,
        };
        let findings = invariants::appends(&recording, &last, token)
            .into_iter()
            .chain(invariants::versions(&recording, &last))
            .chain(invariants::at_rest(&last));
        first(findings)?;
        if let Some(judged) = verdicts.get_mut(history) {
            judged.ends.push(memory);
        }
        Ok(())
    }

    fn memory(&self, key: u32) -> Result<Option<ChatContext>, Complaint> {
        loop {
            match look(self.manager().read(id(key), ChatContext::clone))? {
                Ok(context) => return Ok(Some(context)),
                Err(SessionError::NotFound { .. }) => return Ok(None),
                Err(_) => {} // a failure that was shared; the next one tries again
            }
        }
    }

    /// The properties of every model of sessions.
    pub(super) fn must_hold(&self, program: &mut Program) {
        let system = self.clone();
        program.at_rest(move || system.marked_if_newer());
        let system = self.clone();
        program.at_end(move |end| system.all_holds(end));
        let system = self.clone();
        program.outcome(move || {
            let stored = |key| system.manager().env().store().stored(id(key)).map(|it| texts(&it));
            let mut lines = vec![format!("{:?}", (0..system.sessions).map(stored).collect::<Vec<_>>())];
            let mut asked: BTreeMap<u64, usize> = BTreeMap::new();
            for Asked { process, outcome, .. } in system.asked.borrow().iter() {
                let nth = asked.entry(*process).or_default();
                lines.push(format!("{process}.{nth} {outcome:?}"));
                *nth += 1;
            }
            lines.join("\n")
        });
    }
}

impl<E: Env> System<E> {
    pub(super) fn manager(&self) -> &Arc<ChatSessionManager<E>> {
        self.backend.manager()
    }

    /// A client, whose operations are noted by its number.
    pub(super) fn client(&self, process: u64) -> Client<E> {
        Client::new(self.clone(), process)
    }

    /// Notes an operation as planned; its place among them.
    pub(super) fn plan(&self, process: u64, key: u32, call: Call) -> usize {
        let operation = self.nobodys_operation();
        let mut asked = self.asked.borrow_mut();
        asked.push(Asked { operation, process, key, call, outcome: Outcome::Unknown });
        asked.len() - 1
    }

    /// Counts an operation that no history has; its number in the program.
    pub(super) fn nobodys_operation(&self) -> usize {
        self.next_operation.replace(self.next_operation.get() + 1)
    }

    /// Notes that memory has come to this version of a session.
    pub(super) fn reached(&self, key: u32, version: u64) {
        let mut newest = self.newest.borrow_mut();
        let newest = newest.entry(key).or_default();
        *newest = version.max(*newest);
    }

    pub(super) fn tell(&self, at: usize, outcome: Outcome) {
        self.asked.borrow_mut()[at].outcome = outcome;
    }

    /// What happened, in its order.
    fn history(&self) -> History {
        (marks().iter().map(|mark| (mark.operation, mark.kind)).collect(), self.asked.borrow().clone())
    }

    /// The verdict on it: whoever asks twice is told the same.
    fn judged(&self, history: &History) -> Result<(), Complaint> {
        let mut verdicts = self.verdicts.0.borrow_mut();
        if let Some(judged) = verdicts.get(history) {
            return judged.verdict.clone();
        }
        let verdict = judge(&record(self.sessions, history));
        verdicts.insert(history.clone(), Judged { verdict: verdict.clone(), ends: Vec::new() });
        verdict
    }
}

/// The history of a run. Moments are the places of the marks, which say all there is to say about order.
fn record(sessions: u32, (marks, asked): &History) -> Recording {
    let given = (0..sessions).map(|key| (key, Context::from(&ChatContextDTO::from(&context(key)))));
    let mut recording = Recording::new(given);
    let mut logs: BTreeMap<u64, Log> = BTreeMap::new();
    for Asked { operation, process, key, call, outcome } in asked {
        let at = |kind| marks.iter().position(|mark| *mark == (*operation, kind)).map(|at| at as u64 + 1);
        let Some(invoked) = at(MarkKind::Invoked) else { continue };
        let log = logs.entry(*process).or_insert_with(|| Log::new(*process, asked.len()));
        let ticket = log.invoke(invoked, *key, *call);
        match (at(MarkKind::Returned), outcome) {
            (Some(returned), Outcome::Answered(answer)) => log.ok(ticket, returned, *answer),
            (Some(_), Outcome::Refused) => log.fail(ticket),
            _ => log.info(ticket),
        }
    }
    for log in logs.into_values() {
        recording.add(log);
    }
    recording
}

fn judge(recording: &Recording) -> Result<(), Complaint> {
    match recording.judge(Duration::from_secs(5), |key| format!("session {key}")) {
        Verdict::Linearizable => Ok(()),
        Verdict::Violation(lanes) => Err(not_linearizable(&lanes)),
        Verdict::Unknown => Err("the history was not judged in time".to_owned()),
    }
}

fn not_linearizable(lanes: &Lanes) -> Complaint {
    format!("not linearizable: no order explains these answers\n{lanes}")
}

fn first(findings: impl Iterator<Item = Finding>) -> Result<(), Complaint> {
    let mut findings = findings;
    findings.next().map_or(Ok(()), |Finding { kind, message }| Err(format!("{kind}: {message}")))
}

/// The session with this number, as it stands in the store at the beginning.
fn context(key: u32) -> ChatContext {
    ChatContext::new(id(key), ContextConfig::new("model", "chat"), Timestamp(0))
        .expect("a well-formed config")
}

pub(super) fn id(key: u32) -> ContextId {
    numbered(key.into())
}

fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).map(|messages| messages.map(Message::text).collect()).unwrap_or_default()
}
