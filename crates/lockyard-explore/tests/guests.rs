//! Known bugs in code over real tokio primitives, each found, and gone from its fixed twin.

#[path = "support/guest.rs"]
mod guest;

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use guest::{Mutex, Notify, channel, program, spawn};
use lockyard_explore::guest::{Timer, choose, explorer};
use lockyard_explore::{Failure, FailureKind, Report, Setting, point};

fn searched<F: Future<Output = ()> + 'static>(setting: Setting, main: impl Fn() -> F) -> Report {
    let report = explorer(setting).search(&program(main));
    assert!(report.failure.is_some() || report.exhaustive(), "{:?}", report.proof());
    assert_eq!(report.unsound, None);
    report
}

/// The failure, which a replay shows again.
fn found<F: Future<Output = ()> + 'static>(setting: Setting, main: impl Fn() -> F + Copy) -> Failure {
    let report = searched(setting.clone(), main);
    let failure = report.failure.expect("some schedule fails");
    let again = explorer(setting).replay(&failure.schedule, &program(main)).expect("it is replayed");
    assert_eq!((again.kind, &again.message), (failure.kind, &failure.message));
    failure
}

fn passes<F: Future<Output = ()> + 'static>(setting: Setting, main: impl Fn() -> F) -> u64 {
    let report = searched(setting, main);
    assert_eq!(report.failure, None);
    report.schedules()
}

fn early(early_timers: u32) -> Setting {
    Setting { early_timers, ..Setting::default() }
}

async fn two_locks(same_order: bool) {
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let (its_a, its_b) = (a.clone(), b.clone());
    let other = spawn("other", async move {
        let _a = its_a.lock().await;
        let _b = its_b.lock().await;
    });
    let (first, second) = if same_order { (&a, &b) } else { (&b, &a) };
    let held = first.lock().await;
    let also = second.lock().await;
    drop((held, also));
    other.join().await.expect("it returns");
}

#[test]
fn two_locks_in_two_orders_are_a_deadlock_whose_edges_are_the_places_of_the_user() {
    let failure = found(Setting::default(), || two_locks(false));
    assert_eq!(failure.kind, FailureKind::Deadlock);
    let [one, other] = &failure.edges[..] else { panic!("{:?}", failure.edges) };
    for edge in [one, other] {
        let locked_at = edge.locked_at.as_deref().unwrap();
        assert!(locked_at.contains("tests/guests.rs:"), "{edge:?}");
        assert!(edge.place.as_deref().unwrap().contains("tests/guests.rs:"), "{edge:?}");
        assert_ne!(edge.locked_at, edge.place);
        assert!(edge.waits_for.starts_with("mutex #") && edge.waits_for.ends_with(" (write)"), "{edge:?}");
    }
    assert_eq!(one.holds.as_ref(), Some(&other.waits_for));
    assert_eq!(other.holds.as_ref(), Some(&one.waits_for));

    let explorer = explorer(Setting::default());
    let drawn = explorer.trace(&failure.schedule, &program(|| two_locks(false)));
    let words: Vec<_> = drawn.steps.iter().map(ToString::to_string).collect();
    assert!(words.iter().any(|it| it.starts_with("lock mutex #")), "{words:#?}");
    assert!(words.iter().any(|it| it.starts_with("queue for mutex #")), "{words:#?}");
    let last = drawn.steps.last().unwrap();
    assert!(last.holds.len() == 1 && last.waits_for.len() == 1, "{last:?}");
    assert_eq!(drawn.tasks, ["task 0: main", "task 1: other"]);
}

#[test]
fn two_locks_in_one_order_are_exhausted() {
    assert!(passes(Setting::default(), || two_locks(true)) > 5);
}

/// Two tasks that answer each message by one, over channels with room for one.
async fn full_both_ways(room: usize) {
    let ((to_b, mut of_a), (to_a, mut of_b)) = (channel(room), channel(room));
    let b = spawn("b", async move {
        to_a.send(0).await;
        to_a.send(0).await;
        of_a.recv().await;
        of_a.recv().await;
    });
    to_b.send(0).await;
    to_b.send(0).await;
    of_b.recv().await;
    of_b.recv().await;
    b.join().await.expect("it returns");
}

#[test]
fn channels_that_are_full_both_ways_are_a_deadlock() {
    let failure = found(Setting::default(), || full_both_ways(1));
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert!(failure.message.contains("task 0 waits for channel: send"), "{}", failure.message);
    assert!(failure.message.contains("task 1 waits for channel: send"), "{}", failure.message);
    passes(Setting::default(), || full_both_ways(2));
}

