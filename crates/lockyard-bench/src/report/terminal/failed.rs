//! What failed, before everything else: each failure once, with its message and what can be drawn of it.

use super::super::failures::Failure;
use super::options::TextOptions;
use super::words::{Emphasis, INDENT, emphasized, indented, set_off, wrapped};
use crate::record::{Drawing, Record};

/// As many failures are drawn on the first screen.
const DRAWN: usize = 3;

/// All failures of a record; empty where there are none.
pub(super) fn failures(record: &Record, options: &TextOptions) -> String {
    let mut out = String::new();
    let mut left = if options.all { usize::MAX } else { DRAWN };
    let mut not_drawn = 0;
    for alike in Failure::all(record).chunk_by(|one, next| one.what == next.what) {
        let heading = wrapped(&format!("error: {}", alike[0].what), options.width);
        out.extend(heading.lines().map(|line| emphasized(line, Emphasis::Bad, options) + "\n"));
        for failure in alike {
            let is_drawn = failure.drawings.iter().any(|it| !it.is_words_alone());
            if is_drawn && left > 0 {
                left -= 1;
                out.extend(failure.drawings.iter().map(|it| drawn(it, options)));
                continue;
            }
            out += &indented(&failure.seen(), options.width);
            not_drawn += usize::from(is_drawn);
            if let Some(replay) = failure.replay().filter(|_| !is_drawn) {
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

/// The cause, and the picture below it.
fn drawn(drawing: &Drawing<'_>, options: &TextOptions) -> String {
    // A message of several lines is wrapped by its lines.
    let cause: String = drawing.cause.iter().map(|sentence| indented(sentence, options.width)).collect();
    let picture = Drawing { cause: Vec::new(), ..drawing.clone() };
    cause + "\n" + &set_off(&picture.to_text(Some(options.width - INDENT))) + "\n"
}
