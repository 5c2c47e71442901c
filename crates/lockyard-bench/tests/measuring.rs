//! A workload that is no chat, through the whole of the driver: measured, recorded, judged, tracked, swept, reported.

#[path = "bank/mod.rs"]
mod bank;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard_bench::record::{FindingKind, Metric, Record};
use lockyard_bench::report::page;
use lockyard_bench::{Latency, NoObserver, Plan, Subject, Terms, Workload, measure, run, run_in_parts};
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
    run(plan, &AtomicBool::new(false), &mut NoObserver).expect("it runs")
}

#[test]
fn three_guards_of_a_bank_are_measured_and_judged() {
    let record = record_of(&plan());
    let names: Vec<_> = record.cells.iter().map(|cell| cell.strategy.as_str()).collect();
    assert_eq!(names, ["mutex", "rwlock", "each-account"]);
    for cell in &record.cells {
        assert_eq!(cell.findings, [], "{}", cell.strategy);
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
    let read_again: Record = serde_json::from_str(&record.to_json()).expect("what is written can be read");
    assert_eq!(read_again, record);
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
    let part = |nth| {
        let plan = plan().into_part(nth, 2);
        let part = measure(&plan, &AtomicBool::new(false), &mut NoObserver)?;
        Ok::<_, lockyard_bench::RunError>(
            serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap(),
        )
    };
    let record = run_in_parts(&plan(), 2, &AtomicBool::new(false), part).expect("both run");
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
