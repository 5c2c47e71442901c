//! The verdict in a few sentences, for a person in a hurry. Every format begins with it.
//!
//! It chooses among the verdicts that stand in the record and words them; it computes none. What is wrong comes
//! before what is fast, since the speed of wrong answers is worth nothing.

use super::failures::failures;
use super::format;
use super::rows;
use crate::record::{Cell, Comparison, Finding, Metric, PitfallResult, Record, Verdict};

/// The verdict of a record, as plain text. Names in it are as the record has them: escape them for your format.
pub fn verdict(record: &Record) -> String {
    let mut sentences = Vec::new();
    sentences.extend(failed(record));
    if record.interrupted {
        sentences.push("Interrupted: partial results.".to_owned());
    }
    sentences.extend(speed(record));
    sentences.extend(models(record));
    sentences.extend(pitfalls(record));
    if sentences.is_empty() {
        sentences.push("Nothing was measured.".to_owned());
    }
    sentences.join(" ")
}

/// What failed first, and how much more did. Only what was compared can be in the ranking, and be left out of it.
fn failed(record: &Record) -> Option<String> {
    let failures = failures(record);
    let (first, more) = failures.split_first()?;
    let first = first.trim_end_matches('.');
    let more = match more.len() {
        0 => String::new(),
        more => format!("; {}", format::counted(more as u64, "more failure")),
    };
    let compared = !record.comparisons.is_empty();
    let measured = compared && rows::findings(record).any(|it| it.finding.is_error());
    let ranked = if measured { "; left out of the ranking" } else { "" };
    Some(format!("FAILED: {first}{more}{ranked}."))
}

/// What was compared, or what was measured if nothing was.
fn speed(record: &Record) -> Vec<String> {
    let Some(baseline) = record.baseline() else { return vec![] };
    let Some((candidate, chosen)) = candidate(record, baseline) else { return vec![measured(&record.cells)] };
    let mut sentences: Vec<_> = chosen.into_iter().collect();
    let mut confidence = f64::INFINITY;
    let reference = record.reference.as_deref().filter(|reference| *reference != baseline);
    for baseline in std::iter::once(baseline).chain(reference) {
        let pairs: Vec<_> = throughput(record, baseline).filter(|it| it.candidate == candidate).collect();
        if !pairs.is_empty() {
            sentences.push(against(baseline, candidate, &pairs));
        }
        confidence = pairs.iter().map(|it| it.confidence).fold(confidence, f64::min);
    }
    for (baseline, candidate, pairs) in with_baselines_of_their_own(record, baseline) {
        sentences.push(against(baseline, candidate, &pairs));
    }
    sentences.push(format!("Confidence: {}.", format::percent(confidence)));
    sentences.extend(rows::other_build(record));
    sentences
}

/// Candidates that are held against another strategy than the run's baseline, each with that one and what was compared.
fn with_baselines_of_their_own<'a>(
    record: &'a Record,
    baseline: &str,
) -> Vec<(&'a str, &'a str, Vec<&'a Comparison>)> {
    let reference = record.reference.as_deref();
    let of_throughput = record.comparisons.iter().filter(|it| it.metric == Metric::Throughput);
    let mut found: Vec<(&str, &str, Vec<&Comparison>)> = Vec::new();
    for it in of_throughput.filter(|it| it.baseline != baseline && Some(&*it.baseline) != reference) {
        match found.iter_mut().find(|(below, above, _)| (*below, *above) == (&it.baseline, &it.candidate)) {
            Some((.., pairs)) => pairs.push(it),
            None => found.push((&it.baseline, &it.candidate, vec![it])),
        }
    }
    found
}

/// The candidate to speak of: the record's headline if it was compared, otherwise the one with the highest throughput, and then a
/// sentence that says how it was chosen.
fn candidate<'a>(record: &'a Record, baseline: &str) -> Option<(&'a str, Option<String>)> {
    let compared: Vec<_> = throughput(record, baseline).collect();
    let is_headline = |it: &&&Comparison| record.headline.as_ref() == Some(&it.candidate);
    if let Some(it) = compared.iter().find(is_headline) {
        return Some((&it.candidate, None));
    }
    let first = compared.first()?;
    let candidates: Vec<_> = compared.iter().filter(|it| it.scenario == first.scenario).collect();
    let failed = |it: &Comparison| {
        let mut cells = record.cells_of(&it.scenario).filter(|cell| cell.strategy == it.candidate);
        cells.any(|cell| cell.findings.iter().any(Finding::is_error))
    };
    // What failed is out of the ranking; only where nothing else was compared is it spoken of at all.
    let best =
        candidates.iter().max_by(|a, b| failed(b).cmp(&failed(a)).then(a.ratio.total_cmp(&b.ratio)))?;
    let chosen = (candidates.len() > 1).then(|| {
        format!(
            "Of {} candidates, “{}” has the highest throughput under {}.",
            candidates.len(),
            best.candidate,
            best.scenario
        )
    });
    Some((&best.candidate, chosen))
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
    let throughput = format::with_interval(cell.throughput.ops_per_s, cell.throughput.ci);
    let frequent = cell.latency_ns.iter().max_by_key(|(_, latency)| latency.count);
    let latency = frequent
        .map(|(operation, latency)| format!(", p99 of {operation} {}", format::nanos(latency.p99)))
        .unwrap_or_default();
    format!(
        "“{}” under {}: {throughput} operations/s{latency}. One strategy, so nothing was compared.",
        cell.strategy, cell.scenario
    )
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
