//! Splits a text into the events that stand in it, one after another or in one list.
//!
//! It knows as much of JSON and EDN as that takes: strings, brackets, comments. What an event says is read later.

use super::json_event::{CUT_SHORT, MOST_LEVELS, too_deep};
use super::syntax::{IS_NESTING, Syntax, is_delimiter};

/// Where an event lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The line it begins in.
    pub(super) line: usize,
    /// Whether all events so far, and the bracket of the list that they stand in, are in one line.
    pub(super) one_line: bool,
}

/// What is wrong, and where.
type Wrong = (Piece, String);

/// Takes a text in chunks, and knows where its events end.
pub(super) struct Splitter {
    syntax: Syntax,
    /// The event, as far as it was read, without comments.
    text: Vec<u8>,
    /// The line of the byte at hand.
    line: usize,
    /// The line of the first character.
    first: usize,
    /// The line that the event at hand begins in.
    begin: usize,
    list: List,
    state: State,
    /// The brackets that close what is open.
    open: Vec<u8>,
    /// How many of the next forms are discarded.
    discards: usize,
    /// How long the text was before the first of them.
    kept: usize,
    /// Whether the atom at hand is a tag: a form follows.
    tag: bool,
    /// Of an array of JSON: whether a comma came after the last event.
    comma: bool,
    events: usize,
}

/// What the events stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Unknown,
    None,
    /// In one that this bracket closes.
    Open(u8),
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between events, or between a tag and what it is of.
    Between,
    /// In an event, within brackets.
    Brackets,
    /// A word or a number outside of brackets.
    Atom,
    String,
    Escape,
    Comment,
    /// After `#`, outside of brackets.
    Hash,
    /// After the backslash of a character.
    Character,
}

enum Step {
    Taken,
    /// The byte ends an atom, and is to be looked at once more.
    Again,
    /// The form ends with this byte.
    Form,
}

impl Splitter {
    /// `line` is that of the first character, which is no blank.
    pub(super) fn new(syntax: Syntax, line: usize) -> Self {
        Self {
            syntax,
            text: Vec::new(),
            line,
            first: line,
            begin: line,
            list: List::Unknown,
            state: State::Between,
            open: Vec::new(),
            discards: 0,
            kept: 0,
            tag: false,
            comma: false,
            events: 0,
        }
    }

    /// The text of the event that ended last, or that was begun.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Goes on to the end of the next event, or of the chunk; how much of it was used.
    pub(super) fn scan(&mut self, chunk: &[u8]) -> (usize, Result<Option<Piece>, Wrong>) {
        let mut at = 0;
        while let Some(&byte) = chunk.get(at) {
            // Most bytes change nothing.
            let plain = match self.state {
                State::String => memchr::memchr3(b'"', b'\\', b'\n', &chunk[at..]),
                State::Comment => memchr::memchr(b'\n', &chunk[at..]),
                State::Brackets => chunk[at..].iter().position(|byte| IS_NESTING[usize::from(*byte)]),
                _ => Some(0),
            };
            let plain = plain.unwrap_or(chunk.len() - at);
            if plain > 0 {
                if self.state != State::Comment {
                    self.text.extend_from_slice(&chunk[at..at + plain]);
                }
                at += plain;
                continue;
            }
            match self.step(byte) {
                Ok(Step::Taken) => {}
                Ok(Step::Again) => {
                    if let Some(piece) = self.form() {
                        return (at, Ok(Some(piece)));
                    }
                    continue;
                }
                Ok(Step::Form) => {
                    if let Some(piece) = self.form() {
                        return (at + 1, Ok(Some(piece)));
                    }
                }
                Err(what) => return (at, Err((self.here(), what))),
            }
            if byte == b'\n' {
                self.line += 1;
            }
            at += 1;
        }
        (at, Ok(None))
    }

    fn step(&mut self, byte: u8) -> Result<Step, String> {
        let edn = self.syntax == Syntax::Edn;
        match self.state {
            State::Between => return self.between(byte),
            State::Comment => {
                if byte == b'\n' {
                    self.state = if self.open.is_empty() { State::Between } else { State::Brackets };
                    if !self.text.is_empty() {
                        self.text.push(byte);
                    }
                }
                return Ok(Step::Taken);
            }
            State::Atom if is_delimiter(byte) => return Ok(Step::Again),
            State::Brackets => match byte {
                b'"' => self.state = State::String,
                b'\\' if edn => self.state = State::Character,
                b';' if edn => {
                    self.state = State::Comment;
                    return Ok(Step::Taken);
                }
                b'{' | b'[' | b'(' | b'}' | b']' | b')' => {
                    self.text.push(byte);
                    return self.bracket(byte);
                }
                _ => {}
            },
            State::Atom => {}
            State::String => match byte {
                b'"' => {
                    self.text.push(byte);
                    return Ok(self.after_string());
                }
                b'\n' if !edn => return Err(format!("the line ends within a string: {CUT_SHORT}")),
                b'\\' => self.state = State::Escape,
                _ => {}
            },
            State::Escape => self.state = State::String,
            State::Character => {
                self.state = if self.open.is_empty() { State::Atom } else { State::Brackets };
            }
            State::Hash => return self.after_hash(byte),
        }
        self.text.push(byte);
        Ok(Step::Taken)
    }

