//! What events say, one after another: who asks what of which key, and what becomes of it.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use lockyard_evidence::Numbering;

use crate::history::{History, HistorySource};
use crate::pairing::Pairing;

use super::codec::Codec;
use super::error::HistoryError;
use super::event::EventKind;
use super::fields::{Fields, Scalar};
use super::json::{Json, Nil, beginning, pair};
use super::key::{key_name, string};

/// Where an event stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    /// Its position among the events of the file, counted from one.
    pub(super) event: usize,
}

/// What the values of events mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meanings {
    /// In a response, null says nothing of the value.
    pub(super) nil: Nil,
    /// Nor does a response without a value.
    pub(super) missing_is_unknown: bool,
    /// Values are pairs of a key and a value.
    pub(super) independent: bool,
}

/// Takes the events of a history.
pub(super) struct Events<'s, S: Codec> {
    spec: &'s S,
    pairing: Pairing<S>,
    meanings: Meanings,
    places: Vec<u32>,
    /// Whether these are the positions of events, and not lines.
    numbering: Numbering,
    processes: Processes,
    /// The names of functions, by their numbers.
    functions: Vec<String>,
    nemesis: usize,
    times: Times,
}

impl<'s, S: Codec> Events<'s, S> {
    pub(super) fn new(spec: &'s S, meanings: Meanings) -> Self {
        Self {
            spec,
            pairing: Pairing::default(),
            meanings,
            places: Vec::new(),
            numbering: Numbering::Line,
            processes: Processes::default(),
            functions: Vec::new(),
            nemesis: 0,
            times: Times::default(),
        }
    }

    /// The places of a history are lines, unless all of it stands in one.
    pub(super) fn number_by(&mut self, numbering: Numbering, first_line: usize) {
        if self.numbering == numbering {
            return;
        }
        self.numbering = numbering;
        // So far all stood in the first line, and a second event there is the first to make a difference.
        let line = compact(first_line);
        match numbering {
            Numbering::Line => self.places.fill(line),
            _ => self.places.fill(1),
        }
    }

    /// The error that something is wrong there.
    pub(super) fn wrong(&self, place: Place, what: String) -> HistoryError {
        let what = shortened(what);
        match self.numbering {
            Numbering::Line => HistoryError::Line { line: place.line, what },
            _ => HistoryError::Event { event: place.event, what },
        }
    }

    pub(super) fn take(&mut self, fields: &Fields<'_>, place: Place) -> Result<(), HistoryError> {
        self.event(fields, place).map_err(|what| self.wrong(place, what))
    }

    fn event(&mut self, fields: &Fields<'_>, place: Place) -> Result<(), String> {
        let process = match fields.process {
            Some(Scalar::Whole(number)) => number,
            Some(Scalar::Text(r#""nemesis""#)) => {
                self.nemesis += 1;
                return Ok(());
            }
            Some(Scalar::Text(raw)) if raw != "null" => self.processes.number(raw)?,
            _ => {
                return Err(
                    r#"no process: give the number or the name of the client, as in "process":0"#.to_owned()
                );
            }
        };
        let kind = kind(fields.kind)?;
        let f = match given(fields.f) {
            None => None,
            Some(raw) => Some(string(raw).ok_or_else(|| {
                format!("the f is {}: give the name of a function, a string", beginning(raw))
            })?),
        };
        match fields.time {
            None | Some(Scalar::Text("null")) => {}
            Some(time) => self.times.take(time, place)?,
        }
        let (key, value) = self.key_and_value(fields, kind)?;
        let key = key.as_deref().map(|key| self.spec.partition(key));
        self.places.push(compact(match self.numbering {
            Numbering::Line => place.line,
            _ => place.event,
        }));
        if kind == EventKind::Invoke {
            let f = f.ok_or(r#"an invocation without a function: give its "f""#)?;
            let call = self.spec.decode_call(&f, value.map_or(Json::Missing, Json::Text))?;
            let function = self.function(f);
            return self.pairing.invoke_by(process, key, call, function);
        }
        let open = self.pairing.close(process)?;
        let asked = &self.functions[open.function];
        if let Some(f) = f
            && f != *asked
        {
            let asked = beginning(asked);
            let given = beginning(&f);
            return Err(format!(
                "a response of the function {given} to an invocation of {asked}: give {asked} again, or no \"f\""
            ));
        }
        match kind {
            EventKind::Ok => {
                let result = fields.result.map_or(Json::Missing, Json::Text);
                let asked = self.pairing.asked(open);
                let answer =
                    self.spec.decode_answer(asked, self.answered(value), result, self.meanings.nil)?;
                self.pairing.answered(open, key, answer)?;
            }
            EventKind::Fail => self.pairing.failed(open),
            // Its outcome stays unknown.
            EventKind::Info | EventKind::Invoke => {}
        }
        Ok(())
    }

    fn answered<'a>(&self, value: Option<&'a str>) -> Json<'a> {
        match value {
            None if self.meanings.missing_is_unknown => Json::Unknown,
            None => Json::Missing,
            Some("null") if self.meanings.nil == Nil::Unknown => Json::Unknown,
            Some(text) => Json::Text(text),
        }
    }

