//! What follows from the rounds: intervals and verdicts, as functions of what was measured.

use std::collections::BTreeMap;

use crate::record::{Comparison, Metric, Throughput, Verdict};
use crate::stats::{Confidence, Direction, Mean, Ratio};
use crate::workload::Operation;

use super::plan::Plan;

/// The strategy that every other one is also held against, because the gate reads those comparisons.
const NAIVE: &str = "naive";

/// What one rival did in one round. Empty where it was no longer in the race, or the run was interrupted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Round {
    /// Operations a second.
    pub(super) throughput: Option<f64>,
    /// Nanoseconds.
    pub(super) p99: BTreeMap<Operation, u64>,
}

/// The throughput of one rival over its rounds. The interval is that of the mean round; with too few rounds for one
/// it spans what was seen.
pub(super) fn throughput(rounds: &[Round], confidence: Confidence) -> Throughput {
    let seen: Vec<f64> = rounds.iter().filter_map(|round| round.throughput).collect();
    if let Some(Mean { mean, ci, .. }) = Mean::of_rounds(&seen, confidence) {
        return Throughput { ops_per_s: mean, ci };
    }
    let least = seen.iter().copied().reduce(f64::min).unwrap_or(0.0);
    let most = seen.iter().copied().reduce(f64::max).unwrap_or(0.0);
    let mean = seen.iter().sum::<f64>() / seen.len().max(1) as f64;
    Throughput { ops_per_s: mean.clamp(least, most), ci: [least, most] }
}

/// Every candidate against the baseline, and against `naive` where that ran and is not the baseline. `rounds` are in
/// the order of the plan's strategies; `control` are those of the baseline run a second time, as a rival of itself.
pub(super) fn comparisons(
    plan: &Plan,
    scenario: &str,
    rounds: &[&[Round]],
    control: Option<&[Round]>,
) -> Vec<Comparison> {
    let names: Vec<&str> = plan.names().collect();
    let naive = names.iter().position(|name| *name == NAIVE).filter(|index| *index != 0);
    let floors =
        control.map_or_else(BTreeMap::new, |control| noise_floors(control, rounds[0], plan.confidence));
    let mut found = Vec::new();
    for baseline in std::iter::once(0).chain(naive) {
        for candidate in (0..names.len()).filter(|candidate| *candidate != baseline) {
            if baseline != 0 && candidate == 0 {
                continue; // the other way round stands there already
            }
            let ratios = ratios(rounds[candidate], rounds[baseline], plan.confidence);
            found.extend(ratios.map(|(metric, Ratio { ratio, ci, confidence, .. })| Comparison {
                scenario: scenario.to_owned(),
                baseline: names[baseline].to_owned(),
                candidate: names[candidate].to_owned(),
                noise_floor: floors.get(&metric).copied(),
                verdict: Verdict::of(Some(ci), plan.margin, direction(&metric)),
                metric,
                ratio,
                ci,
                confidence: confidence.level(),
            }));
        }
    }
    found
}

/// What the run takes for a difference where there is none: how far from 1 the interval of the control against the
/// baseline reaches, by metric.
fn noise_floors(control: &[Round], baseline: &[Round], confidence: Confidence) -> BTreeMap<Metric, f64> {
    let reach = |Ratio { ci: [low, high], .. }: Ratio| (1.0 - low).max(high - 1.0).max(0.0);
    ratios(control, baseline, confidence).map(|(metric, ratio)| (metric, reach(ratio))).collect()
}

/// Candidate ÷ baseline by every metric that both have rounds enough for.
fn ratios(
    candidate: &[Round],
    baseline: &[Round],
    confidence: Confidence,
) -> impl Iterator<Item = (Metric, Ratio)> {
    let pairs = |value: &dyn Fn(&Round) -> Option<f64>| {
        candidate.iter().zip(baseline).filter_map(|(c, b)| value(c).zip(value(b))).collect::<Vec<_>>()
    };
    let throughput = (Metric::Throughput, pairs(&|round| round.throughput));
    let p99 = Operation::ALL.map(|operation| {
        let values = pairs(&|round| round.p99.get(&operation).map(|nanos| *nanos as f64));
        (Metric::P99(operation.name().to_owned()), values)
    });
    let all = std::iter::once(throughput).chain(p99);
    all.filter_map(move |(metric, values)| Some((metric, Ratio::of_rounds(&values, confidence)?)))
}

