//! Several records in the order of their start, for people: the verdict, step changes with their commits, and each strategy from
//! run to run.

mod formats;
mod lines;
mod page;
mod words;

pub use formats::{trends_summary, trends_text};
pub use page::trends_page;
pub use words::trends_verdict;
