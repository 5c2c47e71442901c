//! Text made to fit a width, in characters.

use std::borrow::Cow;

/// Text on one line: a control character would break the columns, or reach the terminal as an escape sequence.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.replace(char::is_control, "\u{fffd}").into()
    } else {
        text.into()
    }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// At most `room` characters, with `…` in place of the middle: what distinguishes names and places stands at their ends.
pub(super) fn elide(text: &str, room: usize) -> Cow<'_, str> {
    let length = width(text);
    if length <= room {
        return text.into();
    }
    let kept = room.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let head = text.chars().take(head);
    head.chain(['…']).chain(text.chars().skip(length - tail)).collect::<String>().into()
}

/// A place as `file:line`. Of the folders only the last is kept, and only before a file name that many folders have.
pub(super) fn short_place(place: &str) -> &str {
    let file = match place.rsplit_once(['/', '\\']) {
        Some((folders, file)) if ["mod.rs:", "lib.rs:", "main.rs:"].iter().any(|it| file.starts_with(it)) => {
            let folder = folders.rsplit(['/', '\\']).next().unwrap_or_default();
            &place[place.len() - folder.len() - 1 - file.len()..]
        }
        Some((_, file)) => file,
        None => place,
    };
    // A column is left out, a line is not.
    match file.rsplit_once(':') {
        Some((rest, column)) if is_number(column) && rest.rsplit(':').next().is_some_and(is_number) => rest,
        _ => file,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A sentence in lines of at most `room` characters, broken between words; a longer word is elided.
pub(super) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let word = elide(word, room);
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(&word);
        } else if width(line) + 1 + width(&word) <= room {
            line.extend([" ", &word]);
        } else {
            lines.push(word.into_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_elided_and_both_ends_are_kept() {
        assert_eq!(elide("abcdefghij", 10), "abcdefghij");
        assert_eq!(elide("abcdefghij", 6), "abc…ij");
        assert_eq!(elide("äöüßäöüß", 5), "äö…üß");
        assert_eq!(elide("abc", 1), "…");
    }

    #[test]
    fn a_place_keeps_file_and_line() {
        assert_eq!(short_place("src/bank/ledger/save.rs:161:25"), "save.rs:161");
        assert_eq!(short_place("src/store/redb/mod.rs:7:1"), "redb/mod.rs:7");
        assert_eq!(short_place("lib.rs:7"), "lib.rs:7");
        assert_eq!(short_place("C:\\src\\a.rs:3:9"), "a.rs:3");
        assert_eq!(short_place("the store"), "the store");
    }

    #[test]
    fn sentences_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 7), ["inc…ble"]);
    }
}
