//! The words of the page, each in a sentence.

use maud::{Markup, html};

const TERMS: [(&str, &str); 12] = [
    ("strategy", "a complete, named way to guard what is shared: a choice for every factor."),
    ("scenario", "a workload: its mix of operations, keys, sizes, arrivals, tasks and times."),
    ("cell", "one strategy under one scenario, measured."),
    ("round", "a timed slice of a cell; the rounds of rivals alternate and are paired."),
    (
        "interval",
        "the confidence interval of an estimate: of repeated runs, so large a share would hold the true value.",
    ),
    ("tied", "not parted by intervals: no difference was seen, which does not mean that there is none."),
    ("p99", "99 % of the samples of an operation took no longer."),
    ("wait, hold", "from asking for a lock to having it; from having it to releasing it."),
    (
        "linearizable",
        "every answer is as if each operation had happened at one moment between its call and its return.",
    ),
    (
        "model",
        "a small concurrent program of which the interleavings are tried, with a property that must hold in all of them.",
    ),
    (
        "seeded bug",
        "a known-bad variant with a fixed twin: checks must detect the one and be silent on the other.",
    ),
    ("dominated", "another strategy is better in one respect, by intervals that part, and worse in none."),
];

pub(super) fn terms() -> Markup {
    html! { dl.terms { @for (term, meaning) in TERMS { div { dt { (term) } dd { (meaning) } } } } }
}