    fn key_and_value<'a>(
        &self,
        fields: &Fields<'a>,
        kind: EventKind,
    ) -> Result<(Option<Cow<'a, str>>, Option<&'a str>), String> {
        if !self.meanings.independent {
            return Ok((fields.key.map_or(Ok(None), key_name)?, fields.value));
        }
        if let Some(key) = given(fields.key) {
            return Err(format!(
                "the key {} stands beside a value that should be a pair of a key and a value: give the key once",
                beginning(key)
            ));
        }
        let of_value = given(fields.value).map(|raw| (raw, pair(raw)));
        match (of_value, kind) {
            (Some((_, Some([key, value]))), _) => {
                let name = key_name(key)?;
                if name.is_none() && kind == EventKind::Invoke {
                    return Err("the key of the pair is null: give [key, value]".to_owned());
                }
                Ok((name, Some(value)))
            }
            // What became of it is all that these say.
            (Some(_), EventKind::Fail | EventKind::Info) => Ok((None, None)),
            (None, EventKind::Ok | EventKind::Fail | EventKind::Info) => Ok((None, fields.value)),
            (Some((raw, None)), _) => Err(format!(
                "the value is {}, no pair of a key and a value: give [key, value]",
                beginning(raw)
            )),
            (None, EventKind::Invoke) => {
                Err("no value, which should be a pair of a key and a value: give [key, value]".to_owned())
            }
        }
    }

    /// There are few functions, so that looking through them is the quickest.
    fn function(&mut self, f: Cow<'_, str>) -> usize {
        self.functions.iter().position(|known| *known == f).unwrap_or_else(|| {
            self.functions.push(f.into_owned());
            self.functions.len() - 1
        })
    }

    pub(super) fn finish(self) -> Result<History<S>, HistoryError> {
        let (one, many) = match self.numbering {
            Numbering::Line => ("line", "lines"),
            _ => ("event", "events"),
        };
        let mut notes = Vec::new();
        match self.nemesis {
            0 => {}
            1 => notes.push(format!("1 {one} of the nemesis was passed over")),
            count => notes.push(format!("{count} {many} of the nemesis were passed over")),
        }
        if let Some(first) = self.times.backwards {
            let place = if self.numbering == Numbering::Line { first.line } else { first.event };
            let times = match self.times.count {
                1 => "once".to_owned(),
                count => format!("{count} times"),
            };
            notes.push(format!(
                "times run backwards from {one} {place} on ({times}): the order of the {many} counts"
            ));
        }
        self.pairing.finish_from(HistorySource {
            process_names: self.processes.names,
            places: self.places,
            numbering: self.numbering,
            notes,
        })
    }
}

/// A field that says something: not null.
fn given(field: Option<&str>) -> Option<&str> {
    field.filter(|raw| *raw != "null")
}

fn compact(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn kind(raw: Option<&str>) -> Result<EventKind, String> {
    const RIGHT: &str = "give invoke, ok, fail or info";
    match given(raw) {
        Some(r#""invoke""#) => Ok(EventKind::Invoke),
        Some(r#""ok""#) => Ok(EventKind::Ok),
        Some(r#""fail""#) => Ok(EventKind::Fail),
        Some(r#""info""#) => Ok(EventKind::Info),
        Some(other) => Err(format!("the type is {}: {RIGHT}", beginning(other))),
        None => Err(format!("no type: {RIGHT}")),
    }
}

/// What is wrong, without the middle of what was repeated of the file.
fn shortened(what: String) -> String {
    const EACH: usize = 250;
    if what.len() <= 3 * EACH {
        return what;
    }
    let (mut start, mut end) = (EACH, what.len() - EACH);
    while !what.is_char_boundary(start) {
        start -= 1;
    }
    while !what.is_char_boundary(end) {
        end += 1;
    }
    format!("{}… ({} bytes) …{}", &what[..start], end - start, &what[end..])
}

/// The numbers of processes that have names instead.
#[derive(Default)]
struct Processes {
    numbers: HashMap<String, u64, RandomState>,
    names: HashMap<u64, String>,
}

/// From here on, numbers stand for names.
const FIRST_NAMED: u64 = 1 << 63;

impl Processes {
    /// The number of one that is not given as a whole number.
    fn number(&mut self, raw: &str) -> Result<u64, String> {
        let name = if raw.starts_with(['"', '-']) || raw.starts_with(|first: char| first.is_ascii_digit()) {
            key_name(raw)?
        } else {
            None
        };
        let name = name.ok_or_else(|| wrong_process(raw))?;
        if !raw.starts_with('"') {
            // As 1.0, or -0.
            if let Ok(number) = name.parse::<u64>()
                && number < FIRST_NAMED
            {
                return Ok(number);
            }
            if !name.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong_process(raw));
            }
        }
        if let Some(number) = self.numbers.get(&*name) {
            return Ok(*number);
        }
        let number = FIRST_NAMED + self.numbers.len() as u64;
        self.numbers.insert(name.to_string(), number);
        self.names.insert(number, name.into_owned());
        Ok(number)
    }
}

fn wrong_process(raw: &str) -> String {
    format!("the process is {}: give a whole number or a name", beginning(raw))
}

/// How much of a whole number of a time a fraction can tell.
const PARTS: i128 = 1_000_000;

/// Times only tell whether the order of the lines is that of the clock.
#[derive(Default)]
struct Times {
    last: Option<i128>,
    backwards: Option<Place>,
    count: usize,
}

impl Times {
    fn take(&mut self, time: Scalar<'_>, place: Place) -> Result<(), String> {
        let time = match time {
            Scalar::Whole(whole) => i128::from(whole) * PARTS,
            Scalar::Text(raw) => Self::other(raw)?,
        };
        if self.last.is_some_and(|last| time < last) {
            self.backwards.get_or_insert(place);
            self.count += 1;
        }
        self.last = Some(time);
        Ok(())
    }

    /// A time below zero, or a fraction.
    fn other(raw: &str) -> Result<i128, String> {
        if let Ok(whole) = raw.parse::<i64>() {
            return Ok(i128::from(whole) * PARTS);
        }
        let time: f64 = serde_json::from_str(raw)
            .map_err(|_| format!("the time is {}: give a number, of nanoseconds, or none", beginning(raw)))?;
        Ok((time * PARTS as f64) as i128)
    }
}
