//! A page of its own, in the look that all pages have.

use super::escape::escaped;

/// A script of a page, with the hash by which the policy of the page lets it run.
#[derive(Clone, Copy, Debug)]
pub struct PageScript {
    /// The script.
    pub text: &'static str,
    /// The SHA-256 of exactly this text, in base 64. A browser does not run the script if it is another.
    pub sha256: &'static str,
}

/// A page of its own: one file that loads nothing, and in which nothing runs but its scripts.
///
/// ```
/// use lockyard_evidence::Document;
///
/// let page = Document { title: "a < b", styles: &[], scripts: &[], body: "<main>…</main>" }.to_html();
/// assert!(page.starts_with("<!doctype html>") && page.contains("<title>a &lt; b</title>"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The title, as text.
    pub title: &'a str,
    /// Styles, after that of all pages.
    pub styles: &'a [&'a str],
    /// Scripts, in this order, behind the body.
    pub scripts: &'a [PageScript],
    /// The body, as HTML: whatever came from outside has to be escaped in it.
    pub body: &'a str,
}

/// The style of all pages: colours for light and dark, text, tables, cards, and print.
const BASE: &str = include_str!("base.css");

impl Document<'_> {
    /// The page.
    pub fn to_html(&self) -> String {
        let Self { title, styles, scripts, body } = self;
        let title = escaped(title);
        let hashes: String = scripts.iter().flat_map(|it| [" 'sha256-", it.sha256, "'"]).collect();
        let hashes = if hashes.is_empty() { " 'none'".to_owned() } else { hashes };
        let scripts: String = scripts.iter().flat_map(|it| ["<script>", it.text, "</script>\n"]).collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src{hashes}; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\n\
             <style>{BASE}{}</style></head>\n<body>\n{body}\n{scripts}</body></html>\n",
            styles.concat()
        )
    }
}
