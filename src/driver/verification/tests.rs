//! Faults planted between the clients and a real strategy, and between the judge and its store: each is found, and without
//! one nothing is.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::super::rival::{set_up, stock};
use super::*;
use crate::backend::chat::{AppendedDTO, ContextStateDTO, MessagesDTO, NewMessage, ToolDecision, Version};
use crate::backend::service::{
    ActionDTO, Answer, ContextList, CreateContext, DynChatService, MessagePage, TurnWatch, UpdateContext,
};
use crate::backend::session::{ManagerStats, SessionError, Traffic};
use crate::backend::store::StoreError;
use crate::strategy::{PRESETS, Strategy};
use crate::workload::{Scenario, Trace};

/// Which fault stands between.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// After some appends, the state is answered as it was at first.
    StaleState,
    /// An append is made twice, and answered once.
    DoubledAppend,
    /// The store has forgotten everything.
    EmptyStore,
}

struct Faulty {
    inner: Arc<dyn DynBackend>,
    fault: Fault,
    first: Mutex<Option<ContextStateDTO>>,
    appends: AtomicU32,
}

impl Faulty {
    fn between(inner: Arc<dyn DynBackend>, fault: Fault) -> Arc<Self> {
        Arc::new(Self { inner, fault, first: Mutex::new(None), appends: AtomicU32::new(0) })
    }
}

/// Appends before a fault shows.
const RIGHT_AT_FIRST: u32 = 5;

impl DynChatService for Faulty {
    fn create(&self, request: CreateContext) -> Answer<'_, ContextId> {
        self.inner.create(request)
    }

    fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList> {
        self.inner.list(after, limit)
    }

    fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO> {
        self.inner.context(id)
    }

    fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO> {
        self.inner.messages(id, page)
    }

    fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO> {
        async move {
            let now = self.inner.state(id).await?;
            let first = *self.first.lock().get_or_insert(now);
            let stale = self.fault == Fault::StaleState && self.appends.load(Relaxed) > RIGHT_AT_FIRST;
            Ok(if stale { first } else { now })
        }
        .boxed()
    }

    fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version> {
        self.inner.update(id, request)
    }

    fn delete(&self, id: ContextId) -> Answer<'_, ()> {
        self.inner.delete(id)
    }

    fn append(&self, id: ContextId, message: NewMessage, branch: Option<String>) -> Answer<'_, AppendedDTO> {
        async move {
            let nth = self.appends.fetch_add(1, Relaxed);
            if self.fault == Fault::DoubledAppend && nth == RIGHT_AT_FIRST {
                self.inner.append(id, message.clone(), branch.clone()).await?;
            }
            self.inner.append(id, message, branch).await
        }
        .boxed()
    }

    fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version> {
        self.inner.decide(id, decisions)
    }

    fn send<'a>(
        &'a self,
        id: ContextId,
        message: NewMessage,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        self.inner.send(id, message, watch)
    }

    fn resume<'a>(
        &'a self,
        id: ContextId,
        decisions: Vec<ToolDecision>,
        watch: &'a dyn TurnWatch,
    ) -> Answer<'a, ActionDTO> {
        self.inner.resume(id, decisions, watch)
    }
}

impl DynBackend for Faulty {
    fn whole(&self, id: ContextId) -> BoxFuture<'_, Result<ChatContext, SessionError>> {
        self.inner.whole(id)
    }

    fn stored(&self, id: ContextId) -> BoxFuture<'_, Result<Option<ChatContext>, StoreError>> {
        if self.fault == Fault::EmptyStore { async { Ok(None) }.boxed() } else { self.inner.stored(id) }
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

/// One slice of a strategy, in which each of the clients comes to ask `enough` of it or the minute is over.
fn verified(strategy: &str, scenario: &Scenario, fault: Option<Fault>) -> (Run, Verified) {
    let population = Population::of(scenario, 1);
    let traces = (0..scenario.tasks()).map(|task| Trace::generate(scenario, 1, task)).collect();
    let questions = Arc::new(Questions::new(scenario, &population, traces, 1));
    let arena = Arena::new(scenario, Duration::from_mins(1)).unwrap();
    let store = stock(&population, arena.handle());
    let strategy = Strategy::parse(strategy).unwrap();
    let rival = set_up(&strategy, scenario, &population, store, 1, &arena.stage(false), None).unwrap();
    let mut subject = rival.subject().unwrap();
    if let Some(fault) = fault {
        let faulty = Faulty::between(subject.backend, fault);
        subject = Subject { service: faulty.clone(), backend: faulty, ..subject };
    }
    let ground = Ground {
        arena: &arena,
        population: &population,
        questions: &questions,
        capacity: scenario.capacity.get() as usize,
        epoch: Instant::now(),
        most_operations: 200 * scenario.tasks() as usize,
    };
    let run = ground.run(&subject, 0, Duration::from_mins(1));
    let run = run.unwrap_or_else(|stuck| panic!("{stuck:?}"));
    let mut verified = Verified::default();
    verified.add(&run);
    (run, verified)
}

