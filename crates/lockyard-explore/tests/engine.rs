//! The explorer on small lock programs: what it must find, and what it must not.

#[path = "support/programs.rs"]
mod programs;

use std::sync::Arc;

use lockyard_evidence::Action;

use lockyard_explore::{
    Explorer, FailureKind, Limits, LockModel, Program, Proof, Random, Reduction, Schedule, Setting, Unsound,
    look, point,
};
use lockyard_lock::SharedLock;
use programs::{A, B, MODELS, all, counter, increments, lock, two_locks};

#[test]
fn crossed_locks_deadlock_and_the_wait_cycle_is_reported() {
    for model in MODELS {
        let held = Explorer::new(all(model)).search(&two_locks(false));
        assert_eq!(held.failure, None, "{model:?}");
        assert!(held.exhaustive());

        let explorer = Explorer::new(all(model));
        let report = explorer.search(&two_locks(true));
        let failure = report.failure.expect("one task takes a, the other b");
        assert_eq!(failure.kind, FailureKind::Deadlock);
        for part in ["task 0 waits for b", "task 1 waits for a", "programs.rs"] {
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
        assert!(failure.is_none_or(|failure| failure.message.contains("held by itself")));
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

/// A future that is not polled keeps its place in a fair queue, and later waiters wait for it.
#[test]
fn a_stalled_waiter_holds_up_those_behind_it() {
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
    let left = |model| Explorer::new(Setting { stalls: 1, ..all(model) }).search(&program).failure;
    assert!(left(LockModel::FIFO).is_some_and(|failure| failure.message.contains("held up")));
    assert_eq!(left(LockModel::UNFAIR), None, "only a holder delays others");
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
    let step = found.first().expect("b is taken after a was released, and no other task can run in between");
    assert!(step.released.line() < step.acquired.line() && step.released.file().ends_with("engine.rs"));
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
    let proof = Explorer::default().search(&program).proof();
    assert!(matches!(proof, Proof::Unsound(Unsound::ForeignWait { .. })), "{proof:?}");
    assert!(Explorer::default().search(&increments(2, 1, true)).exhaustive());
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
    let run = explorer.trace(&small.schedule, &program);
    assert_eq!(run.failure.as_ref(), Some(&small));
    assert_eq!((run.tasks.len(), run.operations), (2, 2));
    let text = run.to_string();
    for part in [
        "invoke add",
        "return add",
        "lock counter (read)",
        "lock counter (write)",
        "unlock counter",
        "programs.rs:",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let write =
        run.steps.iter().find(|it| it.value.as_deref() == Some("write")).expect("an increment writes");
    assert_eq!((write.action, write.object.as_deref()), (Action::Lock, Some("counter")));
    assert!(
        write.holds == ["counter"]
            && write.place.as_ref().is_some_and(|place| place.contains("programs.rs:"))
    );
    let page = run.counterexample("see it again".to_owned()).to_html("a lost increment");
    assert!(page.contains("<code>see it again</code>") && page.contains("lock counter (write)"));
}

#[test]
fn a_schedule_of_another_program_is_refused() {
    let schedule: Schedule = "7.7.7".parse().unwrap();
    let failure = Explorer::default().replay(&schedule, &increments(2, 1, true)).unwrap();
    assert!(failure.message.contains("schedule does not match this model: step 0, 7"), "{}", failure.message);
}
