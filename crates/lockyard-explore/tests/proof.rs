//! What a search is worth: what it must not call exhaustive, and what it must not call right.

#[path = "support/programs.rs"]
mod programs;

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use lockyard_explore::{ASSUMPTION, Explorer, Limits, Program, Proof, Reduction, Shared, Unsound, point};
use lockyard_lock::SharedLock;
use programs::{A, increments, lock};

fn every() -> Explorer {
    Explorer { reduction: Reduction::None, ..Explorer::default() }
}

/// Increments of an unlocked counter, in two steps, which report to the explorer or do not.
fn torn(reports: bool, checked: bool) -> impl Fn(&mut Program) {
    move |program| {
        let (counter, shared) = (Rc::new(Cell::new(0)), Shared::default());
        for name in ["one", "other"] {
            // Between these two steps nothing of the operation is seen but what it reports.
            let (own, counter, shared) = (Shared::default(), counter.clone(), shared.clone());
            let report = move |write| {
                if reports {
                    shared.atomic(write);
                }
            };
            let add = async move {
                own.step("begin", true).await;
                point().await;
                report(false);
                let seen = counter.get();
                point().await;
                report(true);
                counter.set(seen + 1);
                own.step("end", true).await;
            };
            program.task(name).op("add", add).done();
        }
        let count = counter.clone();
        program.outcome(move || count.get().to_string());
        if checked {
            program.at_end(move |_| match counter.get() {
                2 => Ok(()),
                count => Err(format!("two increments have made {count}")),
            });
        }
    }
}

#[test]
fn an_exhaustive_search_names_its_assumption_and_a_plain_one_has_none() {
    let whole = increments(2, 1, true);
    let reduced = Explorer::default().search(&whole);
    assert_eq!(reduced.proof(), Proof::Exhaustive { assumption: Some(ASSUMPTION) });
    assert_eq!(
        reduced.proof().to_string(),
        "exhaustive if every access to shared state is reported to the explorer"
    );
    assert_eq!(every().search(&whole).proof(), Proof::Exhaustive { assumption: None });
    let limits = Limits { schedules: Some(3), ..Limits::default() };
    let bounded = Explorer { limits, ..Explorer::default() }.search(&increments(3, 2, true));
    assert_eq!(bounded.proof(), Proof::Bounded("at most 3 schedules".to_owned()));
    assert!(!bounded.exhaustive());
}

/// A reduction sees only reported accesses. One that leaves the failing order out is found out by a random schedule.
#[test]
fn unreported_sharing_is_noticed_and_every_schedule_is_started() {
    let reported = Explorer::default().search(&torn(true, true));
    assert_eq!((reported.unsound.clone(), reported.failure.is_some()), (None, true));

    let report = Explorer::default().search(&torn(false, true));
    let failure = report.failure.clone().expect("it is lost in some order");
    assert_eq!(failure.message, "two increments have made 1");
    assert!(matches!(report.proof(), Proof::Unsound(Unsound::Unreported { .. })), "{:?}", report.proof());
    assert!(!report.exhaustive());
    // Found by the search without the reduction: the simplest, not the random one.
    assert_eq!(failure.schedule.switches(), 2, "{}", failure.schedule);
    assert_eq!(Explorer::default().replay(&failure.schedule, &torn(false, true)), Some(failure));
}

