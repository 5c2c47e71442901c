//! A counterexample that is made small shows the same bug.

#[path = "support/programs.rs"]
mod programs;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lockyard_evidence::Edge;
use lockyard_explore::{
    Explorer, Failure, FailureKind, LockModel, MoveKind, Program, Setting, Shared, look, point, sleep,
};
use lockyard_lock::SharedLock;
use programs::{A, B, adds_in_two_steps, all, counter, lock, two_locks};

const BUDGET: Duration = Duration::from_secs(20);

fn first(explorer: &Explorer, program: &dyn Fn(&mut Program)) -> Failure {
    explorer.search(program).failure.expect("it fails in some schedule")
}

fn left_out(explorer: &Explorer, program: &dyn Fn(&mut Program)) -> Vec<usize> {
    let small = explorer.shrink(&first(explorer, program), BUDGET, program);
    assert_eq!(explorer.replay(&small.schedule, program).as_ref(), Some(&small), "it is shown again");
    small.schedule.left_out
}

/// Two who add, and a third who only looks; the property has a number in it, whichever of them run.
fn literal(atomic: bool) -> impl Fn(&mut Program) {
    move |program| {
        let counter = counter();
        for name in ["one", "other"] {
            let counter = counter.clone();
            program
                .task(name)
                .op("add", async move {
                    if atomic {
                        *counter.write().await += 1;
                    } else {
                        let seen = *counter.read().await;
                        *counter.write().await = seen + 1;
                    }
                })
                .done();
        }
        let seen = counter.clone();
        program.task("third").op("look", async move { drop(seen.read().await) }).done();
        program.at_end(move |_| match look(async { *counter.read().await })? {
            2 => Ok(()),
            count => Err(format!("two have added, and there is {count}")),
        });
    }
}

/// Without one of the two the property fails by itself, in every schedule. That is no counterexample.
#[test]
fn an_operation_that_the_property_counts_on_is_kept() {
    let explorer = Explorer::default();
    assert_eq!(left_out(&explorer, &literal(false)), [2], "both who add, and not who looks");
}

/// A program that fails run one after another is not taken, and neither is one that the caller refuses.
#[test]
fn the_caller_has_the_last_word() {
    let explorer = Explorer::default();
    let (wrong, right) = (literal(false), literal(true));
    let failure = first(&explorer, &wrong);
    let asked = Cell::new(0);
    let passes = |left_out: &[usize], _: Duration| {
        asked.set(asked.get() + 1);
        explorer.search_without(left_out, &right).failure.is_none()
    };
    assert_eq!(explorer.shrink_where(&failure, BUDGET, &wrong, &passes).schedule.left_out, [2]);
    assert_eq!(asked.get(), 1, "only of programs that fail, and pass one after another");
    let kept = explorer.shrink_where(&failure, BUDGET, &wrong, &|_, _| false);
    assert!(kept.schedule.left_out.is_empty());
}

/// Two bugs in one program, of which the second needs one operation alone.
fn two_bugs(second: bool) -> impl Fn(&mut Program) {
    move |program| {
        let (lost, flag) = (counter(), Rc::new(Cell::new(0)));
        let (by_itself, forgets) = (Shared::default(), flag.clone());
        program
            .task("alone")
            .op("forget", async move {
                by_itself.step("forget", true).await;
                forgets.set(1);
            })
            .done();
        for name in ["one", "other"] {
            adds_in_two_steps(program, name, lost.clone());
        }
        let left_out = program.left_out().to_vec();
        program.at_end(move |_| {
            let adds = [1, 2].iter().filter(|it| !left_out.contains(it)).count() as u32;
            match look(async { *lost.read().await })? {
                count if count == adds => Ok(()),
                count => Err(format!("an update is lost: {count}")),
            }
        });
        program.at_end(move |_| match flag.get() {
            1 if second => Err("something is forgotten".to_owned()),
            _ => Ok(()),
        });
    }
}

#[test]
fn the_same_property_fails_in_the_smaller_program() {
    let explorer = Explorer::default();
    let lost = first(&explorer, &two_bugs(false));
    let small = explorer.shrink(&lost, BUDGET, &two_bugs(true));
    assert_eq!((&small.property, small.schedule.left_out), (&lost.property, vec![0]), "{}", small.message);
    let forgotten = first(&explorer, &two_bugs(true));
    assert_eq!(forgotten.message, "something is forgotten");
    assert_eq!(explorer.shrink(&forgotten, BUDGET, &two_bugs(true)).schedule.left_out, [1, 2]);
}

