//! What cannot be explored is refused by a sentence; what a guest chooses, times and leaves behind is kept to the run.

#[path = "support/guest.rs"]
mod guest;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::Location;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::Poll;
use std::time::Duration;

use guest::{Mutex, channel, program, spawn, telling};
use lockyard_explore::guest::{
    SpawnOptions, TaskEnd, TaskId, Timer, Turn, abort, choose, end_of, explorer, is_on, is_over, now, refuse,
    run_number, spawn_with, task,
};
use lockyard_explore::{
    Explorer, Failure, FailureKind, Program, Proof, Schedule, Setting, Shared, Unsound, annotate, point,
};

fn early(early_timers: u32, early_by: Duration) -> Setting {
    Setting { early_timers, early_by, ..Setting::default() }
}

fn failure_of<F: Future<Output = ()> + 'static>(main: impl Fn() -> F) -> Failure {
    explorer(Setting::default()).search(&program(main)).failure.expect("it is refused, or fails")
}

/// Refused, for this reason.
fn refused<F: Future<Output = ()> + 'static>(main: impl Fn() -> F, because: &str) {
    let Failure { kind, message, .. } = failure_of(main);
    assert_eq!(kind, FailureKind::BadProgram, "{message}");
    assert!(message.contains(because), "{message}");
}

#[test]
fn what_is_kept_in_a_static_is_of_another_run() {
    static LOCK: OnceLock<Mutex<u32>> = OnceLock::new();
    let main = || async {
        let lock = LOCK.get_or_init(|| Mutex::new(0));
        spawn("adds", async { *lock.lock().await += 1 });
        *lock.lock().await += 1;
    };
    refused(main, "the mutex that is used at ");
    refused(
        main,
        "was made in another run: what is kept in a `static` brings the state of one run into the next",
    );
}

#[test]
fn runs_have_numbers_and_nothing_is_on_between_them() {
    assert!(!is_on());
    let (seen, before) = (Rc::new(RefCell::new(Vec::new())), run_number());
    let sees = seen.clone();
    let report = explorer(Setting::default()).search(&program(move || {
        let sees = sees.clone();
        async move {
            assert!(is_on());
            sees.borrow_mut().push((run_number(), task()));
            spawn("other", async { assert_eq!(task(), 1) });
        }
    }));
    assert!(report.failure.is_none() && !is_on());
    // The first schedule is run twice.
    assert_eq!(seen.take(), [(before + 1, 0), (before + 2, 0)]);
}

#[test]
fn a_timer_beyond_the_clock_is_refused() {
    let main = || async {
        Timer::after(Duration::from_millis(1), Location::caller()).await;
        Timer::after(Duration::MAX, Location::caller()).await;
    };
    refused(main, "ends beyond the virtual clock");
}

#[test]
fn what_a_guest_refuses_is_refused_in_its_words() {
    refused(|| async { refuse("a socket is connected to") }, "a socket is connected to");
    let while_built = |program: &mut Program| {
        refuse("it is built from a file");
        program.task("main").op("main", point()).done();
    };
    let failure = explorer(Setting::default()).search(&while_built).failure.unwrap();
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::BadProgram, "it is built from a file")
    );
    refuse("nobody asks");
    let report = explorer(Setting::default()).search(&program(|| async {}));
    assert_eq!(report.failure, None, "of no run, and so forgotten");
}

#[test]
fn more_choices_or_tasks_than_there_may_be_are_refused() {
    refused(|| async { assert_eq!(choose(256, "branch"), 0) }, "branch: one of 256 cannot be chosen");
    let thousand = |tasks: usize| {
        move || async move {
            (0..tasks).for_each(|_| {
                let _task = spawn_background(async {});
            });
        }
    };
    refused(thousand(1_000), "the program has 1001 tasks, and the explorer takes 1000 at most");
    let most = Explorer {
        limits: lockyard_explore::Limits { schedules: Some(1), ..Default::default() },
        ..explorer(Setting::default())
    };
    assert_eq!(most.search(&program(thousand(999))).failure, None);
    let nothing = |_: &mut Program| {};
    let failure = explorer(Setting::default()).search(&nothing).failure.unwrap();
    assert_eq!(failure.message, "the program has no tasks: there is nothing to explore");
}

