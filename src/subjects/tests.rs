//! Faults planted between the clients and a real strategy, and between the judge and its store: each is found, and without
//! one nothing is.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lockyard_bench::record::{Cell, Finding, FindingKind, Record, Severity};
use lockyard_bench::{Latency, NoObserver, Plan, Setup, Subject, run};
use parking_lot::Mutex;

use crate::backend::chat::{ChatContext, ContextId, ContextStateDTO};
use crate::backend::service::{DynBackend, Request, Serve, ServeBoxed, ServiceError, ServiceHealth};
use crate::backend::session::{ManagerStats, SessionCounts, SessionError, StoreFailure, Traffic};
use crate::backend::store::StoreError;
use crate::strategy::{PRESETS, Strategy, assemble_dyn};
use crate::workload::{Operation, Scenario};

use super::Strategies;
use super::backend::{setup, stock};
use super::in_process::InProcess;
use super::population::Populations;
use super::questions::Questions;

/// Which fault stands between.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Planted {
    /// After some appends, the state is answered as it was at first.
    StaleState,
    /// An append is made twice, and answered once.
    DoubledAppend,
    /// The store has forgotten everything.
    EmptyStore,
}

struct Faulty {
    inner: Arc<dyn DynBackend>,
    fault: Planted,
    first: Mutex<Option<ContextStateDTO>>,
    appends: AtomicU32,
}

impl Faulty {
    fn between(inner: Arc<dyn DynBackend>, fault: Planted) -> Arc<Self> {
        Arc::new(Self { inner, fault, first: Mutex::new(None), appends: AtomicU32::new(0) })
    }
}

/// Appends before a fault shows.
const RIGHT_AT_FIRST: u32 = 5;

impl<R: Request> Serve<R> for Faulty
where
    dyn DynBackend: ServeBoxed<R>,
{
    async fn serve(&self, request: R) -> Result<R::Answer, ServiceError> {
        if R::OPERATION == Operation::AddContextMessage {
            let nth = self.appends.fetch_add(1, Relaxed);
            if self.fault == Planted::DoubledAppend && nth == RIGHT_AT_FIRST {
                self.inner.serve_boxed(request.clone()).await?;
            }
        }
        let mut answer = self.inner.serve_boxed(request).await?;
        if let Some(now) = (&mut answer as &mut dyn Any).downcast_mut::<ContextStateDTO>() {
            let first = *self.first.lock().get_or_insert(*now);
            if self.fault == Planted::StaleState && self.appends.load(Relaxed) > RIGHT_AT_FIRST {
                *now = first;
            }
        }
        Ok(answer)
    }
}

impl ServiceHealth for Faulty {
    fn counts(&self) -> SessionCounts {
        self.inner.counts()
    }

    fn store_failure(&self) -> Option<StoreFailure> {
        self.inner.store_failure()
    }
}

impl DynBackend for Faulty {
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>> {
        self.inner.whole(id)
    }

    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>> {
        if self.fault == Planted::EmptyStore { async { Ok(None) }.boxed() } else { self.inner.stored(id) }
    }

    fn restore<'a>(
        &'a self,
        id: ContextId,
        initial: &'a ChatContext,
    ) -> BoxFuture<'a, Result<(), SessionError>> {
        self.inner.restore(id, initial)
    }

    fn auto_save(&self, interval: Duration) -> BoxFuture<'_, ()> {
        self.inner.auto_save(interval)
    }

    fn traffic(&self) -> BoxFuture<'_, Traffic> {
        self.inner.traffic()
    }

    fn flush(&self) -> BoxFuture<'_, Vec<SessionError>> {
        self.inner.flush()
    }

    fn stats(&self) -> BoxFuture<'_, ManagerStats> {
        self.inner.stats()
    }
}

/// A strategy with a fault between it and its callers, as a subject.
fn faulty(strategy: &str, fault: Planted) -> Subject<Scenario> {
    let strategy = Strategy::parse(strategy).unwrap();
    let populations = Populations::default();
    let make = move |with: &Setup<'_, Scenario>| {
        let (scenario, seed, runtime) = (with.workload(), with.seed(), with.runtime());
        let population = populations.of(scenario, seed);
        let given = setup(scenario, stock(&population, runtime.handle()), seed, runtime.handle());
        let faulty = Faulty::between(assemble_dyn(strategy.factors(), given).unwrap(), fault);
        let questions = Arc::new(Questions::new(scenario, &population, seed));
        Ok(InProcess::new(faulty.clone(), faulty, questions, population, runtime))
    };
    Subject::new("faulty", make).settled().into()
}

/// So long is a slice at most: what is measured here is of no interest.
const SLICE: Duration = Duration::from_millis(60);

