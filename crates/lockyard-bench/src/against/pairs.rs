//! What follows from the rounds of one subject under one workload: two cells, and how they compare.

use std::collections::BTreeSet;

use super::error::AgainstError;
use super::plan::AgainstPlan;
use super::pooled;
use super::schedule::Round;
use crate::record::{AgainstRound, Cell, Comparison, Metric, Verdict};
use crate::stats::{Confidence, Direction, Ratio};

/// What the two processes of a round have measured.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) round: Round,
    /// What the workload is, as this build says it.
    pub(super) about: String,
    pub(super) this: Cell,
    pub(super) other: Cell,
    /// What both did in the rounds that they took in turns, this program first.
    pub(super) rounds: Vec<(f64, f64)>,
}

impl Pair {
    pub(super) fn is_of(&self, subject: usize, workload: usize) -> bool {
        (self.round.subject, self.round.workload) == (subject, workload)
    }

    /// Whether both were asked the same, as far as their cells show. A setting that only one of them has is no difference:
    /// newer builds record more.
    pub(super) fn check(&self, plan: &AgainstPlan) -> Result<(), AgainstError> {
        let [this, other] = [(&self.this, &self.other), (&self.other, &self.this)].map(|(cell, beside)| {
            let mut point = cell.point.clone();
            point.settings.retain(|name, _| beside.point.settings.contains_key(name));
            let settings: Vec<_> = point.all().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{}, {}", settings.join(" "), cell.arrival.latency_clock())
        });
        if this == other {
            return Ok(());
        }
        let (program, workload) = (plan.program.clone(), self.this.scenario.clone());
        Err(AgainstError::Different { program, workload, other, this })
    }

    /// This program ÷ the other one over the rounds that they took in turns; nothing where those are too few.
    fn ratio(&self) -> Option<Ratio> {
        // Its interval is not looked at, so that any confidence will do.
        Ratio::of_rounds(&self.rounds, Confidence::default())
    }

    pub(super) fn as_recorded(&self, plan: &AgainstPlan) -> AgainstRound {
        let Self { round, this, other, .. } = self;
        AgainstRound {
            scenario: plan.workloads[round.workload].clone(),
            strategy: plan.subjects[round.subject].clone(),
            seed: plan.seed_of(round.nth),
            other_first: round.other_first,
            ops_per_s: this.throughput.ops_per_s,
            other_ops_per_s: other.throughput.ops_per_s,
            turns: self.ratio().map(|it| it.rounds as u32),
            ratio: self.ratio().map(|it| it.ratio),
        }
    }
}

/// What a subject did in all its rounds, in the other build and in this one; nothing of no rounds.
pub(super) fn cells(plan: &AgainstPlan, subject: usize, pairs: &[&Pair]) -> Vec<Cell> {
    let confidence = plan.terms.confidence;
    let of = |name: String, cells: Vec<&Cell>| pooled::cell(name, &cells, confidence);
    let other = of(plan.other(subject), pairs.iter().map(|pair| &pair.other).collect());
    let this = of(plan.subjects[subject].clone(), pairs.iter().map(|pair| &pair.this).collect());
    other.into_iter().chain(this).collect()
}

/// This build ÷ the other one, by every metric that both have rounds enough for.
pub(super) fn comparisons(
    plan: &AgainstPlan,
    subject: usize,
    workload: usize,
    pairs: &[&Pair],
) -> Vec<Comparison> {
    let confidence = plan.terms.confidence;
    let throughput = throughput_ratio(pairs, confidence).map(|it| (Metric::Throughput, it));
    let operations: BTreeSet<_> = pairs.iter().flat_map(|pair| pair.this.latency_ns.keys()).collect();
    let p99 = operations.into_iter().filter_map(|operation| {
        let nanos = |cell: &Cell| cell.latency_ns.get(operation)?.p99.map(|p99| p99 as f64);
        let it = ratio(pairs, nanos, confidence)?;
        Some((Metric::P99(operation.clone()), it))
    });
    // Counted and not estimated, but where background work allocates meanwhile, processes differ by some bytes.
    let bytes = |cell: &Cell| cell.memory.as_ref()?.bytes_per_session.filter(|bytes| *bytes > 0.0);
    let bytes = ratio(pairs, bytes, confidence).map(|it| (Metric::BytesPerSession, it));
    let comparison = |(metric, Ratio { ratio, ci, degrees_of_freedom, .. }): (Metric, Ratio)| {
        let direction = match metric {
            Metric::Throughput => Direction::HigherIsBetter,
            Metric::P99(_) | Metric::BytesPerSession => Direction::LowerIsBetter,
        };
        Comparison {
            scenario: plan.workloads[workload].clone(),
            baseline: plan.other(subject),
            candidate: plan.subjects[subject].clone(),
            metric,
            ratio,
            ci,
            confidence: confidence.level(),
            degrees_of_freedom: Some(degrees_of_freedom as u32),
            noise_floor: None,
            verdict: Verdict::of(Some(ci), plan.terms.margin, direction),
        }
    };
    throughput.into_iter().chain(p99).chain(bytes).map(comparison).collect()
}

/// Throughput of this build ÷ that of the other one.
///
/// Every pair is two processes that no other pair has, so pairs are what there are so many of, whatever was measured within.
pub(super) fn throughput_ratio(pairs: &[&Pair], confidence: Confidence) -> Option<Ratio> {
    let of_cells = |pair: &Pair| pair.this.throughput.ops_per_s / pair.other.throughput.ops_per_s;
    let ratio = |pair: &&Pair| pair.ratio().map_or_else(|| of_cells(pair), |it| it.ratio);
    Ratio::of_estimates(&pairs.iter().map(ratio).collect::<Vec<_>>(), confidence)
}

/// The same of another value, which every process has once.
fn ratio(pairs: &[&Pair], value: impl Fn(&Cell) -> Option<f64>, confidence: Confidence) -> Option<Ratio> {
    let pairs = pairs.iter().filter_map(|pair| value(&pair.this).zip(value(&pair.other)));
    Ratio::of_rounds(&pairs.collect::<Vec<_>>(), confidence)
}
