//! Could these answers have come from one call at a time? A ticket machine is asked by two threads, and what was asked and
//! answered is recorded and judged: once with a machine that reads and then writes, once with one that adds in one step.
//!
//! ```sh
//! cargo run -p lockyard-history --example tickets
//! ```

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockyard_history::{Log, Recording, SequentialSpec, Verdict, check};

/// What the machine must do: each call takes the next number.
#[derive(Default)]
struct Tickets;

/// Takes a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Take;

impl SequentialSpec for Tickets {
    type Call = Take;
    type Answer = u64;
    type State = u64;

    fn initial(&self) -> u64 {
        0
    }

    fn step(&self, next: &u64, _: &Take, answer: Option<&u64>) -> Option<u64> {
        answer.is_none_or(|answer| answer == next).then_some(next + 1)
    }
}

/// Reads and writes in two steps; both threads have read when either writes.
fn take_in_two_steps(next: &AtomicU64, meeting: &Barrier) -> u64 {
    let ticket = next.load(Ordering::SeqCst);
    meeting.wait();
    next.store(ticket + 1, Ordering::SeqCst);
    meeting.wait();
    ticket
}

fn take(next: &AtomicU64, _: &Barrier) -> u64 {
    next.fetch_add(1, Ordering::SeqCst)
}

/// Two threads take two tickets each; what was asked and answered, and when.
fn record(take: fn(&AtomicU64, &Barrier) -> u64) -> Recording<Tickets> {
    let (next, meeting, start) = (AtomicU64::new(0), Barrier::new(2), Instant::now());
    let now = || u64::try_from(start.elapsed().as_nanos()).expect("584 years");
    let run = |process| {
        let mut log = Log::new(process, 2);
        for _ in 0..2 {
            let ticket = log.invoke(now(), 0, Take); // there is one machine, number 0
            let answer = take(&next, &meeting);
            log.ok(ticket, now(), answer);
        }
        log
    };
    let mut recording = Recording::default();
    thread::scope(|threads| {
        let other = threads.spawn(|| run(1));
        recording.add(run(0));
        recording.add(other.join().expect("no thread panics"));
    });
    recording
}

/// The verdict on the machine that takes two steps, and on the one that takes one.
pub(crate) fn verdicts() -> [Verdict; 2] {
    [take_in_two_steps, take].map(|machine| {
        let history = record(machine).history(|_| "tickets".to_owned());
        check(&Tickets, &history, Duration::from_secs(10))
    })
}

fn main() {
    for (machine, verdict) in ["two steps", "one step"].into_iter().zip(verdicts()) {
        match verdict {
            Verdict::Violation(violation) => println!("{machine}: not linearizable\n{violation}\n"),
            verdict => println!("{machine}: {verdict:?}"),
        }
    }
}
