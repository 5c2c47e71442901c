//! Another build of a program against this one: is it no slower than before?
//!
//! A change that slows everything alike is not seen by comparing what one build holds, nor by two runs on different days. So
//! both builds are measured in turns. A process of each is set up with one subject under one workload; then they take turns
//! round by round, a few milliseconds each, and what is compared are these rounds:
//!
//! ```text
//! pair 1                                   pair 2
//! this  ──■───■─■───■─■── record           this  ────■─■───■─■─── record        …   ■ a round
//! other ────■─■───■─■───■ record           other ──■───■─■───■─■─ record
//! ```
//!
//! Two processes that run one after the other differ by what the machine did meanwhile; on a small virtual machine that was 13 %
//! from one second to the next. What differs from process to process and stays, such as where code and data happen to lie, is
//! what pairs are for: each pair has two new processes and gives one estimate, and the interval comes from how far the pairs lie
//! apart (T. Kalibera, R. Jones, "Rigorous benchmarking in reasonable time", *ISMM* 2013, 63–74). Which is set up first is drawn
//! for every other pair and is the opposite in the next, and who is first in a round changes from one to the next.
//!
//! What the two have in common is the record, and the few words of [`Turns`](crate::Turns). A program is run by the command line
//! that its users know and answers with the record that they read. One that knows of no turns, such as an older build, is run to
//! its end before the other one begins: that is compared less tightly, and it is the record's `schema_version` that says whether
//! the two understand each other.
//!
//! Not seen: where the linker has put the functions of a build is the same in all of its processes, and differs from that of
//! another build of the same source by chance. So a difference is one between these two files; a margin leaves room for that.
//! Neither is a workload seen that the other build knows under the same name with other numbers, as far as its record does not
//! show them.
//!
//! ```no_run
//! use std::process::Command;
//! use std::sync::atomic::AtomicBool;
//!
//! use lockyard_bench::{AgainstPlan, NoObserver, pair_of, run_against};
//!
//! // `bank compare GUARD WORKLOAD --seconds 1 --seed N` makes a plan, gives it its `Turns::asked()`, and prints the record of
//! // the run: `println!("{}", record.to_json())`.
//! let guards = vec!["mutex".to_owned(), "rwlock".to_owned()];
//! let plan = AgainstPlan::new("./bank-before", guards, vec!["transfers".to_owned()]).pairs(20);
//! let interrupted = AtomicBool::new(false);
//! let this = std::env::current_exe()?;
//! let record = run_against(&plan, &interrupted, &mut NoObserver, |pair| {
//!     let command = |program: &std::path::Path| {
//!         let mut command = Command::new(program);
//!         command.args(["compare", &plan.subjects[pair.subject], &plan.workloads[pair.workload]]);
//!         command.args(["--seconds", "1", "--seed", &pair.seed.to_string()]);
//!         command
//!     };
//!     let (mut this, mut other) = (command(&this), command(plan.program.as_ref()));
//!     pair_of(&mut this, &mut other, pair.other_first, &interrupted)
//! })?;
//! println!("{}", record.to_json());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod pairs;
mod plan;
mod pooled;
mod process_pair;
mod program;
mod schedule;

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::environment;
use crate::progress::{InterimRatio, Observer, Progress};
use crate::record::{Against, Cell, Environment, Record, ScenarioRecord};

pub use error::AgainstError;
pub use plan::{AgainstPlan, PairRun};
pub use process_pair::{MeasuredPair, pair_of};

use pairs::Pair;
use schedule::Round;

