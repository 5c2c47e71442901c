//! What goes to stdout: text for a person, or for the next program in a pipe.

use std::io::Write;

use anyhow::Context;

use crate::report::{Colour, TextOptions};

/// Writes text on stdout. A reader that has gone away (`| head`) has read enough.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn write_out(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written"),
    }
}

/// Colours, where a person is there to see them: not where `NO_COLOR` forbids them, `TERM` is `dumb`, or no terminal is, unless
/// `CLICOLOR_FORCE` asks for them there.
pub fn colour() -> Colour {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if console::colors_enabled() && !forbidden { Colour::Ansi } else { Colour::Plain }
}

/// How a record is printed here: in the colours and the width that there are.
pub fn text_options(all: bool) -> TextOptions {
    TextOptions { colour: colour(), width: columns(), all }
}

/// How several records are printed here. Their tables are wide, so where no terminal says how many columns there are, they have room.
pub fn table_options() -> TextOptions {
    const ROOM: usize = 100;
    TextOptions { colour: colour(), width: width().unwrap_or(ROOM), all: true }
}

/// How many columns text may have: as many as `COLUMNS` says, or the terminal has; 80 where neither is known.
pub fn columns() -> usize {
    let asked = std::env::var("COLUMNS").ok();
    columns_of(asked.as_deref(), terminal_width())
}

fn columns_of(asked: Option<&str>, terminal: Option<usize>) -> usize {
    const UNKNOWN: usize = 80;
    let asked = asked.and_then(|asked| asked.trim().parse().ok()).filter(|columns| *columns > 0);
    asked.or(terminal).unwrap_or(UNKNOWN)
}

fn terminal_width() -> Option<usize> {
    let terminal = console::Term::stdout();
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
}

/// How many columns a drawing may have: those that `COLUMNS` or the terminal says, or any number where no terminal is.
pub fn width() -> Option<usize> {
    let asked = std::env::var_os("COLUMNS").is_some();
    (asked || terminal_width().is_some()).then(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_before_what_the_terminal_has() {
        assert_eq!(columns_of(Some("120"), Some(60)), 120);
        assert_eq!(columns_of(None, Some(60)), 60);
        assert_eq!(columns_of(None, None), 80);
        for nonsense in ["", "0", "-5", "wide"] {
            assert_eq!(columns_of(Some(nonsense), Some(60)), 60, "{nonsense:?}");
        }
    }
}
