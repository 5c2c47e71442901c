//! The fields of an event, from its JSON text.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::fields::{Fields, Scalar};
use super::json::beginning;
use super::scan::Scan;
use super::spans::scanned;

/// The names of the fields, by their numbers.
const NAMES: [&str; 7] = ["process", "type", "f", "key", "value", "result", "time"];

/// The texts of the fields, by their numbers.
#[derive(Default)]
struct Texts<'a>([Option<&'a str>; 7]);

impl<'a> Texts<'a> {
    fn fields(self) -> Fields<'a> {
        let [process, kind, f, key, value, result, time] = self.0;
        Fields { process: process.map(Scalar::of), kind, f, key, value, result, time: time.map(Scalar::of) }
    }
}

/// What is wrong with an event, and in which line of it, counted from zero.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) what: String,
}

/// More levels of brackets than any history needs.
pub(super) const MOST_LEVELS: usize = 64;

const EXAMPLE: &str = r#"an event is an object such as {"process":0,"type":"invoke","f":"read"}"#;

pub(super) fn too_deep() -> String {
    format!("brackets in brackets, more than {MOST_LEVELS} levels of them: no event needs so many")
}

pub(super) fn no_object(text: &str) -> String {
    format!("{EXAMPLE}, and this is {}", beginning(text))
}

pub(super) fn not_utf8(text: &[u8], error: std::str::Utf8Error) -> Wrong {
    let line = memchr::memchr_iter(b'\n', &text[..error.valid_up_to()]).count();
    let what = match error.error_len() {
        None => format!("the line ends within a character: {CUT_SHORT}"),
        Some(_) => format!("no text in UTF-8, from byte {} on: write it in UTF-8", error.valid_up_to() + 1),
    };
    Wrong { line, what }
}

pub(super) const CUT_SHORT: &str = "the file was cut short, copy it whole";

/// Reads an event that is one JSON value. `text` has no blanks around it.
pub(super) fn read(text: &[u8]) -> Result<Fields<'_>, Wrong> {
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(text, error))?;
    match scanned(Scan { text, spans_lines: true }, 0) {
        Some((spans, end)) if end == text.len() => Ok(spans.fields(text)),
        _ => parsed(text),
    }
}

/// Reads any event, or says what is wrong with it.
fn parsed(text: &str) -> Result<Fields<'_>, Wrong> {
    if !text.starts_with('{') {
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Wrong { line: 0, what: no_object(text) },
            Err(error) => not_an_event(&error, text),
        });
    }
    if is_too_deep(text.as_bytes()) {
        return Err(Wrong { line: 0, what: too_deep() });
    }
    serde_json::from_str(text).map(Texts::fields).map_err(|error| not_an_event(&error, text))
}

/// Whether there are too many brackets open at once.
fn is_too_deep(text: &[u8]) -> bool {
    // Each level needs two brackets, and most lines are shorter than that, or have too few that open.
    if text.len() <= 2 * MOST_LEVELS || memchr::memchr2_iter(b'[', b'{', text).nth(MOST_LEVELS).is_none() {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_LEVELS {
            return true;
        }
    }
    false
}

fn not_an_event(error: &serde_json::Error, text: &str) -> Wrong {
    let column = error.column();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let what = match error.classify() {
        Category::Eof => format!("the line ends too early, in column {column} ({message}): {CUT_SHORT}"),
        Category::Data => message.to_owned(),
        _ if message == "trailing characters" => {
            let more = text.lines().nth(error.line() - 1).and_then(|line| line.get(column.max(1) - 1..));
            let more = beginning(more.unwrap_or_default());
            format!(
                "after the event, in column {column}, comes {more}: give one event a line, and no commas between"
            )
        }
        _ => format!("not an event, in column {column}: {message}"),
    };
    Wrong { line: error.line().max(1) - 1, what }
}