#[track_caller]
fn spawn_background(future: impl Future<Output = ()> + 'static) -> TaskId {
    let background = SpawnOptions { background: true, ..SpawnOptions::default() };
    spawn_with(background, "", Location::caller(), future)
}

#[test]
fn a_choice_or_an_access_before_the_first_step_is_refused() {
    for (wrong, because) in
        [(true, "a task has made a choice"), (false, "a task has touched something shared")]
    {
        let program = move |program: &mut Program| {
            let shared = Shared::new("list");
            let main = async move {
                if wrong {
                    choose(2, "branch");
                } else {
                    shared.touch(true);
                }
                point().await;
            };
            program.task("main").op("main", main).done();
        };
        let failure = explorer(Setting::default()).search(&program).failure.unwrap();
        assert_eq!(failure.kind, FailureKind::BadProgram);
        assert!(failure.message.starts_with(because), "{}", failure.message);
    }
}

#[test]
fn a_task_of_another_run_is_not_aborted() {
    let kept = Rc::new(Cell::new(None));
    let main = move || {
        let kept = kept.clone();
        async move {
            let task = kept.get().unwrap_or_else(|| spawn("task", async {}).id());
            kept.set(Some(task));
            abort(task);
        }
    };
    refused(main, "a task is aborted that is none of this run");
}

#[test]
fn what_is_chosen_is_replayed_and_no_other_choice_fits() {
    async fn main() {
        let chosen = (choose(3, "first"), choose(2, "second"), choose(1, "no choice"));
        spawn("other", async {});
        assert_ne!(chosen, (2, 1, 0));
    }
    let explorer = explorer(Setting::default());
    let report = explorer.search(&program(main));
    assert_eq!(report.complete, 3 * 2, "each, and the last fails before it spawns");
    let failure = report.failure.expect("each is tried");
    assert_eq!(failure.schedule.to_string(), "0.0:2v.0:1v");
    let replay = |text: &str| explorer.replay(&text.parse::<Schedule>().unwrap(), &program(main));
    assert_eq!(replay("0.0:2v.0:1v").unwrap().kind, FailureKind::Panic);
    assert_eq!(replay("0.0:2v"), None, "what is not given is the first");
    for wrong in ["0.0:3v", "0.0:2v.0v.0v", "0.1v", "0v", "0.0:2v.0.0v", "0a"] {
        let failure = replay(wrong).unwrap();
        assert_eq!(failure.kind, FailureKind::BadSchedule, "{wrong}: {}", failure.message);
        assert!(failure.message.starts_with("schedule does not match this model"), "{}", failure.message);
    }
    let drawn = explorer.trace(&failure.schedule, &program(main)).to_string();
    assert!(drawn.contains("first: 2 of 3") && drawn.contains("second: 1 of 2"), "{drawn}");
}

