//! The explorer on small lock programs: what it must find, what it must not, and that the reduction loses nothing.

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use lockyard_explore::{
    Explorer, FailureKind, Limits, LockModel, MarkKind, Model, Program, Random, Reduction, Schedule, Setting,
    look, marks, point,
};
use lockyard_lock::{LockClass, LockOf, SharedLock};
use support::compared;

static A: LockClass = LockClass::new("a");
static B: LockClass = LockClass::new("b");
static COUNTER: LockClass = LockClass::new("counter");

type Lock<T> = Arc<LockOf<Model, T>>;

fn lock<T: Clone + Send + Sync + 'static>(class: &'static LockClass, value: T) -> Lock<T> {
    Arc::new(SharedLock::new(class, value))
}

fn all(model: LockModel) -> Setting {
    Setting { lock: model, ..Setting::default() }
}

const MODELS: [LockModel; 6] = [
    LockModel::UNFAIR,
    LockModel::UNFAIR_MUTEX,
    LockModel::FIFO,
    LockModel::FIFO_MUTEX,
    LockModel::WRITERS_FIRST,
    LockModel::SNAPSHOT,
];

/// A counter behind a model lock.
fn counter() -> Arc<LockOf<Model, u32>> {
    Arc::new(SharedLock::new(&COUNTER, 0))
}

/// Tasks that increment one counter so often, in one section or in two; nothing may be lost unless somebody was
/// cancelled or left.
fn increments(tasks: usize, each: usize, atomic: bool) -> impl Fn(&mut Program) {
    move |program| {
        let counter = counter();
        for task in 0..tasks {
            let mut plan = program.task(format!("client {task}"));
            for _ in 0..each {
                let counter = counter.clone();
                plan = plan.op("add", async move {
                    if atomic {
                        *counter.write().await += 1;
                    } else {
                        let seen = { *counter.read().await };
                        *counter.write().await = seen + 1;
                    }
                });
            }
            plan.done();
        }
        let (seen, operations) = (counter.clone(), (tasks * each) as u32);
        let left_out = program.left_out().len() as u32;
        program.outcome(move || format!("{:?}", look(async { *seen.read().await })));
        program.at_end(move |end| {
            if end.left > 0 {
                return Ok(()); // who was left may have the lock
            }
            let count = look(async { *counter.read().await })?;
            let expected = operations - left_out;
            if count == expected || (end.cancelled > 0 && count <= expected) {
                return Ok(());
            }
            Err(format!("counted to {count} instead of {expected}"))
        });
    }
}

/// Two who take two locks, the second one in the order given.
fn two_locks(crossed: bool) -> impl Fn(&mut Program) {
    move |program| {
        let locks = [lock(&A, 0), lock(&B, 0)];
        for task in 0..2 {
            let mut locks = locks.clone();
            if crossed && task == 1 {
                locks.reverse();
            }
            let both = async move {
                let _first = locks[0].write().await;
                let _second = locks[1].write().await;
            };
            program.task(format!("client {task}")).op("both", both).done();
        }
    }
}

#[test]
fn crossed_locks_deadlock_and_the_circle_is_told() {
    for model in MODELS {
        let held = Explorer::new(all(model)).search(&two_locks(false));
        assert_eq!(held.failure, None, "{model:?}");
        assert!(held.exhaustive());

        let explorer = Explorer::new(all(model));
        let report = explorer.search(&two_locks(true));
        let failure = report.failure.expect("somebody takes a, somebody b");
        assert_eq!(failure.kind, FailureKind::Deadlock);
        for part in ["task 0 waits for b", "task 1 waits for a", "explore_engine.rs"] {
            assert!(failure.message.contains(part), "{part}: {}", failure.message);
        }
        assert_eq!(explorer.replay(&failure.schedule, &two_locks(true)), Some(failure));
    }
}

