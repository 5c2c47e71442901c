//! What cannot be explored, or is broken itself, is answered in plain words: no panic of the explorer's own, no hang, and
//! nothing that is called right.

#[path = "support/programs.rs"]
mod programs;

use std::time::Duration;

use lockyard_explore::{
    Explorer, Failure, FailureKind, Limits, Program, Proof, Random, Reduction, Report, Schedule, Setting,
    point, spawn,
};
use lockyard_lock::SharedLock;
use programs::{A, increments, lock};

/// How all ways to run a program answer, which is the same way.
fn refused(program: &dyn Fn(&mut Program), kind: FailureKind, part: &str) {
    let check = |failure: Option<Failure>, by: &str| {
        let failure = failure.unwrap_or_else(|| panic!("{by} says nothing of it"));
        assert_eq!(failure.kind, kind, "{by}: {}", failure.message);
        assert!(failure.message.contains(part), "{by}: {}", failure.message);
        failure
    };
    for (reduction, keep_going) in [(Reduction::SleepSets, false), (Reduction::None, true)] {
        let explorer = Explorer { reduction, keep_going, ..Explorer::default() };
        let report = explorer.search(program);
        assert!(kind.is_of_the_program() || !report.exhaustive(), "{:?}", report.proof());
        let failure = check(report.failure, "the search");
        check(explorer.replay(&failure.schedule, program), "the replay");
        let shown = explorer.trace(&failure.schedule, program);
        check(shown.failure, "the trace");
        let small = explorer.shrink(&failure, Duration::from_secs(5), program);
        check(Some(small), "the shrinking");
        let random = Random { seed: 3, runs: 5, depth: Some(2) };
        check(explorer.sample(random, program).failure, "the sample");
    }
}

fn one_step(program: &mut Program) {
    program.task("client").op("resume", point()).done();
}

#[test]
fn a_program_without_tasks_is_refused() {
    refused(&|_| {}, FailureKind::BadProgram, "the program has no tasks");
    let only_a_property = |program: &mut Program| program.at_end(|_| Ok(()));
    refused(&only_a_property, FailureKind::BadProgram, "the program has no tasks");
}

/// Such a task is run before any schedule begins: one after another, whatever it shares.
#[test]
fn a_task_that_ends_before_it_begins_is_refused() {
    let nothing = |program: &mut Program| {
        one_step(program);
        program.task("at once").op("nothing", async {}).done();
    };
    refused(&nothing, FailureKind::BadProgram, "task 1 has ended before its first await");
    let over_foreign_locks = |program: &mut Program| {
        let counter = std::sync::Arc::new(tokio::sync::RwLock::new(0));
        for name in ["one", "other"] {
            let counter = counter.clone();
            program
                .task(name)
                .op("add", async move {
                    let seen = *counter.read().await;
                    *counter.write().await = seen + 1;
                })
                .done();
        }
    };
    refused(&over_foreign_locks, FailureKind::BadProgram, "task 0 has ended before its first await");
    let touches = |program: &mut Program| {
        let lock = lock(&A, 0);
        program
            .task("client")
            .op("look", async move {
                drop(lock.try_read());
                point().await;
            })
            .done();
    };
    refused(&touches, FailureKind::BadProgram, "touched something shared before its first await");
}

#[test]
fn a_plan_that_is_not_done_or_empty_is_refused() {
    let forgotten = |program: &mut Program| {
        one_step(program);
        let plan = program.task("forgotten").op("resume", point());
        drop(plan);
    };
    refused(
        &forgotten,
        FailureKind::BadProgram,
        "task 1 of the program was never added: end its plan with `.done()`",
    );
    let empty = |program: &mut Program| {
        one_step(program);
        program.task("empty").done();
    };
    refused(&empty, FailureKind::BadProgram, "task 1 of the program has no operations");
}

#[test]
fn ten_thousand_tasks_are_refused_whether_planned_or_spawned() {
    let planned = |program: &mut Program| (0..10_000).for_each(|_| one_step(program));
    refused(&planned, FailureKind::BadProgram, "the program has 10000 tasks");
    let spawned = |program: &mut Program| {
        program
            .task("client")
            .op("spawn", async {
                point().await;
                (0..10_000).for_each(|_| spawn(point()));
            })
            .done();
    };
    let failure = Explorer::default().search(&spawned).failure.expect("too many");
    assert_eq!(failure.kind, FailureKind::BadProgram, "{}", failure.message);
    let places = |program: &mut Program| {
        program
            .task("client")
            .op("wait", async {
                let mut points: Vec<_> = (0..300).map(|_| Box::pin(point())).collect();
                std::future::poll_fn(|context| {
                    points.retain_mut(|point| point.as_mut().poll(context).is_pending());
                    if points.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                })
                .await;
            })
            .done();
        one_step(program);
    };
    let failure = Explorer::default().search(&places).failure.expect("too many");
    assert!(failure.message.contains("waits at 300 places at once"), "{}", failure.message);
}