/// Which timers may come when two others are on their way.
#[test]
fn timers_come_in_order_and_early_as_often_and_as_much_as_allowed() {
    async fn main() -> String {
        let first = Rc::new(RefCell::new(Vec::new()));
        for millis in [30_000, 10] {
            let first = first.clone();
            spawn("waits", async move {
                Timer::after(Duration::from_millis(millis), Location::caller()).await;
                first.borrow_mut().push(format!("{millis} at {:?}", now()));
            });
        }
        point().await;
        Timer::at(Duration::from_mins(1), Location::caller()).await;
        first.borrow_mut().push(format!("{:?}", now()));
        first.take().join(" ")
    }
    let outcomes = |setting| {
        let report = Explorer { outcomes: true, ..explorer(setting) }.search(&telling(main));
        assert!(report.failure.is_none() && report.exhaustive(), "{report:?}");
        report.outcomes.into_iter().collect::<Vec<_>>()
    };
    let in_order = "10 at 10ms 30000 at 30s 60s";
    assert_eq!(outcomes(Setting::default()), [in_order]);
    let by_a_second = outcomes(early(2, Duration::from_secs(1)));
    assert!(by_a_second.iter().all(|it| it.starts_with("10 at 10ms 30000 at 30")), "{by_a_second:?}");
    assert!(by_a_second.len() > 1, "the other may begin to wait once the first has fired");
    let early = outcomes(early(2, Duration::from_mins(2)));
    assert!(early.len() > 1 && early.iter().any(|it| it.starts_with("30000 at 30s")), "{early:?}");
}

#[test]
fn a_panic_in_a_spawned_task_names_it_and_the_next_search_is_clean() {
    async fn main(fails: bool) {
        let (lock, other) = (Rc::new(Mutex::new(0)), Rc::new(Mutex::new(0)));
        let (its, theirs) = (lock.clone(), other.clone());
        spawn("holds", async move {
            let _held = theirs.lock().await;
            point().await;
        });
        spawn("worker", async move {
            let _held = its.lock().await;
            assert!(!fails, "it was to fail");
        });
        let _held = other.lock().await;
        let _also = lock.lock().await;
    }
    let failure = failure_of(|| main(true));
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.message.starts_with("task worker has panicked at "), "{}", failure.message);
    assert!(failure.message.contains("guest_input.rs") && failure.message.ends_with("it was to fail"));
    let report = explorer(Setting::default()).search(&program(|| main(false)));
    assert!(report.failure.is_none() && report.exhaustive());
    // One without a name is called by its place.
    let failure = failure_of(|| async {
        spawn_background(async { panic!("by itself") });
        point().await;
    });
    let named = failure.message.split(" has panicked").next().unwrap();
    assert!(named.starts_with("task ") && named.contains("guest_input.rs:"), "{}", failure.message);
}

#[test]
fn how_a_task_has_ended_is_known() {
    let setting = Setting { cancels: 1, ..Setting::default() };
    let main = || async {
        let task = spawn("waits", async { point().await });
        let steady = SpawnOptions { steady: true, ..SpawnOptions::default() };
        let other = spawn_with(steady, "steady", Location::caller(), async { point().await });
        let id = task.id();
        assert!(!is_over(id) && end_of(id).is_none());
        let end = task.join().await;
        let mut over = Turn::enabled_when_over(other, Location::caller());
        poll_fn(|context| over.poll(context, |_| Poll::Ready(()))).await;
        assert!(is_over(other));
        assert_eq!(end_of(other), Some(TaskEnd::Returned));
        format!("{end:?} {:?}", end_of(id))
    };
    let limits = lockyard_explore::Limits { switches: Some(6), ..Default::default() };
    let explorer = Explorer { outcomes: true, limits, keep_going: true, ..explorer(setting) };
    let outcomes = explorer.search(&telling(main)).outcomes;
    let expected = ["", "Err(Cancelled) Some(Cancelled)", "Ok(()) Some(Returned)"];
    assert_eq!(outcomes.iter().map(String::as_str).collect::<Vec<_>>(), expected, "or main was cancelled");
}

/// A task aborts itself: its step is the last, and what it has not begun is dropped.
#[test]
fn a_task_that_aborts_itself_goes_no_further() {
    let report = explorer(Setting::default()).search(&program(|| async {
        let own = Rc::new(Cell::new(None));
        let its = own.clone();
        let task = spawn("own", async move {
            abort(its.get().expect("it was spawned"));
            point().await;
            panic!("it was aborted");
        });
        own.set(Some(task.id()));
        assert_eq!(task.join().await, Err(TaskEnd::Aborted));
    }));
    assert!(report.failure.is_none() && report.exhaustive(), "{:?}", report.failure);
}