fn direction(metric: &Metric) -> Direction {
    match metric {
        Metric::Throughput => Direction::HigherIsBetter,
        Metric::P99(_) | Metric::BytesPerSession => Direction::LowerIsBetter,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::strategy::Strategy;

    use super::*;

    fn plan(names: &[&str]) -> Plan {
        Plan {
            command: String::new(),
            strategies: names.iter().map(|name| Strategy::parse(name).unwrap()).collect(),
            scenarios: Vec::new(),
            ablations: Vec::new(),
            sweeps: Vec::new(),
            seed: 0,
            duration: Duration::ZERO,
            longest_slice: Duration::ZERO,
            margin: 0.005,
            confidence: Confidence::default(),
            patience: Duration::ZERO,
        }
    }

    /// Rounds of a machine whose speed drifts, in which this rival does `speed` times what the machine allows.
    fn rounds(speed: f64) -> Vec<Round> {
        let round = |drift: f64| Round {
            throughput: Some(speed * drift),
            p99: BTreeMap::from([(Operation::GetContext, (1e12 / speed / drift) as u64)]),
        };
        (1..=9).map(|nth| round(f64::from(nth) * 1e5)).collect()
    }

    fn find<'a>(found: &'a [Comparison], baseline: &str, candidate: &str, metric: &Metric) -> &'a Comparison {
        let wanted =
            |c: &&Comparison| c.baseline == baseline && c.candidate == candidate && c.metric == *metric;
        found.iter().find(wanted).expect("the comparison was made")
    }

    #[test]
    fn every_candidate_meets_the_baseline_and_naive() {
        let (before, naive, after) = (rounds(1.0), rounds(2.0), rounds(3.0));
        let found =
            comparisons(&plan(&["before", "naive", "after"]), "polling", &[&before, &naive, &after], None);
        let against_before = find(&found, "before", "after", &Metric::Throughput);
        assert!((against_before.ratio - 3.0).abs() < 1e-9);
        assert_eq!(against_before.verdict, Verdict::Faster);
        assert!((find(&found, "naive", "after", &Metric::Throughput).ratio - 1.5).abs() < 1e-9);
        assert_eq!(found.iter().filter(|c| c.metric == Metric::Throughput).count(), 3, "each pair once");
    }

    #[test]
    fn the_noise_floor_is_how_far_the_control_reaches() {
        let (before, control, after) = (rounds(1.0), rounds(1.02), rounds(3.0));
        let plan = plan(&["before", "after"]);
        let found = comparisons(&plan, "polling", &[&before, &after], Some(&control));
        let floor = find(&found, "before", "after", &Metric::Throughput).noise_floor.unwrap();
        assert!((floor - 0.02).abs() < 1e-9, "{floor}");
        assert_eq!(comparisons(&plan, "polling", &[&before, &after], None)[0].noise_floor, None);
    }

    #[test]
    fn a_shorter_p99_is_faster() {
        let (before, after) = (rounds(1.0), rounds(2.0));
        let found = comparisons(&plan(&["before", "after"]), "polling", &[&before, &after], None);
        let p99 = find(&found, "before", "after", &Metric::P99("get_context".to_owned()));
        assert!((p99.ratio - 0.5).abs() < 1e-6);
        assert_eq!(p99.verdict, Verdict::Faster);
    }

    #[test]
    fn rounds_that_only_one_has_are_not_compared() {
        let (before, mut after) = (rounds(1.0), rounds(2.0));
        after.truncate(2);
        assert_eq!(comparisons(&plan(&["before", "after"]), "polling", &[&before, &after], None), []);
    }

    #[test]
    fn the_throughput_lies_within_its_interval() {
        for count in 0..9 {
            let Throughput { ops_per_s, ci } = throughput(&rounds(1.0)[..count], Confidence::default());
            assert!(ci[0] <= ops_per_s && ops_per_s <= ci[1], "{count} rounds: {ops_per_s} {ci:?}");
        }
    }
}
