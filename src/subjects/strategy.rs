//! Strategies as subjects: what is measured is compiled for each, what is judged and what is tracked once for all.

use std::sync::{Arc, OnceLock};

use lockyard_bench::locks::MeasuredLock;
use lockyard_bench::{Declared, Fault, HeapUse, Setup, Share, Slowdown, Subject};
use lockyard_lock::{LockFamily, ParkingLotRwLock, TokioRwLock, TryFamily};

use crate::backend::service::{DynBackend, DynChatService, Layered};
use crate::backend::session::{SaveMode, StateMode};
use crate::backend::store::MemoryStore;
use crate::strategy::{
    AnyStore, CacheFamily, CustomStrategy, Factors, NamedCache, Strategy, StrategyError, WithTypes,
    assemble_dyn, assemble_tracked, backend_of, dispatch,
};
use crate::workload::Scenario;

use super::backend::{setup, stock};
use super::cancelling::Requests;
use super::in_process::InProcess;
use super::limit::limit;
use super::memory::MemoryBaselines;
use super::population::{Population, Populations};
use super::questions::Questions;
use super::slowed;

/// Strategies as subjects that share what they can: the sessions of a scenario, and what memory is held against.
#[derive(Clone, Default)]
pub struct Strategies {
    populations: Arc<Populations>,
    memory_baselines: Arc<MemoryBaselines>,
    /// The share of all requests whose client goes away before the answer.
    cancel: Option<Share>,
}

/// What is judged, what is tracked, and whose clients go away: asked through objects, with something done around each
/// request.
type Object = InProcess<Layered<Requests>>;

impl Strategies {
    /// Strategies of which this share of all requests is dropped before its answer.
    #[must_use]
    pub fn cancelling(self, share: Option<Share>) -> Self {
        Self { cancel: share, ..self }
    }

    /// A strategy as a subject.
    ///
    /// # Errors
    /// [`StrategyError`] for one that is not built.
    pub fn subject(&self, strategy: &Strategy) -> Result<Subject<Scenario>, StrategyError> {
        let all = self.clone();
        if self.cancel.is_some() {
            return Ok(all.boxed(strategy));
        }
        let declare = DeclareSubject { all, strategy: strategy.clone(), work: Slowdown::default() };
        match own_subject(strategy.factors()) {
            Some(own) => Ok(own(declare)),
            None => dispatch(strategy.factors(), declare),
        }
    }

    /// The same, asked in the way that one with tracked locks is: through objects.
    #[must_use]
    pub fn boxed(&self, strategy: &Strategy) -> Subject<Scenario> {
        let (all, of) = (self.clone(), strategy.clone());
        let make = move |setup: &Setup<'_, Scenario>| all.object(&of, setup);
        self.declared(strategy, Subject::new(strategy.name(), make))
    }

    /// The strategy that can be [slowed] as a subject that is only measured, with this work in it.
    pub(super) fn slowed(&self, work: &Slowdown) -> Subject<Scenario> {
        let (all, strategy, work) = (self.clone(), slowed::preset(), work.clone());
        slowed::with_types(DeclareSubject { all, strategy, work })
    }

    /// What each strategy can do besides being measured.
    fn declared<S>(&self, strategy: &Strategy, subject: Declared<Scenario, S>) -> Subject<Scenario>
    where
        S: lockyard_bench::System<Scenario>,
    {
        let (all, of) = (self.clone(), strategy.clone());
        let judged = move |setup: &Setup<'_, Scenario>| all.object(&of, setup);
        let (all, of) = (self.clone(), strategy.clone());
        let tracked = move |setup: &Setup<'_, Scenario>, _: &lockyard_track::Tracker| all.object(&of, setup);
        let (all, of) = (self.clone(), strategy.clone());
        let count = move |sessions, seed| all.heap_use(&of, sessions, seed);
        let populations = self.populations.clone();
        let subject = subject.about(strategy.about()).common_data(move |it, seed| populations.of(it, seed));
        let subject = match strategy.compared_with() {
            Some(equal) => subject.compared_with(equal),
            None => subject,
        };
        let subject = strategy
            .factors()
            .named()
            .into_iter()
            .fold(subject, |subject, (factor, value)| subject.factor(factor, value));
        subject.settled_as(judged).tracked_and_settled(tracked).heap_use("session", count).into()
    }

    /// A strategy behind objects, with tracked locks where the runtime has a tracker.
    fn object(&self, strategy: &Strategy, with: &Setup<'_, Scenario>) -> Result<Object, Fault> {
        let population = self.populations.of(with.workload(), with.seed());
        self.object_over(strategy, with, stock(&population, with.runtime().handle()))
    }

    /// The same over a store that holds the scenario's sessions.
    fn object_over(
        &self,
        strategy: &Strategy,
        with: &Setup<'_, Scenario>,
        store: MemoryStore,
    ) -> Result<Object, Fault> {
        let (scenario, seed, runtime) = (with.workload(), with.seed(), with.runtime());
        let population = self.populations.of(scenario, seed);
        let given = setup(scenario, store, seed, runtime.handle());
        let backend: Arc<dyn DynBackend> = match runtime.tracker() {
            None => assemble_dyn(strategy.factors(), given).map_err(Fault::new)?,
            Some(tracker) => assemble_tracked(strategy.factors(), given, tracker).map_err(Fault::new)?,
        };
        let asked: Arc<dyn DynChatService> = backend.clone();
        let requests = Requests::new(scenario, self.cancel.unwrap_or_default(), seed);
        let service = Arc::new(Layered::new(asked, requests));
        let questions = Arc::new(Questions::new(scenario, &population, seed));
        Ok(InProcess::new(service, backend, questions, population, runtime))
    }

