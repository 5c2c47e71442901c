//! How many schedules small programs have, and how many are run in a second: two tasks with two locks, every schedule; three
//! tasks with two acquisitions each, by sleep sets.
//!
//! `cargo run --release -p lockyard-tokio --features full,explore --example schedules`

use std::sync::Arc;

use lockyard_tokio as tokio;
use tokio::lockyard::{Exploration, Explore};
use tokio::sync::Mutex;

fn line(what: &str, exploration: &Exploration) {
    let (schedules, took) = (exploration.schedules(), exploration.took());
    println!(
        "{what:<38} {schedules:>8} schedules, {:>9.0} a second, {}",
        schedules as f64 / took.as_secs_f64(),
        exploration.proof()
    );
}

/// So many tasks, each of which takes two locks in the same order.
pub(crate) async fn tasks_with_two_locks(tasks: usize) {
    let pair = Arc::new((Mutex::new(0), Mutex::new(0)));
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let pair = pair.clone();
            tokio::spawn(async move {
                *pair.0.lock().await += 1;
                *pair.1.lock().await += 1;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn main() {
    line("two tasks × two locks, every schedule", &Explore::new().report(|| tasks_with_two_locks(2)));
    line("three tasks × two, sleep sets", &Explore::new().sleep_sets().report(|| tasks_with_two_locks(3)));
    line("three tasks × two, every schedule", &Explore::new().report(|| tasks_with_two_locks(3)));
}
