//! The verdict in a few sentences, for a person in a hurry. Every format begins with it.
//!
//! It chooses among the verdicts that stand in the record and words them; it computes none. What is wrong comes
//! before what is fast, since the speed of wrong answers is worth nothing.

use super::ablation::AblationPath;
use super::failures::Failure;
use super::format;
use super::leaders::{self, Lead};
use super::locks::lock_verdict;
use super::rows::{self, Table};
use crate::record::{Cell, Comparison, Metric, PitfallResult, Record, Verdict};
use crate::stats::Direction;

/// The verdict of a record, as plain text. Names in it are as the record has them: escape them for your format.
pub fn verdict(record: &Record) -> String {
    let failed = Failure::headline(&Failure::all(record)).map(|what| what + ".");
    let mut sentences: Vec<_> = failed.into_iter().chain(state(record)).collect();
    sentences.extend(without_failures(record));
    if sentences.is_empty() {
        sentences.push("Nothing was measured.".to_owned());
    }
    sentences.join(" ")
}

/// The same, sentence by sentence, for where it is told by itself what failed and how far the run came; empty where that is
/// all that there is.
pub(super) fn without_failures(record: &Record) -> Vec<String> {
    let mut sentences: Vec<_> = ablations(record).collect();
    match lock_verdict(record) {
        locks if locks.is_empty() => sentences.extend(speed(record)),
        locks => sentences.extend(locks),
    }
    sentences.extend(models(record));
    sentences.extend(pitfalls(record));
    sentences
}

/// That a run did not come to its end; nothing of one that did.
pub(super) fn state(record: &Record) -> Option<String> {
    if record.interrupted {
        Some("Interrupted: partial results.".to_owned())
    } else if record.finished {
        None
    } else {
        Some(unfinished(record))
    }
}

/// What a run did not come to that ended without having been told to: by an error, or with its machine.
fn unfinished(record: &Record) -> String {
    let missing = record.scenarios.iter().filter(|scenario| !scenario.finished);
    let missing: Vec<_> = missing.map(|scenario| scenario.name.clone()).collect();
    let before = match &missing[..] {
        [] => "all was done".to_owned(),
        [one] => format!("{one} was measured"),
        several => format!("{} were measured", format::list(several)),
    };
    format!("Unfinished: the run ended before {before}: partial results.")
}

/// What each change gave, where that was measured: it says most.
fn ablations(record: &Record) -> impl Iterator<Item = String> {
    AblationPath::all(record).into_iter().map(|way| way.lead())
}

/// What was compared, or what was measured if nothing was.
fn speed(record: &Record) -> Vec<String> {
    let Some(baseline) = record.baseline() else { return vec![] };
    if record.comparisons.is_empty() {
        return vec![measured(&record.cells)];
    }
    let reference = record.reference.as_deref().filter(|reference| *reference != baseline);
    let mut sentences = Vec::new();
    match candidates(record, baseline)[..] {
        [] => {}
        // One alone is spoken of under all scenarios at once.
        [only] => {
            for baseline in std::iter::once(baseline).chain(reference) {
                let pairs: Vec<_> = throughput(record, baseline).filter(|it| it.candidate == only).collect();
                if !pairs.is_empty() {
                    sentences.push(against(baseline, only, &pairs));
                }
            }
        }
        _ => sentences.extend(Table::all(record).iter().filter_map(|table| best(table, baseline, reference))),
    }
    for (baseline, candidate, pairs) in with_baselines_of_their_own(record) {
        sentences.push(against(baseline, candidate, &pairs));
    }
    let confidence = record.comparisons.iter().map(|it| it.confidence).fold(f64::INFINITY, f64::min);
    sentences.push(format!("Confidence: {}.", format::percent(confidence)));
    sentences.extend(rows::other_build(record));
    sentences
}

/// The strategies that were compared with the baseline, but for those that no ranking has.
fn candidates<'a>(record: &'a Record, baseline: &str) -> Vec<&'a str> {
    let mut candidates: Vec<&str> = Vec::new();
    for it in throughput(record, baseline) {
        if !candidates.contains(&&*it.candidate) && !record.is_ablation_only(&it.candidate) {
            candidates.push(&it.candidate);
        }
    }
    candidates
}

