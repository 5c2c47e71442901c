//! "Which one should I use?" on the page.

use maud::{Markup, html};

use super::super::advice::{self, recommendation};
use super::parts;
use crate::record::Record;

pub(super) fn section(record: &Record) -> Markup {
    let Some(it) = recommendation(record) else { return html! {} };
    let table = html! { table.prose {
        (parts::head(advice::HEAD))
        tbody { @for row in &it.rows { tr {
            th scope="row" { (row.scenario) br; span.muted { (row.situation) } }
            td { (row.most) }
            td { (row.tied) }
            td { (row.shortest) }
            td { (row.fairest) }
        } } }
    } };
    html! {
        section #which-lock {
            h2 { "Which one should I use?" }
            p { (it.answer) }
            (parts::scroll("Recommendation by scenario", &table))
            h3 { "Limits of this recommendation" }
            ul { @for line in &it.limits { li { (line) } } }
        }
    }
}
