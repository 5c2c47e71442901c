//! Where a value of JSON ends, in one pass over its text: as most events are written.
//!
//! It takes what RFC 8259 calls a value and no more, and declines a part of that: `\u` in strings, and many brackets in
//! brackets. What it declines is for `serde_json` to read, or to say what is wrong with it.

/// So many levels of brackets at most.
const MOST_LEVELS: usize = 8;

/// A text, of which everything is said by places: they stay in registers, and each byte is looked at about once.
#[derive(Clone, Copy)]
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    /// Whether line breaks are blanks. Else they end what is read.
    pub(super) spans_lines: bool,
}

#[expect(
    clippy::inline_always,
    reason = "each is a few instructions, and reading a long file is little else"
)]
impl Scan<'_> {
    /// The byte at a place. At the end it is zero, which is no part of JSON.
    #[inline(always)]
    pub(super) fn byte(self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// Eight bytes from a place on, the first of them the lowest. Behind the end they are zero.
    #[inline(always)]
    pub(super) fn word(self, at: usize) -> u64 {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        rest.first_chunk().map_or_else(|| last_word(rest), |next| u64::from_le_bytes(*next))
    }

    /// The next place that holds no blank.
    #[inline(always)]
    pub(super) fn blanks(self, at: usize) -> usize {
        if self.byte(at) > b' ' { at } else { self.some_blanks(at) }
    }

    #[inline(never)]
    fn some_blanks(self, mut at: usize) -> usize {
        while matches!(self.byte(at), b' ' | b'\t' | b'\r') || (self.spans_lines && self.byte(at) == b'\n') {
            at += 1;
        }
        at
    }

    /// The place behind the line break or the end of the text, if nothing but blanks comes before.
    pub(super) fn line_end(self, mut at: usize) -> Option<usize> {
        while matches!(self.byte(at), b' ' | b'\t' | b'\r' | b'\x0c') {
            at += 1;
        }
        match self.byte(at) {
            b'\n' => Some(at + 1),
            _ => (at == self.text.len()).then_some(at),
        }
    }

    /// The place behind this byte, if it stands there, and behind the blanks after it.
    #[inline(always)]
    pub(super) fn past(self, at: usize, byte: u8) -> Option<usize> {
        if self.byte(at) == byte { Some(self.blanks(at + 1)) } else { None }
    }

    /// The place behind the value that begins there.
    #[inline(always)]
    pub(super) fn value(self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'"' => self.string(at + 1),
            b'-' | b'0'..=b'9' => self.number(at),
            _ => self.other(at, MOST_LEVELS),
        }
    }

    /// A value that may be any.
    #[inline(never)]
    fn other(self, at: usize, levels: usize) -> Option<usize> {
        let literal = |literal: &str| {
            let is_it = self.text.as_bytes().get(at..)?.starts_with(literal.as_bytes());
            is_it.then_some(at + literal.len())
        };
        match self.byte(at) {
            b'n' => literal("null"),
            b't' => literal("true"),
            b'f' => literal("false"),
            b'[' => self.bracketed(at, b']', levels.checked_sub(1)?),
            b'{' => self.bracketed(at, b'}', levels.checked_sub(1)?),
            b'"' => self.string(at + 1),
            _ => self.number(at),
        }
    }

    /// Values, or names with values, and commas between them.
    fn bracketed(self, at: usize, close: u8, levels: usize) -> Option<usize> {
        let mut at = self.blanks(at + 1);
        if self.byte(at) == close {
            return Some(at + 1);
        }
        loop {
            if close == b'}' {
                if self.byte(at) != b'"' {
                    return None;
                }
                at = self.blanks(self.string(at + 1)?);
                at = self.past(at, b':')?;
            }
            at = self.blanks(self.other(at, levels)?);
            if self.byte(at) == close {
                return Some(at + 1);
            }
            at = self.past(at, b',')?;
        }
    }

    #[inline(always)]
    fn number(self, at: usize) -> Option<usize> {
        let whole = at + usize::from(self.byte(at) == b'-');
        let end = if self.byte(whole) == b'0' { whole + 1 } else { self.digits(whole)? };
        if matches!(self.byte(end), b'.' | b'e' | b'E') { self.fraction(end) } else { Some(end) }
    }

    #[inline(never)]
    fn fraction(self, mut at: usize) -> Option<usize> {
        if self.byte(at) == b'.' {
            at = self.digits(at + 1)?;
        }
        if matches!(self.byte(at), b'e' | b'E') {
            let has_sign = matches!(self.byte(at + 1), b'+' | b'-');
            at = self.digits(at + 1 + usize::from(has_sign))?;
        }
        Some(at)
    }

    /// One or more.
    #[inline(always)]
    fn digits(self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            let count = digits_of(self.word(at));
            at += count;
            if count < 8 {
                return (at > start).then_some(at);
            }
        }
    }

    /// The place behind the quote that ends a string.
    #[inline(always)]
    pub(super) fn string(self, at: usize) -> Option<usize> {
        let end = self.plain(at);
        match self.byte(end) {
            b'"' => Some(end + 1),
            b'\\' => self.escaped(end),
            _ => None,
        }
    }

    #[inline(never)]
    fn escaped(self, mut at: usize) -> Option<usize> {
        while self.byte(at) == b'\\' {
            if !matches!(self.byte(at + 1), b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') {
                return None;
            }
            at = self.plain(at + 2);
        }
        (self.byte(at) == b'"').then_some(at + 1)
    }

    /// The next place of a quote, a backslash or a control character, or the end.
    #[inline(always)]
    fn plain(self, mut at: usize) -> usize {
        loop {
            let word = self.word(at);
            // A. Mycroft's test for a zero byte (Warren, "Hacker's delight", 6-1). A borrow can mark a byte wrongly only
            // above one that is marked rightly, and the lowest counts.
            let below = |marked: u64, limit: u64| marked.wrapping_sub(EACH * limit) & !marked;
            let equals = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
            let stops = (below(word, 0x20) | equals(b'"') | equals(b'\\')) & HIGH;
            if stops != 0 {
                return at + stops.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
    }
}

#[inline(never)]
fn last_word(rest: &[u8]) -> u64 {
    let mut next = [0; 8];
    next[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(next)
}

/// What stands in the quotes of a JSON string, if the text is one without escapes.
pub(super) fn plain_string(raw: &str) -> Option<&str> {
    let text = raw.strip_prefix('"')?.strip_suffix('"')?;
    (Scan { text, spans_lines: true }.plain(0) == text.len()).then_some(text)
}

/// The two values of a list.
pub(super) fn pair(raw: &str) -> Option<[&str; 2]> {
    let scan = Scan { text: raw, spans_lines: true };
    let one = scan.past(0, b'[')?;
    let one_end = scan.value(one)?;
    let other = scan.past(scan.blanks(one_end), b',')?;
    let other_end = scan.value(other)?;
    let end = scan.past(scan.blanks(other_end), b']')?;
    if end < raw.len() {
        return None;
    }
    Some([raw.get(one..one_end)?, raw.get(other..other_end)?])
}

/// A whole number of up to 19 digits, and nothing else.
#[inline]
pub(super) fn whole_number(mut rest: &[u8]) -> Option<u64> {
    if rest.is_empty() || rest.len() > 19 {
        return None;
    }
    let mut number = 0;
    while let Some(next) = rest.first_chunk() {
        let next = u64::from_le_bytes(*next);
        if digits_of(next) < 8 {
            return None;
        }
        // Neighbours are added up: digits to pairs, those to fours, and those to eight (Lemire, "Number parsing at a
        // gigabyte per second", 2021).
        let join = |parts: u64, times: u64, bits: u32| {
            // What is carried out of the highest is of no number.
            parts.wrapping_mul((times << bits) + 1) >> bits
        };
        let pairs = join(next & 0x0f0f_0f0f_0f0f_0f0f, 10, 8);
        let fours = join(pairs & 0x00ff_00ff_00ff_00ff, 100, 16);
        let eight = join(fours & 0x0000_ffff_0000_ffff, 10_000, 32);
        number = number * 100_000_000 + eight;
        rest = &rest[8..];
    }
    for byte in rest {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(byte - b'0');
    }
    Some(number)
}

/// This in each of eight bytes.
const EACH: u64 = u64::MAX / 255;
/// The highest bit of each.
const HIGH: u64 = 0x80 * EACH;

/// How many of eight bytes are digits before the first that is none.
#[inline]
fn digits_of(word: u64) -> usize {
    // A digit is 0x30 and a number up to 9: with 0x76 more of it that stays below 0x80. No byte carries into the next.
    let numbers = word ^ (0x30 * EACH);
    let others = (((numbers & !HIGH) + 0x76 * EACH) | numbers) & HIGH;
    others.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn what_is_plain_ends_at_the_first_byte_that_is_not() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    // Right behind it come those that a borrow would be seen in.
                    let text: String = (0..length)
                        .map(|place| match place.cmp(&at) {
                            Ordering::Less => '\x7f',
                            Ordering::Equal => char::from(byte),
                            Ordering::Greater => '!',
                        })
                        .collect();
                    let stops = byte < 0x20 || byte == b'"' || byte == b'\\';
                    let end = Scan { text: &text, spans_lines: true }.plain(0);
                    assert_eq!(end, if stops { at } else { text.len() }, "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn whole_numbers_are_read_as_the_standard_library_reads_them() {
        for length in 0..=21 {
            for first in 0..=9 {
                for (at, odd) in
                    (0..length).flat_map(|at| ['/', ':', 'p', '-', '.', '\0', '7'].map(|odd| (at, odd)))
                {
                    let digit = |place: usize| char::from(b'0' + ((first + 7 * place) % 10) as u8);
                    let text: String =
                        (0..length).map(|place| if place == at { odd } else { digit(place) }).collect();
                    let wanted = text.parse().ok().filter(|_| length <= 19);
                    assert_eq!(whole_number(text.as_bytes()), wanted, "{text}");
                    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                    let end = Scan { text: &text, spans_lines: true }.digits(0);
                    assert_eq!(end.unwrap_or_default(), digits, "{text}");
                }
            }
        }
        assert_eq!(whole_number(b"9999999999999999999"), Some(9_999_999_999_999_999_999));
    }

    #[test]
    fn a_pair_has_two_values() {
        assert_eq!(pair("[1,2]"), Some(["1", "2"]));
        assert_eq!(pair("[ \"a,]\" , [null, {}] ]"), Some(["\"a,]\"", "[null, {}]"]));
        for other in ["[1]", "[1,2,3]", "[1,2", "[1,2]]", "[1,,2]", "[01,2]", "[1 2]", "{\"a\":1}", "12", ""]
        {
            assert_eq!(pair(other), None, "{other}");
        }
        assert_eq!(plain_string("\"é\""), Some("é"));
        for other in ["\"", "a", "\"a", "\"\\n\"", "\"a\"b\"", "\"\n\""] {
            assert_eq!(plain_string(other), None, "{other:?}");
        }
    }
}
