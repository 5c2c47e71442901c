//! Another build of a program against this one: is it no slower than before?
//!
//! A change that slows everything alike is not seen by comparing what one build holds, nor by two runs on different days. So
//! both builds are measured in turns: a *round* is one short process of each, one right after the other, and what is compared
//! is the pairs.
//!
//! ```text
//! round 1          round 2          round 3
//! other ─▶ this    this ─▶ other    this ─▶ other   …   each a process that measures one subject under one workload,
//!   └── pair ──┘                                        prints its record and ends
//! ```
//!
//! What the two have in common is the record alone: a program is run by the command line that its users know and answers with
//! the record that they read. So any older build can be measured that has ever written one, and it is the record's
//! `schema_version` that says whether the two understand each other.
//!
//! Each round has two new processes, so where code and data happen to lie in memory differs from round to round, and the
//! interval holds it (T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time", *ISMM* 2013, 63–74). Who has the
//! first turn is drawn for every other round and is the opposite in the next, so that each is first as often: what the first
//! one leaves behind (a warm file, a processor that has clocked up) favours neither.
//!
//! Not seen: what differs between the builds on purpose of no code, such as how they were linked; and a workload that the
//! other build knows under the same name with other numbers, as far as its record does not show them.
//!
//! ```no_run
//! use std::process::Command;
//! use std::sync::atomic::AtomicBool;
//!
//! use lockyard_bench::{AgainstPlan, NoObserver, Which, record_of, run_against};
//!
//! // `bank compare GUARD WORKLOAD --seconds 1 --seed N` prints the record of a run: `println!("{}", record.to_json())`.
//! let guards = vec!["mutex".to_owned(), "rwlock".to_owned()];
//! let plan = AgainstPlan::new("./bank-before", guards, vec!["transfers".to_owned()]).rounds(30);
//! let interrupted = AtomicBool::new(false);
//! let this = std::env::current_exe()?;
//! let record = run_against(&plan, &interrupted, &mut NoObserver, |turn| {
//!     let mut program = match turn.which {
//!         Which::This => Command::new(&this),
//!         Which::Other => Command::new(&plan.program),
//!     };
//!     program.args(["compare", &plan.subjects[turn.subject], &plan.workloads[turn.workload]]);
//!     program.args(["--seconds", "1", "--seed", &turn.seed.to_string()]);
//!     record_of(&mut program, &interrupted)
//! })?;
//! println!("{}", record.to_json());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod pairs;
mod plan;
mod pooled;
mod program;
mod schedule;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::environment;
use crate::progress::{InterimRatio, Observer, Progress};
use crate::record::{Against, Cell, Environment, Record};

pub use error::AgainstError;
pub use plan::{AgainstPlan, ProcessRun, Which};
pub use program::record_of;

use pairs::Pair;
use schedule::Round;

/// Measures two builds in turns. `measure` is asked for the record of each turn, one after the other, so that nothing else
/// of this runs meanwhile; [`record_of`] has it from a process. It gives nothing where that was interrupted.
///
/// In the record every subject has two cells, that of the other build as `subject@other`, the baseline of its comparisons.
/// When `interrupted` becomes true, or a turn was, the record holds the rounds that were finished until then.
///
/// # Errors
/// The first error of a turn, or an [`AgainstError`] if the records are not of one and the same question.
pub fn run_against<E: From<AgainstError>>(
    plan: &AgainstPlan,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    mut measure: impl FnMut(&ProcessRun) -> Result<Option<Record>, E>,
) -> Result<Record, E> {
    let started_at = jiff::Timestamp::now();
    let (mut this, mut other): (Option<Environment>, Option<Environment>) = (None, None);
    let mut pairs: Vec<Pair> = Vec::new();
    let rounds = schedule::rounds(plan);
    for round in &rounds {
        let Some([of_this, of_other]) = both(plan, *round, interrupted, &mut measure)? else { break };
        same(&mut this, &of_this, THIS)?;
        same(&mut other, &of_other, &plan.program)?;
        let pair = Pair {
            round: *round,
            this: cell(plan, *round, of_this, THIS)?,
            other: cell(plan, *round, of_other, &plan.program)?,
        };
        pair.check(plan)?;
        pairs.push(pair);
        notify(plan, *round, &pairs, rounds.len(), observer);
    }
    // What is compared are builds: which strategies were compared stands in each record that was read.
    let against = other.map(|environment| Against {
        program: plan.program.clone(),
        environment,
        rounds: pairs.iter().map(|pair| pair.as_recorded(plan)).collect(),
    });
    let environment = this.unwrap_or_else(|| environment::environment(&plan.build));
    let mut record = Record {
        interrupted: pairs.len() < rounds.len(),
        processes: 2 * pairs.len() as u32,
        against,
        ..Record::empty(&plan.command, plan.seed, started_at, environment)
    };
    for (nth, workload) in plan.workloads.iter().enumerate() {
        let before = record.comparisons.len();
        for subject in 0..plan.subjects.len() {
            let of_both: Vec<_> = pairs.iter().filter(|pair| pair.is_of(subject, nth)).collect();
            record.cells.extend(pairs::cells(plan, subject, &of_both));
            record.comparisons.extend(pairs::comparisons(plan, subject, nth, &of_both));
        }
        observer.on(&Progress::Measured { workload, comparisons: &record.comparisons[before..] });
    }
    Ok(record)
}

