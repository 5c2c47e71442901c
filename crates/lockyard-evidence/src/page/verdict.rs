//! A page of one verdict: what was judged, what came of it, and below that what was found, drawn.

use std::fmt::Write as _;

use super::super::counterexample::Counterexample;
use super::super::drawing::Drawing;
use super::document::Document;
use super::escape::escaped;
use super::{SCRIPT, STYLE};

/// What came of judging something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageVerdict {
    /// It is as it should be.
    Right,
    /// It is not.
    Wrong,
    /// Neither is known.
    Unknown,
}

/// A page of its own for one verdict: a heading, a line of facts, the command that shows it again, the verdict with its cause, and
/// the [`Drawing`]. Everything in it is text, whatever it holds.
///
/// ```
/// use lockyard_evidence::{Drawing, PageVerdict, VerdictPage};
///
/// let page = VerdictPage {
///     title: "a.jsonl: linearizable".into(),
///     facts: vec!["model register".to_owned(), "6 operations".to_owned()],
///     verdict: PageVerdict::Right,
///     headline: "Linearizable".into(),
///     drawing: Drawing { cause: vec!["An order explains all answers.".into()], ..Drawing::default() },
/// };
/// let html = page.to_html();
/// assert!(html.contains("<h1>a.jsonl: linearizable</h1>") && html.contains("model register · 6 operations"));
/// assert!(html.contains("<p class=\"headline\">Linearizable</p><p>An order explains all answers.</p>"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictPage<'a> {
    /// What was judged, and the verdict in words.
    pub title: String,
    /// What was judged in more detail, such as its file, its model, its size and the time that it took.
    pub facts: Vec<String>,
    /// The verdict, for the colour of the card that says it.
    pub verdict: PageVerdict,
    /// The same in a few words.
    pub headline: String,
    /// The cause, which stands with the verdict; the command that shows it again, which stands in the header; and what is drawn.
    pub drawing: Drawing<'a>,
}

impl VerdictPage<'_> {
    /// The page: one file that loads nothing.
    pub fn to_html(&self) -> String {
        let Self { title, facts, verdict, headline, drawing } = self;
        let mut body = format!("<header>\n<h1>{}</h1>\n", escaped(title));
        // Writing to a string cannot fail.
        if !facts.is_empty() {
            let _ = writeln!(body, "<p class=\"meta\">{}</p>", escaped(&facts.join(" · ")));
        }
        if let Some(replay) = &drawing.replay {
            body += &super::replay("meta replay", replay);
        }
        let class = match verdict {
            PageVerdict::Right => "card good",
            PageVerdict::Wrong => "card bad",
            PageVerdict::Unknown => "card",
        };
        let _ = write!(
            body,
            "</header>\n<main>\n<div class=\"cards\"><section class=\"{class}\"><h2>Verdict</h2>\
             <p class=\"headline\">{}</p>{}</section></div>\n",
            escaped(headline),
            super::causes(&drawing.cause)
        );
        let drawn = Drawing { cause: Vec::new(), replay: None, ..drawing.clone() };
        if !drawn.is_words_alone() {
            let _ = write!(body, "<h2>What happened</h2>\n{}\n", drawn.to_html());
        }
        body += "</main>";
        Document { title, styles: &[STYLE], scripts: &[SCRIPT], body: &body }.to_html()
    }
}

impl Counterexample {
    /// It as a page of its own, about what is called `name`.
    ///
    /// ```
    /// use lockyard_evidence::Counterexample;
    ///
    /// let how = Counterexample { message: "stuck".to_owned(), ..Counterexample::default() };
    /// assert_eq!(how.page("a model").title, "a model: violation");
    /// ```
    pub fn page(&self, name: &str) -> VerdictPage<'_> {
        let headline = if self.edges.is_empty() { "Violation" } else { "Deadlock" };
        let count = |count: usize, noun: &str| match count {
            1 => format!("1 {noun}"),
            _ => format!("{count} {noun}s"),
        };
        let size = format!("{} of {}", count(self.steps.len(), "step"), count(self.tasks.len(), "task"));
        VerdictPage {
            title: format!("{name}: {}", headline.to_lowercase()),
            facts: if self.steps.is_empty() { Vec::new() } else { vec![size] },
            verdict: PageVerdict::Wrong,
            headline: headline.to_owned(),
            drawing: self.drawing(),
        }
    }

    /// The same as one file that loads nothing.
    ///
    /// ```
    /// use lockyard_evidence::Counterexample;
    ///
    /// let how = Counterexample { message: "stuck".to_owned(), ..Counterexample::default() };
    /// assert!(how.to_html("a model").contains("<p>stuck</p>"));
    /// ```
    pub fn to_html(&self, name: &str) -> String {
        self.page(name).to_html()
    }
}
