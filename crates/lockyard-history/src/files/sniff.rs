//! What a file holds, by its first bytes.

use std::io::{BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use serde::de::IgnoredAny;

use super::error::{HistoryError, cut_short};
use super::json::beginning;

/// How events follow each other in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// There is nothing in it.
    Empty,
    /// One JSON value a line.
    JsonLines,
    /// JSON values over several lines, or in one array.
    Json,
    /// EDN forms, alone or in one list.
    Edn,
}

/// A file as text, from its first visible character on.
pub(super) struct Opened<'r> {
    pub(super) input: Box<dyn BufRead + 'r>,
    pub(super) format: Format,
    /// The line of the first visible character.
    pub(super) line: usize,
}

/// How much of a file is looked at.
const PEEK: u64 = 1 << 16;

const RIGHT: &str = "give JSON Lines, a JSON array of events, or EDN as Jepsen writes it";

/// Unpacks the file if it is packed, and finds out its format.
pub(super) fn open<'r>(input: impl BufRead + 'r) -> Result<Opened<'r>, HistoryError> {
    let (start, input) = peek(input)?;
    if !start.starts_with(b"\x1f\x8b") {
        return text(start, Box::new(input));
    }
    let unpacked = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(Cursor::new(start).chain(input)));
    let (start, unpacked) = peek(unpacked)?;
    if start.starts_with(b"\x1f\x8b") {
        return refused(1, "this was packed with gzip twice", "unpack it once");
    }
    text(start, Box::new(unpacked))
}

fn peek<R: BufRead>(mut input: R) -> Result<(Vec<u8>, R), HistoryError> {
    let mut start = Vec::new();
    match input.by_ref().take(PEEK).read_to_end(&mut start) {
        Ok(_) => Ok((start, input)),
        Err(error) => Err(cut_short(error, 1 + memchr::memchr_iter(b'\n', &start).count())),
    }
}

fn text<'r>(mut start: Vec<u8>, mut input: Box<dyn BufRead + 'r>) -> Result<Opened<'r>, HistoryError> {
    if let Some(what) = binary(&start) {
        return refused(1, what.0, what.1);
    }
    if start.starts_with(b"\xef\xbb\xbf") {
        start.drain(..3);
    }
    let mut line = 1;
    loop {
        let blank = start.len() - start.trim_ascii_start().len();
        line += memchr::memchr_iter(b'\n', &start[..blank]).count();
        start.drain(..blank);
        if !start.is_empty() {
            break;
        }
        if input.by_ref().take(PEEK).read_to_end(&mut start)? == 0 {
            return Ok(Opened { input, format: Format::Empty, line });
        }
    }
    let format = format(&start).or_else(|(what, right)| refused(line, &what, right))?;
    Ok(Opened { input: Box::new(Cursor::new(start).chain(input)), format, line })
}

fn refused<T>(line: usize, what: &str, right: &str) -> Result<T, HistoryError> {
    Err(HistoryError::Line { line, what: format!("{what}: {right}") })
}

/// What is no text: what it looks like, and what would be right.
fn binary(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it first; of packed files, those of gzip are read";
    let known: [(&[u8], &str, &str); 7] = [
        (b"\xff\xfe", "this is text in UTF-16", "write it in UTF-8"),
        (b"\xfe\xff", "this is text in UTF-16", "write it in UTF-8"),
        (b"PK\x03\x04", "this looks like a zip archive", UNPACK),
        (b"\x28\xb5\x2f\xfd", "this looks like a file packed with zstd", UNPACK),
        (b"\xfd7zXZ\0", "this looks like a file packed with xz", UNPACK),
        (b"BZh", "this looks like a file packed with bzip2", UNPACK),
        (
            b"JEPSEN",
            "this looks like Jepsen's binary test.jepsen",
            "give the history.edn that lies beside it",
        ),
    ];
    if let Some((_, what, right)) = known.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Some((what, right));
    }
    memchr::memchr(0, start).map(|_| ("this holds NUL bytes, so it is no text in UTF-8", RIGHT))
}

/// The format of a text that begins with a visible character, or what it looks like and what would be right.
fn format(start: &[u8]) -> Result<Format, (String, &'static str)> {
    if matches!(start[0], b'(' | b';' | b'#' | b'^' | b':' | b'\\') && !is_comment_of_others(start) {
        return Ok(Format::Edn);
    }
    match start[0] {
        b'[' | b'{' if is_edn(start) => Ok(Format::Edn),
        b'[' if is_list_on_a_line(start) => Ok(Format::JsonLines),
        b'{' if first_line_is_whole(start) => Ok(Format::JsonLines),
        b'[' | b'{' => Ok(Format::Json),
        _ => other(start),
    }
}

