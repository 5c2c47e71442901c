//! The system under exploration: sessions over a model back end, asked by tasks, with everything noted that a property
//! needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use crate::backend::chat::{ChatContext, Message};
use crate::backend::service::{Backend, DtoPolicy, Prompts, Simulator, SimulatorConfig};
use crate::backend::session::{ChatSessionManager, Durability, Env, SaveMode, SessionError, StateMode};
use crate::checks::explored::{CacheModel, ModelClock, ModelEnv, ModelStore};
use crate::checks::sessions::{self, context, id};
use crate::checks::spec::Call;
use lockyard_explore::{Program, RunEnd, Violated, look, marks};
use lockyard_lock::{AwaitFamily, LockFamily};

use super::planned::{History, Outcome, PlannedOperation, record};

/// What a history is called that no order explains.
const NOT_LINEARIZABLE: &str = "not linearizable: no linearization explains these answers";

/// What is shared by the operations of one run.
pub(super) struct System<E: Env> {
    pub(super) backend: Arc<Backend<E, Simulator<ModelClock>>>,
    sessions: u32,
    asked: Rc<RefCell<Vec<PlannedOperation>>>,
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
pub(super) struct Verdicts(Rc<RefCell<HashMap<History, JudgedHistory>>>);

/// The sessions in the end, by their numbers.
type FinalSessions = Vec<Option<ChatContext>>;

struct JudgedHistory {
    verdict: Result<(), Violated>,
    /// Ends that were found to go with the history.
    ends: Vec<FinalSessions>,
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
    fn marked_if_newer(&self) -> Result<(), Violated> {
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

    /// All that must hold when all tasks have ended.
    fn all_holds(&self, end: &RunEnd) -> Result<(), Violated> {
        let history = self.history();
        self.judged(&history)?;
        if end.stalled > 0 {
            return Ok(()); // a stalled task may hold a lock, and a change of it may be half saved
        }
        self.marked_if_newer()?;
        let manager = self.manager();
        let memory: FinalSessions =
            (0..self.sessions).map(|key| self.memory(key)).collect::<Result<_, _>>()?;
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
    fn goes_with(&self, history: &History, memory: FinalSessions) -> Result<(), Violated> {
        let mut verdicts = self.verdicts.0.borrow_mut();
        if verdicts.get(history).is_some_and(|judged| judged.ends.contains(&memory)) {
            return Ok(());
        }
        let recording = record(self.sessions, history);
        let last: BTreeMap<_, _> =
            (0..).zip(&memory).filter_map(|(key, it)| Some((key, it.as_ref()?))).collect();
        sessions::none(sessions::in_memory(&recording, &last))?;
        if let Some(judged) = verdicts.get_mut(history) {
            judged.ends.push(memory);
        }
        Ok(())
    }

    fn memory(&self, key: u32) -> Result<Option<ChatContext>, Violated> {
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
            for PlannedOperation { process, outcome, .. } in system.asked.borrow().iter() {
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

    /// Notes an operation as planned; its place among them.
    pub(super) fn plan(&self, process: u64, key: u32, call: Call) -> usize {
        let operation = self.operation_of_no_client();
        let mut asked = self.asked.borrow_mut();
        asked.push(PlannedOperation { operation, process, key, call, outcome: Outcome::Unknown });
        asked.len() - 1
    }

    /// Counts an operation that no history has; its number in the program.
    pub(super) fn operation_of_no_client(&self) -> usize {
        self.next_operation.replace(self.next_operation.get() + 1)
    }

    /// Notes that memory has come to this version of a session.
    pub(super) fn reached(&self, key: u32, version: u64) {
        let mut newest = self.newest.borrow_mut();
        let newest = newest.entry(key).or_default();
        *newest = version.max(*newest);
    }

    pub(super) fn answered(&self, at: usize, outcome: Outcome) {
        self.asked.borrow_mut()[at].outcome = outcome;
    }

    /// What happened, in its order.
    fn history(&self) -> History {
        (marks().iter().map(|mark| (mark.operation, mark.kind)).collect(), self.asked.borrow().clone())
    }

    /// The verdict on it, the same for equal histories.
    fn judged(&self, history: &History) -> Result<(), Violated> {
        let mut verdicts = self.verdicts.0.borrow_mut();
        if let Some(judged) = verdicts.get(history) {
            return judged.verdict.clone();
        }
        let verdict = sessions::history(&record(self.sessions, history), NOT_LINEARIZABLE);
        verdicts.insert(history.clone(), JudgedHistory { verdict: verdict.clone(), ends: Vec::new() });
        verdict
    }
}

fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).map(|messages| messages.map(Message::text).collect()).unwrap_or_default()
}
