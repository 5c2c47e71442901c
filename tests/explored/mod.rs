//! Small programs for the explorer, and the comparison of its two searches.

use std::sync::Arc;

use lockyard::explore::{Explorer, Model, Program, Reduction, Setting, look};
use lockyard::lock::{LockClass, LockOf, SharedLock};

static COUNTER: LockClass = LockClass::new("counter");

/// A counter behind a model lock.
pub fn counter() -> Arc<LockOf<Model, u32>> {
    Arc::new(SharedLock::new(&COUNTER, 0))
}

/// Tasks that increment one counter so often, in one section or in two; nothing may be lost unless somebody was
/// cancelled or left.
pub fn increments(tasks: usize, each: usize, atomic: bool) -> impl Fn(&mut Program) {
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

/// Plain and reduced search come to the same verdict and to the same final states; the numbers of schedules of both.
pub fn both_searches_agree(setting: &Setting, program: &dyn Fn(&mut Program)) -> (u64, u64) {
    let search = |reduction| {
        let explorer = Explorer {
            setting: setting.clone(),
            reduction,
            keep_going: true,
            outcomes: true,
            ..Explorer::default()
        };
        explorer.search(program)
    };
    let (plain, reduced) = (search(Reduction::None), search(Reduction::SleepSets));
    assert!(plain.exhaustive() && reduced.exhaustive());
    assert_eq!(plain.failed > 0, reduced.failed > 0, "{setting:?}");
    assert_eq!(plain.outcomes, reduced.outcomes, "{setting:?}");
    assert!(reduced.complete <= plain.complete);
    (plain.complete, reduced.schedules())
}
