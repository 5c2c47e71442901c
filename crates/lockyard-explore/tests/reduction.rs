//! What the reduction leaves out is nothing that a verdict or a final state hangs on.

#[path = "support/programs.rs"]
mod programs;
mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lockyard_explore::{Explorer, LockModel, Program, Reduction, Schedule, Setting, look, point};
use lockyard_lock::SharedLock;
use programs::{A, MODELS, all, increments, lock, two_locks};
use support::compared;

fn both_searches_agree(setting: &Setting, program: &dyn Fn(&mut Program)) {
    assert!(compared(setting, program, 0, u64::MAX).is_some());
}

#[test]
fn the_reduction_loses_no_verdict_and_no_final_state() {
    for model in MODELS {
        for (tasks, each) in [(2, 1), (2, 2), (3, 1)] {
            both_searches_agree(&all(model), &increments(tasks, each, true));
            both_searches_agree(&all(model), &increments(tasks, each, false));
        }
        both_searches_agree(&all(model), &two_locks(true));
        both_searches_agree(&all(model), &two_locks(false));
        let mishaps = Setting { cancels: 1, stalls: 1, ..all(model) };
        both_searches_agree(&mishaps, &increments(2, 1, true));
        both_searches_agree(&mishaps, &two_locks(true));
    }
}

/// Tasks that write their number and read what is there: with the numbers exchanged, what happens is the same.
fn numbered(tasks: usize) -> impl Fn(&mut Program) {
    move |program| {
        let (written, saw) = (lock(&A, String::new()), Rc::new(RefCell::new(Vec::new())));
        for task in 0..tasks {
            let (mine, saw) = (written.clone(), saw.clone());
            let write = async move {
                let name = format!(" {task}.0");
                mine.write().await.push_str(&name);
                point().await;
                let seen = mine.read().await.len();
                saw.borrow_mut().push(format!("{task}.0 saw {seen}"));
            };
            program.task(task).op("write and read", write).alike().done();
        }
        program.outcome(move || {
            let written = look(async { written.read().await.clone() });
            // In one order: in which of them independent reads were noted is nothing that the explorer keeps.
            let mut saw = saw.take();
            saw.sort();
            format!("{written:?}\n{}", saw.join("\n"))
        });
    }
}

#[test]
fn of_tasks_that_are_alike_the_first_begins_first_and_nothing_is_lost() {
    for model in MODELS {
        for mishaps in [0, 1] {
            let setting = Setting { cancels: mishaps, stalls: mishaps, ..all(model) };
            compared(&setting, &numbered(2), 2, u64::MAX);
        }
        let (plain, reduced) = compared(&all(model), &numbered(3), 3, u64::MAX).unwrap();
        assert!(reduced * 3 < plain, "{model:?}: {reduced} of {plain}");
    }
    let first = |schedule: &Schedule| schedule.moves[0].task;
    let fails = |program: &mut Program| {
        numbered(3)(program);
        program.at_end(|_| Err("to see who was first".to_owned()));
    };
    assert_eq!(first(&Explorer::default().search(&fails).failure.unwrap().schedule), 0);
}

/// Who says that tasks are alike that are not loses what only the second of them can do first; the comparison sees it.
#[test]
#[should_panic(expected = "left == right")]
fn tasks_that_are_wrongly_called_alike_are_noticed() {
    let program = |program: &mut Program| {
        let written = lock(&A, String::new());
        for task in 0..2 {
            let mine = written.clone();
            let write = async move {
                let mut mine = mine.write().await;
                // Only one of them looks.
                if task == 0 || mine.is_empty() {
                    let name = format!(" {task}.0");
                    mine.push_str(&name);
                }
            };
            program.task(task).op("write", write).alike().done();
        }
        program.outcome(move || format!("{:?}", look(async { written.read().await.clone() })));
    };
    compared(&Setting::default(), &program, 2, u64::MAX);
}

/// Where every schedule was run, under a reduction that has found nothing to leave out, none is drawn to check it.
#[test]
fn a_search_that_leaves_nothing_out_is_not_checked_by_schedules_at_random() {
    let runs_of = |explorer: &Explorer, program: &dyn Fn(&mut Program)| {
        let runs = Cell::new(0);
        let report = explorer.search(&|it| {
            runs.set(runs.get() + 1);
            program(it);
        });
        assert!(report.exhaustive());
        (report.schedules(), runs.get())
    };
    let reduced = Explorer::default();
    assert_eq!(runs_of(&reduced, &increments(2, 4, true)), (70, 71), "the first is run twice");
    let every = Explorer { reduction: Reduction::None, ..Explorer::default() };
    assert_eq!(runs_of(&every, &increments(2, 4, true)), (70, 71));
    let independent = |program: &mut Program| {
        for name in ["one", "other"] {
            let own = lock(&A, 0);
            let steps = async move {
                for _ in 0..3 {
                    *own.write().await += 1;
                }
            };
            program.task(name).op("steps", steps).done();
        }
    };
    assert!(runs_of(&reduced, &independent).1 > 1_000);
    // Tasks that begin in one order stand for those that begin in another.
    let alike = |program: &mut Program| {
        let lock = lock(&A, 0);
        for name in ["one", "other"] {
            let lock = lock.clone();
            program.task(name).op("add", async move { *lock.write().await += 1 }).alike().done();
        }
    };
    assert!(runs_of(&reduced, &alike).1 > 1_000);
}

/// How many schedules are tried of two tasks that read twice what a lock guards, and keep it for two steps each time if it `lasts`.
fn tried(model: LockModel, lasts: bool) -> u64 {
    let report = Explorer::new(all(model)).search(&|program: &mut Program| {
        let value = lock(&A, 0);
        for name in ["one", "other"] {
            let value = value.clone();
            let read_twice = async move {
                for _ in 0..2 {
                    let _seen = value.read().await;
                    if lasts {
                        point().await;
                    }
                }
            };
            program.task(name).op("read twice", read_twice).done();
        }
    });
    assert!(report.failure.is_none(), "{:?}", report.failure);
    report.complete
}

#[test]
fn reads_change_places_whatever_the_lock_unless_they_keep_others_out() {
    let shared = tried(LockModel::UNFAIR, false);
    for mutex in [LockModel::UNFAIR_MUTEX, LockModel::FIFO_MUTEX] {
        assert_eq!(tried(mutex, false), shared, "{mutex:?}");
        assert!(tried(mutex, true) > tried(LockModel::UNFAIR, true), "{mutex:?}: one of them has to wait");
    }
}

#[test]
fn who_has_taken_a_snapshot_does_not_see_when_its_writer_lets_the_next_one_in() {
    let report = Explorer::new(all(LockModel::SNAPSHOT)).search(&|program: &mut Program| {
        let value = lock(&A, 0);
        let mine = value.clone();
        let write = async move {
            let mut guard = mine.write().await;
            *guard += 1;
            mine.finish(guard, |_| ()).await;
        };
        program.task("writer").op("write", write).done();
        let read = async move {
            point().await;
            let _seen = *value.read().await;
        };
        program.task("reader").op("read", read).done();
    });
    assert_eq!(report.complete, 2, "before the swap and after it");
}
