//! What was found, in words, as JSON and as a page.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use lockyard_evidence::{Drawing, PageVerdict, VerdictPage};
use lockyard_history::Violation;

use super::stdout::width;

/// What was judged, by what it is called.
pub(super) struct Judged<'a> {
    /// The file, or that it was standard input.
    pub(super) file: &'a str,
    /// The specification.
    pub(super) model: &'a str,
}

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
        let looked_at = format!("{}, {} ms", counted(self.operations), self.millis);
        let property = self.property();
        let verdict = match &self.found {
            Found::Order => format!("{} ({looked_at}).", capitalized(property)),
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

    /// A page with the verdict and the violation. `command` is what shows it again.
    pub(super) fn page(
        &self,
        of: &Judged<'_>,
        budget: Duration,
        is_interrupted: bool,
        command: &str,
    ) -> String {
        let property = self.property();
        let (verdict, headline) = match &self.found {
            Found::Order => (PageVerdict::Right, capitalized(property)),
            Found::NoOrder(_) => (PageVerdict::Wrong, format!("Not {property}")),
            Found::Unknown => (PageVerdict::Unknown, "Unknown".to_owned()),
        };
        let mut drawing = self.violation().map_or_else(Drawing::default, Violation::drawing);
        let why = match &self.found {
            Found::Order => Some(self.order()),
            Found::Unknown => Some(unknown(budget, is_interrupted)),
            Found::NoOrder(_) => None,
        };
        drawing.cause.splice(0..0, why.map(Into::into));
        drawing.cause.extend(self.notes.iter().map(|note| format!("Note: {note}.").into()));
        drawing.replay = Some(command.into());
        let mut said = headline.clone();
        said[..1].make_ascii_lowercase();
        let facts = vec![
            format!("model {}", of.model),
            format!(
                "judged for {}",
                if self.is_sequential { "sequential consistency" } else { "linearizability" }
            ),
            counted(self.operations),
            format!("{} ms", self.millis),
        ];
        VerdictPage { title: format!("{}: {said}", of.file), facts, verdict, headline, drawing }.to_html()
    }

    fn property(&self) -> &'static str {
        if self.is_sequential { "sequentially consistent" } else { "linearizable" }
    }

    /// What it means that there is an order.
    fn order(&self) -> String {
        let keeps = if self.is_sequential {
            "in which each process’s operations keep their order"
        } else {
            "in which each operation takes effect between its call and its return"
        };
        let these = if self.operations == 1 { "the operation" } else { "all operations" };
        format!("There is an order of {these}, {keeps}, that explains every answer.")
    }

    fn violation(&self) -> Option<&Violation> {
        match &self.found {
            Found::NoOrder(violation) => violation.as_deref(),
            Found::Order | Found::Unknown => None,
        }
    }
}

fn counted(operations: usize) -> String {
    if operations == 1 { "1 operation".to_owned() } else { format!("{operations} operations") }
}

fn capitalized(words: &str) -> String {
    words[..1].to_uppercase() + &words[1..]
}

/// Why it is not known whether there is an order.
fn unknown(budget: Duration, is_interrupted: bool) -> String {
    let why = if is_interrupted {
        "The search was interrupted".to_owned()
    } else {
        format!("The search was not complete after {budget:?}")
    };
    let more = if is_interrupted { "" } else { " Give more time with --budget." };
    format!("{why}: neither was an order found, nor that there is none.{more}")
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
