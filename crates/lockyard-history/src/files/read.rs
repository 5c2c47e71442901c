//! Reads a history from the events of a file.

use std::io::BufRead;

use lockyard_evidence::Numbering;

use crate::history::History;

use super::codec::Codec;
use super::edn;
use super::error::{HistoryError, cut_short};
use super::events::{Events, Meanings, Place};
use super::json::Nil;
use super::json_event::{self, Wrong};
use super::lines;
use super::pieces::{Pieces, Stop};
use super::sniff::{self, Format, Opened};
use super::splitter::Piece;
use super::syntax::Syntax;

/// How a file is to be read, where it does not say so itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// What null means; by default a value in JSON, and unknown in EDN, as Jepsen writes it.
    pub nil: Option<Nil>,
    /// Whether each value is a pair of a key and a value, as Jepsen's `independent` writes them.
    pub independent: bool,
}

impl<S: Codec> History<S> {
    /// Reads a history, in any of the formats that are [known](crate#histories-as-files), and never holds the file as a whole.
    ///
    /// # Errors
    /// [`HistoryError::Read`] if the input fails, else what is wrong with the first event that makes no sense.
    ///
    /// # Examples
    ///
    /// ```
    /// use lockyard_history::{History, Register};
    ///
    /// let json = r#"{"process":0,"type":"invoke","f":"write","value":1}
    ///               {"process":0,"type":"ok"}"#;
    /// let edn = "{:process 0, :type :invoke, :f :write, :value 1} {:process 0, :type :ok, :f :write, :value 1}";
    /// for file in [json, edn] {
    ///     assert_eq!(History::read(&Register, file.as_bytes())?.operations.len(), 1);
    /// }
    ///
    /// let Err(error) = History::read(&Register, &b"{\"process\":0,\"type\":\"ok\"}"[..]) else { panic!("it was read") };
    /// assert!(error.to_string().starts_with("line 1: a response to a process that has no open operation"));
    /// # Ok::<(), lockyard_history::HistoryError>(())
    /// ```
    pub fn read(spec: &S, input: impl BufRead) -> Result<Self, HistoryError> {
        Self::read_with(spec, input, ReadOptions::default())
    }

    /// Reads a history with [options](ReadOptions).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use lockyard_history::{History, ReadOptions, Register};
    ///
    /// let file = "{:process 0, :type :invoke, :f :write, :value [7 1]} {:process 0, :type :ok, :f :write, :value [7 1]}";
    /// let options = ReadOptions { independent: true, ..ReadOptions::default() };
    /// let history = History::read_with(&Register, file.as_bytes(), options)?;
    /// assert_eq!(history.keys, ["7"]);
    /// # Ok::<(), lockyard_history::HistoryError>(())
    /// ```
    pub fn read_with(spec: &S, input: impl BufRead, options: ReadOptions) -> Result<Self, HistoryError> {
        let Opened { mut input, format, line } = sniff::open(input)?;
        let edn = format == Format::Edn;
        let nil = options.nil.unwrap_or(if edn { Nil::Unknown } else { Nil::Value });
        let mut events = Events::new(
            spec,
            Meanings {
                nil,
                // EDN leaves out what is nil.
                missing_is_unknown: nil == Nil::Unknown && edn,
                independent: options.independent,
            },
        );
        match format {
            Format::Empty => {}
            Format::JsonLines => lines::read(&mut events, &mut *input, line)?,
            Format::Json => pieces(&mut events, &mut *input, line, Syntax::Json)?,
            Format::Edn => pieces(&mut events, &mut *input, line, Syntax::Edn)?,
        }
        events.finish()
    }
}

/// The events stand anywhere, or in one list.
fn pieces<S: Codec>(
    events: &mut Events<'_, S>,
    input: &mut dyn BufRead,
    first: usize,
    syntax: Syntax,
) -> Result<(), HistoryError> {
    let mut pieces = Pieces::new(input, syntax, first);
    let mut json = String::new();
    for event in 1.. {
        let number_by = |events: &mut Events<'_, S>, piece: Piece| {
            let numbering = if piece.one_line { Numbering::Event } else { Numbering::Line };
            events.number_by(numbering, first);
            Place { line: piece.line, event }
        };
        let piece = match pieces.next() {
            Ok(Some(piece)) => piece,
            Ok(None) if event == 1 => {
                let what = "no event is in it: give one or more, or an empty file".to_owned();
                return Err(HistoryError::Line { line: first, what });
            }
            Ok(None) => break,
            Err(Stop::Read(error, line)) => return Err(cut_short(error, line)),
            Err(Stop::Wrong(piece, what)) => {
                let place = number_by(events, piece);
                return Err(events.wrong(place, what));
            }
        };
        let place = number_by(events, piece);
        let text = match syntax {
            Syntax::Json => Ok(pieces.text()),
            Syntax::Edn => {
                json.clear();
                edn::to_json(pieces.text(), &mut json).map(|()| json.as_bytes())
            }
        };
        let wrong = |wrong: Wrong| {
            let place = Place { line: place.line + wrong.line, ..place };
            events.wrong(place, wrong.what)
        };
        let fields = text.and_then(json_event::read).map_err(wrong)?;
        events.take(&fields, place)?;
    }
    Ok(())
}
