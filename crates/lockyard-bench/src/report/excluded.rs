//! Which strategies are never recommended, and why: what failed once, in whatever scenario or model, is not right elsewhere.

use super::located;
use crate::record::{Cell, Engine, Factors, Finding, ModelResult, Record, StrategySummary};

/// A strategy that failed somewhere.
pub(super) struct ExcludedStrategy<'a> {
    pub strategy: &'a str,
    /// A reason each, such as "deadlock under hot-context".
    pub reasons: Vec<String>,
}

impl<'a> ExcludedStrategy<'a> {
    /// All of a record, in the order of its strategies.
    pub fn all(record: &'a Record) -> Vec<Self> {
        let mut strategies: Vec<&str> = Vec::new();
        for cell in &record.cells {
            if !strategies.contains(&cell.strategy.as_str()) {
                strategies.push(&cell.strategy);
            }
        }
        let excluded =
            strategies.into_iter().map(|strategy| Self { strategy, reasons: reasons(record, strategy) });
        excluded.filter(|it| !it.reasons.is_empty()).collect()
    }

    /// "“before” (deadlock under hot-context)".
    pub fn sentence(&self) -> String {
        format!("“{}” ({})", self.strategy, self.reasons.join(", "))
    }
}

/// Why a strategy is not recommended; nothing where it did not fail.
fn reasons(record: &Record, strategy: &str) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let mut add = |reason: String| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    for it in located::findings(record).filter(|it| it.strategy == strategy && it.finding.is_error()) {
        add(format!("{} under {}", it.finding.name(), it.place));
    }
    for cell in record.cells.iter().filter(|cell| cell.strategy == strategy) {
        if is_violated_alone(cell) {
            add(format!("not linearizable under {}", cell.scenario));
        }
    }
    for model in record.models.iter().flatten().filter(|it| !it.passes()) {
        if concerns(model, strategy, record.strategy(strategy)) {
            add(format!("model {} fails", model.model));
        }
    }
    reasons
}

/// Whether no order explains its answers, and no finding says so.
pub(super) fn is_violated_alone(cell: &Cell) -> bool {
    let is_violated = cell.verification.is_some_and(|it| it.linearizable == Some(false));
    (is_violated || !cell.violations.is_empty()) && !cell.findings.iter().any(Finding::is_error)
}

/// Whether a model is of this strategy: by its name, or, with engines that try a part by itself, by that part.
fn concerns(model: &ModelResult, strategy: &str, summary: Option<&StrategySummary>) -> bool {
    let mut choices = summary.iter().filter_map(|it| it.factors.as_ref()).flat_map(Factors::iter);
    model.is_of(strategy)
        || model.engine != Engine::Explorer && choices.any(|(_, choice)| choice == model.strategy)
}

/// Models that fail and are of no strategy that was measured: what they try may be part of any.
pub(super) fn of_no_strategy(record: &Record) -> impl Iterator<Item = &ModelResult> {
    let models = record.models.iter().flatten().filter(|it| !it.passes());
    models.filter(|model| {
        let mut names = record.cells.iter().map(|cell| cell.strategy.as_str());
        !names.any(|name| concerns(model, name, record.strategy(name)))
    })
}
