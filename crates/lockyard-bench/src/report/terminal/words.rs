//! Text in lines: broken between words, safe to print, and set off where it should be seen.

use super::options::{Colour, TextOptions};

/// Text that is safe to print, in lines of at most `width` characters, broken between words.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in unbroken(&printable(text)) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        // Only where it is a list is a word broken that is wider than all lines.
        let word = if length > width && word.contains([',', '(']) {
            broken_after_factors(&word, width)
        } else {
            word
        };
        out += &word;
        used += word.lines().last().map_or(0, |last| last.chars().count());
    }
    out + "\n"
}

/// A name in lines of at most `room` characters: broken where its factors end, and anywhere else only if one alone is longer.
pub(super) fn broken_after_factors(name: &str, room: usize) -> String {
    let mut out = String::new();
    let mut width = 0;
    for part in name.split_inclusive([',', '(', ' ']) {
        let length = part.trim_end().chars().count();
        if width > 0 && width + length > room {
            out.push('\n');
            width = 0;
        }
        for c in part.chars() {
            if width == room {
                if c == ' ' {
                    continue;
                }
                out.push('\n');
                width = 0;
            }
            out.push(c);
            width += 1;
        }
    }
    out
}

/// The words of a text, a number and its unit as one.
fn unbroken(text: &str) -> Vec<String> {
    const UNITS: [&str; 9] = ["%", "k", "M", "G", "ns", "µs", "ms", "s", "B"];
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let unit = word.trim_end_matches([',', ';', '.', ':', ')', ']']);
        match words
            .last_mut()
            .filter(|it| UNITS.contains(&unit) && it.ends_with(|c: char| c.is_ascii_digit()))
        {
            Some(number) => *number = format!("{number} {word}"),
            None => words.push(word.to_owned()),
        }
    }
    words
}

/// A name may hold anything; an escape sequence in it must not reach the terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A text of several lines, each of which is wrapped and begins with two spaces beside its own. Tabs, which would be control
/// characters, are spaces.
pub(super) fn indented(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| line.replace('\t', "    "));
    let of_line = |line: String| {
        let words = line.trim_start();
        // Text that stands far to the right keeps some room.
        let own = (line.len() - words.len()).min(width / 2);
        let room = width - INDENT - own;
        let (before, last) = words.trim_end().split_at(last_column(words.trim_end(), room));
        let hang = before.chars().count();
        let shown = wrapped(last, room - hang);
        let before = printable(before);
        let begin = |nth| if nth == 0 { before.clone() } else { " ".repeat(hang) };
        let lines = shown.lines().enumerate().map(|(nth, line)| begin(nth) + line);
        lines.fold(String::new(), |out, line| out + &" ".repeat(INDENT + own) + &line + "\n")
    };
    lines.filter(|line| !line.trim().is_empty()).map(of_line).collect()
}

/// Of a line that is wider than `room` and stands in columns, where the last begins that has some room: what does not fit is
/// continued there. The beginning of all others.
fn last_column(line: &str, room: usize) -> usize {
    /// Less is no room for words.
    const LEAST: usize = 16;
    if line.chars().count() <= room {
        return 0;
    }
    let begins =
        |at: usize| line.is_char_boundary(at) && line[..at].ends_with("  ") && !line[at..].starts_with(' ');
    let has_room = |at: &usize| begins(*at) && line[..*at].chars().count() + LEAST <= room;
    (0..line.len()).rfind(has_room).unwrap_or(0)
}

/// How far [`indented`] text is set off.
pub(super) const INDENT: usize = 2;

/// Each line begins with two spaces.
pub(super) fn set_off(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

/// How a piece of text is set off by its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Emphasis {
    /// A heading.
    Bold,
    /// What is best.
    Good,
    /// What is wrong.
    Bad,
    /// What explains other text.
    Dim,
}

/// The text so, where there are colours.
pub(super) fn emphasized(text: &str, emphasis: Emphasis, options: &TextOptions) -> String {
    if options.colour == Colour::Plain || text.trim().is_empty() {
        return text.to_owned();
    }
    let code = match emphasis {
        Emphasis::Bold => "1",
        Emphasis::Good => "1;32",
        Emphasis::Bad => "1;31",
        Emphasis::Dim => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words_and_never_between_a_number_and_its_unit() {
        assert_eq!(wrapped("it is 99.5 %, or 12 k", 10), "it is\n99.5 %, or\n12 k\n");
        assert_eq!(wrapped("unbreakable words", 5), "unbreakable\nwords\n");
    }

    #[test]
    fn a_message_keeps_its_lines() {
        assert_eq!(indented("one\n\ttwo three\n\n", 12), "  one\n      two\n      three\n");
        assert_eq!(indented("\u{1b}[31m", 20), "  \u{fffd}[31m\n");
        // What stands in columns is continued in the last that has room.
        assert_eq!(
            indented("1  ● begins   ✗ returns what it should not", 34),
            "  1  ● begins   ✗ returns what it\n                should not\n"
        );
    }

    #[test]
    fn a_name_is_broken_where_its_factors_end() {
        let name = "lock=tokio-rwlock,cache=mutex-lru(parking-lot-mutex),dto=borrowed";
        let broken = broken_after_factors(name, 21);
        assert_eq!(broken, "lock=tokio-rwlock,\ncache=mutex-lru(\nparking-lot-mutex),\ndto=borrowed");
        assert_eq!(broken_after_factors("abcdef", 4), "abcd\nef");
    }
}