/// Without any property, what it comes to gives it away; all that there is to come to is in the report.
#[test]
fn an_outcome_that_was_not_seen_is_noticed() {
    let explorer = Explorer { outcomes: true, ..Explorer::default() };
    let report = explorer.search(&torn(false, false));
    let Proof::Unsound(Unsound::Unreported { shown }) = report.proof() else {
        panic!("{:?}", report.proof())
    };
    assert!(shown.contains("an outcome that the reduced search had not"), "{shown}");
    assert_eq!(report.outcomes.into_iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(report.complete, 70, "every schedule of two tasks of four steps");

    let report = explorer.search(&torn(true, false));
    assert!(report.exhaustive(), "{:?}", report.proof());
}

/// tokio's lock reports nothing. A free one is no more than an atomic; a wait for it is noticed.
fn over_foreign_locks(hold: bool, beside: bool) -> impl Fn(&mut Program) {
    move |program| {
        let (foreign, own) = (Arc::new(tokio::sync::Mutex::new(0)), lock(&A, 0));
        for name in ["one", "other"] {
            let (foreign, own) = (foreign.clone(), own.clone());
            let ends = Shared::default();
            let add = async move {
                ends.step("begin", true).await;
                let seen = *foreign.lock().await;
                point().await;
                let mut held = foreign.lock().await;
                if hold {
                    point().await;
                }
                *held = seen + 1;
                drop(held);
                ends.step("end", true).await;
            };
            program
                .task(name)
                .op("add", async move {
                    if beside {
                        // A wait of its own in the same task hides nothing.
                        let (mut add, mut waits) = (pin!(add), pin!(async { drop(own.write().await) }));
                        std::future::poll_fn(|context| {
                            let _done = waits.as_mut().poll(context);
                            add.as_mut().poll(context)
                        })
                        .await;
                    } else {
                        add.await;
                    }
                })
                .done();
        }
        program.at_end(move |_| match foreign.try_lock().map(|count| *count) {
            Ok(2) => Ok(()),
            count => Err(format!("two increments have made {count:?}")),
        });
    }
}

#[test]
fn over_foreign_locks_nothing_is_called_exhaustive_and_what_is_torn_does_not_hold() {
    let found = |hold| Explorer::default().search(&over_foreign_locks(hold, false));
    let report = found(false);
    assert!(report.failure.is_some_and(|it| it.message == "two increments have made Ok(1)"));
    assert!(matches!(report.unsound, Some(Unsound::Unreported { .. })), "{:?}", report.unsound);
    let waited = found(true);
    assert!(waited.unsound.is_some() && waited.failure.is_some(), "{:?}", waited.proof());
}

fn first_foreign_wait(program: &dyn Fn(&mut Program)) -> Option<Unsound> {
    Explorer { keep_going: true, ..every() }.search(program).unsound
}

#[test]
fn a_foreign_wait_is_noticed_beside_a_wait_that_is_seen_and_if_it_never_ends() {
    let seen = first_foreign_wait(&over_foreign_locks(true, false));
    assert!(matches!(seen, Some(Unsound::ForeignWait { .. })), "{seen:?}");
    // It is never woken: what gives it away is that it keeps the task's waker.
    let silent = |program: &mut Program| {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        program
            .task("waits")
            .op("either", async move {
                let (mut receiver, mut steps) = (
                    pin!(receiver),
                    pin!(async {
                        point().await;
                        point().await;
                    }),
                );
                std::future::poll_fn(|context| match receiver.as_mut().poll(context) {
                    Poll::Pending => steps.as_mut().poll(context),
                    Poll::Ready(_) => Poll::Ready(()),
                })
                .await;
                drop(sender);
            })
            .done();
    };
    assert_eq!(first_foreign_wait(&silent), Some(Unsound::ForeignWait { task: 0, name: String::new() }));
}

/// A set of futures wakes its members by wakers of its own. It is no wait for anything else.
#[test]
fn futures_in_a_set_are_no_foreign_wait() {
    let program = |program: &mut Program| {
        let lock = lock(&A, 0);
        for name in ["one", "other"] {
            let lock = lock.clone();
            let adds = (0..2).map(move |_| {
                let lock = lock.clone();
                async move { *lock.write().await += 1 }
            });
            let adds: futures_util::stream::FuturesUnordered<_> = adds.collect();
            program
                .task(name)
                .op("add", async move {
                    futures_util::StreamExt::count(adds).await;
                })
                .done();
        }
    };
    let report = Explorer::default().search(&program);
    assert_eq!((report.unsound.clone(), report.failure.clone()), (None, None));
    assert!(report.complete > 1 && report.exhaustive());
}
