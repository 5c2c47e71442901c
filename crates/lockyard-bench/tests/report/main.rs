//! Records, the gate that compares them, and all that is drawn of them.

#[path = "../support/effect.rs"]
mod effect;
#[path = "../support/rich.rs"]
mod rich;
#[path = "../support/runs.rs"]
mod runs;
#[path = "../support/sample.rs"]
mod sample;

mod columns;
mod diff_page;
mod effects;
mod failing_page;
mod formats;
mod gate_edits;
mod gate_reference;
mod golden;
mod html;
mod machines;
mod merging;
mod more;
mod pages;
mod ranking;
mod record;
mod record_edits;
mod terminal;
mod trends;
mod verdict;

use lockyard_bench::record::Record;
use lockyard_bench::report::{TextOptions, text};

/// The report for a terminal of 100 columns, with every table.
fn in_full(record: &Record) -> String {
    text(record, &TextOptions { width: 100, all: true, ..TextOptions::default() })
}
