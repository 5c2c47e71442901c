//! Sleep sets lose nothing of what programs of guests come to; random schedules come to nothing else.

#[path = "support/guest.rs"]
mod guest;
mod support;

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;

use guest::{Mutex, Notify, Semaphore, channel, program, spawn, telling};
use lockyard_explore::guest::{TaskEnd, Timer, choose, explorer, is_over};
use lockyard_explore::{Explorer, Limits, Random, Reduction, Setting, Shared, Unsound, point};
use support::compared;

/// Every schedule and one of each class come to the same.
fn agree<F: Future<Output = String> + 'static>(setting: &Setting, main: impl Fn() -> F) -> (u64, u64) {
    compared(setting, &telling(main), 0, 1_000_000).expect("there are not so many")
}

fn early() -> Setting {
    Setting { early_timers: 1, ..Setting::default() }
}

/// The order in which things happened, which sleep sets keep where they share the lock around it.
async fn crossing() -> String {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (its_a, its_b) = (a.clone(), b.clone());
    let other = spawn("other", async move {
        let seen = *its_b.lock().await;
        *its_a.lock().await += seen + 1;
    });
    let mut held = b.lock().await;
    *held += *a.lock().await * 2 + 1;
    drop(held);
    other.join().await.expect("it returns");
    let text = format!("{} {}", *a.lock().await, *b.lock().await);
    text
}

async fn aborting() -> String {
    let value = Arc::new(Mutex::new((0, 0)));
    let its = value.clone();
    let task = spawn("task", async move {
        its.lock().await.0 += 1;
        its.lock().await.1 += 1;
    });
    point().await;
    task.abort();
    let end = task.join().await;
    let value = *value.lock().await;
    format!("{end:?} {value:?}")
}

async fn selecting() -> String {
    let ((sender, mut receiver), (stop, mut stopped)) = (channel(1), channel::<()>(1));
    spawn("sends", async move {
        sender.send(0).await;
    });
    spawn("stops", async move {
        stop.send(()).await;
    });
    let mut text = String::new();
    loop {
        let (mut next, mut stop) = (pin!(receiver.recv()), pin!(stopped.recv()));
        let first = choose(2, "start branch");
        let branch = poll_fn(|context| {
            for branch in [first, 1 - first] {
                if branch == 0
                    && let Poll::Ready(next) = next.as_mut().poll(context)
                {
                    return Poll::Ready(next);
                }
                if branch == 1 && stop.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Some(7));
                }
            }
            Poll::Pending
        });
        match branch.await {
            Some(7) => return text + "stopped",
            Some(number) => text += &number.to_string(),
            None => return text + "closed",
        }
    }
}

async fn timing() -> String {
    let bell = Rc::new(Notify::new());
    let rings = bell.clone();
    spawn("rings", async move {
        Timer::after(Duration::from_millis(10), Location::caller()).await;
        rings.notify_one();
    });
    let mut text = String::new();
    for millis in [5, 10] {
        let mut timeout = pin!(Timer::after(Duration::from_millis(millis), Location::caller()));
        let mut heard = pin!(bell.notified());
        let heard = poll_fn(|context| {
            if heard.as_mut().poll(context).is_ready() {
                return Poll::Ready(true);
            }
            timeout.as_mut().poll(context).map(|()| false)
        });
        text += if heard.await { "heard " } else { "not heard " };
    }
    text
}

/// Whether a lock is free that is let go of in a step which does nothing else.
async fn trying() -> String {
    let lock = Rc::new(Mutex::new(0));
    let its = lock.clone();
    let held = lock.lock().await;
    let other = spawn("tries", async move {
        point().await;
        its.try_lock().is_some()
    });
    point().await;
    drop(held);
    format!("{:?}", other.join().await)
}

/// Whether there is a permit, of which one that waits for two has taken hold until it is dropped.
async fn giving_up() -> String {
    let permits = Rc::new(Semaphore::new(1));
    let (its, their) = (permits.clone(), permits.clone());
    let waits = spawn("waits", async move { drop(its.acquire(2).await) });
    let tries = spawn("tries", async move {
        point().await;
        their.try_acquire()
    });
    point().await;
    waits.abort();
    let ends = waits.join().await.is_ok();
    format!("{ends} {:?} {}", tries.join().await, permits.try_acquire())
}

/// Whether a task is over that shares nothing else with those who look.
async fn looking() -> String {
    let task = spawn("ends", async { point().await }).id();
    let other = spawn("looks", async move {
        point().await;
        is_over(task)
    });
    let seen = is_over(task);
    format!("{seen} {:?}", other.join().await)
}

/// Two timeouts, and one of them may be early: if the first is, the second is not.
async fn timing_twice() -> String {
    spawn("has its own", async {
        let own = Mutex::new(());
        let _own = own.lock().await;
    });
    Timer::after(Duration::from_millis(10), Location::caller()).await;
    let order = Rc::new(Mutex::new(String::new()));
    let its = order.clone();
    let other = spawn("comes", async move { its.lock().await.push_str("other ") });
    Timer::after(Duration::from_millis(10), Location::caller()).await;
    order.lock().await.push_str("timer ");
    other.join().await.expect("it returns");
    let order = order.lock().await;
    order.clone()
}

