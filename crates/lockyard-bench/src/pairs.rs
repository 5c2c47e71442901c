//! A few subjects under one workload, for their ratios without a record: calibration, and the cost of tracking.

use std::sync::atomic::AtomicBool;

use crate::conclusions::{Measured, throughput, throughput_ratio};
use crate::error::RunError;
use crate::experiment::{Experiment, Role, Schedule};
use crate::plan::Plan;
use crate::progress::NoObserver;
use crate::record::Throughput;
use crate::stats::{Confidence, Ratio};
use crate::subject::Subject;
use crate::workload::Workload;

/// What a few subjects have done, round by round.
pub struct Pairs {
    measured: Vec<Measured>,
    confidence: Confidence,
}

/// Measures subjects in alternating slices under a workload; of `plan` only times, seed, terms and patience count. The
/// second of each pair says whether the locks of a subject are tracked.
///
/// # Errors
/// When one cannot be set up, or no threads can be had.
pub fn pairs<W: Workload>(
    plan: &Plan<W>,
    workload: &W,
    subjects: &[(&Subject<W>, bool)],
    interrupted: &AtomicBool,
) -> Result<Pairs, RunError> {
    let subjects: Vec<_> =
        subjects.iter().map(|(subject, tracked)| ((*subject).clone(), Role::Compared, *tracked)).collect();
    let schedule = Schedule::new(plan, &workload.shape(), plan.duration);
    let mut experiment = Experiment::of(plan, workload, schedule, subjects, &mut NoObserver)?;
    experiment.play(interrupted, false, None, |_, _| ())?;
    let measured = experiment.outcomes().flat_map(|it| it.subjects).map(|it| it.measured).collect();
    Ok(Pairs { measured, confidence: plan.terms.confidence })
}

impl Pairs {
    /// Throughput of one subject ÷ that of another, by their places, over the rounds that both have; `None` with too few.
    ///
    /// # Panics
    /// If there are no such subjects.
    #[must_use]
    pub fn ratio(&self, candidate: usize, baseline: usize) -> Option<Ratio> {
        throughput_ratio(&[&self.measured[candidate]], &[&self.measured[baseline]], self.confidence)
    }

    /// The throughput of a subject, by its place.
    ///
    /// # Panics
    /// If there is no such subject.
    #[must_use]
    pub fn throughput(&self, subject: usize) -> Throughput {
        throughput(&[&self.measured[subject]], self.confidence)
    }
}
