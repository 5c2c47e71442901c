//! Which colour a strategy has, on every chart of the page alike: few have one of their own, and the rest are grey.
//!
//! A colour is a variable of the page with another behind it. The first is set only by the script, when a reader picks
//! strategies; so the charts need to know nothing of that, and the page is whole without its script.

use super::super::locks::{LockMap, Standings};
use crate::record::Record;

/// Colours that the style sheet has, for light and for dark: told apart by eyes that see red and green alike as well.
pub(super) const HUES: usize = 6;

/// So many strategies have a colour each; of more, only those that a reader looks for.
const FEW: usize = 4;

/// So many of the winners have a colour; of more no eye would follow all.
const CHOICES: usize = 2;

/// The strategies of a record, in the order of their first appearance.
pub(super) struct Palette<'a> {
    strategies: Vec<&'a str>,
    /// Those with a colour of their own: the winner, what it is held against, and what else leads.
    coloured: Vec<String>,
}

impl<'a> Palette<'a> {
    /// `choices` are what the record answers to use, the first before all.
    pub fn of(record: &'a Record, choices: &[String]) -> Self {
        let in_cells = record.cells.iter().map(|it| it.strategy.as_str());
        let in_sweeps = record.scaling.iter().map(|it| it.strategy.as_str());
        let mut strategies: Vec<&str> = Vec::new();
        for name in in_cells.chain(in_sweeps) {
            // What is not ranked is drawn nowhere.
            if !strategies.contains(&name) && !record.is_ablation_only(name) {
                strategies.push(name);
            }
        }
        let mut coloured: Vec<String> = Vec::new();
        let first = choices.iter().take(CHOICES).cloned();
        let held_against = [record.reference.clone(), record.baseline().map(str::to_owned)];
        let others = strategies.iter().filter(|_| strategies.len() <= FEW).map(|it| (*it).to_owned());
        for name in first.chain(leaders(record)).chain(held_against.into_iter().flatten()).chain(others) {
            if coloured.len() < HUES && !coloured.contains(&name) && strategies.contains(&name.as_str()) {
                coloured.push(name);
            }
        }
        Self { strategies, coloured }
    }

    /// All of them, each with its number.
    pub fn strategies(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.strategies.iter().copied().enumerate()
    }

    /// The number of a strategy, by which rows of tables and lines of charts are found.
    pub fn number(&self, strategy: &str) -> usize {
        self.strategies.iter().position(|it| *it == strategy).unwrap_or(self.strategies.len())
    }

    /// The style by which everything of a strategy has its colour: as `--k` for what is drawn, and as `--t` for text, which has to
    /// be darker than a grey line.
    pub fn style(&self) -> String {
        let rule = |(number, strategy): (usize, &str)| match self.hue(strategy) {
            Some(hue) => {
                format!("[data-s=\"{number}\"]{{--k:var(--s{number},var(--c{hue}));--t:var(--k)}}\n")
            }
            None => format!(
                "[data-s=\"{number}\"]{{--k:var(--s{number},var(--grey));--t:var(--s{number},var(--muted))}}\n"
            ),
        };
        self.strategies().map(rule).collect()
    }

    /// The number of its colour; `None` of one that is grey.
    pub fn hue(&self, strategy: &str) -> Option<usize> {
        self.coloured.iter().position(|it| it == strategy)
    }

    /// Whether it has a colour of its own, and with that, its name beside its line.
    pub fn is_coloured(&self, strategy: &str) -> bool {
        self.hue(strategy).is_some()
    }

    /// In the order in which they are drawn: grey ones first, and the winner over all.
    pub fn depth(&self, strategy: &str) -> usize {
        self.hue(strategy).map_or(0, |hue| HUES - hue)
    }
}

/// Locks that lead anywhere, those first that lead at most points.
fn leaders(record: &Record) -> Vec<String> {
    let mut led: Vec<(String, usize)> = Vec::new();
    for map in LockMap::all(record) {
        for point in map.points.iter().filter(|it| it.standing == Standings::Led) {
            let [only] = &point.leaders[..] else { continue };
            match led.iter_mut().find(|(known, _)| *known == only.name) {
                Some((_, count)) => *count += 1,
                None => led.push((only.name.clone(), 1)),
            }
        }
    }
    led.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    led.into_iter().map(|(name, _)| name).collect()
}