async fn permits() -> String {
    let (permits, order) = (Rc::new(Semaphore::new(2)), Rc::new(RefCell::new(String::new())));
    let tasks: Vec<_> = [1, 2, 1]
        .into_iter()
        .map(|number| {
            let (permits, order) = (permits.clone(), order.clone());
            spawn("takes", async move {
                let _permits = permits.acquire(number).await;
                order.borrow_mut().push_str(&number.to_string());
            })
        })
        .collect();
    for task in tasks {
        task.join().await.expect("it returns");
    }
    order.take()
}

async fn messages() -> String {
    let (sender, mut receiver) = channel(1);
    for number in 0..3 {
        let sender = sender.clone();
        spawn("sends", async move {
            sender.send(number).await;
        });
    }
    drop(sender);
    let mut text = String::new();
    while let Some(number) = receiver.recv().await {
        text += &number.to_string();
    }
    text
}

/// Two of a runtime's tasks that are given up where they stand.
async fn cancelled() -> String {
    let total = Rc::new(Mutex::new(0));
    let tasks = [1, 10].map(|number| {
        let total = total.clone();
        spawn("adds", async move {
            *total.lock().await += number;
            *total.lock().await += number;
        })
    });
    let mut text = String::new();
    for task in tasks {
        text += match task.join().await {
            Ok(()) => "ended ",
            Err(TaskEnd::Cancelled) => "cancelled ",
            Err(_) => "otherwise ",
        };
    }
    text += &total.lock().await.to_string();
    text
}

/// Which wake-ups reach whom, told by a choice.
async fn choosing() -> String {
    let (count, shared) = (Rc::new(RefCell::new(Vec::new())), Shared::new("list"));
    let tasks: Vec<_> = (0..2)
        .map(|number| {
            let (count, shared) = (count.clone(), shared.clone());
            spawn("chooses", async move {
                point().await;
                // What it touches hangs on what is chosen.
                if choose(2, "whether") == 1 {
                    shared.touch(true);
                    count.borrow_mut().push(number);
                }
            })
        })
        .collect();
    for task in tasks {
        task.join().await.expect("it returns");
    }
    format!("{:?}", count.take())
}

#[test]
fn sleep_sets_come_to_all_that_every_schedule_comes_to() {
    let plain = Setting::default();
    let cancels = Setting { cancels: 1, ..Setting::default() };
    let all = [
        ("crossing", agree(&plain, crossing)),
        ("aborting", agree(&plain, aborting)),
        ("selecting", agree(&plain, selecting)),
        ("timing", agree(&plain, timing)),
        ("timing, one early", agree(&early(), timing)),
        ("timing twice, one early", agree(&early(), timing_twice)),
        ("trying", agree(&plain, trying)),
        ("giving up", agree(&plain, giving_up)),
        ("looking", agree(&plain, looking)),
        ("permits", agree(&plain, permits)),
        ("messages", agree(&plain, messages)),
        ("cancelled", agree(&cancels, cancelled)),
        ("choosing", agree(&plain, choosing)),
    ];
    for (name, (every, reduced)) in all {
        assert!(reduced <= every, "{name}: {reduced} of {every}");
        println!("{name}: {reduced} of {every}");
    }
}

/// Random schedules come to nothing else, and to most of it.
#[test]
fn random_schedules_and_priorities_come_to_the_same() {
    let every = Explorer { outcomes: true, ..explorer(early()) };
    let all = every.search(&telling(timing)).outcomes;
    for depth in [None, Some(3)] {
        let report = every.sample(Random { seed: 1, runs: 400, depth }, &telling(timing));
        assert_eq!(report.failure, None);
        assert!(report.outcomes.is_subset(&all) && report.outcomes.len() > 1, "{:?}", report.outcomes);
    }
    let report = every.sample(Random { seed: 1, runs: 400, depth: None }, &telling(selecting));
    assert!(report.failure.is_none() && report.outcomes.len() > 2, "{:?}", report.outcomes);
}

#[test]
fn a_bound_on_switches_leaves_the_simpler_schedules() {
    let count = |switches| {
        let limits = Limits { switches, ..Limits::default() };
        Explorer { limits, ..explorer(Setting::default()) }.search(&telling(selecting)).schedules()
    };
    assert!(count(Some(4)) < count(None) && count(Some(4)) > 1);
}

/// An atomic is no part of what sleep sets know of a step: a failure that only it brings about is lost with the schedules, and
/// a random one shows it. So guests run every schedule unless they ask for less.
#[test]
fn what_is_not_reported_is_lost_by_sleep_sets_and_noticed() {
    async fn main(wrong: u32) {
        let seen = Arc::new(AtomicU32::new(0));
        let tasks = [1, 2].map(|number| {
            let seen = seen.clone();
            spawn("stores", async move {
                let own = Mutex::new(());
                let _own = own.lock().await;
                seen.store(number, SeqCst);
            })
        });
        for task in tasks {
            task.join().await.expect("it returns");
        }
        assert_ne!(seen.load(SeqCst), wrong);
    }
    for wrong in [1, 2] {
        let every = explorer(Setting::default());
        let report = every.search(&program(move || main(wrong)));
        assert!(report.failure.is_some() && report.unsound.is_none(), "{report:?}");
        let reduced = Explorer { reduction: Reduction::SleepSets, ..every };
        let report = reduced.search(&program(move || main(wrong)));
        let noticed = matches!(report.unsound, Some(Unsound::Unreported { .. }));
        assert!(report.failure.is_some() && (noticed || wrong == 2), "{report:?}");
    }
}
