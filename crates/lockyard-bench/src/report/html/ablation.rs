//! What each change between two strategies gave: a forest plot, the sentence, and the table.

use maud::{Markup, html};

use super::super::ablation::{self, AblationPath};
use super::chart::{self, Axis, chart};
use super::parts;
use crate::record::{Record, Verdict};

pub(super) fn section(record: &Record) -> Markup {
    html! {
        section #ablation {
            h2 { "What each change gave" }
            p.muted {
                "Every combination of the old and the new choices was measured in the same rounds. A change's figure is \
                 its ratio on average over all choices of the others; two changes stand together where they gave more or \
                 less than each alone."
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
        p.axes { "ratio of throughput; a line that crosses the dashed one decides nothing" }
    };
    let table = html! { table.prose {
        (parts::head(ablation::HEAD))
        tbody { @for [change, ratio, verdict] in way.rows() { tr {
            td { (change) } td { (ratio) } td { (verdict) }
        } } }
    } };
    parts::figure(&way.title(), &way.sentence(), &drawing, &parts::scroll(&way.title(), &table))
}