/// The loss needs a race. One that comes of a cancellation is another one, and no smaller form of it.
#[test]
fn no_more_goes_wrong_in_the_smaller_program() {
    let program = |program: &mut Program| {
        let counter = counter();
        for name in ["one", "other"] {
            adds_in_two_steps(program, name, counter.clone());
        }
        let adds = 2 - program.left_out().len() as u32;
        program.at_end(move |_| match look(async { *counter.read().await })? {
            count if count == adds => Ok(()),
            count => Err(format!("there is {count}")),
        });
    };
    let explorer = Explorer::new(Setting { cancels: 1, stalls: 1, faults: 1, ..Setting::default() });
    let raced = first(&Explorer::default(), &program);
    let small = explorer.shrink(&raced, BUDGET, &program);
    assert!(
        small.schedule.left_out.is_empty(),
        "one alone fails only where it is cancelled: {}",
        small.schedule
    );
    assert!(small.schedule.moves.iter().all(|it| it.kind == MoveKind::Run), "{}", small.schedule);
}

/// A timer that fires is one that need not fire in the smaller program, and none may fire in addition.
#[test]
fn no_more_timers_fire_in_the_smaller_program() {
    let program = |program: &mut Program| {
        let fired = Rc::new(Cell::new(0));
        let counts = fired.clone();
        program.background("timer", async move {
            loop {
                sleep().await;
                counts.set(counts.get() + 1);
            }
        });
        for name in ["one", "other"] {
            program
                .task(name)
                .op("resume", async {
                    point().await;
                    point().await;
                })
                .done();
        }
        program.at_end(move |_| match fired.get() {
            0 => Ok(()),
            times => Err(format!("the timer has fired {times} times")),
        });
    };
    let explorer = Explorer::new(Setting { ticks: 3, ..Setting::default() });
    let once = first(&Explorer::new(Setting { ticks: 1, ..Setting::default() }), &program);
    let small = explorer.shrink(&once, BUDGET, &program);
    let background = small.schedule.moves.iter().filter(|it| it.task == 0).count();
    assert!(background <= 1 && small.schedule.left_out.len() == 1, "{}", small.schedule);
}

#[test]
fn a_deadlock_names_waiters_holders_locks_and_places() {
    for model in [LockModel::UNFAIR, LockModel::FIFO] {
        let explorer = Explorer::new(all(model));
        let failure = first(&explorer, &two_locks(true));
        let small = explorer.shrink(&failure, BUDGET, &two_locks(true));
        assert_eq!((small.kind, small.property.as_str()), (FailureKind::Deadlock, "deadlock: a, b"));
        assert!(small.schedule.left_out.is_empty(), "it takes two");
        let [one, other] = &small.edges[..] else { panic!("two tasks: {:?}", small.edges) };
        assert_ne!(one.task, other.task);
        // What one waits for is what the other holds.
        assert_eq!(other.holds.as_ref(), Some(&one.waits_for));
        assert_eq!(one.holds.as_ref(), Some(&other.waits_for));
        for edge in &small.edges {
            assert!(
                edge.waits_for.starts_with(['a', 'b']) && edge.waits_for.ends_with("(write)"),
                "{edge:?}"
            );
            for place in [&edge.place, &edge.locked_at] {
                assert!(place.as_ref().is_some_and(|place| place.contains("programs.rs:")), "{edge:?}");
            }
        }
        let shown = explorer.trace(&small.schedule, &two_locks(true)).counterexample("again".to_owned());
        // The same, with the tasks called as its lanes are.
        let called: Vec<_> = small
            .edges
            .iter()
            .map(|edge| Edge { task: format!("{0}: client {1}", edge.task, &edge.task[5..]), ..edge.clone() })
            .collect();
        assert_eq!(shown.edges, called);
    }
}

/// A deadlock of other locks is another one, though a smaller program has it.
fn two_deadlocks(second: bool) -> impl Fn(&mut Program) {
    move |program| {
        let (a, b) = (lock(&A, 0), lock(&B, 0));
        for reversed in [false, true] {
            let mut locks = [a.clone(), b.clone()];
            if reversed {
                locks.reverse();
            }
            program
                .task(reversed)
                .op("both", async move {
                    let _first = locks[0].write().await;
                    let _second = locks[1].write().await;
                })
                .done();
        }
        program
            .task("alone")
            .op("upgrade", async move {
                let read = a.read().await;
                if second {
                    drop(a.write().await);
                }
                drop(read);
            })
            .done();
    }
}

#[test]
fn a_deadlock_stays_one_of_the_same_locks() {
    let explorer = Explorer::default();
    let crossed = first(&explorer, &two_deadlocks(false));
    let small = explorer.shrink(&crossed, BUDGET, &two_deadlocks(true));
    assert_eq!((small.property.as_str(), &small.schedule.left_out[..]), ("deadlock: a, b", &[2][..]));
    let alone = first(&explorer, &two_deadlocks(true));
    assert_eq!(explorer.shrink(&alone, BUDGET, &two_deadlocks(true)).schedule.left_out, [0, 1]);
}
