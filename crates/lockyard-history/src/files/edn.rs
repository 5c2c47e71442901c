//! EDN as JSON, form by form: so both are read as one.
//!
//! nil is null; keywords, symbols, characters and ratios are strings, keywords without their colon; vectors and lists are
//! arrays, sets sorted arrays, and maps objects whose keys are strings. A tag is left out, and what it is of is kept.
//!
//! No library is used. Of those on offer, clojure-reader knows neither `5N` nor `"\u0041"`, and edn-format neither `0x1f`,
//! as in `#object[…]`, nor `1/3`; both build a tree for each event, which takes several times as long as reading JSON does.

use std::fmt::Write;

use super::json::beginning;
use super::json_event::{CUT_SHORT, MOST_LEVELS, Wrong, not_utf8, too_deep};
use super::syntax::is_delimiter;

/// Writes the form as JSON. `text` has neither comments nor blanks around it.
pub(super) fn to_json(text: &[u8], json: &mut String) -> Result<(), Wrong> {
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(text, error))?;
    let mut reader = Reader { text, at: 0, depth: 0 };
    let all = reader.form(json).and_then(|()| {
        reader.blanks();
        if reader.rest().is_empty() { Ok(()) } else { Err(format!("{} closes nothing", reader.token())) }
    });
    all.map_err(|what| Wrong {
        line: memchr::memchr_iter(b'\n', &text.as_bytes()[..reader.at]).count(),
        what,
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn blanks(&mut self) {
        let blanks = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',');
        self.at += blanks.count();
    }

    /// What stands there up to the next blank, bracket or quote.
    fn token(&mut self) -> &'t str {
        let start = self.at;
        let rest = self.rest();
        // Each is ASCII, so this is the border of a character.
        self.at += rest.iter().position(|byte| is_delimiter(*byte)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    /// Passes over blanks, tags, metadata and what is discarded, to the form that counts.
    fn prefixes(&mut self) -> Result<(), String> {
        loop {
            self.blanks();
            match self.rest() {
                [b'#', b'_', ..] => {
                    self.at += 2;
                    self.discard()?;
                }
                [b'^', ..] => {
                    self.at += 1;
                    self.discard()?;
                }
                [b'#', b'{' | b'"' | b'#', ..] => return Ok(()),
                [b'#', ..] => drop(self.token()),
                _ => return Ok(()),
            }
        }
    }

    fn discard(&mut self) -> Result<(), String> {
        self.nested(|reader| reader.form(&mut String::new()))
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MOST_LEVELS {
            return Err(too_deep());
        }
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn form(&mut self, json: &mut String) -> Result<(), String> {
        self.prefixes()?;
        match self.rest() {
            [] => Err(format!("a form is missing at the end: {CUT_SHORT}")),
            [b'{', ..] => self.nested(|reader| reader.map(json)),
            [b'[', ..] => self.nested(|reader| reader.list(b']', json)),
            [b'(', ..] => self.nested(|reader| reader.list(b')', json)),
            [b'#', b'{', ..] => self.nested(|reader| reader.set(json)),
            [b'#', b'"', ..] => {
                self.at += 1;
                self.string(json)
            }
            [b'"', ..] => self.string(json),
            [b'\\', ..] => self.character(json),
            [close @ (b'}' | b']' | b')'), ..] => {
                Err(format!("{} where a form should be: a map has a value for each key", char::from(*close)))
            }
            _ => self.atom(json),
        }
    }

    /// Whether this bracket comes next. It is passed over then.
    fn closes(&mut self, close: u8) -> Result<bool, String> {
        loop {
            self.blanks();
            match self.rest() {
                // Before a bracket, nothing follows what is discarded.
                [b'#', b'_', ..] => {
                    self.at += 2;
                    self.discard()?;
                }
                [] => return Err(format!("{} is missing at the end: {CUT_SHORT}", char::from(close))),
                [byte, ..] => {
                    let closes = *byte == close;
                    self.at += usize::from(closes);
                    return Ok(closes);
                }
            }
        }
    }

    fn list(&mut self, close: u8, json: &mut String) -> Result<(), String> {
        self.at += 1;
        json.push('[');
        let mut first = true;
        while !self.closes(close)? {
            if !std::mem::take(&mut first) {
                json.push(',');
            }
            self.form(json)?;
        }
        json.push(']');
        Ok(())
    }

    /// The elements of a set stand in any order, which says nothing.
    fn set(&mut self, json: &mut String) -> Result<(), String> {
        self.at += 2;
        let mut elements = Vec::new();
        while !self.closes(b'}')? {
            let mut element = String::new();
            self.form(&mut element)?;
            elements.push(element);
        }
        elements.sort_unstable();
        json.push('[');
        json.push_str(&elements.join(","));
        json.push(']');
        Ok(())
    }

    fn map(&mut self, json: &mut String) -> Result<(), String> {
        self.at += 1;
        json.push('{');
        let mut first = true;
        while !self.closes(b'}')? {
            if !std::mem::take(&mut first) {
                json.push(',');
            }
            let start = json.len();
            self.form(json)?;
            if !json[start..].starts_with('"') {
                let key = json.split_off(start);
                quote(&key, json);
            }
            json.push(':');
            self.form(json)?;
        }
        json.push('}');
        Ok(())
    }

    fn string(&mut self, json: &mut String) -> Result<(), String> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            let Some(next) = memchr::memchr2(b'"', b'\\', self.rest()) else {
                return Err(format!("the file ends within a string: {CUT_SHORT}"));
            };
            self.at += next;
            if self.rest()[0] == b'"' {
                break;
            }
            escaped = true;
            let character = self.text[self.at + 1..].chars().next();
            self.at += 1 + character.map_or(0, char::len_utf8);
        }
        let inner = &self.text[start..self.at];
        self.at += 1;
        if escaped {
            quote(&unescaped(inner)?, json);
        } else {
            quote(inner, json);
        }
        Ok(())
    }

    fn character(&mut self, json: &mut String) -> Result<(), String> {
        self.at += 1;
        let Some(first) = self.text[self.at..].chars().next() else {
            return Err(format!("a character is missing after \\: {CUT_SHORT}"));
        };
        let start = self.at;
        self.at += first.len_utf8();
        self.token();
        let name = &self.text[start..self.at];
        let character = match name {
            "newline" => '\n',
            "return" => '\r',
            "space" => ' ',
            "tab" => '\t',
            "backspace" => '\u{8}',
            "formfeed" => '\u{c}',
            _ if name.len() == first.len_utf8() => first,
            _ => {
                let code = match first {
                    'u' => u32::from_str_radix(&name[1..], 16),
                    'o' => u32::from_str_radix(&name[1..], 8),
                    _ => return Err(format!("\\{} is no character: name one", beginning(name))),
                };
                code.ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
        };
        quote(character.encode_utf8(&mut [0; 4]), json);
        Ok(())
    }

    fn atom(&mut self, json: &mut String) -> Result<(), String> {
        let token = self.token();
        let bytes = token.as_bytes();
        match bytes {
            [] => return Err(format!("no form begins with {}", beginning(&self.text[self.at..]))),
            b"nil" => json.push_str("null"),
            b"true" | b"false" => json.push_str(token),
            [b':', ..] => quote(token.trim_start_matches(':'), json),
            [b'0'..=b'9', ..] | [b'-' | b'+', b'0'..=b'9', ..] => return number(token, json),
            [b'#', ..] => quote(token.trim_start_matches('#'), json),
            _ => quote(token, json),
        }
        Ok(())
    }
}

/// Clojure's numbers are those of JSON, and some more.
fn number(token: &str, json: &mut String) -> Result<(), String> {
    let wrong = || format!("{} is no number: give one, or a string", beginning(token));
    let signed = token.strip_prefix('+').unwrap_or(token);
    let (sign, digits) = signed.strip_prefix('-').map_or(("", signed), |digits| ("-", digits));
    let (whole, exact) = match digits.strip_suffix('N') {
        Some(whole) => (whole, true),
        None => (digits, false),
    };
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        // With a zero before it, it is octal.
        if whole.len() > 1 && whole.starts_with('0') {
            let value = u64::from_str_radix(whole, 8).map_err(|_| wrong())?;
            return write!(json, "{sign}{value}").map_err(|_| wrong());
        }
        json.push_str(sign);
        json.push_str(whole);
        return Ok(());
    }
    if let Some((above, below)) = digits.split_once('/') {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(above) || !digits(below) {
            return Err(wrong());
        }
        quote(signed, json);
        return Ok(());
    }
    let based = if let [b'0', b'x' | b'X', ..] = whole.as_bytes() {
        Some((16, &whole[2..]))
    } else {
        let based = whole.split_once(['r', 'R']);
        based.and_then(|(base, digits)| Some((base.parse().ok()?, digits)))
    };
    if let Some((base @ 2..=36, digits)) = based {
        let value = u128::from_str_radix(digits, base).map_err(|_| wrong())?;
        return write!(json, "{sign}{value}").map_err(|_| wrong());
    }
    let decimal = digits.strip_suffix('M').unwrap_or(digits);
    let known = decimal.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    match decimal.parse::<f64>() {
        // Finite, and written as JSON writes it: 1. is 1.0.
        Ok(value) if known && !exact && value.is_finite() => {
            json.push_str(sign);
            json.push_str(serde_json::Value::from(value).to_string().trim_start_matches('-'));
            Ok(())
        }
        _ => Err(wrong()),
    }
}

