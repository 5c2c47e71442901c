//! A workload that is no chat, through the whole of the driver: measured, recorded, judged, tracked, swept, reported.

#[path = "bank/mod.rs"]
mod bank;

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use lockyard_bench::gate::{RunSettings, refusals};
use lockyard_bench::record::{FindingKind, Metric, Record};
use lockyard_bench::report::page;
use lockyard_bench::{
    Latency, NoObserver, Part, Plan, Setup, Subject, Terms, Turns, Workload, measure, run, run_in_parts,
};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex};

use bank::guard::{Guard, Teller, WholeBank};
use bank::{Bank, OPENING, guards, subject, sweep};

static ACCOUNTS: LockClass = LockClass::new("accounts");

/// Reads and writes back what it has read, with the lock free in between: what one task puts in, another one loses.
struct Careless<F: LockFamily>(LockOf<F, Vec<u64>>);

impl<F: LockFamily> Guard for Careless<F> {
    fn open(accounts: u32) -> Self {
        Self(SharedLock::new(&ACCOUNTS, vec![OPENING; accounts as usize]))
    }

    async fn balance(&self, of: u32) -> u64 {
        self.0.read().await[of as usize]
    }

    async fn change(&self, account: u32, by: i64) -> bool {
        let Some(changed) = self.balance(account).await.checked_add_signed(by) else { return false };
        // Others come in between: a task that yields stands behind all that are ready.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        self.0.write().await[account as usize] = changed;
        true
    }

    async fn transfer(&self, from: u32, to: u32, amount: u64) -> bool {
        self.change(from, -amount.cast_signed()).await && self.change(to, amount.cast_signed()).await
    }
}

/// A plan that is done in a moment: what is looked at is not how fast anything is.
fn plan_of(subjects: Vec<Subject<Bank>>, workloads: Vec<Bank>) -> Plan<Bank> {
    Plan::new(subjects, workloads)
        .duration(Duration::from_millis(60))
        .longest_slice(Duration::from_millis(2))
        .latency(Latency::Full)
        .verify(true)
        .terms(Terms { reference: Some("rwlock".to_owned()), ..Terms::default() })
}

fn plan() -> Plan<Bank> {
    plan_of(guards(), vec![Bank::default()])
}

fn record_of(plan: &Plan<Bank>) -> Record {
    let record = run(plan, &AtomicBool::new(false), &mut NoObserver).expect("it runs");
    let read_again = Record::parse(record.to_json().as_bytes(), Path::new("run.json"));
    assert_eq!(read_again.expect("what is measured contradicts nothing"), record);
    record
}

#[test]
fn three_guards_of_a_bank_are_measured_and_judged() {
    let record = record_of(&plan());
    let names: Vec<_> = record.cells.iter().map(|cell| cell.strategy.as_str()).collect();
    assert_eq!(names, ["mutex", "rwlock", "each-account"]);
    for cell in &record.cells {
        assert!(cell.findings.iter().all(|it| !it.is_error()), "{}: {:?}", cell.strategy, cell.findings);
        assert!(cell.operations > 0 && cell.errors == 0, "{}", cell.strategy);
        let operations: Vec<_> = cell.latency_ns.keys().map(String::as_str).collect();
        assert_eq!(operations, ["balance", "deposit", "transfer", "withdraw"]);
        let verified = cell.verification.as_ref().expect("it was judged");
        assert_eq!(verified.linearizable, Some(true), "{}", cell.strategy);
        assert!(verified.operations_checked > Some(100));
        assert_eq!(verified.deadlocks, None, "what was not tracked is not zero");
        let factors = cell.factors.as_ref().expect("it says what it is made of");
        assert!(factors.get("lock").is_some());
    }
    let throughput = |baseline: &str, candidate: &str| {
        record.comparison("bank", baseline, candidate, &Metric::Throughput).is_some()
    };
    assert!(throughput("mutex", "rwlock") && throughput("mutex", "each-account"));
    assert!(throughput("rwlock", "each-account"), "every candidate also meets the reference");
    let page = page(&record);
    assert!(page.contains("each-account") && page.contains("transfer"));
    assert!(!page.to_lowercase().contains("context"), "a bank's page speaks of a bank");
}

