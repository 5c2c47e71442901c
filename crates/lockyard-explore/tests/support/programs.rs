//! Small programs over model locks.

#![allow(dead_code, reason = "no test uses all of them")]

use std::sync::Arc;

use lockyard_explore::{LockModel, ModelLocks, Program, Setting, look};
use lockyard_lock::{LockClass, LockOf, SharedLock};

pub static A: LockClass = LockClass::new("a");
pub static B: LockClass = LockClass::new("b");
pub static COUNTER: LockClass = LockClass::new("counter");

pub type Lock<T> = Arc<LockOf<ModelLocks, T>>;

pub fn lock<T: Clone + Send + Sync + 'static>(class: &'static LockClass, value: T) -> Lock<T> {
    Arc::new(SharedLock::new(class, value))
}

pub fn all(model: LockModel) -> Setting {
    Setting { lock: model, ..Setting::default() }
}

pub const MODELS: [LockModel; 6] = [
    LockModel::UNFAIR,
    LockModel::UNFAIR_MUTEX,
    LockModel::FIFO,
    LockModel::FIFO_MUTEX,
    LockModel::WRITERS_FIRST,
    LockModel::SNAPSHOT,
];

/// A counter behind a model lock.
pub fn counter() -> Arc<LockOf<ModelLocks, u32>> {
    Arc::new(SharedLock::new(&COUNTER, 0))
}

/// A task that reads a counter and then writes it, so that another's change between the two is lost.
pub fn adds_in_two_steps<L: SharedLock<u32>>(program: &mut Program, name: &str, counter: Arc<L>) {
    let add = async move {
        let seen = *counter.read().await;
        *counter.write().await = seen + 1;
    };
    program.task(name).op("add", add).done();
}

/// Tasks that increment one counter so often, in one section or in two; nothing may be lost unless a task was
/// cancelled or stalled.
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
            if end.stalled > 0 {
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
pub fn two_locks(crossed: bool) -> impl Fn(&mut Program) {
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