/// A wait for something that is not wrapped is noticed, and works.
#[test]
fn a_wait_for_something_that_is_not_wrapped_is_noticed() {
    let report = explorer(Setting::default()).search(&program(|| async {
        let (tell, hear) = tokio::sync::oneshot::channel();
        spawn("tells", async move { tell.send(3).expect("it is heard") });
        assert_eq!(hear.await, Ok(3));
    }));
    assert_eq!(report.failure, None);
    let proof = report.proof();
    assert!(matches!(&proof, Proof::Unsound(Unsound::ForeignWait { task: 0, .. })), "{proof}");
}

/// What an instrument for lock orders reads: who was held, and asked for, and where.
#[test]
fn orders_of_locks_are_collected() {
    async fn main() {
        let locks: Rc<[Mutex<u32>]> = (0..3).map(|_| Mutex::new(0)).collect();
        let its = locks.clone();
        let task = spawn("task", async move {
            let _zero = its[0].lock().await;
            let _one = its[1].lock().await;
        });
        task.join().await.expect("it returns");
        let _one = locks[1].lock().await;
        let _zero = locks[0].lock().await;
        let _two = locks[2].lock().await;
    }
    let report = explorer(Setting::default()).search(&program(main));
    assert_eq!(report.failure, None, "the join keeps the two apart, and no schedule shows what may happen");
    let orders: Vec<_> = report.orders.iter().map(|it| (it.held.number, it.asked.number)).collect();
    assert_eq!(orders.len(), 4, "{orders:?}");
    for order in [(0, 1), (1, 0), (1, 2), (0, 2)] {
        assert!(orders.contains(&order), "{orders:?}");
    }
    let one = report.orders.first().unwrap();
    assert!(one.held.kind == "mutex" && one.held.mode == "write" && one.held.place != one.asked.place);
    assert!(explorer(Setting::default()).search(&program(|| async {})).orders.is_empty());
}

/// A background task whose timer goes on without end ends with the run.
#[test]
fn the_run_ends_without_its_background() {
    let report = explorer(Setting::default()).search(&program(|| async {
        spawn_background(async {
            loop {
                Timer::after(Duration::from_secs(1), Location::caller()).await;
            }
        });
        Timer::at(Duration::from_millis(2_500), Location::caller()).await;
        assert_eq!(now(), Duration::from_millis(2_500));
    }));
    assert!(report.failure.is_none() && report.exhaustive(), "{:?}", report.failure);
}

/// What the drawing says of messages, timers, locks and aborts.
#[test]
fn a_run_of_guests_reads_well() {
    async fn main() {
        let ((sender, mut receiver), lock) = (channel(1), Rc::new(Mutex::new(0)));
        let its = lock.clone();
        let held = lock.lock().await;
        let task = spawn("sends", async move {
            Timer::after(Duration::from_millis(5), Location::caller()).await;
            sender.send(1).await;
            annotate(|| "message 1".to_owned());
            let _lock = its.lock().await;
        });
        let received = receiver.recv().await;
        annotate(|| format!("{received:?}"));
        task.abort();
        let _end = task.join().await;
        drop(held);
        panic!("to see it");
    }
    let explorer = explorer(Setting::default());
    let failure = failure_of(main);
    let drawn = explorer.trace(&failure.schedule, &program(main));
    let words: Vec<_> = drawn.steps.iter().map(ToString::to_string).collect();
    let said = [
        "lock mutex (write)",
        "recv: waits",
        "resume start",
        "woken by the clock: 5ms",
        "send: message 1",
        "queue for mutex (write)",
        "resume recv: Some(1)",
        "cancelled: aborted",
        "unlock mutex",
        "resume join",
        "unlock mutex",
    ];
    let mut rest = words.iter();
    for line in said {
        assert!(rest.any(|it| it.trim() == line), "{line} in {words:#?}");
    }
}