/// What messages call this program.
const THIS: &str = "this program";

/// The records of both turns of a round, this program's first; nothing if one was interrupted.
fn both<E>(
    plan: &AgainstPlan,
    round: Round,
    interrupted: &AtomicBool,
    measure: &mut impl FnMut(&ProcessRun) -> Result<Option<Record>, E>,
) -> Result<Option<[Record; 2]>, E> {
    let Round { subject, workload, nth, other_first } = round;
    let mut records = [None, None];
    for which in if other_first { [Which::Other, Which::This] } else { [Which::This, Which::Other] } {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let Some(record) = measure(&ProcessRun { which, subject, workload, seed: plan.seed_of(nth) })? else {
            return Ok(None);
        };
        records[usize::from(which == Which::Other)] = Some(record);
    }
    let [this, other] = records;
    Ok(this.zip(other).map(|(this, other)| [this, other]))
}

/// Refuses a program that was built anew since its first round: it would be two programs under one name.
fn same(known: &mut Option<Environment>, record: &Record, whose: &str) -> Result<(), AgainstError> {
    let known = known.get_or_insert_with(|| record.environment.clone());
    if *known == record.environment {
        return Ok(());
    }
    Err(AgainstError::Changed { program: whose.to_owned() })
}

/// The cell that was asked for.
fn cell(plan: &AgainstPlan, round: Round, record: Record, whose: &str) -> Result<Cell, AgainstError> {
    let (subject, workload) = (&plan.subjects[round.subject], &plan.workloads[round.workload]);
    let is_wanted = |cell: &Cell| cell.strategy == *subject && cell.scenario == *workload;
    let has: Vec<_> =
        record.cells.iter().map(|cell| format!("{} under {}", cell.strategy, cell.scenario)).collect();
    record.cells.into_iter().find(is_wanted).ok_or_else(|| AgainstError::Missing {
        program: whose.to_owned(),
        wanted: format!("{subject} under {workload}"),
        has: if has.is_empty() { "no cell at all".to_owned() } else { has.join(", ") },
    })
}

/// Says how far the run has come, and where the subject of the round stands.
fn notify(plan: &AgainstPlan, round: Round, pairs: &[Pair], of: usize, observer: &mut dyn Observer) {
    let alike: Vec<_> = pairs.iter().filter(|pair| pair.is_of(round.subject, round.workload)).collect();
    let (candidate, baseline) = (&plan.subjects[round.subject], plan.other(round.subject));
    let interim = pairs::throughput_ratio(&alike, plan.terms.confidence).map(|it| InterimRatio {
        candidate,
        baseline: &baseline,
        ratio: it.ratio,
        ci: it.ci,
    });
    let workload = &plan.workloads[round.workload];
    observer.on(&Progress::Round { workload, done: pairs.len() as u32, of: of as u32, interim });
}

#[cfg(test)]
mod tests;
