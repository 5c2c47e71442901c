//! Which colour a strategy has, on every chart of the page alike.
//!
//! A colour is a variable of the page with another behind it. The first is set only by the script, when a reader switches
//! the strategy off; so the charts need to know nothing of switches, and the page is whole without its script.

use crate::record::{Record, Verdict};

/// Colours that the style sheet has, for light and for dark.
const HUES: usize = 7;

/// The strategies of a record, in the order of their first appearance.
pub(super) struct Palette<'a> {
    strategies: Vec<&'a str>,
}

impl<'a> Palette<'a> {
    pub fn of(record: &'a Record) -> Self {
        let in_cells = record.cells.iter().map(|it| it.strategy.as_str());
        let in_sweeps = record.scaling.iter().map(|it| it.strategy.as_str());
        let mut strategies: Vec<&str> = Vec::new();
        for name in in_cells.chain(in_sweeps) {
            // What is not ranked is drawn nowhere.
            if !strategies.contains(&name) && !record.is_ablation_only(name) {
                strategies.push(name);
            }
        }
        Self { strategies }
    }

    /// All of them, each with its number.
    pub fn strategies(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.strategies.iter().copied().enumerate()
    }

    /// The number of a strategy, by which rows of tables are found.
    pub fn number(&self, strategy: &str) -> usize {
        self.strategies.iter().position(|it| *it == strategy).unwrap_or(self.strategies.len())
    }

    /// The strategy's own colour.
    pub fn colour(&self, strategy: &str) -> String {
        let number = self.number(strategy);
        format!("var(--s{number}, var(--c{}))", number % HUES)
    }

    /// Whether the colour is taken a second time, so that only dashes distinguish the line.
    pub fn is_dashed(&self, strategy: &str) -> bool {
        self.number(strategy) / HUES % 2 == 1
    }

    /// A colour that means something, and goes with the strategy all the same.
    pub fn tone(&self, strategy: &str, tone: &str) -> String {
        format!("var(--s{}, var(--{tone}))", self.number(strategy))
    }

    /// The colour of a verdict on the strategy.
    pub fn verdict(&self, strategy: &str, verdict: Verdict) -> String {
        self.tone(
            strategy,
            match verdict {
                Verdict::Faster => "good",
                Verdict::Slower => "bad",
                Verdict::NoDifference | Verdict::NoVerdict => "muted",
            },
        )
    }
}