fn quote(text: &str, json: &mut String) {
    json.push('"');
    // Escapes are rare: keywords, and most strings, have none.
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        for character in text.chars() {
            match character {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                '\u{0}'..='\u{1f}' => {
                    let _ = write!(json, "\\u{:04x}", u32::from(character));
                }
                _ => json.push(character),
            }
        }
    } else {
        json.push_str(text);
    }
    json.push('"');
}

/// A string without its escapes, those of Java's UTF-16 included.
fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let escape = if character == '\\' { rest.next() } else { None };
        if escape == Some('u') {
            let digits = rest.as_str().get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
            let unit = digits.ok_or("\\u in a string needs four digits of a hexadecimal number after it")?;
            rest = rest.as_str()[4..].chars();
            units.push(unit);
            continue;
        }
        out.extend(char::decode_utf16(units.drain(..)).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)));
        out.push(match escape {
            None => character,
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(first @ '0'..='7') => {
                let (mut code, mut digits) = (first.to_digit(8).unwrap_or(0), 1);
                while let Some(digit) = rest.clone().next().and_then(|next| next.to_digit(8))
                    && digits < 3
                {
                    (code, digits) = (code * 8 + digit, digits + 1);
                    rest.next();
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            // As \" and \\, and in regular expressions anything.
            Some(other) => other,
        });
    }
    out.extend(char::decode_utf16(units.drain(..)).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Ok(out)
}
