//! What each change between two subjects gave, from rounds in which all combinations took their turn.

use crate::plan::Ablated;
use crate::record::{self, Ablation, EffectKind, Verdict};
use crate::stats::{Direction, Effect, Ratio};

use super::facts::Context;
use super::rounds::Round;

/// Every effect of these ways that has rounds enough. In each process the rounds are in the order of the subjects.
pub(crate) fn effects(
    context: Context<'_>,
    ways: &[Ablated],
    scenario: &str,
    processes: &[Vec<&[Vec<Round>]>],
) -> Vec<Ablation> {
    ways.iter().flat_map(|way| of_way(context, way, scenario, processes)).collect()
}

fn of_way(
    context: Context<'_>,
    way: &Ablated,
    scenario: &str,
    processes: &[Vec<&[Vec<Round>]>],
) -> Vec<Ablation> {
    let terms = context.terms;
    let complete = processes.iter().map(|rounds| complete_rounds(context, way, rounds));
    let Some(complete) = complete.collect::<Option<Vec<_>>>() else { return Vec::new() };
    let ends = way.corners.first().zip(way.corners.last());
    let Some((from, to)) = ends else { return Vec::new() };
    let effect = |effect: Effect| {
        let Ratio { ratio, ci, .. } = effect.of_processes(&complete, terms.confidence)?;
        let (kind, change, with) = match effect {
            Effect::Main(factor) => (EffectKind::Main, &way.changes[factor], None),
            Effect::Interaction(a, b) => (EffectKind::Interaction, &way.changes[a], Some(&way.changes[b])),
        };
        let record::Change { factor, old, new } = change.clone();
        Some(Ablation {
            scenario: scenario.to_owned(),
            from: from.clone(),
            to: to.clone(),
            kind,
            factor,
            old,
            new,
            with: with.cloned(),
            ratio,
            ci,
            confidence: terms.confidence.level(),
            verdict: Verdict::of(Some(ci), terms.margin, Direction::HigherIsBetter),
        })
    };
    Effect::all(way.changes.len()).filter_map(effect).collect()
}

/// Rounds in which every combination of a way was measured, layout by layout.
type CompleteRounds = Vec<Vec<Vec<f64>>>;

/// The throughput of every combination of the way, round by round, in the order of its corners; rounds that one of them
/// has not finished are left out. `None` if not all of them are measured.
fn complete_rounds(context: Context<'_>, way: &Ablated, rounds: &[&[Vec<Round>]]) -> Option<CompleteRounds> {
    let index = |corner: &String| context.subjects.iter().position(|it| it.name == *corner);
    let corners: Vec<usize> = way.corners.iter().map(index).collect::<Option<_>>()?;
    let first = rounds[*corners.first()?];
    let layout = |(layout, of_first): (usize, &Vec<Round>)| {
        let throughput = |nth: usize, corner: &usize| rounds[*corner].get(layout)?.get(nth)?.throughput;
        let round = |nth: usize| corners.iter().map(|corner| throughput(nth, corner)).collect();
        (0..of_first.len()).filter_map(round).collect()
    };
    Some(first.iter().enumerate().map(layout).collect())
}

#[cfg(test)]
mod tests {
    use super::super::facts::SubjectFacts;
    use super::*;
    use crate::plan::Terms;

    /// Changes of a lock, of copying and of saving, which the names of the combinations spell in that order.
    fn way() -> Ablated {
        let change = |factor: &str, old: &str, new: &str| record::Change {
            factor: factor.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
        };
        let corner = |nth: usize| {
            let letter = |bit: usize, old: char, new: char| if nth >> bit & 1 == 1 { new } else { old };
            [letter(0, 'm', 'r'), letter(1, 'c', 'b'), letter(2, 'u', 'a')].iter().collect()
        };
        Ablated {
            changes: vec![
                change("lock", "mutex", "rwlock"),
                change("copying", "cloned", "borrowed"),
                change("save", "under-lock", "after-unlock"),
            ],
            corners: (0..8).map(corner).collect(),
        }
    }

    /// The subjects, in another order than that of the corners.
    fn subjects(way: &Ablated) -> Vec<SubjectFacts> {
        way.corners.iter().rev().map(|name| SubjectFacts::named(name)).collect()
    }

