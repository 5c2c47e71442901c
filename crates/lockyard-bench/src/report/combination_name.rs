//! What a combination of an ablation is called: where its way begins, and what was changed from there.

use crate::record::{Factors, Record};

/// "before + borrowed + after-unlock", of a combination of the factors between two strategies; `None` of all else, and where
/// factors are not known.
pub(super) fn combination_name(record: &Record, strategy: &str) -> Option<String> {
    if !record.is_ablation_only(strategy) {
        return None;
    }
    let its = factors(record, strategy)?;
    let names = steps(record).into_iter().filter_map(|(from, to)| {
        // Where the whole way begins: from there all is told.
        let start = beginning(record, from);
        let (first, end) = (factors(record, start)?, factors(record, to)?);
        let changed = changes(its, first, factors(record, from)?, end)?;
        Some((changed.len(), std::iter::once(start).chain(changed).collect::<Vec<_>>().join(" + ")))
    });
    names.min_by_key(|(changed, _)| *changed).map(|(_, name)| name)
}

/// Each step of an ablation by its two ends, once.
fn steps(record: &Record) -> Vec<(&str, &str)> {
    let mut steps: Vec<(&str, &str)> = Vec::new();
    for it in &record.ablations {
        if !steps.contains(&(&*it.from, &*it.to)) {
            steps.push((&it.from, &it.to));
        }
    }
    steps
}

/// The strategy with a name of its own from which the way leads to `from`.
fn beginning<'a>(record: &'a Record, from: &'a str) -> &'a str {
    let steps = steps(record);
    let mut at = from;
    // No way is longer than its steps, even were it to lead in a circle.
    for _ in 0..steps.len() {
        match steps.iter().find(|(_, to)| *to == at).filter(|_| record.is_ablation_only(at)) {
            Some((before, _)) => at = before,
            None => break,
        }
    }
    at
}

fn factors<'a>(record: &'a Record, strategy: &str) -> Option<&'a Factors> {
    let of_summary = record.strategy(strategy).and_then(|it| it.factors.as_ref());
    of_summary.or_else(|| record.cells.iter().find(|it| it.strategy == strategy)?.factors.as_ref())
}

/// What a combination has otherwise than the `first` strategy has it; `None` if it does not lie between `from` and `to`.
fn changes<'a>(its: &'a Factors, first: &Factors, from: &Factors, to: &Factors) -> Option<Vec<&'a str>> {
    let mut changed = Vec::new();
    for (factor, choice) in its.iter() {
        let is = |other: &Factors| other.get(factor) == Some(choice);
        if !is(from) && !is(to) {
            return None;
        }
        if !is(first) {
            changed.push(choice);
        }
    }
    (!changed.is_empty()).then_some(changed)
}