impl<'de> Deserialize<'de> for Texts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXAMPLE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts<'de>, A::Error> {
        let mut texts = Texts::default();
        while let Some(name) = map.next_key::<String>()? {
            let Some(number) = NAMES.iter().position(|known| *known == name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw: &'de RawValue = map.next_value()?;
            if texts.0[number].replace(raw.get()).is_some() {
                return Err(A::Error::custom(format!("the field {name:?} is given twice: give it once")));
            }
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::pair;
    use super::super::scan;
    use super::*;

    /// As most events are written.
    const USUAL: [&str; 8] = [
        r#"{"process":0,"type":"invoke","f":"write","key":"key-1","value":17,"time":1764339000000000001}"#,
        r#"{ "time": 6.5e-1, "process": "a b", "type": "ok", "value": null, "result": false }"#,
        r#"{"process":1,"type":"invoke","f":"cas","key":"é","value":[null,-20],"index":7}"#,
        r#"{"process":1,"type":"ok","f":"put","value":"x \"1\" y\\ \n\t/","error":{"a":["b",true,{}],"":[]}}"#,
        "{\"process\":3\t,\r\n\"type\" :\"info\",\"key\":[1,{\"b\":0.0}],\"value\":\"\u{7f}日本語 and some more\"}",
        r#"{"process":7,"type":"ok","value":[["r","x",1],["w","y",-0]],"value2":0E+0}"#,
        r#"{"":1,"F":2,"process":0,"processes":[ ],"type":"fail"}"#,
        r#"{"process":0,"type":"invoke","f":"enqueue","value":[[[[[[[1]]]]]]]}"#,
    ];

    /// What `scanned` takes `parsed` takes, and finds the same in it. Whether it was taken.
    fn agree(text: &str) -> bool {
        let Some((spans, end)) = scanned(Scan { text, spans_lines: true }, 0) else { return false };
        if end < text.len() {
            return false;
        }
        let fields = spans.fields(text);
        match parsed(text) {
            Ok(wanted) => assert_eq!(fields, wanted, "{text}"),
            Err(wrong) => panic!("it is refused, as {wrong:?}, and was taken: {text}"),
        }
        true
    }

    #[test]
    fn usual_events_need_no_parser() {
        for text in USUAL {
            assert!(agree(text), "{text}");
        }
        for text in
            ["{}", r#"{"f":"\u0041"}"#, r#"{"\u0066":1}"#, r#"{"f":1,"f":1}"#, r#"{"f":1}}"#, "[1]", ""]
        {
            assert!(!agree(text), "{text}");
        }
    }

    /// Every short text is a value for both, or for neither but what is left to the parser.
    #[test]
    fn every_short_value_is_read_as_the_parser_reads_it() {
        const LETTERS: [&str; 19] = [
            "0", "1", "-", "+", ".", "e", "\"", "\\", "n", "[", "]", "{", "}", ",", ":", " ", "\n", "\u{1}",
            "null",
        ];
        let (mut taken, mut short) = (0, vec![String::new()]);
        for _ in 0..4 {
            short = short.iter().flat_map(|text| LETTERS.map(|letter| format!("{text}{letter}"))).collect();
            for value in &short {
                taken += usize::from(agree(&format!("{{\"f\":{value}}}")));
                taken += usize::from(agree(&format!("{{\"f\":\"{value}\"}}")));
                let array = serde_json::from_str::<[&RawValue; 2]>(value).ok();
                if let Some(two) = scan::pair(value) {
                    assert_eq!(Some(two), array.map(|two| two.map(RawValue::get)), "{value}");
                }
                assert_eq!(pair(value), array.map(|two| two.map(RawValue::get)), "{value}");
                if let Some(text) = scan::plain_string(value) {
                    assert_eq!(serde_json::from_str::<String>(value).ok().as_deref(), Some(text), "{value}");
                }
            }
        }
        assert!(taken > 1000, "{taken}");
    }

    /// A piece of it is cut out, doubled or put elsewhere, or something that breaks things comes in its place.
    fn damaged(text: &str, random: &mut impl FnMut(usize) -> usize) -> String {
        const BITS: [&str; 30] = [
            "",
            "\"",
            "\\",
            "\\\"",
            "\\u",
            "\\u0041",
            "\\ud800",
            "\\x",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\t",
            "\u{c}",
            "\0",
            "é",
            "-",
            "0",
            "01",
            "1.",
            ".5",
            "1e",
            "nul",
            "true",
            "\"f\":",
            "\"key\":1,",
        ];
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=random(3) {
            let start = random(letters.len() + 1);
            let end = (start + random(8)).min(letters.len());
            let piece: Vec<char> = letters[start..end].to_vec();
            match random(5) {
                0 => drop(letters.drain(start..end)),
                1 => drop(letters.splice(start..start, piece)),
                2 => {
                    let to = random(letters.len() + 1);
                    letters.splice(to..to, piece);
                }
                3 => drop(letters.splice(start..end, BITS[random(BITS.len())].chars())),
                _ => drop(letters.splice(start..start, BITS[random(BITS.len())].chars())),
            }
        }
        letters.into_iter().collect()
    }

    #[test]
    fn damaged_events_are_never_taken_where_the_parser_refuses_them() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let tries = std::env::var("LOCKYARD_FUZZ").map_or(40_000, |given| given.parse().unwrap());
        let (mut taken, mut left, mut refused) = (0, 0, 0);
        for nth in 0..tries {
            let text = damaged(USUAL[nth % USUAL.len()], &mut random);
            if agree(&text) {
                taken += 1;
            } else if parsed(&text).is_ok() {
                left += 1;
            } else {
                refused += 1;
            }
        }
        assert!(taken > tries / 10 && left > 0 && refused > tries / 10, "{taken}, {left} and {refused}");
    }
}
