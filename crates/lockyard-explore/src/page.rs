//! A run as a page of its own: one file, nothing to load, no script.

use std::fmt::Write;

use super::held::Held;
use super::lanes::Lanes;

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}\
th,td{padding:.2rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8883}\
td.has{border-left:4px solid #c60}td.acts{font-weight:600}td.waits{color:#888}\
td.step,td.place{color:#888;font-family:monospace}p.failure{color:#b00020;font-weight:600}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}p.failure{color:#ff8a80}}";

impl Lanes {
    /// The lanes as an HTML page.
    pub fn to_html(&self, title: &str, replay: &str) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{0}</title>\
             <style>{STYLE}</style></head>\n<body>\n<h1>{0}</h1>\n",
            escaped(title)
        );
        // Writing to a string cannot fail.
        if let Some(failure) = &self.failure {
            let _ = writeln!(page, "<p class=\"failure\">{}</p>", escaped(failure));
        }
        let _ = writeln!(page, "<p>To see it again: <code>{}</code></p>\n<table>", escaped(replay));
        page += "<thead><tr><th scope=\"col\">step</th>";
        for (number, task) in self.tasks.iter().enumerate() {
            let _ = write!(page, "<th scope=\"col\">task {number}: {}</th>", escaped(task));
        }
        page += "<th scope=\"col\">source</th></tr></thead>\n<tbody>\n";
        for row in &self.rows {
            let _ = write!(page, "<tr><td class=\"step\">{}</td>", row.step);
            for task in 0..self.tasks.len() {
                let held = row.locks.get(task);
                if task == row.task {
                    let _ = write!(page, "<td class=\"acts{}\">{}</td>", also(held), escaped(&row.what));
                } else {
                    let _ = write!(page, "<td class=\"{}\">{}</td>", also(held).trim(), idle(held));
                }
            }
            let place = row.place.as_deref().unwrap_or_default();
            let _ = writeln!(page, "<td class=\"place\">{}</td></tr>", escaped(place));
        }
        page += "</tbody></table>\n</body></html>\n";
        page
    }
}

fn also(held: Option<&Held>) -> &'static str {
    match held {
        Some(held) if !held.has.is_empty() => " has",
        Some(held) if !held.waits.is_empty() => " waits",
        _ => "",
    }
}

fn idle(held: Option<&Held>) -> String {
    let Some(Held { has, waits }) = held else { return String::new() };
    let has = has.iter().map(|class| format!("has {class}"));
    let waits = waits.iter().map(|class| format!("waits for {class}"));
    escaped(&has.chain(waits).collect::<Vec<_>>().join(", "))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
