//! The table of the README, made of the list.

use std::fmt::Write;

use crate::PITFALLS;

/// Every pitfall, in Markdown.
pub fn table() -> String {
    let mut table = "| pitfall | class | what is wrong | met | tracked | explored |\n".to_owned();
    table += "| --- | --- | --- | --- | --- | --- |\n";
    for it in PITFALLS {
        let tracked = it.tracked.map_or("", |kind| kind.as_str());
        let explored = it.explored.map_or("", |kind| kind.as_str());
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} | {tracked} | {explored} |",
            it.name, it.class, it.about, it.met
        );
    }
    table
}
