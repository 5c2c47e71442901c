//! The steps as a table, with the buttons that go through them.

use std::fmt::Write as _;

use super::super::fold::Item;
use super::super::lanes::{Cell, Lanes, Row};
use super::super::trace::Trace;
use super::escape::escaped;

impl Trace<'_> {
    /// The run as a `<table class="trace">`, escaped. All steps are in it; those that repeat are bodies of the class `more`,
    /// which the script folds.
    ///
    /// Its cells have the classes `acts` (the task acts), `holds` and `waits`, and a row that cannot be right `wrong`.
    pub fn to_html(&self) -> String {
        table(&self.lanes(&[]))
    }
}

/// The table in a region that scrolls by itself, and what the script uses to go through it: below, where it stays in view
/// without covering what a page has at its top.
pub(super) fn stepped(lanes: &Lanes<'_>) -> String {
    let (legend, table) = (legend(lanes), table(lanes));
    format!(
        "{legend}<div class=\"steps\" tabindex=\"0\" role=\"region\" aria-label=\"Steps\">{table}</div>\
         <div class=\"stepper\" role=\"group\" aria-label=\"Step through\" hidden>\
         <button type=\"button\" class=\"back\" aria-label=\"Previous step\">←</button>\
         <button type=\"button\" class=\"on\" aria-label=\"Next step\">→</button>\
         <output aria-live=\"polite\"></output></div>"
    )
}

/// What the bars at the left of a cell stand for; nothing where there are none. Steps are words.
fn legend(lanes: &Lanes<'_>) -> String {
    let bars = lanes.legend().filter(|(_, class, _)| *class != "acts");
    let bars: String =
        bars.map(|(_, class, words)| ["<span class=\"", class, "\">", words, "</span>"].concat()).collect();
    if bars.is_empty() { bars } else { format!("<div class=\"legend\">{bars}</div>") }
}

fn table(lanes: &Lanes<'_>) -> String {
    let has_places = lanes.has_places();
    let columns = lanes.tasks.len() + 1 + usize::from(has_places);
    let mut html =
        format!("<table class=\"trace\"><thead><tr><th scope=\"col\">{}</th>", lanes.numbering.as_str());
    html.extend(lanes.tasks.iter().map(|task| format!("<th scope=\"col\">{}</th>", escaped(task))));
    html += if has_places { "<th scope=\"col\">source</th></tr></thead>" } else { "</tr></thead>" };
    html += "<tbody>";
    for item in &lanes.items {
        match item {
            Item::Step(at) => html += &row(&lanes.rows[*at], has_places),
            Item::Repeat { block, times, .. } => {
                let words = escaped(&lanes.repeated(block, *times));
                // Writing to a string cannot fail.
                let _ = write!(
                    html,
                    "</tbody><tbody class=\"fold\" hidden><tr><td colspan=\"{columns}\">\
                     <button type=\"button\" aria-expanded=\"true\">{words}</button></td></tr></tbody>\
                     <tbody class=\"more\">"
                );
                let hidden = &lanes.rows[Item::hidden(block, *times)];
                html.extend(hidden.iter().map(|it| row(it, has_places)));
                html += "</tbody><tbody>";
            }
        }
    }
    html + "</tbody></table>"
}

fn row(row: &Row<'_>, has_places: bool) -> String {
    // What is no step of its own has no number, and a heading without words is none.
    let nth = row.nth.map_or_else(|| "<td></td>".to_owned(), |nth| format!("<th scope=\"row\">{nth}</th>"));
    let class = if row.wrong.is_some() { " class=\"wrong\"" } else { "" };
    let cells: String = row.cells.iter().map(|it| cell(row, it)).collect();
    // A long place is broken behind a folder, and not within a name.
    let place = escaped(row.place.unwrap_or_default()).replace('/', "/<wbr>");
    let place = if has_places { format!("<td class=\"place\">{place}</td>") } else { String::new() };
    format!("<tr{class}>{nth}{cells}{place}</tr>")
}

fn cell(row: &Row<'_>, cell: &Cell<'_>) -> String {
    let is_its_own = cell.acts.is_some() || cell.is_stuck_at.is_some();
    let why = row.wrong.filter(|_| is_its_own);
    let why = why.map(|why| format!(" <strong>{}</strong>", escaped(why))).unwrap_or_default();
    let locks = cell.locks();
    // What a step leaves its task with is said by the script; elsewhere the cell itself says it.
    let locks = if locks.is_empty() { locks } else { format!(" data-locks=\"{}\"", escaped(&locks)) };
    format!("<td class=\"{}\"{locks}>{}{why}</td>", class(cell), escaped(&cell.words()))
}

fn class(cell: &Cell<'_>) -> String {
    let classes = [
        (cell.acts.is_some(), "acts"),
        (cell.is_stuck_at.is_some(), "stuck"),
        (!cell.holds.is_empty(), "holds"),
        (cell.is_waiting(), "waits"),
        (cell.is_open, "open"),
    ];
    let classes = classes.into_iter().filter(|(is, _)| *is).map(|(_, class)| class);
    classes.collect::<Vec<_>>().join(" ")
}
