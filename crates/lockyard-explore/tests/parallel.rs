//! A search on several threads comes to what one thread comes to, whatever ends it.

#[path = "support/guest.rs"]
mod guest;
#[path = "support/programs.rs"]
mod programs;

use std::cell::Cell;
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::ThreadId;
use std::time::Duration;

use guest::{program, spawn};
use lockyard_explore::guest::{choose, explorer, run_number};
use lockyard_explore::{
    Explorer, FailureKind, Limits, LockModel, Program, Proof, Reduction, Report, Setting, Shared, Unsound,
    point,
};
use lockyard_lock::SharedLock;
use programs::{A, all, increments, lock, two_locks};

fn threads(many: usize) -> NonZeroUsize {
    NonZeroUsize::new(many).expect("at least one")
}

fn assert_same(one: &Report, other: &Report, what: &str) {
    let counts = |it: &Report| (it.complete, it.pruned, it.steps, it.longest, it.failed);
    assert_eq!(counts(one), counts(other), "{what}");
    assert_eq!(one.failure, other.failure, "{what}");
    assert_eq!(
        (&one.bound, &one.unsound, one.reduced),
        (&other.bound, &other.unsound, other.reduced),
        "{what}"
    );
    assert_eq!((&one.coarse, &one.orders), (&other.coarse, &other.orders), "{what}");
    assert_eq!((&one.awaits, &one.given_up_at), (&other.awaits, &other.given_up_at), "{what}");
    assert_eq!(one.outcomes, other.outcomes, "{what}");
}

/// The same on any number of threads, more than once, for which thread has which part is luck.
fn is_the_same<B: Fn(&mut Program)>(explorer: &Explorer, program: &(impl Fn() -> B + Sync)) -> Report {
    let alone = explorer.search(&program());
    for many in [1, 2, 3, 8, 3, 2] {
        let together = explorer.search_parallel(threads(many), program);
        assert_same(&alone, &together, &format!("{many} threads, {:?}", explorer.reduction));
    }
    alone
}

/// Every combination of a reduction, of going on and of collecting outcomes.
fn explorers(setting: &Setting) -> Vec<Explorer> {
    let mut explorers = Vec::new();
    for reduction in [Reduction::None, Reduction::SleepSets] {
        for keep_going in [false, true] {
            let setting = setting.clone();
            explorers.push(Explorer {
                reduction,
                keep_going,
                outcomes: keep_going,
                ..Explorer::new(setting)
            });
        }
    }
    explorers
}

#[test]
fn counts_outcomes_and_the_first_failure_are_those_of_one_thread() {
    let mut most = 0;
    for model in [LockModel::UNFAIR, LockModel::FIFO, LockModel::WRITERS_FIRST] {
        for mishaps in [0, 1] {
            for explorer in explorers(&Setting { cancels: mishaps, stalls: mishaps, ..all(model) }) {
                for atomic in [true, false] {
                    most = most.max(is_the_same(&explorer, &|| increments(2, 2, atomic)).complete);
                    is_the_same(&explorer, &|| increments(3, 1, atomic));
                }
                is_the_same(&explorer, &|| two_locks(true));
            }
        }
    }
    assert!(most > 1_000, "some are worth several threads: {most}");
}

/// Two tasks of so many steps, whose order must not be one of these.
fn steps(each: usize, is_wrong: fn(&[usize]) -> bool) -> impl Fn(&mut Program) {
    move |program| {
        let written = lock(&A, Vec::new());
        for task in 0..2 {
            let written = written.clone();
            let steps = async move {
                for _ in 0..each {
                    written.write().await.push(task);
                }
            };
            program.task(task).op("steps", steps).done();
        }
        program.at_end(move |_| {
            let order = lockyard_explore::look(async { written.read().await.clone() })?;
            if is_wrong(&order) { Err(format!("{order:?}")) } else { Ok(()) }
        });
    }
}

fn right(_: &[usize]) -> bool {
    false
}

/// One schedule alone, which is neither among the first nor the last.
fn in_the_middle(order: &[usize]) -> bool {
    order[..2] == [0, 1] && order[order.len() / 2 + 1..].iter().all(|task| *task == 0)
}

