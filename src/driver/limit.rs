//! What the machine could do at most with the same work: the rival that shares nothing.
//!
//! It answers from the same sessions by the same functions, with no lock, no cache and no reference count: whatever is
//! read is written by nobody, and what is written belongs to one task alone. Its readers never see a change, so it is
//! no way to build a service; it is where every way to build one must stay below, unless it does less work.
//!
//! Where all operations meet at one session that is also written, writing nothing shared is out of reach for any lock:
//! there the limit changes one shared line twice with every operation, as taking and releasing a lock does.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ChatError, ContextId, ContextStateDTO, ContextSummary,
    MessagesDTO, NewMessage, ToolDecision, Version,
};
use crate::backend::service::{
    ActionDTO, ChatService, ContextList, CreateContext, MessagePage, ServiceError, UpdateContext,
};
use crate::backend::session::{Clock, SessionError, Traffic};
use crate::strategy::TokioClock;
use crate::workload::{Operation, Scenario};
use lockyard_bench::record::Limits;

use super::client::Client;
use super::population::Population;
use super::rival::{GiveBack, Kind, Rival, spawn};
use super::slice::Slice;
use super::stage::Stage;

/// Read-modify-writes of one line for one operation: one to take a lock, one to release it.
const LOCK_AND_UNLOCK: u32 = 2;

/// The name of the limit that applies to a scenario; none where the work is waiting for a model, or makes sessions.
pub(super) fn applies(scenario: &Scenario) -> Option<&'static str> {
    use Operation::{
        AddContextMessage, GetContext, GetContextMessages, GetContextState, ListContexts, UpdateContext,
    };
    let known =
        [AddContextMessage, GetContext, GetContextMessages, GetContextState, ListContexts, UpdateContext];
    let asked =
        || scenario.groups.iter().flat_map(|group| group.mix.shares()).map(|(operation, _)| operation);
    let possible = asked().all(|operation| known.contains(&operation)) && scenario.save.is_zero();
    let one_key_written = scenario.sessions.get() == 1 && asked().any(|operation| !operation.is_read());
    possible.then_some(if one_key_written { "shared-line" } else { "no-shared-write" })
}

/// The limit as a rival.
pub(super) struct Limit {
    /// One for each task.
    services: Vec<Arc<Unshared>>,
    runtime: Handle,
}

impl Limit {
    pub(super) fn new(scenario: &Scenario, population: &Population, runtime: &Handle) -> Self {
        let world = Arc::new(World {
            contexts: population.contexts.iter().map(|context| (context.id(), context.clone())).collect(),
            summaries: population.contexts.iter().map(|it| (it.id(), ContextSummary::from(it))).collect(),
            line: CachePadded::default(),
            touches: if applies(scenario) == Some("shared-line") { LOCK_AND_UNLOCK } else { 0 },
        });
        let initial = &population.contexts[0];
        let service = |_| {
            let own = CachePadded::new(Mutex::new(initial.deep_clone()));
            Arc::new(Unshared { world: world.clone(), initial: initial.deep_clone(), own })
        };
        Self { services: (0..scenario.tasks()).map(service).collect(), runtime: runtime.clone() }
    }

    /// One for each task.
    pub(super) fn services(&self) -> &[Arc<Unshared>] {
        &self.services
    }
}

impl Rival for Limit {
    fn start(&self, client: Client, slice: Arc<Slice>, kind: Kind, give_back: GiveBack) {
        let service = self.services[client.index].clone();
        spawn(&Stage::plain(&self.runtime), service, client, slice, kind, give_back);
    }

    fn warm(&self) {}