fn scenario(name: &str, overrides: &[&str]) -> Scenario {
    let overrides: Vec<_> = overrides.iter().map(|&text| text.to_owned()).collect();
    Scenario::load(name, &overrides).unwrap()
}

fn small() -> Scenario {
    scenario("polling", &["sessions=2", "messages=4", "message_bytes=8", "tasks=4", "read_percent=80"])
}

fn assert_right(verified: &Verified, what: &str) {
    let findings: Vec<_> = verified.findings().collect();
    assert_eq!(findings, [], "{what}");
    let verification = verified.verification().unwrap();
    assert_eq!(verification.linearizable, Some(true), "{what}");
    assert!(verification.operations_checked.unwrap() > 100, "{what}: {verification:?}");
    assert_eq!(verification.deadlocks, None, "nobody tracks here");
}

#[test]
fn what_is_right_is_found_right() {
    assert_right(&verified("after", &small(), None).1, "after");
}

#[test]
fn a_stale_answer_is_found_and_drawn() {
    let (_, verified) = verified("after", &small(), Some(Fault::StaleState));
    assert_eq!(verified.verification().unwrap().linearizable, Some(false));
    let finding = verified.findings().find(|finding| finding.kind == "not linearizable").unwrap();
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.places.contains(&"get_context_state".to_owned()), "{finding:?}");
    let violation = &verified.violations()[0];
    assert!(violation.operations.len() <= 6 && finding.tasks.len() == violation.operations.len());
    assert_eq!(violation.operations[violation.impossible].f, "get_context_state");
    assert!(violation.text.contains("impossible: should have been version"), "{}", violation.text);
}

#[test]
fn a_doubled_append_is_found_by_its_order_and_by_its_end() {
    let (_, verified) = verified("naive", &small(), Some(Fault::DoubledAppend));
    assert_eq!(verified.verification().unwrap().linearizable, Some(false));
    let kinds: Vec<_> = verified.findings().map(|finding| finding.kind).collect();
    for kind in ["not linearizable", "doubled append", "version gap"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
    assert!(verified.findings().all(|finding| !finding.places.is_empty()), "errors have places");
}

#[test]
fn what_the_store_lacks_is_found_though_every_answer_was_right() {
    let (_, verified) = verified("after", &small(), Some(Fault::EmptyStore));
    assert_eq!(verified.verification().unwrap().linearizable, Some(true));
    let finding = verified.findings().next().unwrap();
    assert_eq!((finding.kind.as_str(), finding.severity), ("not stored", Severity::Error));
    assert_eq!(finding.places, ["src/session/save.rs"]);
    assert!(finding.message.ends_with("1 more of this kind"), "{finding:?}");
}

#[test]
fn every_preset_is_right_where_clients_meet_and_sessions_come_and_go() {
    let busy = ["sessions=3", "messages=4", "message_bytes=8"];
    let scenarios = [
        scenario("polling", &[&busy[..], &["tasks=6", "read_percent=70"]].concat()),
        scenario("hot-context", &["messages=4", "message_bytes=8", "readers=4", "writers=2"]),
        scenario("churn", &[&busy[..], &["capacity=1", "tasks=6", "read_percent=70"]].concat()),
        scenario(
            "active-chat",
            &[
                &busy[..],
                &["tasks=6", "cancel_percent=30", "read_percent=60", "capacity=1"],
                &["model.scale=0.00001", "model.tool_calls_percent=40"],
            ]
            .concat(),
        ),
    ];
    for scenario in &scenarios {
        for preset in PRESETS {
            let (_, verified) = verified(preset.name, scenario, None);
            assert_right(&verified, &format!("{} under {}", preset.name, scenario.name));
        }
    }
}

#[test]
fn several_slices_make_one_history() {
    let scenario = small();
    let (first, second) = (verified("after", &scenario, None).0, verified("after", &scenario, None).0);
    let mut lines = Vec::new();
    first.write(&mut lines, 1).unwrap();
    let one = String::from_utf8(lines.clone()).unwrap();
    assert!(one.lines().count() > 100 && one.contains("\"1/") && !one.contains("\"2/"));
    // Each has a clock of its own here, so that only their names are looked at.
    let mut later = Vec::new();
    second.write(&mut later, 2).unwrap();
    assert!(String::from_utf8(later).unwrap().contains("\"2/"));
    let history = lockyard_history::History::read(&crate::checks::spec::Sessions, &*lines).unwrap();
    assert_eq!(crate::checks::spec::judge(&history, BUDGET), Verdict::Linearizable);
}

#[test]
fn what_processes_found_is_told_once_and_counted_together() {
    let (_, one) = verified("after", &small(), Some(Fault::EmptyStore));
    let sent: Verified = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
    let mut both = Verified::default();
    both.merge(&one);
    both.merge(&sent);
    let checked = |verified: &Verified| verified.verification().unwrap().operations_checked.unwrap();
    assert_eq!(checked(&both), 2 * checked(&one));
    assert_eq!(both.findings().count(), 1);
    assert!(both.findings().next().unwrap().message.ends_with("3 more of this kind"));
    assert_eq!(Verified::default().verification(), None, "what was not looked at is not right");
}
