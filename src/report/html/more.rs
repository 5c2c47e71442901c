//! The parts of the page that only some records have: ablations, sweeps, models and pitfalls, a table each.

use maud::{Markup, html};

use super::super::{format, rows};
use crate::record::{Ablation, Check, ModelResult, PitfallResult, Record, Scaling};

/// All of them that the record has.
pub(super) fn sections(record: &Record) -> Markup {
    html! {
        @if !record.ablations.is_empty() { (ablations(&record.ablations)) }
        @if !record.scaling.is_empty() { (scaling(&record.scaling)) }
        @if let Some(models) = &record.models { (self::models(models)) }
        @if let Some(pitfalls) = &record.pitfalls { (self::pitfalls(pitfalls)) }
    }
}

fn ablations(ablations: &[Ablation]) -> Markup {
    let rows = ablations.iter().map(|it| {
        [
            it.scenario.clone(),
            format!("{} → {}", it.from, it.to),
            format!("{}: {} → {}", it.factor, it.old, it.new),
            format::ratio(it.ratio, it.ci),
            it.verdict.to_string(),
        ]
    });
    let note = "One factor changes at a time, and each step is compared with the one before it.";
    section("What each change gave", note, ["scenario", "way", "change", "throughput", "verdict"], rows)
}

fn scaling(scaling: &[Scaling]) -> Markup {
    let rows = scaling.iter().flat_map(|sweep| {
        sweep.points.iter().map(|it| {
            let mut settings = vec![format::counted(it.point.workers.into(), "worker")];
            settings.push(format::counted(it.point.tasks.into(), "task"));
            settings.extend(it.point.readers.map(|n| format::counted(n.into(), "reader")));
            settings.extend(it.point.writers.map(|n| format::counted(n.into(), "writer")));
            settings.extend(it.point.save_ms.map(|ms| format!("{ms} ms save")));
            let frequent = it.latency_ns.iter().max_by_key(|(_, latency)| latency.count);
            [
                sweep.scenario.clone(),
                sweep.strategy.clone(),
                settings.join(", "),
                format::with_interval(it.throughput.ops_per_s, it.throughput.ci),
                frequent.map(|(name, it)| format!("{} ({name})", format::nanos(it.p99))).unwrap_or_default(),
            ]
        })
    });
    let note = "One setting varies along each sweep.";
    section("Scaling", note, ["scenario", "strategy", "settings", "operations/s", "p99"], rows)
}

fn models(models: &[ModelResult]) -> Markup {
    let rows = models.iter().map(|it| {
        let searched = match (&it.bound, it.exhaustive) {
            (_, true) => format!("all {}", it.schedules),
            (Some(bound), false) => format!("{}, bounded by {bound}", it.schedules),
            (None, false) => format!("{}, not all", it.schedules),
        };
        let holds = match &it.counterexample {
            None if it.holds => "holds".to_owned(),
            None => "does not hold".to_owned(),
            Some(how) => format!("does not hold: {}; replay: {}", how.message, how.replay),
        };
        [it.model.clone(), it.strategy.clone(), it.engine.as_str().to_owned(), searched, holds]
    });
    let note =
        "Interleavings of small concurrent programs. A bounded search says nothing about what it left out.";
    section("Models", note, ["model", "strategy", "engine", "schedules", "property"], rows)
}

fn pitfalls(pitfalls: &[PitfallResult]) -> Markup {
    let rows = pitfalls.iter().map(|it| {
        [
            it.pitfall.clone(),
            it.class.clone(),
            checks(&it.caught_by),
            checks(&it.missed_by),
            checks(&it.not_run),
            checks(&it.twin_alarms),
        ]
    });
    let note = "Known-bad variants that the checks must catch, and alarms over their correct twins.";
    section("Pitfalls", note, ["pitfall", "class", "caught by", "missed by", "not run", "false alarms"], rows)
}

fn checks(checks: &[Check]) -> String {
    match checks {
        [] => rows::NONE.to_owned(),
        checks => rows::checks(checks),
    }
}

fn section<const N: usize>(
    title: &str,
    note: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Markup {
    html! {
        section {
            h2 { (title) }
            p.muted { (note) }
            div.scroll tabindex="0" role="region" aria-label=(title) { table.prose {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { @for row in rows { tr {
                    th scope="row" { (row[0]) }
                    @for cell in &row[1..] { td { (cell) } }
                } } }
            } }
        }
    }
}