    /// A strategy over a store that holds a scenario's sessions, with all of them alive for which there is room: for who
    /// looks at memory.
    pub(super) fn warmed(
        &self,
        strategy: &Strategy,
        with: &Setup<'_, Scenario>,
        store: MemoryStore,
    ) -> Result<impl Sized + use<>, Fault> {
        self.object_over(strategy, with, store)
    }

    /// What a strategy is measured over, whichever it is.
    fn given(
        &self,
        with: &Setup<'_, Scenario>,
    ) -> (crate::strategy::Setup<AnyStore>, Arc<Questions>, Arc<Population>) {
        let (scenario, seed, runtime) = (with.workload(), with.seed(), with.runtime().handle());
        let population = self.populations.of(scenario, seed);
        let given = setup(scenario, stock(&population, runtime), seed, runtime);
        let questions = Arc::new(Questions::new(scenario, &population, seed));
        (given, questions, population)
    }

    /// What a strategy keeps for each of so many sessions.
    fn heap_use(&self, strategy: &Strategy, sessions: u32, seed: u64) -> Result<Option<HeapUse>, Fault> {
        let warm = |with: &Setup<'_, Scenario>, store| self.warmed(strategy, with, store);
        self.memory_baselines.overhead(&self.populations, sessions, seed, warm)
    }

    /// What the machine could do at most under this scenario, over the same sessions; none where no limit is known.
    #[must_use]
    pub fn limit(&self, scenario: &Scenario) -> Option<Subject<Scenario>> {
        limit(scenario, &self.populations)
    }

    pub(super) fn populations(&self) -> &Populations {
        &self.populations
    }
}

/// How a strategy of a program's own is declared, by its session's lock and its cache.
static OWN: OnceLock<Vec<CustomSubject>> = OnceLock::new();

/// A strategy of a program's own, with what declares it: compiled for its types, as all that is measured.
pub struct CustomSubject {
    /// The strategy.
    pub strategy: CustomStrategy,
    declare: fn(DeclareSubject) -> Subject<Scenario>,
    /// The lock by itself, of which only those that are locks of their own have one.
    alone: Option<fn() -> MeasuredLock>,
}

impl CustomSubject {
    /// The strategy of a lock.
    pub fn of_lock<F: TryFamily>() -> Self {
        Self {
            strategy: CustomStrategy::of_lock::<F>(),
            declare: CustomStrategy::with_lock::<F, DeclareSubject>,
            alone: Some(|| MeasuredLock::of::<F>("a lock of this program's own")),
        }
    }

    /// The strategies of a cache.
    pub fn of_cache<C: NamedCache>() -> [Self; 2] {
        let [one, other] = CustomStrategy::of_cache::<C>();
        let of = |strategy, declare| Self { strategy, declare, alone: None };
        [
            of(one, CustomStrategy::with_cache::<ParkingLotRwLock, C, DeclareSubject>),
            of(other, CustomStrategy::with_cache::<TokioRwLock, C, DeclareSubject>),
        ]
    }

    /// The locks of this program's own, to be measured alone.
    pub fn locks() -> impl Iterator<Item = MeasuredLock> {
        OWN.get().into_iter().flatten().filter_map(|own| Some(own.alone?()))
    }

    /// The strategies of this program's own, before any is asked for by name.
    ///
    /// # Errors
    /// A sentence that says which name cannot be.
    pub fn announce(own: Vec<Self>) -> Result<(), String> {
        CustomStrategy::announce(own.iter().map(|it| it.strategy).collect())?;
        // The first call only comes here.
        let _ = OWN.set(own);
        Ok(())
    }
}

fn own_subject(factors: Factors) -> Option<fn(DeclareSubject) -> Subject<Scenario>> {
    let own = OWN.get()?.iter().find(|it| it.strategy.preset.factors.has_types_of(factors))?;
    Some(own.declare)
}

/// Declares a strategy once its types are known.
struct DeclareSubject {
    all: Strategies,
    strategy: Strategy,
    work: Slowdown,
}

impl WithTypes for DeclareSubject {
    type Output = Subject<Scenario>;

    fn with<F: LockFamily, C: CacheFamily, S: SaveMode<F>, P: StateMode>(self) -> Subject<Scenario> {
        let Self { all, strategy, work } = self;
        let (of, dto) = (all.clone(), strategy.factors().dto);
        let make = move |with: &Setup<'_, Scenario>| {
            let (given, questions, population) = of.given(with);
            let backend = Arc::new(slowed::make_with(&work, || backend_of::<F, C, S, P, _>(dto, given)));
            Ok(InProcess::new(backend.clone(), backend, questions, population, with.runtime()))
        };
        all.declared(&strategy, Subject::new(strategy.name(), make))
    }
}
