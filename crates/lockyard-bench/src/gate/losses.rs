//! Whether a build that was measured against another one may pass.

use crate::record::{AgainstRound, Estimate, Record};
use crate::share::Share;
use crate::stats::{Confidence, Ratio};

/// A strategy that lost more than the gate lets pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The scenario.
    pub scenario: String,
    /// The strategy.
    pub strategy: String,
    /// Throughput of this build ÷ that of the other one.
    pub change: Estimate,
}

/// The strategies whose whole interval against the other build lies below what a gate lets pass.
/// None in a record without another build.
///
/// As in a diff, intervals are widened so that all of them together have this confidence (O. J. Dunn, "Multiple comparisons
/// among means", 1961); an alarm is raised at one end of an interval only, so what may go wrong is spent at that end.
pub fn losses(record: &Record, gate: Share, confidence: Confidence) -> Vec<Regression> {
    let Some(against) = &record.against else { return Vec::new() };
    let mut all: Vec<(&AgainstRound, Vec<(f64, f64)>)> = Vec::new();
    for round in &against.rounds {
        let pair = (round.ops_per_s, round.other_ops_per_s);
        let is_alike =
            |first: &AgainstRound| (&first.scenario, &first.strategy) == (&round.scenario, &round.strategy);
        match all.iter_mut().find(|(first, _)| is_alike(first)) {
            Some((_, pairs)) => pairs.push(pair),
            None => all.push((round, vec![pair])),
        }
    }
    let each = Confidence::new(1.0 - 2.0 * (1.0 - confidence.level()) / all.len().max(1) as f64);
    let each = each.unwrap_or(confidence);
    let lost = |(round, pairs): (&AgainstRound, Vec<_>)| {
        let Ratio { ratio, ci, .. } = Ratio::of_rounds(&pairs, each)?;
        let (scenario, strategy) = (round.scenario.clone(), round.strategy.clone());
        (ci[1] < 1.0 - gate.get()).then_some(Regression {
            scenario,
            strategy,
            change: Estimate { ratio, ci },
        })
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
        let environment = Environment {
            cpu_model: None,
            cores: 2,
            os: String::new(),
            rustc: String::new(),
            version: String::new(),
            commit: None,
        };
        let round = |strategy: &str, nth: u32, ratio: f64| AgainstRound {
            scenario: "polling".to_owned(),
            strategy: strategy.to_owned(),
            seed: nth.into(),
            other_first: nth.is_multiple_of(2),
            ops_per_s: 1e6 * ratio * (1.0 + 0.01 * f64::from(nth % 3)),
            other_ops_per_s: 1e6,
        };
        let rounds = (0..12).flat_map(|nth| [round("naive", nth, ratio), round("after", nth, 1.0)]);
        let against = Against {
            program: "before".to_owned(),
            environment: environment.clone(),
            rounds: rounds.collect(),
        };
        Record {
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
        assert!((change.ratio - 0.909).abs() < 0.002 && change.ci[1] < 0.95, "{change:?}");
        assert_eq!(losses(&record(0.9), share(10.0), Confidence::default()), []);
        assert_eq!(losses(&record(1.0), Share::NONE, Confidence::default()), []);
    }

    #[test]
    fn a_record_of_one_build_loses_nothing() {
        let alone = Record { against: None, ..record(0.5) };
        assert_eq!(losses(&alone, Share::NONE, Confidence::default()), []);
    }
}
