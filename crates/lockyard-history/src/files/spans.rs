//! Where the fields of an event stand, if it is written as most are.

use super::fields::{Fields, LIMIT, Scalar};
use super::scan::{Scan, whole_number};

/// The numbers of the fields that are numbers mostly.
const PROCESS: usize = 0;
const TIME: usize = 6;

/// Where the values of an event stand in a text, by the numbers of their fields: from here, to there. Nothing ends at zero,
/// as a bracket comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    places: [(u32, u32); 7],
    /// What the process and the time are, if those are [whole numbers](Scalar::Whole).
    process: Option<u64>,
    time: Option<u64>,
}

impl Spans {
    /// What stands there in the text that was scanned.
    pub(super) fn fields(self, text: &str) -> Fields<'_> {
        let said = |number: usize| {
            let (start, end) = self.places[number];
            if end == 0 { None } else { text.get(start as usize..end as usize) }
        };
        let scalar = |number, whole: Option<u64>| match whole {
            Some(whole) => Some(Scalar::Whole(whole)),
            None => said(number).map(Scalar::Text),
        };
        Fields {
            process: scalar(PROCESS, self.process),
            kind: said(1),
            f: said(2),
            key: said(3),
            value: said(4),
            result: said(5),
            time: scalar(TIME, self.time),
        }
    }

    /// Whether nothing was found.
    pub(super) fn are_none(self) -> bool {
        self.places == [(0, 0); 7]
    }
}

/// Reads an event that is written as most are, from a place on; and the place behind it. What it declines may be right or
/// wrong, and is for a parser to say, which would find the same fields in all that it takes.
#[inline]
pub(super) fn scanned(scan: Scan<'_>, at: usize) -> Option<(Spans, usize)> {
    if u32::try_from(scan.text.len()).is_err() {
        return None;
    }
    let mut at = scan.past(at, b'{')?;
    let mut spans = Spans::default();
    loop {
        if scan.byte(at) != b'"' {
            return None;
        }
        let name = at + 1;
        let (number, end) = match number(scan.word(name)) {
            Some((number, length)) => (Some(number), name + length),
            // Escapes that could spell the name of a field are declined.
            None => (None, scan.string(name)?),
        };
        let value = scan.past(scan.blanks(end), b':')?;
        let end = scan.value(value)?;
        if let Some(number) = number {
            if std::mem::replace(&mut spans.places[number], (value as u32, end as u32)) != (0, 0) {
                return None;
            }
            if number == PROCESS || number == TIME {
                let whole = whole_number(&scan.text.as_bytes()[value..end]).filter(|whole| *whole < LIMIT);
                if number == TIME { spans.time = whole } else { spans.process = whole }
            }
        }
        at = scan.blanks(end);
        if scan.byte(at) == b'}' {
            return Some((spans, at + 1));
        }
        at = scan.past(at, b',')?;
    }
}

/// The number of the field whose name and the quote behind it begin these bytes, the first of which is the lowest; and how
/// long they are.
#[inline]
fn number(word: u64) -> Option<(usize, usize)> {
    let begins = |name: &[u8]| {
        let wanted = name.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let others = 64 - 8 * name.len();
        word << others == wanted << others
    };
    // Those first that most events have.
    if begins(b"process\"") {
        Some((0, 8))
    } else if begins(b"type\"") {
        Some((1, 5))
    } else if begins(b"value\"") {
        Some((4, 6))
    } else if begins(b"time\"") {
        Some((6, 5))
    } else if begins(b"f\"") {
        Some((2, 2))
    } else if begins(b"key\"") {
        Some((3, 4))
    } else if begins(b"result\"") {
        Some((5, 7))
    } else {
        None
    }
}