async fn told_once(keeps: bool) {
    let (bell, said) = (Rc::new(Notify::new()), Rc::new(Cell::new(false)));
    let (its, tells) = (bell.clone(), said.clone());
    let waits = spawn("waits", async move {
        if !said.get() {
            its.notified().await;
        }
    });
    spawn("tells", async move {
        tells.set(true);
        if keeps { bell.notify_one() } else { bell.notify_waiters() }
    });
    waits.join().await.expect("it returns");
}

/// Between the look and the wait: nothing is heard that was told then.
#[test]
fn a_wake_up_is_lost_between_looking_and_waiting() {
    let failure = found(Setting::default(), || told_once(false));
    assert!(failure.message.contains("waits for notify: notified"), "{}", failure.message);
    passes(Setting::default(), || told_once(true));
}

async fn aborted_between(at_once: bool) {
    let pair = Arc::new((Mutex::new(0), Mutex::new(0)));
    let its = pair.clone();
    let task = spawn("adds to both", async move {
        if at_once {
            let (mut one, mut other) = (its.0.lock().await, its.1.lock().await);
            (*one, *other) = (*one + 1, *other + 1);
        } else {
            *its.0.lock().await += 1;
            *its.1.lock().await += 1;
        }
    });
    point().await;
    task.abort();
    let _end = task.join().await;
    let (one, other) = (*pair.0.lock().await, *pair.1.lock().await);
    assert_eq!(one, other, "half of it was done");
}

#[test]
fn a_task_is_aborted_between_two_locks() {
    let failure = found(Setting::default(), || aborted_between(false));
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.schedule.to_string().contains("1a"), "{}", failure.schedule);
    passes(Setting::default(), || aborted_between(true));
}

/// What a schedule may cancel where it stands, it cancels there: the same bug, and nobody aborts.
#[test]
fn a_spawned_task_is_cancelled_where_it_stands() {
    async fn main(at_once: bool) {
        let pair = Arc::new((Mutex::new(0), Mutex::new(0)));
        let its = pair.clone();
        let task = spawn("adds to both", async move {
            if at_once {
                let (mut one, mut other) = (its.0.lock().await, its.1.lock().await);
                (*one, *other) = (*one + 1, *other + 1);
            } else {
                *its.0.lock().await += 1;
                *its.1.lock().await += 1;
            }
        });
        let _end = task.join().await;
        assert_eq!(*pair.0.lock().await, *pair.1.lock().await, "half of it was done");
    }
    passes(Setting::default(), || main(false));
    let cancels = Setting { cancels: 1, ..Setting::default() };
    let failure = found(cancels.clone(), || main(false));
    assert!(failure.schedule.to_string().contains("1c"), "{}", failure.schedule);
    passes(cancels, || main(true));
}

/// A worker answers after 10 ms; who asked waits for 20.
async fn answered_in_time() {
    let (answer, asked) = tokio::sync::oneshot::channel();
    let shared = lockyard_explore::Shared::new("answer");
    let its = shared.clone();
    let worker = spawn("worker", async move {
        Timer::after(Duration::from_millis(10), Location::caller()).await;
        its.atomic(true);
        answer.send(1).is_ok()
    });
    let turn = lockyard_explore::guest::Turn::new(&shared, "answer", true, Location::caller());
    let mut timeout = pin!(Timer::after(Duration::from_millis(20), Location::caller()));
    let heard = {
        let mut answer = pin!(guest::by(turn, asked));
        poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer.is_ok());
            }
            timeout.as_mut().poll(context).map(|()| false)
        })
        .await
    };
    assert_eq!(worker.join().await, Ok(heard), "the worker believes that it was heard");
}

#[test]
fn a_timeout_comes_between_the_answer_and_its_reader() {
    passes(early(0), answered_in_time);
    let failure = found(early(1), answered_in_time);
    assert!(failure.message.contains("believes that it was heard"), "{}", failure.message);
    // By 20 ms it cannot be put forward here.
    passes(Setting { early_by: Duration::from_millis(5), ..early(1) }, answered_in_time);
}

/// What is buffered is not polled while the body waits.
async fn buffered(at_once: usize) {
    let total = Arc::new(Mutex::new(0));
    let adds = futures_util::stream::iter(1..=3).map(|number| {
        let total = total.clone();
        async move {
            let mut total = total.lock().await;
            point().await;
            *total += number;
        }
    });
    let mut adds = pin!(adds.buffered(at_once));
    while adds.next().await.is_some() {
        let _seen = *total.lock().await;
    }
}

#[test]
fn futures_that_are_buffered_hold_back_the_lock_that_the_body_waits_for() {
    let failure = found(Setting::default(), || buffered(2));
    assert_eq!(failure.kind, FailureKind::Futurelock);
    assert!(failure.message.contains("does not poll it"), "{}", failure.message);
    passes(Setting::default(), || buffered(1));
}