#[test]
fn locking_twice_deadlocks_but_for_a_snapshot() {
    let twice = |program: &mut Program| {
        let lock = lock(&A, 0);
        let twice = async move {
            let _first = lock.read().await;
            let _second = lock.write().await;
        };
        program.task("client").op("read, then write", twice).done();
    };
    for model in MODELS {
        let failure = Explorer::new(all(model)).search(&twice).failure;
        assert_eq!(failure.is_some(), model != LockModel::SNAPSHOT, "{model:?}");
        assert!(failure.is_none_or(|failure| failure.message.contains("which it has itself")));
    }
}

/// A second read by one task, with a writer in between.
#[test]
fn reading_twice_deadlocks_where_readers_queue_behind_writers() {
    let twice = |program: &mut Program| {
        let lock = lock(&A, 0);
        let reader = lock.clone();
        let twice = async move {
            let _first = reader.read().await;
            let _second = reader.read().await;
        };
        program.task("reader").op("read twice", twice).done();
        program.task("writer").op("write", async move { *lock.write().await += 1 }).done();
    };
    let deadlocks = MODELS.map(|model| Explorer::new(all(model)).search(&twice).failure.is_some());
    assert_eq!(deadlocks, [false, true, true, true, true, false]);
}

#[test]
fn an_increment_in_two_sections_is_lost_and_in_one_it_is_not() {
    for model in MODELS {
        let atomic = Explorer::new(all(model)).search(&increments(2, 2, true));
        assert_eq!(atomic.failure, None, "{model:?}");
        let torn = Explorer::new(all(model)).search(&increments(2, 1, false)).failure;
        assert_eq!(
            torn.map(|failure| failure.message).as_deref(),
            Some("counted to 1 instead of 2"),
            "{model:?}"
        );
    }
}

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
        let mishaps = Setting { cancels: 1, leaves: 1, ..all(model) };
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
            format!("{written:?}\n{}", saw.borrow().join("\n"))
        });
    }
}