/// `# …` and `#!…` begin comments of YAML, CSV and shells, and no form of EDN.
fn is_comment_of_others(start: &[u8]) -> bool {
    matches!(start, [b'#', b' ' | b'!' | b'\t' | b'\r' | b'\n', ..] | [b'#'])
}

/// Whether what begins with a bracket is EDN rather than JSON.
fn is_edn(start: &[u8]) -> bool {
    let mut rest = start;
    while let [b'[' | b'{' | b' ' | b'\t' | b'\r' | b'\n', after @ ..] = rest {
        rest = after;
    }
    match rest {
        [b':' | b';' | b'#' | b',' | b'(' | b'\\' | b'^', ..] => true,
        // {"type" :invoke} is EDN, and {"type" :"invoke"} JSON.
        [b'"', after @ ..] if last_before(start, rest) == Some(b'{') => {
            let Some(end) = memchr::memchr(b'"', after) else { return false };
            match after[end + 1..].trim_ascii_start() {
                [b':', value @ ..] => {
                    let literal = ["true", "false", "null"].iter().any(|it| value.starts_with(it.as_bytes()));
                    value.first().is_some_and(u8::is_ascii_alphabetic) && !literal
                }
                [] => false,
                _ => true,
            }
        }
        // [0 :invoke] is EDN, and [0, "invoke"] JSON.
        [first, ..] if last_before(start, rest) == Some(b'[') && first.is_ascii_alphanumeric() => {
            let word = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
            matches!(rest[word..], [b' ' | b'\t', ..])
                && !matches!(rest[word..].trim_ascii_start(), [] | [b',' | b']', ..])
        }
        _ => false,
    }
}

/// The last visible character before `rest`.
fn last_before(start: &[u8], rest: &[u8]) -> Option<u8> {
    start[..start.len() - rest.len()].trim_ascii_end().last().copied()
}

fn first_line(start: &[u8]) -> &[u8] {
    &start[..memchr::memchr(b'\n', start).unwrap_or(start.len())]
}

/// Whether the first line holds a list of what are no events: one event, by position, as some write it.
fn is_list_on_a_line(start: &[u8]) -> bool {
    !matches!(start[1..].trim_ascii_start(), [] | [b'{' | b'[' | b']', ..])
        && serde_json::from_slice::<IgnoredAny>(first_line(start)).is_ok()
}

/// Whether the first line holds one JSON object and no more, or is cut off where the next one begins.
fn first_line_is_whole(start: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in start.iter().enumerate() {
        match byte {
            // A string of JSON holds no line break.
            b'\n' if quoted => return true,
            b'\n' => {
                let next = start[at..].trim_ascii_start().first();
                let last = start[..at].trim_ascii_end().last();
                return depth == 1 && next == Some(&b'{') && last != Some(&b':');
            }
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let after = &start[at + 1..];
                    // Anything but another value is wrong, which is best said of a line.
                    return !matches!(first_line(after).trim_ascii_start().first(), Some(b'{' | b'['));
                }
            }
            _ => {}
        }
    }
    // It goes on, and has no line breaks yet, which are rare in what is not JSON Lines.
    true
}

/// What begins with no bracket.
fn other(start: &[u8]) -> Result<Format, (String, &'static str)> {
    let line = first_line(start);
    if serde_json::from_slice::<IgnoredAny>(line).is_ok() {
        return Ok(Format::JsonLines);
    }
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end();
    let yaml = |line: &str| {
        let name = line.split_once(':').filter(|(_, after)| after.is_empty() || after.starts_with(' '));
        name.is_some_and(|(name, _)| !name.contains([',', '"', ' ']))
    };
    if line.starts_with('<') {
        return Err(("this looks like XML or HTML".to_owned(), RIGHT));
    }
    if line.starts_with("---") || line.starts_with("%YAML") || line.starts_with("- ") || yaml(line) {
        return Err(("this looks like YAML".to_owned(), RIGHT));
    }
    if line.contains("\t:") {
        let right = "give the history.edn that lies beside it";
        return Err(("this looks like Jepsen's history.txt".to_owned(), right));
    }
    if line.contains([',', '\t', ';']) {
        return Err(("this looks like CSV".to_owned(), RIGHT));
    }
    Err((format!("not an event, and no history: {}", beginning(line)), RIGHT))
}