#[test]
fn a_careless_guard_is_found_wrong_by_its_answers_and_by_its_own_rule() {
    let careless = subject::<Careless<TokioMutex>, Careless<TokioMutex>>("careless", "tokio-mutex");
    let record = record_of(&plan_of(vec![careless], vec![Bank::default()]));
    let [cell] = &record.cells[..] else { panic!("one subject") };
    assert_eq!(cell.verification.as_ref().and_then(|it| it.linearizable), Some(false));
    assert!(!cell.violations.is_empty() && cell.violations[0].to_string().contains("process"));
    let found: Vec<_> = cell.findings.iter().map(|finding| (finding.kind, finding.rule.as_deref())).collect();
    assert!(found.contains(&(FindingKind::NotLinearizable, None)), "{found:?}");
    assert!(found.contains(&(FindingKind::Invariant, Some("money made or lost"))), "{found:?}");
    let broken = cell.findings.iter().find(|finding| finding.kind == FindingKind::Invariant).unwrap();
    assert!(broken.places[0].contains("guard.rs"), "{broken:?}");
}

#[test]
fn tracked_guards_report_waits_and_holds_and_no_deadlock() {
    let record = record_of(&plan().track(true));
    for cell in &record.cells {
        let verified = cell.verification.as_ref().expect("it was judged");
        assert_eq!((verified.linearizable, verified.deadlocks), (Some(true), Some(0)), "{}", cell.strategy);
        let holds = cell.hold_ns.as_ref().expect("its locks were tracked");
        assert!(holds["accounts"].count > 0, "{}", cell.strategy);
    }
}

/// A gate asks both by the same rules, so what is refused after a run would have been refused before it.
#[test]
fn what_is_known_of_a_run_before_it_begins_is_what_its_record_shows() {
    let of_records = |plan: &Plan<Bank>| RunSettings::of_record(&record_of(plan));
    let (plain, tracked) = (of_records(&plan()), of_records(&plan().track(true)));
    assert_eq!(refusals(&plain, &RunSettings::of_plan(&plan(), 1)), [""; 0]);
    assert_eq!(refusals(&tracked, &RunSettings::of_plan(&plan().track(true), 1)), [""; 0]);

    let without_reference = guards().into_iter().filter(|guard| guard.name() != "rwlock").collect();
    for (planned, processes, words) in [
        (plan().track(true), 1, "tracked locks"),
        (plan(), 3, "other processes: the baseline was measured in 1, this run in 3"),
        (plan().command("bank --set accounts=9"), 1, "other settings"),
        (plan_of(guards(), vec![Bank { tasks: 3, ..Bank::default() }]), 1, "another point of bank"),
        (plan_of(without_reference, vec![Bank::default()]), 1, "this run has no “rwlock” under bank"),
        (plan_of(guards(), vec![]), 1, "no scenario in common"),
        (plan().terms(Terms::default()), 1, "another reference"),
    ] {
        let reasons = refusals(&plain, &RunSettings::of_plan(&planned, processes));
        assert!(reasons.len() == 1 && reasons[0].contains(words), "{words}: {reasons:?}");
    }
}

#[test]
fn a_setting_that_varies_makes_a_sweep_with_its_points() {
    let sweeps = vec![sweep("tasks", &[1, 2, 4]).unwrap(), sweep("accounts", &[2, 8]).unwrap()];
    let record = record_of(&plan_of(guards(), Vec::new()).sweeps(sweeps));
    let found: Vec<_> =
        record.scaling.iter().map(|it| (&*it.along, &*it.strategy, it.points.len())).collect();
    assert_eq!(
        found,
        [
            ("tasks", "mutex", 3),
            ("tasks", "rwlock", 3),
            ("tasks", "each-account", 3),
            ("accounts", "mutex", 2),
            ("accounts", "rwlock", 2),
            ("accounts", "each-account", 2),
        ]
    );
    assert_eq!(record.scaling[0].points.iter().map(|it| it.point.tasks).collect::<Vec<_>>(), [1, 2, 4]);
}

/// Measured twice it would be two numbers for one thing, and on a busy machine two that contradict each other.
#[test]
fn the_point_of_a_sweep_that_is_the_cell_is_the_cell() {
    let tasks = Bank::default().shape().tasks();
    let sweeps = vec![sweep("tasks", &[1, tasks]).unwrap(), sweep("accounts", &[2, 8]).unwrap()];
    let record = record_of(&plan_of(guards(), vec![Bank::default()]).sweeps(sweeps));
    for cell in &record.cells {
        assert!(cell.layouts >= Some(2), "set up anew while it was measured");
        let along: Vec<_> = record.scaling.iter().filter(|it| it.strategy == cell.strategy).collect();
        assert_eq!(along.iter().map(|it| it.points.len()).collect::<Vec<_>>(), [2, 2]);
        // The last value of each is the bank's own.
        for point in along.iter().map(|it| &it.points[1]) {
            assert_eq!((point.throughput, &point.latency_ns), (cell.throughput, &cell.latency_ns));
        }
        for other in along.iter().map(|it| &it.points[0]) {
            assert_ne!((other.throughput, &other.latency_ns), (cell.throughput, &cell.latency_ns));
        }
    }
}

