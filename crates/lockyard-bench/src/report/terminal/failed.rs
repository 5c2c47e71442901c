//! What failed, before everything else: each failure once, with its message and what can be drawn of it.

use super::super::failures::Failure;
use super::options::TextOptions;
use super::words::{Emphasis, INDENT, emphasized, indented, set_off, wrapped};
use crate::record::{Drawing, Record};

/// As many failures are drawn on the first screen.
const DRAWN: usize = 3;

/// All failures of a record; empty where there are none.
pub(super) fn failures(record: &Record, options: &TextOptions) -> String {
    let mut told: Vec<(String, Vec<Failure<'_>>)> = Vec::new();
    for failure in Failure::all(record) {
        match told.iter_mut().find(|(what, _)| *what == failure.what) {
            Some((_, alike)) if alike.iter().any(|it| it.message == failure.message) => {}
            Some((_, alike)) => alike.push(failure),
            None => told.push((failure.what.clone(), vec![failure])),
        }
    }
    let mut out = String::new();
    let mut left = if options.all { usize::MAX } else { DRAWN };
    let mut not_drawn = 0;
    for (what, alike) in told {
        let heading = wrapped(&format!("error: {what}"), options.width);
        out.extend(heading.lines().map(|line| emphasized(line, Emphasis::Bad, options) + "\n"));
        for failure in alike {
            if failure.drawings.is_empty() || left == 0 {
                not_drawn += usize::from(!failure.drawings.is_empty());
                out += &indented(&failure.message, options.width);
            } else {
                left -= 1;
                out += &drawn(&failure, options);
            }
            if let Some(replay) = failure.replay_alone() {
                // Never broken, so that it can be copied.
                out = out + "  Replay: " + &replay.replace(char::is_control, " ") + "\n";
            }
        }
    }
    match not_drawn {
        0 => {}
        1 => out += "1 more can be drawn: --all draws it.\n",
        more => out = out + &more.to_string() + " more can be drawn: --all draws them.\n",
    }
    if out.is_empty() { out } else { out.trim_end().to_owned() + "\n" }
}

/// The message, and the drawings, which do not say it again.
fn drawn(failure: &Failure<'_>, options: &TextOptions) -> String {
    let width = options.width - INDENT;
    let says = |it: &Drawing<'_>| it.cause.iter().any(|cause| failure.message.contains(&**cause));
    let mut out = String::new();
    if !failure.drawings.iter().any(says) {
        out += &indented(&failure.message, options.width);
    }
    for it in &failure.drawings {
        // A message of several lines is wrapped by its lines.
        let cause = it.cause.iter().map(|sentence| indented(sentence, options.width));
        out.extend(cause);
        let picture = Drawing { cause: Vec::new(), ..it.clone() };
        out = out + "\n" + &set_off(&picture.to_text(Some(width))) + "\n";
    }
    out
}