/// "Under polling “best” has the highest throughput: ×11.6 [8.3, 16.2] of “before”, ×2.81 [2.10, 3.75] of “naive”; statistically
/// tied: “arc-swap”."
fn best(table: &Table<'_>, baseline: &str, reference: Option<&str>) -> Option<String> {
    let scenario = table.scenario;
    let lead = Lead::of(leaders::throughputs(table), Direction::HigherIsBetter)?;
    let Some((first, tied)) = lead.first() else {
        return Some(format!(
            "Under {scenario} there is no winner: {}.",
            lead.undecided().trim_start_matches("none: ")
        ));
    };
    let name = first.strategy();
    if lead.of > 1 && tied.len() + 1 == lead.of {
        return Some(format!(
            "Under {scenario}{} all {} strategies are statistically tied.",
            leaders::among(table),
            lead.of
        ));
    }
    let of = |base: &str| {
        let it = table.record.comparison(scenario, base, name, &Metric::Throughput)?;
        Some(format!("{} of “{base}”", format::ratio(it.ratio, it.ci)))
    };
    let ratios: Vec<_> = std::iter::once(baseline).chain(reference).filter_map(of).collect();
    // Of the baseline itself there is no ratio.
    let ratios = if ratios.is_empty() { String::new() } else { format!(": {}", ratios.join(", ")) };
    let among = leaders::among(table);
    if let Some(all) = lead.tied_behind_imprecise() {
        return Some(format!(
            "Under {scenario}{among} {} strategies are statistically tied for the highest throughput: {}; of those known to \
             ± 25 % “{name}” has the highest{ratios}.",
            all.len(),
            leaders::names(&all)
        ));
    }
    let tied = if tied.is_empty() {
        String::new()
    } else {
        format!("; statistically tied: {}", leaders::names(&tied))
    };
    Some(format!("Under {scenario}{among} “{name}” has the highest throughput{ratios}{tied}."))
}

/// Candidates that are held against another strategy than the run's baseline, each with that one and what was compared.
fn with_baselines_of_their_own(record: &Record) -> Vec<(&str, &str, Vec<&Comparison>)> {
    let of_throughput = record.comparisons.iter().filter(|it| it.metric == Metric::Throughput);
    let mut found: Vec<(&str, &str, Vec<&Comparison>)> = Vec::new();
    for it in of_throughput.filter(|it| rows::is_own_baseline(record, it)) {
        match found.iter_mut().find(|(below, above, _)| (*below, *above) == (&it.baseline, &it.candidate)) {
            Some((.., pairs)) => pairs.push(it),
            None => found.push((&it.baseline, &it.candidate, vec![it])),
        }
    }
    found
}

fn throughput<'a>(record: &'a Record, baseline: &str) -> impl Iterator<Item = &'a Comparison> {
    record.comparisons.iter().filter(move |it| it.metric == Metric::Throughput && it.baseline == baseline)
}

/// "Against “before”, “after” is faster under polling (×1.58 [1.55, 1.61]); it makes no difference under …".
fn against(baseline: &str, candidate: &str, pairs: &[&Comparison]) -> String {
    let clauses: Vec<_> = [
        (Verdict::Faster, "is faster under", ""),
        (Verdict::Slower, "is slower under", ""),
        (Verdict::NoDifference, "makes no difference under", ""),
        (Verdict::NoVerdict, "is inconclusive under", "; run longer"),
    ]
    .into_iter()
    .filter_map(|(verdict, verb, after)| {
        let under: Vec<_> = pairs
            .iter()
            .filter(|it| it.verdict == verdict)
            .map(|it| format!("{} ({})", it.scenario, format::ratio(it.ratio, it.ci)))
            .collect();
        (!under.is_empty()).then(|| format!("{verb} {}{after}", format::list(&under)))
    })
    .collect();
    // “before” and “after” are names here, and without the quotes the sentence would stumble over them.
    format!("Against “{baseline}”, “{candidate}” {}.", clauses.join("; it "))
}

fn measured(cells: &[Cell]) -> String {
    let [cell] = cells else {
        return format!(
            "{} were measured and none was compared.",
            format::counted(cells.len() as u64, "cell")
        );
    };
    let [low, high] = cell.throughput.ci;
    // Of one round there is no interval.
    let throughput = if low < high {
        format::with_interval(cell.throughput.ops_per_s, cell.throughput.ci)
    } else {
        format::count(cell.throughput.ops_per_s)
    };
    let frequent = cell.latency_ns.iter().max_by_key(|(_, latency)| latency.count);
    let latency = frequent
        .map(|(operation, it)| match it.p99 {
            Some(p99) => {
                format!(", p99 of {operation} {} ({} samples)", format::nanos(p99), format::grouped(it.count))
            }
            None => format!(", no p99 of {operation} ({} samples)", format::grouped(it.count)),
        })
        .unwrap_or_default();
    format!("“{}” under {}: {throughput} operations/s{latency}.", cell.strategy, cell.scenario)
}

fn models(record: &Record) -> Option<String> {
    let models = record.models.as_ref().filter(|models| !models.is_empty())?;
    let hold: Vec<_> = models.iter().filter(|it| it.passes()).collect();
    let bounded = hold.iter().filter(|it| !it.exhaustive).count();
    let bounded =
        if bounded > 0 { format!(", {bounded} of them by an incomplete search") } else { String::new() };
    Some(format!("{} of {} models passed{bounded}.", hold.len(), models.len()))
}

fn pitfalls(record: &Record) -> Option<String> {
    let pitfalls = record.pitfalls.as_ref().filter(|pitfalls| !pitfalls.is_empty())?;
    Some(format!("{}.", PitfallResult::summary(pitfalls)))
}