    fn between(&mut self, byte: u8) -> Result<Step, String> {
        let edn = self.syntax == Syntax::Edn;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c => {
                if !self.text.is_empty() {
                    self.text.push(byte);
                }
                return Ok(Step::Taken);
            }
            b',' if edn => return Ok(Step::Taken),
            b',' if matches!(self.list, List::Open(_)) && !self.comma && self.events > 0 => {
                self.comma = true;
                return Ok(Step::Taken);
            }
            b',' => return Err("a comma where an event should be: leave it out".to_owned()),
            b';' if edn => {
                self.state = State::Comment;
                return Ok(Step::Taken);
            }
            b'}' | b']' | b')' => return self.close_list(byte),
            _ => {}
        }
        if self.list == List::Closed {
            return Err("more comes after the end of the list of events: give one list".to_owned());
        }
        if self.list == List::Unknown && self.discards == 0 {
            self.list = match byte {
                b'[' => List::Open(b']'),
                b'(' if edn => List::Open(b')'),
                // A tag or a discarded form says nothing yet.
                b'#' | b'^' => List::Unknown,
                _ => List::None,
            };
            if matches!(self.list, List::Open(_)) {
                self.text.clear();
                return Ok(Step::Taken);
            }
        }
        if !edn && matches!(self.list, List::Open(_)) && self.events > 0 && !self.comma {
            return Err("no comma between two events of an array: give one".to_owned());
        }
        if self.text.is_empty() {
            self.begin = self.line;
        }
        match byte {
            b'"' => self.state = State::String,
            b'{' | b'[' | b'(' => {
                self.text.push(byte);
                return self.bracket(byte);
            }
            b'#' if edn => self.state = State::Hash,
            b'\\' if edn => self.state = State::Character,
            // Metadata are a form that says nothing of the next one.
            b'^' if edn => {
                self.discard();
                return Ok(Step::Taken);
            }
            _ => self.state = State::Atom,
        }
        self.text.push(byte);
        Ok(Step::Taken)
    }

    /// A bracket outside of any event.
    fn close_list(&mut self, byte: u8) -> Result<Step, String> {
        let bracket = char::from(byte);
        match self.list {
            List::Open(close) if close == byte && self.text.is_empty() && self.discards == 0 => {
                if self.comma {
                    return Err(format!("a comma before the {bracket} that ends the events: leave it out"));
                }
                self.list = List::Closed;
                Ok(Step::Taken)
            }
            List::Open(close) if close != byte => {
                Err(format!("{bracket} where {} should end the events", char::from(close)))
            }
            _ => Err(format!("{bracket} closes nothing that was opened before: leave it out")),
        }
    }

    fn bracket(&mut self, byte: u8) -> Result<Step, String> {
        self.state = State::Brackets;
        match byte {
            b'{' => self.open.push(b'}'),
            b'[' => self.open.push(b']'),
            b'(' => self.open.push(b')'),
            _ => match self.open.pop() {
                Some(close) if close == byte => return Ok(self.after_string()),
                Some(close) => {
                    let (bracket, close) = (char::from(byte), char::from(close));
                    return Err(format!("{bracket} where {close} should close what is open: put it there"));
                }
                None => {}
            },
        }
        if self.open.len() > MOST_LEVELS { Err(too_deep()) } else { Ok(Step::Taken) }
    }

    fn after_hash(&mut self, byte: u8) -> Result<Step, String> {
        match byte {
            b'_' => {
                self.text.pop();
                self.discard();
                return Ok(Step::Taken);
            }
            b'{' => {
                self.text.push(byte);
                return self.bracket(byte);
            }
            b'"' => self.state = State::String,
            _ if is_delimiter(byte) => return Err("a # that no tag follows: leave it out".to_owned()),
            _ => (self.state, self.tag) = (State::Atom, byte != b'#'),
        }
        self.text.push(byte);
        Ok(Step::Taken)
    }

    fn discard(&mut self) {
        if self.discards == 0 {
            self.kept = self.text.len();
        }
        self.discards += 1;
        self.state = State::Between;
    }

    /// A string or what stood in brackets has ended.
    fn after_string(&mut self) -> Step {
        if self.open.is_empty() {
            Step::Form
        } else {
            self.state = State::Brackets;
            Step::Taken
        }
    }

    /// A form has ended: an event, unless it is a tag, or discarded.
    fn form(&mut self) -> Option<Piece> {
        self.state = State::Between;
        if std::mem::take(&mut self.tag) {
            return None;
        }
        if self.discards > 0 {
            self.discards -= 1;
            if self.discards == 0 {
                self.text.truncate(self.kept);
            }
            return None;
        }
        if self.list == List::Unknown {
            self.list = List::None;
        }
        self.events += 1;
        self.comma = false;
        Some(Piece { line: self.begin, ..self.here() })
    }

    /// The place that an error is of: the line at hand.
    fn here(&self) -> Piece {
        // A single event that stands in no list is one of lines.
        let several = matches!(self.list, List::Open(_) | List::Closed) || self.events > 1;
        Piece { line: self.line, one_line: several && self.line == self.first }
    }

    /// The input has ended.
    pub(super) fn end(&mut self) -> Result<Option<Piece>, Wrong> {
        if self.state == State::Comment && self.open.is_empty() {
            self.state = State::Between;
        }
        let cut = |place, what: &str| Err((place, format!("{what}: {CUT_SHORT}")));
        match self.state {
            State::Atom if !self.tag => {
                if let Some(piece) = self.form() {
                    return Ok(Some(piece));
                }
                self.end()
            }
            State::Between if self.text.is_empty() && self.discards == 0 => match self.list {
                List::Open(_) => cut(self.here(), "the list of events is not closed at the end"),
                _ => Ok(None),
            },
            _ => {
                let place = Piece { line: self.begin, ..self.here() };
                cut(place, "the file ends within the event that begins here")
            }
        }
    }
}
