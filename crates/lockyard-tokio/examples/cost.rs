//! What tracking costs: a lock that is free, one that four tasks want, spawning and joining. Each line has the bare tokio, ours
//! while tracking is off, and tracked, in alternating rounds: quote the ratios of one run.
//!
//! `cargo run --release -p lockyard-tokio --features full,track --example cost`, with a part of a line's name for that line alone

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockyard_tokio as tokio;
use tokio::real;

/// Few to a round, so that most rounds end before another process has the processor.
const TURNS: u32 = 2_000;

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// The same of what takes longer.
const FEW_TURNS: u32 = TURNS / 8;

fn per_turn(took: Duration, turns: u32) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(turns)
}

/// A column: what it is called, and one timed round of it.
type Round<'a> = (&'a str, Box<dyn FnMut() -> f64 + 'a>);

fn line(what: &str, rounds: usize, mut columns: Vec<Round<'_>>) {
    let wanted: Vec<_> = std::env::args().skip(1).collect();
    if !wanted.is_empty() && !wanted.iter().any(|part| what.contains(part.as_str())) {
        return;
    }
    let mut times = vec![Vec::new(); columns.len()];
    for _ in 0..rounds {
        for (times, (_, round)) in times.iter_mut().zip(&mut columns) {
            times.push(round());
        }
    }
    print!("{what:<22}");
    for (times, (name, _)) in times.into_iter().zip(&columns) {
        print!("  {name} {:>7.1} ns", median(times));
    }
    println!();
}

macro_rules! sections {
    ($runtime:expr, $lock:expr, $take:ident) => {{
        let (runtime, lock) = ($runtime, $lock);
        move || {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..TURNS {
                    *black_box(lock.$take().await) += 1;
                }
                per_turn(start.elapsed(), TURNS)
            })
        }
    }};
}

macro_rules! contended {
    ($runtime:expr, $spawn:path, $lock:expr) => {{
        let (runtime, lock) = ($runtime, Arc::new($lock));
        move || {
            runtime.block_on(async {
                let start = Instant::now();
                let tasks: Vec<_> = (0..4)
                    .map(|_| {
                        let lock = lock.clone();
                        $spawn(async move {
                            for _ in 0..FEW_TURNS / 4 {
                                let mut held = lock.lock().await;
                                *held += 1;
                                real::task::yield_now().await;
                            }
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.unwrap();
                }
                per_turn(start.elapsed(), FEW_TURNS)
            })
        }
    }};
}

macro_rules! spawned {
    ($runtime:expr, $spawn:path) => {{
        let runtime = $runtime;
        move || {
            runtime.block_on(async {
                let start = Instant::now();
                for turn in 0..FEW_TURNS {
                    black_box($spawn(async move { turn }).await.unwrap());
                }
                per_turn(start.elapsed(), FEW_TURNS)
            })
        }
    }};
}

fn main() {
    measure(400);
}

/// Prints each line, after so many rounds of it.
pub(crate) fn measure(rounds: usize) {
    let bare = real::runtime::Builder::new_current_thread().build().unwrap();
    let off = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let on = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // What this runtime's tasks use is tracked from here on; the other's is not.
    let _guard = on.block_on(async { tokio::lockyard::deny_findings().allow_suspected() });
    line(
        "free mutex",
        rounds,
        vec![
            ("bare", Box::new(sections!(&bare, real::sync::Mutex::new(0_u64), lock))),
            ("off", Box::new(sections!(&off, tokio::sync::Mutex::new(0_u64), lock))),
            ("tracked", Box::new(sections!(&on, tokio::sync::Mutex::new(0_u64), lock))),
        ],
    );
    line(
        "free rwlock, write",
        rounds,
        vec![
            ("bare", Box::new(sections!(&bare, real::sync::RwLock::new(0_u64), write))),
            ("off", Box::new(sections!(&off, tokio::sync::RwLock::new(0_u64), write))),
            ("tracked", Box::new(sections!(&on, tokio::sync::RwLock::new(0_u64), write))),
        ],
    );
    line(
        "contended by four",
        rounds,
        vec![
            ("bare", Box::new(contended!(&bare, real::task::spawn, real::sync::Mutex::new(0_u64)))),
            ("off", Box::new(contended!(&off, tokio::task::spawn, tokio::sync::Mutex::new(0_u64)))),
            ("tracked", Box::new(contended!(&on, tokio::task::spawn, tokio::sync::Mutex::new(0_u64)))),
        ],
    );
    line(
        "spawn and join",
        rounds,
        vec![
            ("bare", Box::new(spawned!(&bare, real::task::spawn))),
            ("off", Box::new(spawned!(&off, tokio::task::spawn))),
            ("tracked", Box::new(spawned!(&on, tokio::task::spawn))),
        ],
    );
}
