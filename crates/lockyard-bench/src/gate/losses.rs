//! Whether a build that was measured against another one may pass.

use crate::record::{AgainstRound, Estimate, Record};
use crate::share::Share;
use crate::stats::{Confidence, Ratio};

/// A strategy that the gate does not let pass: it lost more than is tolerated, or nothing can be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// Throughput of this build ÷ that of the other one; none where the rounds have no interval, because they are fewer than
    /// three, or nothing was done in them.
    pub change: Option<Estimate>,
}

/// The strategies whose whole interval against the other build lies below what a gate lets pass, and those without an interval:
/// a gate must not be passed by measuring too little. None in a record without another build.
///
/// As in a diff, intervals are widened so that all of them together have this confidence (O. J. Dunn, "Multiple comparisons
/// among means", 1961); an alarm is raised at one end of an interval only, so what may go wrong is spent at that end.
pub fn losses(record: &Record, gate: Share, confidence: Confidence) -> Vec<Regression> {
    let Some(against) = &record.against else { return Vec::new() };
    let mut all: Vec<(&AgainstRound, Vec<f64>)> = Vec::new();
    for round in &against.rounds {
        let ratio = round.best_ratio();
        let is_alike =
            |first: &AgainstRound| (&first.scenario, &first.strategy) == (&round.scenario, &round.strategy);
        match all.iter_mut().find(|(first, _)| is_alike(first)) {
            Some((_, ratios)) => ratios.push(ratio),
            None => all.push((round, vec![ratio])),
        }
    }
    let each = Confidence::new(1.0 - 2.0 * (1.0 - confidence.level()) / all.len().max(1) as f64);
    let each = each.unwrap_or(confidence);
    let lost = |(round, ratios): (&AgainstRound, Vec<_>)| {
        let change = Ratio::of_estimates(&ratios, each).map(|Ratio { ratio, ci, .. }| Estimate { ratio, ci });
        let passes = change.is_some_and(|it| it.ci[1] >= 1.0 - gate.get());
        let (scenario, strategy) = (round.scenario.clone(), round.strategy.clone());
        (!passes).then_some(Regression { scenario, strategy, change })
    };
    all.into_iter().filter_map(lost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Against, Environment};

    fn share(percent: f64) -> Share {
        Share::of_percent(percent).expect("within a whole")
    }

    /// A record of nothing but rounds: two strategies, of which the first does this much of what it did before, give or take
    /// a hundredth from round to round, and the second as much.
    fn record(ratio: f64) -> Record {
        let environment = Environment { cores: 2, ..Environment::default() };
        let round = |strategy: &str, nth: u32, ratio: f64| AgainstRound {
            scenario: "polling".to_owned(),
            strategy: strategy.to_owned(),
            seed: nth.into(),
            other_first: nth.is_multiple_of(2),
            ops_per_s: 1e6 * ratio * (1.0 + 0.01 * f64::from(nth % 3)),
            other_ops_per_s: 1e6,
            turns: None,
            ratio: None,
        };
        let rounds = (0..12).flat_map(|nth| [round("naive", nth, ratio), round("after", nth, 1.0)]);
        let against = Against {
            program: "before".to_owned(),
            environment: environment.clone(),
            rounds: rounds.collect(),
        };
        Record {
            finished: true,
            processes: 48,
            against: Some(against),
            ..Record::empty("", 0, jiff::Timestamp::UNIX_EPOCH, environment)
        }
    }

    #[test]
    fn only_what_lost_more_than_is_let_pass_is_a_loss() {
        let found = losses(&record(0.9), share(5.0), Confidence::default());
        let [Regression { scenario, strategy, change }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&**scenario, &**strategy), ("polling", "naive"));
        let change = change.expect("twelve rounds have an interval");
        assert!((change.ratio - 0.909).abs() < 0.002 && change.ci[1] < 0.95, "{change:?}");
        assert_eq!(losses(&record(0.9), share(10.0), Confidence::default()), []);
        assert_eq!(losses(&record(1.0), Share::NONE, Confidence::default()), []);
    }

    #[test]
    fn what_cannot_be_judged_does_not_pass() {
        let mut few = record(1.0);
        few.against.as_mut().expect("it has one").rounds.truncate(4);
        let found = losses(&few, share(50.0), Confidence::default());
        let found: Vec<_> = found.iter().map(|it| (&*it.strategy, it.change)).collect();
        assert_eq!(found, [("naive", None), ("after", None)], "two rounds each");
    }

    #[test]
    fn a_record_of_one_build_loses_nothing() {
        let alone = Record { against: None, ..record(0.5) };
        assert_eq!(losses(&alone, Share::NONE, Confidence::default()), []);
    }
}
