//! What goes to stdout: text for a person, or for the next program in a pipe.

use std::io::{IsTerminal, Write};

use anyhow::Context;

use crate::report::Colour;

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

/// Colours, where a person is there to see them.
pub fn colour() -> Colour {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !forbidden { Colour::Ansi } else { Colour::Plain }
}

/// How many columns a drawing may have: those of the terminal, or any number where no terminal is.
pub fn width() -> Option<usize> {
    let terminal = console::Term::stdout();
    terminal.is_term().then(|| usize::from(terminal.size().1))
}