/// Measures two builds in turns. `measure` is asked for what each pair of processes has measured, one pair after the other, so
/// that nothing else of this runs meanwhile; [`pair_of`] has it from the processes. It gives nothing where that was interrupted.
///
/// In the record every subject has two cells, that of the other build as `subject@other`, the baseline of its comparisons.
/// When `interrupted` becomes true, or a pair was, the record holds the pairs that were finished until then. After every pair
/// `observer` is given the record [so far](Progress::Recorded): an error later on loses nothing of it.
///
/// # Errors
/// The first error of a pair, or an [`AgainstError`] if the records are not of one and the same question.
pub fn run_against<E: From<AgainstError>>(
    plan: &AgainstPlan,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    mut measure: impl FnMut(&PairRun) -> Result<Option<MeasuredPair>, E>,
) -> Result<Record, E> {
    let mut builds =
        Builds { plan, started_at: jiff::Timestamp::now(), this: None, other: None, pairs: Vec::new() };
    let planned = schedule::rounds(plan);
    for round in &planned {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        let Round { subject, workload, nth, other_first } = *round;
        let asked = PairRun { subject, workload, seed: plan.seed_of(nth), other_first };
        let Some(measured) = measure(&asked)? else { break };
        builds.add(*round, measured)?;
        notify(plan, *round, &builds.pairs, planned.len(), observer);
        observer.on(&Progress::Recorded { record: &builds.record(false) });
    }
    let is_whole = builds.pairs.len() == planned.len();
    let record = Record { interrupted: !is_whole, ..builds.record(is_whole) };
    for workload in &plan.workloads {
        let comparisons: Vec<_> =
            record.comparisons.iter().filter(|it| it.scenario == *workload).cloned().collect();
        observer.on(&Progress::Measured { workload, comparisons: &comparisons });
    }
    Ok(record)
}

/// What both builds have measured so far.
struct Builds<'a> {
    plan: &'a AgainstPlan,
    started_at: Timestamp,
    /// This build, by its first record.
    this: Option<Environment>,
    other: Option<Environment>,
    pairs: Vec<Pair>,
}

impl Builds<'_> {
    /// Takes what a pair of processes has measured.
    fn add(&mut self, round: Round, measured: MeasuredPair) -> Result<(), AgainstError> {
        let MeasuredPair { this, other, rounds } = measured;
        let plan = self.plan;
        same(&mut self.this, &this, THIS)?;
        same(&mut self.other, &other, &plan.program)?;
        let about = this.scenarios.iter().find(|it| it.name == plan.workloads[round.workload]);
        let about = about.map(|it| it.about.clone()).unwrap_or_default();
        let (this, other) = (cell(plan, round, this, THIS)?, cell(plan, round, other, &plan.program)?);
        let pair = Pair { round, about, this, other, rounds };
        pair.check(plan)?;
        self.pairs.push(pair);
        Ok(())
    }

    /// The record of what there is by now.
    fn record(&self, finished: bool) -> Record {
        let Self { plan, pairs, .. } = self;
        // What is compared are builds: which strategies were compared stands in each record that was read.
        let against = self.other.clone().map(|environment| Against {
            program: plan.program.clone(),
            environment,
            rounds: pairs.iter().map(|pair| pair.as_recorded(plan)).collect(),
        });
        let environment = self.this.clone().unwrap_or_else(|| environment::environment(&plan.build));
        let mut record = Record {
            finished,
            processes: 2 * pairs.len() as u32,
            against,
            ..Record::empty(&plan.command, plan.seed, self.started_at, environment)
        };
        for (nth, workload) in plan.workloads.iter().enumerate() {
            for subject in 0..plan.subjects.len() {
                let of_both: Vec<_> = pairs.iter().filter(|pair| pair.is_of(subject, nth)).collect();
                record.cells.extend(pairs::cells(plan, subject, &of_both));
                record.comparisons.extend(pairs::comparisons(plan, subject, nth, &of_both));
            }
            let of_workload = || pairs.iter().filter(|pair| pair.round.workload == nth);
            record.scenarios.push(ScenarioRecord {
                name: workload.clone(),
                about: of_workload().next().map(|pair| pair.about.clone()).unwrap_or_default(),
                finished: of_workload().count() == plan.pairs as usize * plan.subjects.len(),
            });
        }
        record
    }
}

/// What messages call this program.
const THIS: &str = "this program";

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