/// All but those that begin alike.
fn from_some_on(order: &[usize]) -> bool {
    order[..2] != [0, 0]
}

#[test]
fn a_failure_ends_the_search_where_one_thread_ends_it() {
    for is_wrong in [in_the_middle, from_some_on] {
        for explorer in explorers(&Setting::default()) {
            let report = is_the_same(&explorer, &|| steps(6, is_wrong));
            assert!(report.failure.is_some() && report.complete > 64, "{}", report.complete);
        }
    }
}

/// Of parts that fail, the first in the order of the search is what counts, and not the one that fails first.
#[test]
fn the_first_failure_is_that_of_one_thread_where_parts_fail_at_once() {
    let every = explorer(Setting::default());
    let alone = every.search(&steps(7, from_some_on));
    for _ in 0..10 {
        let present = Present::default();
        let program = || {
            |program: &mut Program| {
                present.runs();
                steps(7, from_some_on)(program);
            }
        };
        assert_same(&alone, &every.search_parallel(threads(4), &program), "four threads");
    }
}

/// Says on which thread a program is run, and lets others come: one that asks for a part gets it some schedules later.
#[derive(Default)]
struct Present(Mutex<HashSet<ThreadId>>);

impl Present {
    fn many(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }

    fn runs(&self) {
        self.0.lock().expect("no panic").insert(std::thread::current().id());
        if self.many() < 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn several_threads_take_part() {
    let present = Present::default();
    let program = || {
        |program: &mut Program| {
            present.runs();
            steps(8, right)(program);
        }
    };
    let every = explorer(Setting::default());
    let report = every.search_parallel(threads(3), &program);
    assert_eq!(report.complete, 12_870, "16! / (8! 8!)");
    assert!(report.exhaustive());
    assert!(present.many() > 1, "it was not split");
}

/// Guests, aborts, and choices within steps, after which nothing is split.
async fn choosing() {
    let value = Arc::new(guest::Mutex::new(0));
    let tasks = [0, 1].map(|task| {
        let its = value.clone();
        spawn("chooses", async move {
            for _ in 0..2 {
                let (mut locks, mut resumes) = (pin!(its.lock()), pin!(point()));
                let first = choose(2, "start branch");
                let branch = std::future::poll_fn(|context| {
                    for branch in [first, 1 - first] {
                        if branch == 0
                            && let Poll::Ready(mut held) = locks.as_mut().poll(context)
                        {
                            *held += 1;
                            return Poll::Ready(());
                        }
                        if branch == 1 && resumes.as_mut().poll(context).is_ready() {
                            return Poll::Ready(());
                        }
                    }
                    Poll::Pending
                });
                branch.await;
            }
            choose(3, "value") + task
        })
    });
    let [one, other] = tasks;
    other.abort();
    let _left = (one.join().await, other.join().await);
}

#[test]
fn choices_and_aborts_are_the_same() {
    for explorer in explorers(&Setting::default()) {
        let report = is_the_same(&explorer, &|| program(choosing));
        let all = explorer.reduction == Reduction::None;
        assert!(report.complete > 64 || !all, "{}", report.complete);
    }
}

/// What a step touches hangs on a choice within it: what may sleep after it is known when all of them were tried.
async fn touching() {
    let shared = Arc::new([Shared::default(), Shared::default()]);
    let rounds = 2 + choose(2, "rounds");
    let tasks = ["one", "other"].map(|name| {
        let shared = shared.clone();
        spawn(name, async move {
            for _ in 0..rounds {
                point().await;
                shared[choose(2, "which")].touch(true);
            }
        })
    });
    for task in tasks {
        task.join().await.expect("it returns");
    }
}

/// Tasks that share some things and not others.
fn sharing(program: &mut Program) {
    let (a, b) = (Shared::default(), Shared::default());
    for task in 0..3 {
        let (a, b, own) = (a.clone(), b.clone(), Shared::default());
        let steps = async move {
            own.step("own", true).await;
            a.step("write", true).await;
            own.step("own", true).await;
            b.step("look", task == 0).await;
            a.step("write", true).await;
        };
        program.task(task).op("steps", steps).done();
    }
}

/// The same, and a search that is split as often as can be.
fn is_the_same_in_parts(explorer: &Explorer, program: &(impl Fn(&mut Program) + Sync)) {
    let alone = explorer.search(program);
    assert!(alone.complete > 300, "{}", alone.complete);
    for _ in 0..5 {
        let present = Present::default();
        let together = explorer.search_parallel(threads(8), &|| {
            |it: &mut Program| {
                present.runs();
                program(it);
            }
        });
        assert_same(&alone, &together, &format!("{:?}", explorer.reduction));
    }
}

#[test]
fn what_sleeps_and_what_is_chosen_is_the_same_in_parts() {
    for explorer in explorers(&Setting::default()) {
        is_the_same_in_parts(&explorer, &program(touching));
    }
    is_the_same_in_parts(&Explorer::default(), &sharing);
}

#[test]
fn a_limit_means_what_it_means_on_one_thread() {
    let limits = Limits { schedules: Some(100), ..Limits::default() };
    let limited = Explorer { limits, ..explorer(Setting::default()) };
    let report = is_the_same(&limited, &|| steps(6, right));
    assert_eq!((report.schedules(), report.bound.as_deref()), (100, Some("at most 100 schedules")));

    let limits = Limits { switches: Some(5), ..Limits::default() };
    let few = Explorer { limits, ..explorer(Setting::default()) };
    let report = is_the_same(&few, &|| steps(8, right));
    assert!(report.complete > 64 && report.proof() == Proof::Bounded("at most 5 switches".to_owned()));

    let limits = Limits { interrupted: Some(Arc::new(AtomicBool::new(true))), ..Limits::default() };
    let interrupted = Explorer { limits, ..explorer(Setting::default()) };
    let report = interrupted.search_parallel(threads(2), &|| steps(8, right));
    assert_eq!(report.bound.as_deref(), Some("interrupted"));

    let limits = Limits { time: Some(Duration::from_millis(30)), ..Limits::default() };
    let timed = Explorer { limits, ..explorer(Setting::default()) };
    let report = timed.search_parallel(threads(3), &|| steps(40, right));
    assert_eq!(report.proof(), Proof::Bounded("at most 0.03 s".to_owned()));
}

/// What a thread's runs do otherwise than another's is noticed: of a part, all that leads to it is compared with what its giver
/// has seen there.
#[test]
fn a_program_that_another_thread_runs_otherwise_is_nondeterministic() {
    let (here, present) = (std::thread::current().id(), Present::default());
    let main = move || async move {
        // In the step that all schedules begin with.
        let shared = [Shared::default(), Shared::default()];
        shared[usize::from(std::thread::current().id() != here)].touch(true);
        for name in ["one", "other"] {
            spawn(name, async {
                for _ in 0..7 {
                    point().await;
                }
            });
        }
    };
    let program = || {
        |program: &mut Program| {
            present.runs();
            guest::program(main)(program);
        }
    };
    let report = explorer(Setting::default()).search_parallel(threads(2), &program);
    let failure = report.failure.as_ref().expect("it is noticed");
    assert_eq!(failure.kind, FailureKind::Nondeterminism, "{failure:?}");
    assert_eq!(report.unsound, Some(Unsound::Nondeterministic));
}

/// Things of one thread's run are none of another's, so their runs are told apart.
#[test]
fn runs_of_different_threads_have_different_numbers() {
    let numbers: Mutex<HashSet<u64>> = Mutex::default();
    let (runs, present) = (Mutex::new(0), Present::default());
    let program = || {
        |program: &mut Program| {
            present.runs();
            numbers.lock().expect("no panic").insert(run_number());
            *runs.lock().expect("no panic") += 1;
            steps(8, right)(program);
        }
    };
    explorer(Setting::default()).search_parallel(threads(3), &program);
    assert_eq!(numbers.lock().expect("no panic").len(), *runs.lock().expect("no panic"));
}

/// A program may have what cannot be sent: it is made on the thread that runs it.
#[test]
fn what_a_program_has_need_not_be_sent() {
    let made = || {
        let runs = std::rc::Rc::new(Cell::new(0));
        move |program: &mut Program| {
            runs.set(runs.get() + 1);
            steps(6, right)(program);
        }
    };
    let report = explorer(Setting::default()).search_parallel(threads(2), &made);
    assert_eq!(report.complete, 924);
}
