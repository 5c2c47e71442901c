//! What pages are put together from: tables, and of those of several records the header, and intervals as bars in cells.

use lockyard_evidence::Document;
use maud::{Markup, Render, html};

use super::format;
use crate::record::Estimate;

/// The style of what is made here.
const STYLE: &str = include_str!("markup.css");

/// A page of its own, in the look that all pages have.
pub(super) fn document(title: &str, styles: &[&str], body: &Markup) -> String {
    let styles = [&[STYLE], styles].concat();
    Document { title, styles: &styles, scripts: &[], body: &body.0 }.to_html()
}

/// How a card looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Plain,
}

/// The verdict in a card: a few words, and the whole of it.
pub(super) fn verdict(tone: Tone, headline: &str, sentences: &str) -> Markup {
    let class = match tone {
        Tone::Good => "card good",
        Tone::Bad => "card bad",
        Tone::Plain => "card",
    };
    html! {
        div.cards { section class=(class) {
            h2 { "Verdict" }
            p.headline { (headline) }
            p { (sentences) }
        } }
    }
}

/// A line of facts below the heading.
pub(super) fn meta(facts: &[String]) -> Markup {
    html! { p.meta { (facts.join(" · ")) } }
}

/// Sentences that are read beside the tables; nothing of none.
pub(super) fn notes(sentences: &[String]) -> Markup {
    html! { @if !sentences.is_empty() { ul.notes { @for it in sentences { li { (it) } } } } }
}

/// What scrolls by itself where it is too wide, with a name for screen readers.
pub(super) fn scroll(name: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (table) } }
}

/// A table with its caption, its head, and its [rows].
pub(super) fn table<'a>(caption: &str, head: impl IntoIterator<Item = &'a str>, body: &Markup) -> Markup {
    let table = html! { table.prose {
        caption { span { (caption) } }
        thead { tr { @for name in head { th scope="col" { (name) } } } }
        tbody { (body) }
    } };
    scroll(caption, &table)
}

/// Rows of a table, the first cell of each being its head.
pub(super) fn rows<C: Render>(rows: impl IntoIterator<Item = impl IntoIterator<Item = C>>) -> Markup {
    html! { @for row in rows { tr {
        @for (nth, cell) in row.into_iter().enumerate() {
            @if nth == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
        }
    } } }
}

/// Ratios side by side: on one logarithmic scale, with 1 in its middle.
pub(super) struct RatioScale {
    /// The logarithm of the ratio at its right end.
    reach: f64,
    /// The loss that is tolerated, as a share.
    tolerated: f64,
}

impl RatioScale {
    /// One on which all of these intervals fit; at least from 0.95 to 1.05, so that noise does not look like news.
    pub fn of<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Self {
        let reach = estimates.flat_map(|it| it.ci).map(|end| end.ln().abs()).filter(|it| it.is_finite());
        Self { reach: reach.fold(0.05, f64::max), tolerated: 0.0 }
    }

    /// The same with a band around 1 for what is tolerated: a loss of this share, and as much of a gain.
    pub fn tolerating(self, share: f64) -> Self {
        Self { tolerated: share, ..self }
    }

    /// Where a ratio stands, in percent of the width.
    fn at(&self, ratio: f64) -> f64 {
        let at = 50.0 + 50.0 * ratio.ln() / self.reach;
        if at.is_nan() { 50.0 } else { at.clamp(0.0, 100.0) }
    }

    /// A ratio with its interval, drawn and in numbers. `tone` colours the bar.
    pub fn cell(&self, it: &Estimate, tone: Tone) -> Markup {
        let [low, high] = it.ci.map(|end| self.at(end));
        let [least, most] = [1.0 - self.tolerated, 1.0 / (1.0 - self.tolerated)].map(|end| self.at(end));
        let class = match tone {
            Tone::Good => "ratio good",
            Tone::Bad => "ratio bad",
            Tone::Plain => "ratio",
        };
        html! {
            span class=(class) {
                span.bar aria-hidden="true" {
                    @if self.tolerated > 0.0 {
                        span.tolerated style=(format!("left:{least:.1}%;width:{:.1}%", most - least)) {}
                    }
                    span.interval style=(format!("left:{low:.1}%;width:{:.1}%", high - low)) {}
                    span.estimate style=(format!("left:{:.1}%", self.at(it.ratio))) {}
                }
                span.value { (format::ratio(it.ratio, it.ci)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(ratio: f64, ci: [f64; 2]) -> Estimate {
        Estimate { ratio, ci }
    }

    #[test]
    fn a_ratio_and_its_inverse_stand_equally_far_from_the_middle() {
        let scale = RatioScale::of([estimate(1.0, [0.5, 1.5])].iter());
        assert!((scale.at(0.5) - 0.0).abs() < 1e-9 && (scale.at(2.0) - 100.0).abs() < 1e-9);
        assert!((scale.at(1.0) - 50.0).abs() < 1e-9);
        assert!((scale.at(1.25) - 50.0 - (50.0 - scale.at(0.8))).abs() < 1e-9);
    }

    #[test]
    fn what_is_tolerated_is_a_band_around_one() {
        let it = estimate(0.8, [0.5, 1.0]);
        let scale = RatioScale::of([it].iter());
        assert!(!scale.cell(&it, Tone::Plain).0.contains("tolerated"), "nothing is");
        let cell = scale.tolerating(0.5).cell(&it, Tone::Plain).0;
        assert!(cell.contains("class=\"tolerated\" style=\"left:0.0%;width:100.0%\""), "{cell}");
    }

    #[test]
    fn what_is_no_number_or_off_the_scale_stays_within_the_cell() {
        let scale = RatioScale::of([estimate(f64::NAN, [f64::NAN, f64::INFINITY])].iter());
        assert!((scale.reach - 0.05).abs() < 1e-9);
        for odd in [f64::NAN, 0.0, f64::INFINITY, -1.0] {
            assert!((0.0..=100.0).contains(&scale.at(odd)), "{odd}");
        }
    }
}
