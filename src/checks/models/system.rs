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
    /// What this run has come to, among the histories that were judged.
    judged: Rc<Cell<Option<usize>>>,
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
            judged: self.judged.clone(),
        }
    }
}

/// Histories that were judged already, and what they came to: few differ among thousands of schedules.
#[derive(Clone, Default)]
pub(super) struct Verdicts(Rc<RefCell<JudgedHistories>>);

#[derive(Default)]
struct JudgedHistories {
    all: Vec<JudgedHistory>,
    by_history: HashMap<History, usize>,
}

/// The sessions in the end, by their numbers.
type FinalSessions = Vec<Option<ChatContext>>;

struct JudgedHistory {
    verdict: Result<(), Violated>,
    /// Ends that were found to go with the history.
    ends: Vec<FinalSessions>,
    /// What was stored in the end, and how that and the answers are put into words.
    outcomes: Vec<(FinalSessions, String)>,
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
            judged: Rc::default(),
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
        let judged = self.judged(&history)?;
        if end.stalled > 0 {
            return Ok(()); // a stalled task may hold a lock, and a change of it may be half saved
        }
        self.marked_if_newer()?;
        let manager = self.manager();
        let memory: FinalSessions =
            (0..self.sessions).map(|key| self.memory(key)).collect::<Result<_, _>>()?;
        while !look(manager.flush())?.is_empty() {}
        let store = self.stored();
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
        self.goes_with(judged, &history, memory)?;
        match look(manager.stats())?.unsaved {
            0 => Ok(()),
            unsaved => Err(format!("{unsaved} sessions are marked as unsaved after a flush")),
        }
    }

    /// Whether this end goes with the history.
    fn goes_with(&self, judged: usize, history: &History, memory: FinalSessions) -> Result<(), Violated> {
        let ends = &mut self.verdicts.0.borrow_mut().all[judged].ends;
        if ends.contains(&memory) {
            return Ok(());
        }
        let recording = record(self.sessions, history);
        let last: BTreeMap<_, _> =
            (0..).zip(&memory).filter_map(|(key, it)| Some((key, it.as_ref()?))).collect();
        sessions::none(sessions::in_memory(&recording, &last))?;
        ends.push(memory);
        Ok(())
    }

    fn stored(&self) -> FinalSessions {
        let store = self.manager().env().store();
        (0..self.sessions).map(|key| store.stored(id(key))).collect()
    }

    /// What the run has come to, in words. They took a tenth of all time, so they are kept with the history.
    fn outcome(&self) -> String {
        let (store, mut verdicts) = (self.stored(), self.verdicts.0.borrow_mut());
        let known = self.judged.get().map(|judged| &mut verdicts.all[judged].outcomes);
        let words = known.as_ref().and_then(|known| known.iter().find(|(end, _)| *end == store));
        if let Some((_, words)) = words {
            return words.clone();
        }
        let contexts: Vec<_> = store.iter().map(|context| context.as_ref().map(texts)).collect();
        let mut lines = vec![format!("{contexts:?}")];
        let mut asked: BTreeMap<u64, usize> = BTreeMap::new();
        for PlannedOperation { process, outcome, .. } in self.asked.borrow().iter() {
            let nth = asked.entry(*process).or_default();
            lines.push(format!("{process}.{nth} {outcome:?}"));
            *nth += 1;
        }
        let words = lines.join("\n");
        if let Some(known) = known {
            known.push((store, words.clone()));
        }
        words
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
        program.outcome(move || system.outcome());
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

    /// Its place among those that were judged, the same for equal histories, if the verdict on it is good.
    fn judged(&self, history: &History) -> Result<usize, Violated> {
        let JudgedHistories { all, by_history } = &mut *self.verdicts.0.borrow_mut();
        let judged = by_history.get(history).copied().unwrap_or_else(|| {
            let verdict = sessions::history(&record(self.sessions, history), NOT_LINEARIZABLE);
            all.push(JudgedHistory { verdict, ends: Vec::new(), outcomes: Vec::new() });
            by_history.insert(history.clone(), all.len() - 1);
            all.len() - 1
        });
        self.judged.set(Some(judged));
        all[judged].verdict.clone().map(|()| judged)
    }
}

fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).map(|messages| messages.map(Message::text).collect()).unwrap_or_default()
}