    /// What a combination does in each round: copying costs half, the mutex a tenth, and where both are another tenth; when
    /// saving happens is all the same.
    fn rounds(name: &str) -> Vec<Vec<Round>> {
        let (cloned, mutex) = (name.contains('c'), name.contains('m'));
        let cost = |is: bool, costs: f64| if is { costs } else { 1.0 };
        let speed = cost(cloned, 0.5) * cost(mutex, 0.9) * cost(cloned && mutex, 0.9);
        let round = |nth| Round { throughput: Some(speed * f64::from(nth)), ..Round::default() };
        vec![(1..=9).map(round).collect()]
    }

    fn found(way: &Ablated, change: impl FnOnce(&mut Vec<Vec<Vec<Round>>>)) -> Vec<Ablation> {
        let (subjects, terms) = (subjects(way), Terms::default());
        let mut rounds: Vec<_> = subjects.iter().map(|it| rounds(&it.name)).collect();
        change(&mut rounds);
        let context = Context { terms: &terms, subjects: &subjects, duration: None };
        let processes = [rounds.iter().map(Vec::as_slice).collect()];
        effects(context, std::slice::from_ref(way), "polling", &processes)
    }

    #[test]
    fn each_change_is_reported_with_its_name() {
        let found = found(&way(), |_| ());
        let main: Vec<_> = found.iter().filter(|it| it.kind == EffectKind::Main).collect();
        assert_eq!(main.iter().map(|it| &*it.factor).collect::<Vec<_>>(), ["lock", "copying", "save"]);
        // The lock gives 1 ÷ 0.9 where there is no cloning and 1 ÷ 0.81 where there is: on average 0.9^-1.5.
        let [lock, copying, save] = [main[0], main[1], main[2]].map(|it| it.ratio);
        assert!((lock - 0.9_f64.powf(-1.5)).abs() < 1e-9, "{lock}");
        assert!((copying - 2.0 * 0.9_f64.powf(-0.5)).abs() < 1e-9, "{copying}");
        assert!((save - 1.0).abs() < 1e-9, "{save}");
        assert_eq!([main[0], main[2]].map(|it| it.verdict), [Verdict::Faster, Verdict::NoDifference]);
        assert_eq!((&*main[1].old, &*main[1].new, &main[1].with), ("cloned", "borrowed", &None));
        assert_eq!((&*main[1].from, &*main[1].to, &*main[1].scenario), ("mcu", "rba", "polling"));
    }

    #[test]
    fn an_interaction_names_both_changes() {
        let found = found(&way(), |_| ());
        let clear: Vec<_> = found
            .iter()
            .filter(|it| it.kind == EffectKind::Interaction && it.verdict != Verdict::NoDifference)
            .collect();
        assert_eq!(clear.len(), 1, "{clear:?}");
        // Without cloning the lock gives 0.9 of what it gives with it.
        assert!((clear[0].ratio - 0.9).abs() < 1e-9, "{}", clear[0].ratio);
        assert_eq!(clear[0].factor, "lock");
        assert_eq!(clear[0].with.as_ref().map(|it| &*it.factor), Some("copying"));
    }

    #[test]
    fn rounds_that_one_combination_lacks_do_not_count() {
        let mut way = way();
        way.changes.truncate(1);
        way.corners.truncate(2);
        let few = |most: usize| {
            found(&way, |rounds| {
                rounds[1][0][0].throughput = None;
                rounds[0][0].truncate(most);
            })
        };
        assert_eq!(few(4).len(), 1, "three rounds are left");
        assert_eq!(few(3), [], "two are too few");
    }

    #[test]
    fn a_way_that_is_not_measured_whole_shows_nothing() {
        let mut missing = way();
        missing.corners[3] = "elsewhere".to_owned();
        let (subjects, terms) = (subjects(&way()), Terms::default());
        let rounds: Vec<_> = subjects.iter().map(|it| rounds(&it.name)).collect();
        let processes = [rounds.iter().map(Vec::as_slice).collect()];
        let context = Context { terms: &terms, subjects: &subjects, duration: None };
        assert_eq!(effects(context, &[missing], "polling", &processes), []);
    }
}