/// A program may be long. To shrink it, no list of all its parts is made.
#[test]
fn a_long_program_is_made_small_within_its_budget() {
    let long = |program: &mut Program| {
        let mut plan = program.task("client");
        for _ in 0..500 {
            plan = plan.op("resume", point());
        }
        plan.done();
        program.at_end(|_| Err("whatever there is".to_owned()));
    };
    let limits = Limits { time: Some(Duration::from_secs(20)), ..Limits::default() };
    let explorer = Explorer { limits, ..Explorer::default() };
    let failure = explorer.search(&long).failure.unwrap();
    let small = explorer.shrink(&failure, Duration::from_secs(20), &long);
    assert_eq!(small.schedule.left_out.len(), 499, "{}", small.schedule);
}

#[test]
fn a_property_that_panics_is_a_failure_and_the_next_search_is_as_ever() {
    let at_end = |program: &mut Program| {
        one_step(program);
        program.at_end(|_| panic!("the specification is broken"));
    };
    refused(&at_end, FailureKind::Panic, "a property has panicked: the specification is broken");
    let at_rest = |program: &mut Program| {
        one_step(program);
        program.at_rest(|| panic!("at rest"));
    };
    refused(&at_rest, FailureKind::Panic, "a property has panicked: at rest");
    let built = |program: &mut Program| {
        one_step(program);
        panic!("while it was built");
    };
    refused(&built, FailureKind::Panic, "the program has panicked while it was built: while it was built");

    let outcome = |program: &mut Program| {
        one_step(program);
        program.outcome(|| panic!("in words"));
    };
    let explorer = Explorer { outcomes: true, ..Explorer::default() };
    let failure = explorer.search(&outcome).failure.unwrap();
    assert_eq!(failure.message, "a property has panicked: in words");

    let whole: Report = Explorer::default().search(&increments(2, 1, true));
    assert_eq!((whole.failure.clone(), whole.exhaustive()), (None, true));
}

/// Something that panics as it is dropped, in the middle of what a run leaves behind.
#[test]
fn what_panics_as_it_is_dropped_leaves_nothing_to_the_next_run() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "dropped");
        }
    }
    let program = |program: &mut Program| {
        one_step(program);
        for _ in 0..2 {
            let bomb = Bomb;
            program.at_rest(move || {
                let _held = &bomb;
                Ok(())
            });
        }
        one_step(program);
    };
    let report = Explorer { reduction: Reduction::None, ..Explorer::default() }.search(&program);
    assert_eq!((report.failure.clone(), report.complete), (None, 2));
    assert_eq!(report.proof(), Proof::Exhaustive { assumption: None });
}

#[test]
fn a_schedule_of_another_program_is_refused() {
    let program = increments(2, 1, true);
    for (schedule, part) in [
        ("7.7.7", "step 0, 7, is not enabled"),
        ("0:3", "step 0, 0:3, is not enabled"),
        ("0f", "step 0, 0f, is not enabled"),
        ("0.1.1.1.1.1", "it has 6 steps, and the run has ended after 2"),
        ("-9.0.1", "it leaves out operation 9, and there are 2 operations"),
        ("-0.-1.0", "the program has no tasks"),
        ("65535:255", "is not enabled"),
    ] {
        let parsed: Schedule = schedule.parse().unwrap();
        let failure =
            Explorer::default().replay(&parsed, &program).unwrap_or_else(|| panic!("{schedule} fits"));
        assert!(!failure.kind.is_of_the_program(), "{schedule}: {}", failure.message);
        assert!(failure.message.contains(part), "{schedule}: {}", failure.message);
    }
    let longer: Schedule = "0.1.0".parse().unwrap();
    let shorter = |program: &mut Program| {
        for _ in 0..2 {
            one_step(program);
        }
    };
    let failure = Explorer::new(Setting::default()).replay(&longer, &shorter).unwrap();
    assert_eq!(failure.kind, FailureKind::BadSchedule);
    assert!(failure.message.contains("it has 3 steps, and the run has ended after 2"), "{}", failure.message);
}