/// Forwards messages until it is told to stop. Between taking one and handing it on, it may wait.
async fn forwards(waits: bool) {
    let (sender, mut receiver) = channel(2);
    let (stop, mut stopped) = channel::<()>(1);
    let log = Rc::new(Mutex::new(0));
    let its = log.clone();
    let worker = spawn("worker", async move {
        let mut forwarded = 0;
        loop {
            let next = async {
                let message: Option<()> = receiver.recv().await;
                if waits {
                    *its.lock().await += 1;
                }
                message
            };
            let (mut next, mut stop) = (pin!(next), pin!(stopped.recv()));
            let first = choose(2, "start branch");
            let message = poll_fn(|context| {
                for branch in [first, 1 - first] {
                    if branch == 0
                        && let Poll::Ready(message) = next.as_mut().poll(context)
                    {
                        return Poll::Ready(message);
                    }
                    if branch == 1 && stop.as_mut().poll(context).is_ready() {
                        return Poll::Ready(None);
                    }
                }
                Poll::Pending
            });
            match message.await {
                Some(()) => forwarded += 1,
                None => break,
            }
        }
        // What was not taken is still there, for whoever comes next.
        while receiver.recv().await.is_some() {
            forwarded += 1;
        }
        forwarded
    });
    sender.send(()).await;
    drop(sender);
    stop.send(()).await;
    assert_eq!(worker.join().await, Ok(1), "a message is lost");
}

#[test]
fn a_branch_that_has_taken_a_message_is_dropped() {
    let failure = found(Setting::default(), || forwards(true));
    assert!(failure.message.contains("a message is lost"), "{}", failure.message);
    passes(Setting::default(), || forwards(false));
}

/// Two permits each of three: whoever has one and wants another waits for the other.
#[test]
fn permits_that_are_taken_one_by_one_are_a_deadlock() {
    async fn main(at_once: bool) {
        let permits = Rc::new(guest::Semaphore::new(2));
        let take = move |permits: Rc<guest::Semaphore>| async move {
            if at_once {
                let _both = permits.acquire(2).await;
            } else {
                let _one = permits.acquire(1).await;
                let _other = permits.acquire(1).await;
            }
        };
        let other = spawn("other", take(permits.clone()));
        take(permits).await;
        other.join().await.expect("it returns");
    }
    let failure = found(Setting::default(), || main(false));
    assert_eq!((failure.kind, failure.edges.len()), (FailureKind::Deadlock, 2), "{failure:?}");
    passes(Setting::default(), || main(true));
}

/// A future that was polled by one task, and waits in a queue, is polled by another from then on.
#[test]
fn a_wait_moves_from_task_to_task() {
    async fn main() {
        let lock: &'static Mutex<u32> = Box::leak(Box::new(Mutex::new(0)));
        let held = lock.lock().await;
        let mut waits = Box::pin(lock.lock());
        let mut polled = 0;
        poll_fn(|context| {
            polled += 1;
            let pending = waits.as_mut().poll(context).is_pending();
            if pending && polled < 2 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        let other = spawn("other", async move { *waits.await += 1 });
        drop(held);
        other.join().await.expect("it returns");
        assert_eq!(*lock.lock().await, 1);
    }
    assert!(passes(Setting::default(), main) > 0);
    let reduced = lockyard_explore::Explorer::new(Setting::default()).search(&program(main));
    assert!(reduced.failure.is_none() && reduced.exhaustive(), "{reduced:?}");
}

/// A failure is made small as any other, with the choices that it needs.
#[test]
fn a_failure_of_guests_is_made_small() {
    let explorer = explorer(Setting::default());
    let failure = found(Setting::default(), || forwards(true));
    let small = explorer.shrink(&failure, Duration::from_secs(1), &program(|| forwards(true)));
    assert_eq!(small.property, failure.property);
    assert!(small.schedule.switches() <= failure.schedule.switches());
    assert_eq!(explorer.replay(&small.schedule, &program(|| forwards(true))), Some(small));
}

/// A join can be part of a cycle.
#[test]
fn a_lock_that_is_held_over_a_join_is_a_deadlock() {
    async fn main() {
        let lock = Rc::new(Mutex::new(0));
        let its = lock.clone();
        let held = lock.lock().await;
        let task = spawn("task", async move {
            let _lock = its.lock().await;
        });
        task.join().await.expect("it returns");
        drop(held);
    }
    let failure = found(Setting::default(), main);
    assert!(failure.message.contains("task 0 waits for the end of task 1"), "{}", failure.message);
    let waits: Vec<_> = failure.edges.iter().map(|edge| edge.waits_for.as_str()).collect();
    assert!(waits.contains(&"the end of task 1"), "{:?}", failure.edges);
    assert!(failure.edges.iter().any(|edge| edge.holds.is_some()), "{:?}", failure.edges);
}