    fn tidy(&self, _: Vec<ContextId>, _: &[usize], _: &Population) {
        for service in &self.services {
            let (mut own, initial) = (service.own.lock(), &service.initial);
            if own.pool().len() > initial.pool().len() + initial.pool().len() / 4 {
                own.restore(initial);
            }
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// What all tasks read, and, of the line, write where the limit is the shared line.
struct World {
    contexts: HashMap<ContextId, ChatContext, foldhash::fast::RandomState>,
    summaries: BTreeMap<ContextId, ContextSummary>,
    line: CachePadded<AtomicU64>,
    touches: u32,
}

/// The service of one task.
pub(super) struct Unshared {
    world: Arc<World>,
    /// What the task writes instead of the session asked for. Nobody else ever locks it.
    own: CachePadded<Mutex<ChatContext>>,
    initial: ChatContext,
}

impl Unshared {
    fn read<R>(&self, id: ContextId, look: impl FnOnce(&ChatContext) -> R) -> Result<R, ServiceError> {
        self.world.touch();
        Ok(look(self.world.contexts.get(&id).ok_or(SessionError::NotFound { id })?))
    }

    /// Changes, stamps and stores, as a manager does.
    fn write<R>(
        &self,
        id: ContextId,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError>,
    ) -> Result<R, ServiceError> {
        self.world.touch();
        let mut own = self.own.lock();
        let changed = change(&mut own).map_err(|source| SessionError::Refused { id, source })?;
        own.touch(TokioClock.now());
        drop(black_box(own.clone()));
        Ok(changed)
    }
}

impl World {
    fn touch(&self) {
        for _ in 0..self.touches {
            self.line.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl ChatService for Unshared {
    async fn list_contexts(
        &self,
        after: Option<ContextId>,
        limit: usize,
    ) -> Result<ContextList, ServiceError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let contexts: Vec<_> = self
            .world
            .summaries
            .range((from, Bound::Unbounded))
            .take(limit)
            .map(|(_, it)| it.clone())
            .collect();
        let next = contexts.last().map(|last| last.id);
        Ok(ContextList { contexts, next })
    }

    async fn get_context(&self, id: ContextId) -> Result<ChatContextDTO, ServiceError> {
        self.read(id, |context| ChatContextDTO::from(context))
    }

    async fn get_context_messages(
        &self,
        id: ContextId,
        page: MessagePage,
    ) -> Result<MessagesDTO, ServiceError> {
        let branch = page.branch.as_deref();
        self.read(id, |context| MessagesDTO::page(context, branch, page.limit, page.offset))?
            .map_err(|source| SessionError::Refused { id, source }.into())
    }

    async fn get_context_state(&self, id: ContextId) -> Result<ContextStateDTO, ServiceError> {
        self.read(id, |context| ContextStateDTO::from(context))
    }

    async fn update_context(&self, id: ContextId, request: UpdateContext) -> Result<Version, ServiceError> {
        self.write(id, |context| {
            context.update(&request.update)?;
            Ok(context.version().next())
        })
    }

    async fn add_context_message(
        &self,
        id: ContextId,
        message: NewMessage,
        branch: Option<String>,
    ) -> Result<AppendedDTO, ServiceError> {
        self.write(id, |context| {
            let message = context.append(message, branch.as_deref())?;
            Ok(AppendedDTO { id: message, version: context.version().next() })
        })
    }

    async fn create_context(&self, _: CreateContext) -> Result<ContextId, ServiceError> {
        Err(beyond())
    }

    async fn delete_context(&self, _: ContextId) -> Result<(), ServiceError> {
        Err(beyond())
    }

    async fn approve_context_tools(
        &self,
        _: ContextId,
        _: Vec<ToolDecision>,
    ) -> Result<Version, ServiceError> {
        Err(beyond())
    }

    async fn send_message_action(&self, _: ContextId, _: NewMessage) -> Result<ActionDTO, ServiceError> {
        Err(beyond())
    }

    async fn approve_tools_action(
        &self,
        _: ContextId,
        _: Vec<ToolDecision>,
    ) -> Result<ActionDTO, ServiceError> {
        Err(beyond())
    }
}

/// For what no scenario with a limit asks.
fn beyond() -> ServiceError {
    ServiceError::Invalid { reason: "the limit has reads, appends and updates only".to_owned() }
}

/// What the machine's memory system allows, told by `threads` threads in `length` each: state reads of sessions that
/// nobody writes, and changes of one line that all write.
pub(super) fn calibrate(threads: usize, length: Duration) -> Limits {
    let population = Population::new(1_000, 1, 16, 0);
    let contexts: HashMap<_, _, foldhash::fast::RandomState> =
        population.contexts.into_iter().map(|context| (context.id(), context)).collect();
    let ids = &population.ids;
    let line = CachePadded::new(AtomicU64::new(0));
    let read = |nth: usize| {
        // A stride that comes by all of them, and not in the order they stand in memory.
        let id = ids[nth.wrapping_mul(617) % ids.len()];
        black_box(ContextStateDTO::from(&contexts[&id]));
    };
    let write = |_| {
        black_box(line.fetch_add(1, Ordering::AcqRel));
    };
    Limits {
        no_shared_write_ops_per_s: rate(threads, length, read),
        shared_rmw_per_s: rate(threads, length, write),
    }
}

/// How often a second `threads` threads together do `work`.
fn rate(threads: usize, length: Duration, work: impl Fn(usize) + Sync) -> f64 {
    /// Between two looks at the clock, so that looking costs nothing.
    const BATCH: usize = 1_000;
    let one = || {
        let (start, mut done) = (Instant::now(), 0);
        while start.elapsed() < length {
            (done..done + BATCH).for_each(&work);
            done += BATCH;
        }
        done as f64 / start.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|thread| thread.join().expect("nothing here panics")).sum()
    })
}
