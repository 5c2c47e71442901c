//! The events of an input that are not one a line, one held at a time.

use std::io::{self, BufRead};

use super::splitter::{Piece, Splitter};
use super::syntax::Syntax;

/// Why there is no next event.
#[derive(Debug)]
pub(super) enum Stop {
    Read(io::Error, usize),
    Wrong(Piece, String),
}

/// The events of an input.
pub(super) struct Pieces<'r> {
    input: &'r mut dyn BufRead,
    splitter: Splitter,
}

impl<'r> Pieces<'r> {
    /// `line` is that of the first character, which is no blank.
    pub(super) fn new(input: &'r mut dyn BufRead, syntax: Syntax, line: usize) -> Self {
        Self { input, splitter: Splitter::new(syntax, line) }
    }

    /// The text of the event that was read last.
    pub(super) fn text(&self) -> &[u8] {
        self.splitter.text()
    }

    /// Reads the next event, unless there is none.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, Stop> {
        let splitter = &mut self.splitter;
        splitter.clear();
        loop {
            let chunk = match self.input.fill_buf() {
                Ok([]) => return splitter.end().map_err(wrong),
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stop::Read(error, splitter.line())),
            };
            let (used, found) = splitter.scan(chunk);
            self.input.consume(used);
            if let Some(piece) = found.map_err(wrong)? {
                return Ok(Some(piece));
            }
        }
    }
}

fn wrong((place, what): (Piece, String)) -> Stop {
    Stop::Wrong(place, what)
}
