//! The report for a terminal: what failed, then the first screen, and every table where that is asked for.

mod bar;
mod failed;
mod first;
mod grid;
mod layout;
mod options;
mod ranked;
mod tables;
mod words;

use crate::record::Record;

pub use options::{Colour, TextOptions};
pub use words::wrapped;

pub(super) use grid::plain;

/// The report as text.
pub fn text(record: &Record, options: &TextOptions) -> String {
    let options = options.bounded();
    let failed = failed::failures(record, &options);
    let between = if failed.is_empty() { "" } else { "\n" };
    let first = first::screen(record, &options);
    let mut out = failed + between + &first;
    if options.all || record.locks.is_some() {
        out += &tables::all(record, &options);
    }
    out
}
