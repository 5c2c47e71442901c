//! What changed between two records, for people: the verdict, and a row for each strategy.

mod formats;
mod page;
mod words;

pub use formats::{diff_junit, diff_summary, diff_text};
pub use page::diff_page;
pub use words::diff_verdict;
