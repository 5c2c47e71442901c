//! The first screen: the answer before everything but failures, in whatever width, and nothing of what there is none of.

mod answer;
mod combinations;
mod failures;
mod width;

use std::path::Path;

use crate::effect::main_effect;
use crate::rich::rich;
use crate::sample::sample;
use lockyard_bench::record::{Cell, Factors, Finding, FindingKind, Record, Severity, StrategySummary};
use lockyard_bench::report::{TextOptions, text};

/// What is printed in so many columns.
fn at(width: usize, record: &Record) -> String {
    text(record, &TextOptions { width, ..TextOptions::default() })
}

fn first(record: &Record) -> String {
    at(80, record)
}

/// The rows under a scenario, each from the name on.
fn rows<'a>(text: &'a str, scenario: &str) -> Vec<&'a str> {
    let from = text.lines().skip_while(|line| !line.starts_with(scenario)).skip(1);
    from.take_while(|line| !line.is_empty()).collect()
}

/// Only these strategies, under one scenario.
fn only(strategies: &[&str], scenario: &str) -> Record {
    let mut record = sample();
    let has = |name: &String| strategies.contains(&name.as_str());
    record.cells.retain(|cell| cell.scenario == scenario && has(&cell.strategy));
    record.comparisons.retain(|it| it.scenario == scenario && has(&it.baseline) && has(&it.candidate));
    record.strategies.retain(|it| has(&it.name));
    record
}

pub fn error(kind: FindingKind, message: &str) -> Finding {
    Finding {
        kind,
        rule: None,
        severity: Severity::Error,
        message: message.into(),
        places: vec![],
        tasks: vec![],
        edges: Vec::new(),
    }
}

/// A record of all presets under four scenarios, in five processes, kept for its figures.
fn committed() -> Record {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/terminal/four_scenarios.json.gz");
    Record::read(kept).expect("it is there")
}

/// One strategy, as of `load`.
fn one() -> Record {
    only(&["after"], "polling")
}

/// A pitfall that is detected, as of `load --pitfall`.
pub fn pitfall() -> Record {
    let mut record = one();
    let cell = &mut record.cells[0];
    (cell.scenario, cell.strategy) = ("pitfall".into(), "two-sessions".into());
    cell.throughput.ci = [cell.throughput.ops_per_s; 2];
    cell.latency_ns.clear();
    cell.memory = None;
    cell.findings = vec![error(FindingKind::Deadlock, "seen twice\nin two lines")];
    record
}

fn swept() -> Record {
    let mut record = Record { scaling: rich().scaling, ..one() };
    record.scaling.retain(|it| it.strategy == "after");
    record
}

/// An ablation of two factors, of which the two combinations between the ends are not ranked.
fn ablated() -> Record {
    let mut record = only(&["before", "after"], "polling");
    record.reference = None;
    let factors = |dto: &str, save: &str| -> Option<Factors> {
        Some([("session", "tokio-mutex"), ("dto", dto), ("save", save)].into_iter().collect())
    };
    let all = [
        ("before", factors("cloned", "under-lock"), false),
        ("after", factors("borrowed", "after-unlock"), false),
        ("session=tokio-mutex,dto=borrowed,save=under-lock", factors("borrowed", "under-lock"), true),
        ("session=tokio-mutex,dto=cloned,save=after-unlock", factors("cloned", "after-unlock"), true),
    ];
    record.strategies = all
        .into_iter()
        .map(|(name, factors, ablation_only)| StrategySummary {
            name: name.into(),
            about: None,
            factors,
            compared_with: None,
            servers: None,
            ablation_only,
        })
        .collect();
    for it in record.strategies.iter().skip(2) {
        let cell = Cell { strategy: it.name.clone(), ..record.cells[0].clone() };
        record.cells.push(cell);
    }
    record.ablations = vec![
        main_effect("dto", "cloned", "borrowed", 1.47),
        main_effect("save", "under-lock", "after-unlock", 1.09),
    ];
    record
}

fn all() -> Vec<(&'static str, Record)> {
    vec![
        ("sample", sample()),
        ("rich", rich()),
        ("committed", committed()),
        ("one", one()),
        ("pitfall", pitfall()),
        ("swept", swept()),
        ("ablated", ablated()),
    ]
}
