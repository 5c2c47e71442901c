//! What each change between two strategies gave, from rounds in which all combinations took their turn.

use crate::strategy::{Change, Factorial};
use lockyard_bench::record::{self, Ablation, EffectKind, Verdict};
use lockyard_bench::stats::{Direction, Effect, Ratio};

use super::measured::Round;
use super::plan::Plan;

/// Every effect of the plan's ablations that has rounds enough. In each process the rounds are in the order of the plan's
/// strategies.
pub(super) fn effects(plan: &Plan, scenario: &str, processes: &[Vec<&[Round]>]) -> Vec<Ablation> {
    plan.ablations.iter().flat_map(|way| of_way(plan, way, scenario, processes)).collect()
}

fn of_way(plan: &Plan, way: &Factorial, scenario: &str, processes: &[Vec<&[Round]>]) -> Vec<Ablation> {
    let complete = processes.iter().map(|rounds| complete_rounds(plan, way, rounds));
    let Some(complete) = complete.collect::<Option<Vec<_>>>() else { return Vec::new() };
    let told = |effect: Effect| {
        let Ratio { ratio, ci, confidence, .. } = effect.of_processes(&complete, plan.confidence)?;
        let (kind, change, with) = match effect {
            Effect::Main(factor) => (EffectKind::Main, &way.changes()[factor], None),
            Effect::Interaction(a, b) => {
                (EffectKind::Interaction, &way.changes()[a], Some(&way.changes()[b]))
            }
        };
        let Change { factor, old, new } = change.clone();
        Some(Ablation {
            scenario: scenario.to_owned(),
            from: way.from().name().to_owned(),
            to: way.to().name().to_owned(),
            kind,
            factor: factor.to_owned(),
            old,
            new,
            with: with.map(|it| record::Change {
                factor: it.factor.to_owned(),
                old: it.old.clone(),
                new: it.new.clone(),
            }),
            ratio,
            ci,
            confidence: confidence.level(),
            verdict: Verdict::of(Some(ci), plan.margin, Direction::HigherIsBetter),
        })
    };
    Effect::all(way.changes().len()).filter_map(told).collect()
}

/// The throughput of every combination of the way, round by round, in the order of its strategies; rounds that one of them
/// has not finished are left out. `None` if the plan does not measure them all.
fn complete_rounds(plan: &Plan, way: &Factorial, rounds: &[&[Round]]) -> Option<Vec<Vec<f64>>> {
    let index = |factors| plan.strategies.iter().position(|it| it.factors() == factors);
    let indices: Vec<usize> = way.strategies().iter().map(|it| index(it.factors())).collect::<Option<_>>()?;
    let most = indices.iter().map(|index| rounds[*index].len()).max().unwrap_or(0);
    let round = |nth: usize| indices.iter().map(|index| rounds[*index].get(nth)?.throughput).collect();
    Some((0..most).filter_map(round).collect())
}

#[cfg(test)]
mod tests {
    use crate::strategy::Strategy;

    use super::*;

    /// A plan over the ablation's strategies in another order than its own.
    fn plan(way: &Factorial) -> Plan {
        let strategies = way.strategies().iter().rev().cloned().collect();
        Plan { strategies, ablations: vec![way.clone()], ..Plan::default() }
    }

    /// What a strategy does in each round: cloning costs half, the mutex a tenth, and where both are another tenth; when
    /// saving happens is all the same.
    fn rounds(strategy: &Strategy) -> Vec<Round> {
        let factors = strategy.factors().to_string();
        let (cloned, mutex) = (factors.contains("dto=cloned"), factors.contains("session=tokio-mutex"));
        let cost = |is: bool, costs: f64| if is { costs } else { 1.0 };
        let speed = cost(cloned, 0.5) * cost(mutex, 0.9) * cost(cloned && mutex, 0.9);
        (1..=9).map(|nth| Round { throughput: Some(speed * f64::from(nth)), ..Round::default() }).collect()
    }

    fn all_rounds(plan: &Plan) -> Vec<Vec<Round>> {
        plan.strategies.iter().map(rounds).collect()
    }

    fn told(plan: &Plan, rounds: &[Vec<Round>]) -> Vec<Ablation> {
        effects(plan, "polling", &[rounds.iter().map(Vec::as_slice).collect()])
    }

    #[test]
    fn each_change_is_told_with_its_name() {
        let way = Factorial::parse("before..after").unwrap();
        let plan = plan(&way);
        let found = told(&plan, &all_rounds(&plan));
        let main: Vec<_> = found.iter().filter(|it| it.kind == EffectKind::Main).collect();
        assert_eq!(main.iter().map(|it| &*it.factor).collect::<Vec<_>>(), ["session", "dto", "save"]);
        // The lock gives 1 ÷ 0.9 where there is no cloning and 1 ÷ 0.81 where there is: on average 0.9^-1.5.
        let [session, dto, save] = [main[0], main[1], main[2]].map(|it| it.ratio);
        assert!((session - 0.9_f64.powf(-1.5)).abs() < 1e-9, "{session}");
        assert!((dto - 2.0 * 0.9_f64.powf(-0.5)).abs() < 1e-9, "{dto}");
        assert!((save - 1.0).abs() < 1e-9, "{save}");
        assert_eq!([main[0], main[2]].map(|it| it.verdict), [Verdict::Faster, Verdict::NoDifference]);
        assert_eq!((&*main[1].old, &*main[1].new, &main[1].with), ("cloned", "borrowed", &None));
        assert_eq!((&*main[1].from, &*main[1].to, &*main[1].scenario), ("before", "after", "polling"));
    }

    #[test]
    fn an_interaction_names_both_changes() {
        let way = Factorial::parse("before..after").unwrap();
        let plan = plan(&way);
        let found = told(&plan, &all_rounds(&plan));
        let clear: Vec<_> = found
            .iter()
            .filter(|it| it.kind == EffectKind::Interaction && it.verdict != Verdict::NoDifference)
            .collect();
        assert_eq!(clear.len(), 1, "{clear:?}");
        // Without cloning the lock gives 0.9 of what it gives with it.
        assert!((clear[0].ratio - 0.9).abs() < 1e-9, "{}", clear[0].ratio);
        assert_eq!(clear[0].factor, "session");
        assert_eq!(clear[0].with.as_ref().map(|it| &*it.factor), Some("dto"));
    }

    #[test]
    fn rounds_that_one_combination_lacks_do_not_count() {
        let way = Factorial::parse("naive..after").unwrap();
        let plan = plan(&way);
        let mut rounds = all_rounds(&plan);
        rounds[1][0].throughput = None;
        rounds[0].truncate(4);
        assert_eq!(told(&plan, &rounds).len(), 1, "three rounds are left");
        rounds[0].truncate(3);
        assert_eq!(told(&plan, &rounds), [], "two are too few");
    }
}
