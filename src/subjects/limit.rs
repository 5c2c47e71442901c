//! What the machine could do at most with the same work: the subject that shares nothing.
//!
//! It answers from the same sessions by the same functions, with no lock, no cache and no reference count: whatever is
//! read is never written, and what is written belongs to one task alone. Its readers never see a change, so it is
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

use crate::backend::chat::{
    AppendedDTO, ChatContext, ChatContextDTO, ChatError, ContextId, ContextStateDTO, ContextSummary,
    MessagesDTO, Version,
};
use crate::backend::service::request::{
    AddContextMessage, ApproveContextTools, ApproveToolsAction, CreateContext, DeleteContext, GetContext,
    GetContextMessages, GetContextState, ListContexts, SendMessageAction, UpdateContext,
};
use crate::backend::service::{ContextList, Request, Serve, ServiceError};
use crate::backend::session::{Clock, SessionError};
use crate::strategy::TokioClock;
use crate::workload::{Operation, Scenario, Step};
use lockyard_bench::record::Limits;
use lockyard_bench::{Fault, Meter, Setup, Subject, System, cores};

use super::ask::ask;
use super::client::Client;
use super::population::{Population, Populations};
use super::questions::Questions;

/// Read-modify-writes of one line for one operation: one to take a lock, one to release it.
const LOCK_AND_UNLOCK: u32 = 2;

/// The name of the limit that applies to a scenario; none where the work is waiting for a model, or makes sessions.
fn applies(scenario: &Scenario) -> Option<&'static str> {
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

/// What the machine could do at most under this scenario, as a subject over sessions of these; none where no limit is
/// known.
pub(super) fn limit(scenario: &Scenario, populations: &Arc<Populations>) -> Option<Subject<Scenario>> {
    let (name, populations) = (applies(scenario)?, populations.clone());
    let make = move |setup: &Setup<'_, Scenario>| {
        let scenario = setup.workload();
        Ok(Limit::new(scenario, populations.of(scenario, setup.seed()), setup.seed()))
    };
    Some(Subject::new(name, make).into())
}

/// The limit as a system: a service for each task.
struct Limit {
    world: Arc<SharedData>,
    population: Arc<Population>,
    questions: Questions,
}

impl Limit {
    fn new(scenario: &Scenario, population: Arc<Population>, seed: u64) -> Self {
        let world = Arc::new(SharedData {
            contexts: population.contexts.iter().map(|context| (context.id(), context.clone())).collect(),
            summaries: population.contexts.iter().map(|it| (it.id(), ContextSummary::from(it))).collect(),
            line: CachePadded::default(),
            touches: if applies(scenario) == Some("shared-line") { LOCK_AND_UNLOCK } else { 0 },
        });
        let questions = Questions::new(scenario, &population, seed);
        Self { world, population, questions }
    }

    /// What a task's own session is at the beginning of a slice.
    fn initial(&self) -> &ChatContext {
        &self.population.contexts[0]
    }
}

/// A task with a service of its own.
struct TaskService {
    service: Unshared,
    client: Client,
}

impl System<Scenario> for Limit {
    type Client = TaskService;

    async fn client(&self, task: usize) -> Result<TaskService, Fault> {
        let own = CachePadded::new(Mutex::new(self.initial().deep_clone()));
        let service = Unshared { world: self.world.clone(), own };
        Ok(TaskService { service, client: Client::new(task) })
    }

    fn call(&self, own: &mut TaskService, step: &Step, meter: &mut Meter) -> impl Future<Output = ()> + Send {
        let TaskService { service, client } = own;
        ask(&*service, &self.questions, client, step, meter)
    }

    async fn reset(&self, clients: &mut [&mut TaskService]) -> Result<(), Fault> {
        let initial = self.initial().pool().len();
        for TaskService { service, client } in clients.iter_mut() {
            client.grown.clear();
            let mut own = service.own.lock();
            if own.pool().len() > initial + initial / 4 {
                own.restore(self.initial());
            }
        }
        Ok(())
    }
}

/// What all tasks read, and, of the line, write where the limit is the shared line.
struct SharedData {
    contexts: HashMap<ContextId, ChatContext, foldhash::fast::RandomState>,
    summaries: BTreeMap<ContextId, ContextSummary>,
    line: CachePadded<AtomicU64>,
    touches: u32,
}

/// The service of one task.
struct Unshared {
    world: Arc<SharedData>,
    /// What the task writes instead of the session asked for. No other task ever locks it.
    own: CachePadded<Mutex<ChatContext>>,
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

impl SharedData {
    fn touch(&self) {
        for _ in 0..self.touches {
            self.line.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Serve<ListContexts> for Unshared {
    async fn serve(&self, ListContexts { after, limit }: ListContexts) -> Result<ContextList, ServiceError> {
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
}

impl Serve<GetContext> for Unshared {
    async fn serve(&self, GetContext { id }: GetContext) -> Result<ChatContextDTO, ServiceError> {
        self.read(id, |context| ChatContextDTO::from(context))
    }
}

impl Serve<GetContextMessages> for Unshared {
    async fn serve(
        &self,
        GetContextMessages { id, page }: GetContextMessages,
    ) -> Result<MessagesDTO, ServiceError> {
        let branch = page.branch.as_deref();
        self.read(id, |context| MessagesDTO::page(context, branch, page.limit, page.offset, usize::MAX))?
            .map_err(|source| SessionError::Refused { id, source }.into())
    }
}

impl Serve<GetContextState> for Unshared {
    async fn serve(&self, GetContextState { id }: GetContextState) -> Result<ContextStateDTO, ServiceError> {
        self.read(id, |context| ContextStateDTO::from(context))
    }
}

impl Serve<UpdateContext> for Unshared {
    async fn serve(
        &self,
        UpdateContext { id, body, condition }: UpdateContext,
    ) -> Result<Version, ServiceError> {
        self.write(id, |context| {
            context.require(&condition)?;
            context.update(&body.update)?;
            Ok(context.version().next())
        })
    }
}

impl Serve<AddContextMessage> for Unshared {
    async fn serve(
        &self,
        AddContextMessage { id, message, branch, condition, key: _ }: AddContextMessage,
    ) -> Result<AppendedDTO, ServiceError> {
        self.write(id, |context| {
            context.require(&condition)?;
            let message = context.append(message, branch.as_deref())?;
            Ok(AppendedDTO { id: message, version: context.version().next() })
        })
    }
}

/// What no scenario with a limit asks.
macro_rules! beyond {
    ($($request:ty),*) => {
        $(
            impl Serve<$request> for Unshared {
                async fn serve(&self, _: $request) -> Result<<$request as Request>::Answer, ServiceError> {
                    Err(beyond())
                }
            }
        )*
    };
}

beyond!(CreateContext, DeleteContext, ApproveContextTools, SendMessageAction<'_>, ApproveToolsAction<'_>);

fn beyond() -> ServiceError {
    ServiceError::Invalid { reason: "the limit has reads, appends and updates only".to_owned() }
}

/// What the machine's memory system allows, measured by `threads` threads in `length` each: state reads of sessions that
/// no thread writes, and changes of one cache line that all write.
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

/// What the memory system allows, looked at for as long as a run can spare.
pub fn limits() -> Limits {
    calibrate(cores(), Duration::from_millis(50))
}
