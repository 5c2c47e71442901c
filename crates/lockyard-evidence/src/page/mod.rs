//! Drawings as HTML. Whatever stands in the data is text there and nothing else.

mod escape;
mod graph;
mod table;

use std::fmt::Write as _;

use super::counterexample::Counterexample;
use super::drawing::Drawing;
use escape::escaped;

/// The style of drawings, for the page that they are part of: once, however many there are. It follows the reader's colour
/// scheme and touches nothing outside of drawings.
pub const STYLE: &str = include_str!("style.css");

/// The script of drawings: steps by `←` and `→`, folds, copying the command. Once on a page, behind all drawings. Without
/// it, or where it is not allowed to run, everything is shown and nothing offers what would not work.
pub const SCRIPT: &str = include_str!("script.js");

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
        let mut html = "<div class=\"drawing\">".to_owned();
        for (nth, cause) in self.cause.iter().enumerate() {
            // What follows the first line is a drawing, and keeps its columns.
            let (first, rest) = cause.split_once('\n').unwrap_or((cause, ""));
            let class = if nth == 0 { "" } else { " class=\"muted\"" };
            // Writing to a string cannot fail.
            let _ = write!(html, "<p{class}>{}</p>", escaped(first));
            if !rest.is_empty() {
                let _ = write!(html, "<pre tabindex=\"0\">{}</pre>", escaped(rest));
            }
        }
        html += &graph::figure(&self.edges);
        if let Some(trace) = self.steps() {
            html += &table::stepped(&trace.lanes(&self.edges));
        }
        if let Some(replay) = &self.replay {
            let _ = write!(
                html,
                "<p class=\"replay\">Replay: <code>{}</code> <button type=\"button\" class=\"copy\" hidden>Copy</button></p>",
                escaped(replay)
            );
        }
        html + "</div>"
    }

    /// A page of its own: one file that loads nothing.
    ///
    /// ```
    /// use lockyard_evidence::Drawing;
    ///
    /// let page = Drawing::default().to_page("A <deadlock>");
    /// assert!(page.starts_with("<!doctype html>") && page.contains("<h1>A &lt;deadlock&gt;</h1>"));
    /// ```
    pub fn to_page(&self, title: &str) -> String {
        let (title, drawing) = (escaped(title), self.to_html());
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\n\
             <style>{PAGE_STYLE}{STYLE}</style></head>\n<body>\n<main>\n<h1>{title}</h1>\n{drawing}\n</main>\n\
             <script>{SCRIPT}</script>\n</body></html>\n"
        )
    }
}

/// What a page of one drawing needs beside the drawing's own style.
const PAGE_STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0 auto;padding:2rem;max-width:76rem;background:#fcfcfa;color:#1f2427;\
font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}h1{font-size:1.2rem;overflow-wrap:anywhere}\
@media(max-width:40rem){body{padding:1rem}}@media(prefers-color-scheme:dark){body{background:#15181a;color:#e4e5e2}}\
@media print{body{background:#fff;color:#000}}\n";

impl Counterexample {
    /// A page of its own: one file that loads nothing.
    ///
    /// ```
    /// use lockyard_evidence::Counterexample;
    ///
    /// let how = Counterexample { message: "stuck".to_owned(), ..Counterexample::default() };
    /// assert!(how.to_html("a model").contains("<p>stuck</p>"));
    /// ```
    pub fn to_html(&self, title: &str) -> String {
        self.drawing().to_page(title)
    }
}