/// A run that is over as soon as every subject was judged.
fn judged(subjects: Vec<Subject<Scenario>>, workloads: Vec<Scenario>) -> Record {
    let duration = Duration::from_millis(50);
    let plan = Plan::new(subjects, workloads).duration(duration).longest_slice(SLICE);
    let plan = plan.latency(Latency::None).verify(true);
    run(&plan, &AtomicBool::new(false), &mut NoObserver).unwrap()
}

/// What is found of a strategy with a fault.
fn judged_with(strategy: &str, fault: Planted) -> Cell {
    judged(vec![faulty(strategy, fault)], vec![small()]).cells.remove(0)
}

fn scenario(name: &str, overrides: &[&str]) -> Scenario {
    Scenario::load(name, overrides).unwrap()
}

fn small() -> Scenario {
    scenario("polling", &["sessions=2", "messages=4", "message_bytes=8", "tasks=4", "read_percent=80"])
}

fn assert_right(cell: &Cell, what: &str) {
    // How imprecise so short a run is says nothing of what is right.
    let found = cell.findings.iter().filter(|finding| finding.kind != FindingKind::Imprecise);
    assert_eq!(found.collect::<Vec<_>>(), [] as [&Finding; 0], "{what}");
    let verification = cell.verification.as_ref().expect("it was judged");
    assert_eq!(verification.linearizable, Some(true), "{what}");
    assert!(verification.operations_checked.unwrap() > 100, "{what}: {verification:?}");
    assert_eq!(verification.deadlocks, None, "nothing is tracked here");
}

#[test]
fn a_stale_answer_is_found_and_drawn() {
    let cell = judged_with("after", Planted::StaleState);
    assert_eq!(cell.verification.unwrap().linearizable, Some(false));
    let finding = cell.findings.iter().find(|finding| finding.kind == FindingKind::NotLinearizable).unwrap();
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.places.contains(&"get_context_state".to_owned()), "{finding:?}");
    let violation = &cell.violations[0];
    assert!(violation.operations.len() <= 6 && finding.tasks.len() == violation.operations.len());
    assert_eq!(violation.operations[violation.impossible].f, "get_context_state");
    let text = violation.to_string();
    assert!(text.contains("impossible: should have been version"), "{}", text);
}

#[test]
fn a_doubled_append_is_found_by_its_order_and_by_its_end() {
    let cell = judged_with("naive", Planted::DoubledAppend);
    assert_eq!(cell.verification.unwrap().linearizable, Some(false));
    for name in ["not linearizable", "doubled append", "version gap"] {
        assert!(cell.findings.iter().any(|finding| finding.name() == name), "{name}: {:?}", cell.findings);
    }
    let mut errors = cell.findings.iter().filter(|finding| finding.is_error());
    assert!(errors.all(|finding| !finding.places.is_empty()), "errors have places");
}

#[test]
fn what_the_store_lacks_is_found_though_every_answer_was_right() {
    let cell = judged_with("after", Planted::EmptyStore);
    assert_eq!(cell.verification.unwrap().linearizable, Some(true));
    let finding = &cell.findings[0];
    assert_eq!((finding.name(), finding.severity), ("not stored", Severity::Error));
    assert_eq!(finding.kind, FindingKind::Invariant);
    assert!(finding.places[0].starts_with("src/checks/invariants.rs:"), "where it is asked for: {finding:?}");
    assert!(finding.message.ends_with("more of this kind"), "{finding:?}");
}

/// Sessions so few and so small that clients meet in them.
const BUSY: [&str; 5] = ["sessions=3", "messages=4", "message_bytes=8", "tasks=6", "read_percent=70"];

/// Every preset is right under a scenario.
fn assert_presets_right(scenario: Scenario) {
    let all = Strategies::default();
    let presets = PRESETS.map(|preset| Strategy::parse(preset.name).unwrap());
    let subjects = presets.iter().map(|preset| all.subject(preset).unwrap()).collect();
    let record = judged(subjects, vec![scenario]);
    assert_eq!(record.cells.len(), PRESETS.len());
    for cell in &record.cells {
        assert_right(cell, &format!("{} under {}", cell.strategy, cell.scenario));
    }
}

#[test]
fn every_preset_is_right_where_clients_meet() {
    assert_presets_right(scenario("polling", &BUSY));
}

#[test]
fn every_preset_is_right_where_all_meet_at_one_session() {
    let small = ["messages=4", "message_bytes=8", "readers=4", "writers=2"];
    assert_presets_right(scenario("hot-context", &small));
}

#[test]
fn every_preset_is_right_where_sessions_come_and_go() {
    assert_presets_right(scenario("churn", &[&BUSY[..], &["capacity=1"]].concat()));
}

#[test]
fn every_preset_is_right_where_turns_are_dropped_midway() {
    let turns = ["cancel_percent=30", "capacity=1", "model.scale=0.00001", "model.tool_calls_percent=40"];
    let turns = [&BUSY[..], &["read_percent=60"], &turns].concat();
    assert_presets_right(scenario("active-chat", &turns));
}
