//! Drawings as HTML. Whatever stands in the data is text there and nothing else.

mod document;
mod escape;
mod graph;
mod table;
mod verdict;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::drawing::Drawing;
pub use document::{Document, PageScript};
use escape::escaped;
pub use verdict::{PageVerdict, VerdictPage};

/// The style of drawings, for the page that they are part of: once, however many there are. It follows the reader's colour
/// scheme and touches nothing outside of drawings.
pub const STYLE: &str = include_str!("style.css");

/// The script of drawings: steps by `←` and `→`, folds, copying the command. Once on a page, behind all drawings. Without
/// it, or where it is not allowed to run, everything is shown and nothing offers what would not work.
pub const SCRIPT: PageScript =
    PageScript { text: include_str!("script.js"), sha256: "sSYmmcH1u2jhDgmwJBehq4RiZmBIsr0rD1xEaiknYuE=" };

impl Drawing<'_> {
    /// The drawing as a part of a page that has [`STYLE`] and [`SCRIPT`] in it.
    ///
    /// ```
    /// use lockyard_evidence::Drawing;
    ///
    /// let part = Drawing { cause: vec!["a < b".into()], ..Drawing::default() }.to_html();
    /// assert!(part.contains("<p>a &lt; b</p>"));
    /// ```
    pub fn to_html(&self) -> String {
        let mut html = "<div class=\"drawing\">".to_owned() + &causes(&self.cause);
        html += &graph::figure(&self.edges);
        if let Some(trace) = self.steps() {
            html += &table::stepped(&trace.lanes(&self.edges));
        }
        if let Some(command) = &self.replay {
            html += &replay("replay", command);
        }
        html + "</div>"
    }
}

/// What went wrong: the general sentence, and then those that say more.
fn causes(causes: &[Cow<'_, str>]) -> String {
    let mut html = String::new();
    for (nth, cause) in causes.iter().enumerate() {
        // What follows the first line is a drawing, and keeps its columns.
        let (first, rest) = cause.split_once('\n').unwrap_or((cause, ""));
        let class = if nth == 0 { "" } else { " class=\"muted\"" };
        // Writing to a string cannot fail.
        let _ = write!(html, "<p{class}>{}</p>", escaped(first));
        if !rest.is_empty() {
            let _ = write!(html, "<pre tabindex=\"0\">{}</pre>", escaped(rest));
        }
    }
    html
}

/// The command that shows it again, with a button that only the script shows.
fn replay(class: &str, command: &str) -> String {
    format!(
        "<p class=\"{class}\">Replay: <code>{}</code> <button type=\"button\" class=\"copy\" hidden>Copy</button></p>",
        escaped(command)
    )
}