#[test]
fn of_tasks_that_are_alike_the_first_begins_first_and_nothing_is_lost() {
    for model in MODELS {
        for mishaps in [0, 1] {
            let setting = Setting { cancels: mishaps, leaves: mishaps, ..all(model) };
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

/// It does reduce: by how much is what makes the large models possible.
#[test]
fn the_reduction_reduces() {
    let independent = |program: &mut Program| {
        for task in 0..4 {
            let own = counter();
            program.task(format!("{task}")).op("own", async move { *own.write().await += 1 }).done();
        }
    };
    let plain = Explorer { reduction: Reduction::None, ..Explorer::default() }.search(&independent);
    let reduced =
        Explorer { reduction: Reduction::ForgetsRealTime, ..Explorer::default() }.search(&independent);
    assert_eq!(plain.complete, 24, "four steps in every order");
    assert_eq!(reduced.complete, 1, "all of which are the same");
}

/// A cache in front of a register: a writer that answers before the cache knows lets a later reader see the old value.
/// Nothing but the order of the answer and the later question is wrong with it.
fn stale_read(program: &mut Program) {
    let (cached, known) = (lock(&A, 0), lock(&B, 0));
    let writer = known.clone();
    let saw = Rc::new(RefCell::new(None));
    let write = async move {
        *writer.write().await = 1;
        // The answer is a step of its own, after that of the question.
        drop(writer.read().await);
    };
    program.task("writer").op("write", write).done();
    let (reader, place) = (cached.clone(), saw.clone());
    program
        .task("reader")
        .op("read", async move {
            let value = *reader.read().await;
            *place.borrow_mut() = Some(value);
        })
        .done();
    program.at_end(move |_| {
        let order = marks();
        let at =
            |operation, kind| order.iter().position(|mark| mark.operation == operation && mark.kind == kind);
        let answered = at(0, MarkKind::Returned);
        let asked = at(1, MarkKind::Invoked);
        match (answered, asked, *saw.borrow()) {
            (Some(answered), Some(asked), Some(0)) if answered < asked => {
                Err("a read that was asked after the write was answered has missed it".to_owned())
            }
            _ => Ok(()),
        }
    });
}

#[test]
fn a_stale_read_is_found_with_the_reduction_on() {
    let found = |reduction| {
        let search = Explorer { reduction, keep_going: true, ..Explorer::default() };
        search.search(&stale_read).failed > 0
    };
    assert!(found(Reduction::None), "the fault is there");
    assert!(found(Reduction::SleepSets), "the reduction keeps it");
    // Which of the two orders a search that forgets real time happens to try is luck; that it tries only one is not.
    let forgetful =
        Explorer { reduction: Reduction::ForgetsRealTime, keep_going: true, ..Explorer::default() };
    assert_eq!(
        forgetful.search(&stale_read).complete,
        1,
        "the dependence is what tells the two orders apart"
    );
}

#[test]
fn a_cancelled_waiter_leaves_nothing_behind() {
    for model in MODELS {
        let setting = Setting { cancels: 2, ..all(model) };
        let report = Explorer::new(setting).search(&increments_that_may_stop);
        assert_eq!(report.failure, None, "{model:?}");
        assert!(report.complete > 10, "{model:?}: {}", report.complete);
    }
}

/// Three who increment and may be dropped on the way: whatever was done is done whole, and the lock is free.
fn increments_that_may_stop(program: &mut Program) {
    let counter = counter();
    for task in 0..3 {
        let counter = counter.clone();
        program.task(format!("{task}")).op("add", async move { *counter.write().await += 1 }).done();
    }
    program.at_end(move |end| match look(async { *counter.read().await })? {
        count if count + end.cancelled >= 3 && count <= 3 => Ok(()),
        count => Err(format!("counted to {count} with {} cancelled", end.cancelled)),
    });
}

/// A future that nobody polls keeps its place in a fair queue, and whoever comes after it waits.
#[test]
fn who_is_left_holds_up_those_behind_it() {
    let program = |program: &mut Program| {
        let counter = counter();
        let holder = counter.clone();
        let hold = async move {
            let mut count = holder.write().await;
            point().await;
            *count += 1;
        };
        program.task("holder").op("add slowly", hold).steady().done();
        for task in 0..2 {
            let counter = counter.clone();
            program.task(format!("{task}")).op("add", async move { *counter.write().await += 1 }).done();
        }
        program.at_end(|end| match end.held_up {
            0 => Ok(()),
            held_up => Err(format!("{held_up} are held up")),
        });
    };
    let left = |model| Explorer::new(Setting { leaves: 1, ..all(model) }).search(&program).failure;
    assert!(left(LockModel::FIFO).is_some_and(|failure| failure.message.contains("held up")));
    assert_eq!(left(LockModel::UNFAIR), None, "who is not inside is in nobody's way");
}

#[test]
fn only_what_takes_before_it_lets_go_is_one_step() {
    let coarse = |nested: bool| {
        let program = move |program: &mut Program| {
            let (a, b) = (lock(&A, 0), lock(&B, 0));
            let steps = async move {
                if nested {
                    let _a = a.write().await;
                    let _b = b.try_read();
                } else {
                    drop(a.write().await);
                    let _b = b.try_read();
                }
            };
            program.task("client").op("both", steps).done();
        };
        Explorer::default().search(&program).coarse
    };
    assert!(coarse(true).is_empty());
    let found = coarse(false);
    let step = found.first().expect("b is taken after a was left, and nobody can come in between");
    assert!(
        step.released.line() < step.acquired.line() && step.released.file().ends_with("explore_engine.rs")
    );
}

#[test]
fn waiting_for_what_is_not_seen_is_noticed() {
    let program = |program: &mut Program| {
        let foreign = Arc::new(tokio::sync::Mutex::new(0));
        for task in 0..2 {
            let foreign = foreign.clone();
            let held = async move {
                let mut held = foreign.lock().await;
                point().await;
                *held += 1;
            };
            program.task(format!("{task}")).op("add", held).done();
        }
    };
    // The first task takes it before its first await, which no program may.
    let failure = Explorer::default().search(&program).failure;
    assert_eq!(failure, None, "a foreign lock is nothing that is seen at all");
    assert!(Explorer::default().search(&program).blind);
    assert!(!Explorer::default().search(&increments(2, 1, true)).blind);
}

#[test]
fn what_is_too_large_is_tried_at_random_and_repeated_by_its_seed() {
    for depth in [None, Some(3)] {
        let explorer = Explorer::default();
        let random = Random { seed: 7, runs: 500, depth };
        let report = explorer.sample(random, &increments(3, 2, false));
        let failure = report.failure.clone().expect("five hundred runs lose an increment");
        assert_eq!(explorer.sample(random, &increments(3, 2, false)).failure.as_ref(), Some(&failure));
        assert_eq!(explorer.replay(&failure.schedule, &increments(3, 2, false)).as_ref(), Some(&failure));
        assert!(!report.exhaustive());
        let whole = explorer.sample(random, &increments(3, 2, true));
        assert_eq!((whole.failure, whole.complete), (None, 500));
        assert!(whole.bound.unwrap().contains("from seed 7"));
    }
}

#[test]
fn a_limited_search_says_so() {
    let limits = Limits { schedules: Some(5), ..Limits::default() };
    let report = Explorer { limits, ..Explorer::default() }.search(&increments(3, 2, true));
    assert_eq!(report.schedules(), 5);
    assert_eq!(report.bound.as_deref(), Some("at most 5 schedules"));
    let limits = Limits { switches: Some(1), ..Limits::default() };
    let bounded = Explorer { limits, reduction: Reduction::None, ..Explorer::default() };
    let report = bounded.search(&increments(2, 2, true));
    assert_eq!(report.bound.as_deref(), Some("at most 1 switches"));
    assert_eq!(bounded.search(&increments(1, 2, true)).bound, None, "nothing was left out");
}

#[test]
#[should_panic(expected = "unsound with a reduction")]
fn a_bound_on_switches_is_not_combined_with_the_reduction() {
    let limits = Limits { switches: Some(1), ..Limits::default() };
    Explorer { limits, ..Explorer::default() }.search(&increments(2, 1, true));
}

#[test]
fn a_failure_is_made_small_and_drawn() {
    let explorer = Explorer::default();
    let program = increments(3, 2, false);
    let first = explorer.search(&program).failure.unwrap();
    let small = explorer.shrink(&first, std::time::Duration::from_secs(20), &program);
    assert_eq!(small.schedule.left_out.len(), 4, "two increments of six are enough: {}", small.schedule);
    assert_eq!(small.schedule.switches(), 2, "{}", small.schedule);
    for _ in 0..100 {
        assert_eq!(explorer.replay(&small.schedule, &program).as_ref(), Some(&small));
    }
    let (lanes, failure) = explorer.draw(&small.schedule, &program);
    assert_eq!(failure.as_ref(), Some(&small));
    assert_eq!(lanes.tasks.len(), 2);
    let text = lanes.to_string();
    for part in [
        "asks: add",
        "is answered: add",
        "takes counter to read",
        "takes counter to write",
        "explore_engine.rs:",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let page = lanes.to_html("a lost increment", "see it again");
    assert!(page.contains("<code>see it again</code>") && page.contains("takes counter to write"));
}

#[test]
fn a_schedule_of_another_program_is_refused() {
    let schedule: Schedule = "7.7.7".parse().unwrap();
    let failure = Explorer::default().replay(&schedule, &increments(2, 1, true)).unwrap();
    assert!(failure.message.contains("step 0 of the schedule, 7, is not possible"), "{}", failure.message);
}
