//! What is no failure of an order of steps: a program that does not repeat itself, and a wake-up that its task holds back.

#[path = "support/programs.rs"]
mod programs;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use lockyard_explore::{
    Explorer, FailureKind, LockModel, Program, Proof, Random, Reduction, Report, Setting, Unsound, point,
};
use lockyard_lock::SharedLock;
use programs::{A, B, all, increments, lock};

fn every() -> Explorer {
    Explorer { reduction: Reduction::None, ..Explorer::default() }
}

fn nondeterministic(report: &Report) {
    let failure = report.failure.as_ref().expect("it is noticed");
    assert_eq!(failure.kind, FailureKind::Nondeterminism, "{failure:?}");
    assert!(failure.message.starts_with("the program is not deterministic"), "{}", failure.message);
    assert_eq!(report.proof(), Proof::Unsound(Unsound::Nondeterministic));
}

/// Locks in the order of a table whose order is another in each run.
fn in_the_order_of_a_table(program: &mut Program) {
    let locks: HashMap<u32, _> = (0..16).map(|number| (number, lock(&A, number))).collect();
    program
        .task("sweeps")
        .op("all", async move {
            for lock in locks.values() {
                *lock.write().await += 1;
            }
        })
        .done();
    program.task("other").op("resume", point()).done();
}

/// A counter of the process stands for the clock: what a run reads there, the next one does not.
fn by_the_time(now: &Rc<Cell<u32>>) -> impl Fn(&mut Program) + use<> {
    let now = now.clone();
    move |program| {
        let (now, a, b) = (now.clone(), lock(&A, 0), lock(&B, 0));
        program
            .task("client")
            .op("either", async move {
                point().await;
                now.set(now.get() + 1);
                if now.get() % 2 == 0 { *a.write().await += 1 } else { *b.write().await += 1 }
            })
            .done();
    }
}

#[test]
fn what_something_else_decides_is_nondeterminism() {
    for explorer in [Explorer::default(), every(), Explorer { keep_going: true, ..Explorer::default() }] {
        nondeterministic(&explorer.search(&in_the_order_of_a_table));
        nondeterministic(&explorer.search(&by_the_time(&Rc::default())));
    }
    let random = Random { seed: 1, runs: 100, depth: None };
    nondeterministic(&Explorer::default().sample(random, &in_the_order_of_a_table));
}

/// `select!` without `biased` draws the branch that it polls first.
#[test]
fn an_unbiased_select_is_nondeterminism() {
    let program = |program: &mut Program| {
        let (a, b) = (lock(&A, 0), lock(&B, 0));
        program
            .task("client")
            .op("either", async move {
                point().await;
                tokio::select! {
                    _ = a.write() => point().await,
                    _ = b.read() => {}
                }
            })
            .done();
        for name in ["one", "other"] {
            program
                .task(name)
                .op("resume", async {
                    point().await;
                    point().await;
                })
                .done();
        }
    };
    nondeterministic(&Explorer { keep_going: true, ..every() }.search(&program));
}

#[test]
fn a_program_that_repeats_itself_is_never_called_nondeterministic() {
    for model in programs::MODELS {
        for keep_going in [false, true] {
            let explorer = Explorer { keep_going, ..Explorer::new(Setting { cancels: 1, ..all(model) }) };
            let report = explorer.search(&increments(2, 2, false));
            assert!(report.failure.is_some_and(|it| it.kind == FailureKind::Violation), "{model:?}");
            assert_eq!(report.unsound, None, "{model:?}");
        }
    }
}

/// RFD 609: a lock is granted to a future that its task holds back, while the task waits for the same lock once more.
fn futurelock(polls: bool) -> impl Fn(&mut Program) {
    move |program| {
        let lock = lock(&A, 0);
        let held = lock.clone();
        program
            .task("holder")
            .op("hold", async move {
                let _held = held.write().await;
                point().await;
            })
            .done();
        program
            .task("client")
            .op("twice", async move {
                let mut first = pin!(lock.write());
                // Polled once, so that it is queued, and then put aside.
                let mut timeout = pin!(point());
                let entered = std::future::poll_fn(|context| match first.as_mut().poll(context) {
                    Poll::Ready(held) => Poll::Ready(Some(held)),
                    Poll::Pending => timeout.as_mut().poll(context).map(|()| None),
                })
                .await;
                if entered.is_none() {
                    if polls {
                        drop(first.await);
                    }
                    drop(lock.write().await);
                }
            })
            .done();
    }
}

#[test]
fn a_wake_up_that_is_not_polled_is_a_futurelock_where_the_task_waits_for_it() {
    let setting = all(LockModel::FIFO);
    for reduction in [Reduction::None, Reduction::SleepSets] {
        let explorer = Explorer { reduction, ..Explorer::new(setting.clone()) };
        let failure = explorer.search(&futurelock(false)).failure.expect("the client waits for itself");
        assert_eq!(failure.kind, FailureKind::Futurelock, "{}", failure.message);
        assert!(failure.message.contains("and does not poll it"), "{}", failure.message);
        assert_eq!(explorer.replay(&failure.schedule, &futurelock(false)), Some(failure.clone()));
        let [edge] = &failure.edges[..] else { panic!("one task waits for itself: {:?}", failure.edges) };
        assert_eq!((edge.task.as_str(), &edge.holds), ("task 1", &None), "{edge:?}");
        // One that comes back to the future which it has put aside gets what it was granted.
        let polled = explorer.search(&futurelock(true));
        assert_eq!(polled.failure, None);
        assert!(polled.exhaustive(), "{:?}", polled.proof());
    }
}

/// Two searches that see the same: the footprint of a step that panics counts, too.
#[test]
fn a_step_that_panics_is_in_the_reduction_as_any_other() {
    let program = |program: &mut Program| {
        let (a, seen) = (lock(&A, 0), Rc::new(RefCell::new(HashSet::new())));
        for number in 0..3 {
            let (a, seen) = (a.clone(), seen.clone());
            program
                .task(number)
                .op("write", async move {
                    let mut held = a.write().await;
                    *held += 1;
                    assert!(*held < 3, "the third one panics");
                    seen.borrow_mut().insert(*held);
                })
                .done();
        }
    };
    let failed = |reduction| {
        let report = Explorer { reduction, keep_going: true, ..Explorer::default() }.search(&program);
        assert!(report.exhaustive(), "{:?}", report.proof());
        (report.failed, report.complete, report.failure.map(|it| it.kind))
    };
    assert_eq!(failed(Reduction::None), (6, 6, Some(FailureKind::Panic)));
    assert_eq!(failed(Reduction::SleepSets), (6, 6, Some(FailureKind::Panic)));
}
