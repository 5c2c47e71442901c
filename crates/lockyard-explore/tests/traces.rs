//! A trace shows what happened: which lock of several, the values, the requests that block, and where it failed.

#[path = "support/programs.rs"]
mod programs;

use std::cell::Cell;
use std::rc::Rc;

use lockyard_evidence::{Action, Counterexample};
use lockyard_explore::{Explorer, LockModel, Program, Shared, annotate, fail};
use lockyard_lock::SharedLock;
use programs::{A, all, lock};

fn counterexample(model: LockModel, program: impl Fn(&mut Program)) -> Counterexample {
    let explorer = Explorer::new(all(model));
    let failure = explorer.search(&program).failure.expect("it fails");
    explorer.trace(&failure.schedule, &program).counterexample("again".to_owned())
}

/// Two accounts of one class, locked in the order of the transfer.
fn transfers(program: &mut Program) {
    let accounts = [lock(&A, 10u32), lock(&A, 10u32)];
    for (name, from, to) in [("there", 0, 1), ("back", 1, 0)] {
        let accounts = accounts.clone();
        let transfer = async move {
            let mut from = accounts[from].write().await;
            *accounts[to].write().await += 1;
            *from -= 1;
        };
        program.task(name).op("transfer", transfer).done();
    }
}

#[test]
fn a_deadlock_is_drawn_to_the_end_with_the_locks_told_apart() {
    // One model queues its requests, the other does not grant them: both draw them.
    for model in [LockModel::FIFO, LockModel::UNFAIR] {
        deadlock_is_drawn(&counterexample(model, transfers));
    }
}

fn deadlock_is_drawn(shown: &Counterexample) {
    let blocked: Vec<_> = shown.steps.iter().filter(|step| step.action == Action::Queue).collect();
    let mut waits: Vec<_> = blocked.iter().map(|step| (step.holds.clone(), step.waits_for.clone())).collect();
    waits.sort();
    let pair = |holds: &str, waits: &str| (vec![holds.to_owned()], vec![waits.to_owned()]);
    assert_eq!(waits, [pair("a #0", "a #1"), pair("a #1", "a #0")]);
    assert!(blocked.iter().all(|step| step.place.as_ref().is_some_and(|it| it.contains("traces.rs"))));
    // The edges name the tasks as the lanes do.
    assert!(shown.edges.len() == 2 && shown.edges.iter().all(|edge| shown.tasks.contains(&edge.task)));
    let text = shown.drawing().to_text(None);
    assert!(text.contains("✗ queue for a #") && text.contains("closes the cycle"), "{text}");
}

/// A record that must not go back, and a writer that took its copy too early.
fn stale(program: &mut Program) {
    let (record, version) = (Shared::default(), Rc::new(Cell::new(1)));
    for name in ["one", "two"] {
        let (record, version) = (record.clone(), version.clone());
        let write = async move {
            record.step("copy", false).await;
            let copy = version.get();
            annotate(|| format!("version {copy}"));
            record.step("store", true).await;
            let old = version.replace(copy + 1);
            annotate(|| format!("version {old} → {}", copy + 1));
            if old > copy {
                fail("the record was overwritten");
            }
        };
        program.task(name).op("write", write).done();
    }
}

#[test]
fn steps_carry_values_and_the_one_that_fails_is_marked() {
    let shown = counterexample(LockModel::FIFO, stale);
    let fatal = &shown.steps[shown.fatal.expect("a step fails")];
    assert_eq!(fatal.value.as_deref(), Some("version 2 → 2"));
    let values: Vec<_> = shown.steps.iter().filter_map(|step| step.value.as_deref()).collect();
    assert_eq!(values, ["version 1", "version 1", "version 1 → 2", "version 2 → 2"]);
    let text = shown.drawing().to_text(None);
    let line = text.lines().find(|line| line.contains('✗')).expect("a mark");
    assert!(line.contains("version 2 → 2") && line.contains("fails here"), "{text}");
}