/// Made anew each time it would take longer than what is measured between.
#[test]
fn what_set_ups_have_in_common_is_made_once_and_kept_for_as_long_as_they_are_set_up() {
    #[derive(Default)]
    struct Ledger {
        known: Mutex<Weak<Vec<u64>>>,
        made: AtomicUsize,
        set_up: AtomicUsize,
    }

    impl Ledger {
        fn openings(&self, bank: &Bank) -> Arc<Vec<u64>> {
            let mut known = self.known.lock().unwrap();
            known.upgrade().unwrap_or_else(|| {
                self.made.fetch_add(1, Relaxed);
                let made = Arc::new(vec![OPENING; bank.accounts as usize]);
                *known = Arc::downgrade(&made);
                made
            })
        }
    }

    let ledger = Arc::new(Ledger::default());
    let (of_common, of_set_up) = (ledger.clone(), ledger.clone());
    let make = move |setup: &Setup<'_, Bank>| {
        of_set_up.set_up.fetch_add(1, Relaxed);
        let openings = of_set_up.openings(setup.workload());
        Ok(Teller(WholeBank::<TokioMutex>::open(openings.len() as u32)))
    };
    let subject: Subject<Bank> =
        Subject::new("mutex", make).common_data(move |bank, _| of_common.openings(bank)).into();
    record_of(&plan_of(vec![subject], vec![Bank::default()]).verify(false));
    assert!(ledger.set_up.load(Relaxed) > 2, "set up anew while it was measured");
    assert_eq!(ledger.made.load(Relaxed), 1);
    assert_eq!(ledger.known.lock().unwrap().strong_count(), 0, "nothing keeps it after the run");
}

/// What a run that takes turns says.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// It is told to go as often as the first workload has rounds; the second one waits for nobody.
#[test]
fn a_run_that_is_led_is_led_through_its_first_workload() {
    let said = Said::default();
    let turns = Turns::new(io::Cursor::new("go\n".repeat(24)), said.clone());
    let second = Bank { accounts: 2, ..Bank::default() };
    let plan = plan_of(guards(), vec![Bank::default(), second]).verify(false).turns(turns);
    // Both are called bank, which no record is read again with.
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver).expect("it runs");
    assert!(record.finished && record.cells.len() == 6);
    assert!(record.cells.iter().all(|cell| cell.rounds == 24), "each went to its end");
    let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!((lines[0], lines.len()), (r#"{"turn":"ready"}"#, 1 + 24), "{said}");
    assert!(lines[1..].iter().all(|line| line.starts_with(r#"{"turn":"done","ops_per_s":"#)), "{said}");
}

#[test]
fn what_a_bank_cannot_be_set_to_is_refused() {
    let mut bank = Bank::default();
    for (setting, value) in [("tasks", "0"), ("accounts", "1"), ("tasks", "many"), ("vault", "1")] {
        let refused = bank.set(setting, value).expect_err(setting);
        assert!(refused.contains(setting), "{refused}");
    }
    assert_eq!(bank, Bank::default(), "what is refused changes nothing");
}

/// Parts go from one process to another as JSON.
#[test]
fn parts_of_several_processes_make_one_record() {
    let part = |nth, take: &mut dyn FnMut(Part)| {
        let plan = plan().into_part(nth, 2);
        measure(&plan, &AtomicBool::new(false), &mut NoObserver, &mut |part, _| {
            take(serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap());
        })
    };
    let record = run_in_parts(&plan(), 2, &AtomicBool::new(false), &mut NoObserver, part).expect("both run");
    assert_eq!((record.processes, record.cells.len()), (2, 3));
    assert!(record.cells.iter().all(|cell| cell.rounds >= 48), "the rounds of both count");
}

#[test]
fn a_subject_that_was_not_declared_tracked_is_refused() {
    use lockyard_bench::Setup;

    let plain: Subject<Bank> = Subject::new("plain", |setup: &Setup<'_, Bank>| {
        Ok(Teller(WholeBank::<TokioMutex>::open(setup.workload().accounts)))
    })
    .into();
    let plan = plan_of(vec![plain], vec![Bank::default()]).track(true);
    let refused = run(&plan, &AtomicBool::new(false), &mut NoObserver);
    let message = refused.expect_err("it has no tracked form").to_string();
    assert!(message.contains("plain") && message.contains("tracked"), "{message}");
}
