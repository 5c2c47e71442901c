//! What was found, in words, as JSON and as a page.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use lockyard_evidence::Drawing;
use lockyard_history::Violation;

use super::stdout::width;

/// What was found.
pub(super) struct Judgement {
    pub(super) found: Found,
    pub(super) is_sequential: bool,
    pub(super) operations: usize,
    pub(super) millis: u64,
    pub(super) notes: Vec<String>,
}

/// Whether there is an order.
pub(super) enum Found {
    /// There is one.
    Order,
    /// There is none; and the violation, once it is made small.
    NoOrder(Option<Box<Violation>>),
    /// The time was up.
    Unknown,
}

impl Judgement {
    /// The verdict, and what is to be known of reading the file.
    pub(super) fn sentence(&self, budget: Duration, is_interrupted: bool) -> String {
        let Self { operations, millis, is_sequential, .. } = self;
        let operations =
            if *operations == 1 { "1 operation".to_owned() } else { format!("{operations} operations") };
        let looked_at = format!("{operations}, {millis} ms");
        let property = if *is_sequential { "sequentially consistent" } else { "linearizable" };
        let verdict = match &self.found {
            Found::Order => format!("{}{} ({looked_at}).", property[..1].to_uppercase(), &property[1..]),
            Found::NoOrder(_) => format!("Not {property} ({looked_at})."),
            Found::Unknown if is_interrupted => format!("Unknown: interrupted ({looked_at})."),
            Found::Unknown => format!(
                "Unknown: incomplete search after {budget:?} ({looked_at}); give more time with --budget."
            ),
        };
        let notes = self.notes.iter().map(|note| format!("\nNote: {note}."));
        verdict + &notes.collect::<String>()
    }

    /// The violation drawn, as wide as the terminal is.
    pub(super) fn drawing(&self) -> Option<String> {
        self.violation().map(|violation| violation.drawing().to_text(width()))
    }

    /// A page with the verdict and the violation.
    pub(super) fn page(&self, budget: Duration, is_interrupted: bool) -> String {
        let verdict = self.sentence(budget, is_interrupted);
        let mut drawing = self.violation().map_or_else(Drawing::default, Violation::drawing);
        let sentences: Vec<_> = verdict.lines().map(|line| line.to_owned().into()).collect();
        drawing.cause.splice(0..0, sentences);
        drawing.to_page("lockyard check")
    }

    fn violation(&self) -> Option<&Violation> {
        match &self.found {
            Found::NoOrder(violation) => violation.as_deref(),
            Found::Order | Found::Unknown => None,
        }
    }
}

impl Serialize for Judgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let key = if self.is_sequential { "sequentially_consistent" } else { "linearizable" };
        match self.found {
            Found::Order => map.serialize_entry(key, &true)?,
            Found::NoOrder(_) => map.serialize_entry(key, &false)?,
            Found::Unknown => map.serialize_entry(key, "unknown")?,
        }
        map.serialize_entry("operations", &self.operations)?;
        map.serialize_entry("millis", &self.millis)?;
        map.serialize_entry("notes", &self.notes)?;
        if let Some(violation) = self.violation() {
            let text = violation.drawing().to_text(None);
            map.serialize_entry("violation", &DrawnViolation { violation, text })?;
        }
        map.end()
    }
}

/// A violation with its drawing.
#[derive(serde::Serialize)]
struct DrawnViolation<'a> {
    #[serde(flatten)]
    violation: &'a Violation,
    text: String,
}
