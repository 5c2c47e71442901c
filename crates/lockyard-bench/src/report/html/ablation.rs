//! The effect of each change between two strategies: a forest plot, the sentence, and the table.

use maud::{Markup, html};

use super::super::ablation::{self, AblationPath};
use super::chart::{self, Axis, chart};
use super::parts;
use crate::record::{Record, Verdict};

pub(super) fn section(record: &Record) -> Markup {
    html! {
        section #ablation {
            h2 { "Ablation: the effect of each change" }
            p.muted {
                "A full factorial design: every combination of the old and the new choices was measured in the same rounds. \
                 A main effect is the ratio of a change, averaged over all levels of the other factors; an interaction is \
                 listed where it is significant."
            }
            div.charts { @for way in AblationPath::all(record) { (figure(&way)) } }
        }
    }
}

fn figure(way: &AblationPath<'_>) -> Markup {
    let effects: Vec<_> = way.effects().collect();
    let marks: Vec<_> = effects
        .iter()
        .map(|(label, it)| chart::Row {
            label,
            value: it.ratio,
            span: it.ci,
            tail: false,
            colour: match it.verdict {
                Verdict::Faster => "var(--good)",
                Verdict::Slower => "var(--bad)",
                Verdict::NoDifference | Verdict::NoVerdict => "var(--muted)",
            }
            .to_owned(),
            tip: format!("{label}: {}", super::super::format::ratio(it.ratio, it.ci)),
        })
        .collect();
    let drawing = html! {
        (chart(&marks, Axis::Ratio, &format!("{}, as ratios of throughput with intervals", way.title())))
        p.axes { "ratio of throughput; an interval that crosses 1× is not significant" }
    };
    let table = html! { table.prose {
        (parts::head(ablation::HEAD))
        tbody { @for [change, ratio, verdict] in way.rows() { tr {
            td { (change) } td { (ratio) } td { (verdict) }
        } } }
    } };
    parts::figure(&way.title(), &way.sentence(), &drawing, &parts::scroll(&way.title(), &table))
}
