//! A source file, with and without its comments and strings, and the few questions the rules ask of it.
//!
//! Not a parser: enough of the language's surface to tell code from comment, and production from test.

use std::ops::Range;

/// A source file of this project.
pub struct Source {
    /// Relative to the project's root, with `/` between the parts.
    pub path: String,
    /// As it stands in the file.
    pub text: String,
    /// The same, with comments and the insides of strings blanked; lines and columns stay.
    code: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), code: blank_words(&text), text }
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The code that is part of the product: nothing in a folder of tests, and no `#[cfg(test)]` item.
    pub fn production(&self) -> String {
        if self.path.contains("/tests/") || self.path.ends_with("/tests.rs") {
            return String::new();
        }
        let mut code = self.code.clone();
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = end_of_item(&code, start);
            blank(&mut code, start..end);
        }
        code
    }

    /// The room under `src/` that the file belongs to; none for the map of the crate and the program's entry.
    pub fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next()?.trim_end_matches(".rs");
        (room != "lib" && room != "main").then_some(room)
    }

    /// How many modules stand above the file's own items, itself included: `super` goes so far up to the crate.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.trim_end_matches("/mod").split('/').count()
    }

    /// Every name that production code takes from the crate's root, and the line.
    pub fn names_from_the_root(&self) -> Vec<(usize, String)> {
        let code = self.production();
        let words = words(&code);
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let start = at;
            while word(&code, &words, at) == "super" && follows_path(&code, &words, at) {
                at += 1;
            }
            let rooted = if at > start {
                at - start == self.depth()
            } else {
                at += 1;
                word(&code, &words, start) == "crate" && follows_path(&code, &words, start)
            };
            if rooted {
                let line = line_of(&code, words[start].start);
                let path_ends = words[at - 1].end + "::".len();
                found.extend(names_at(&code[path_ends..]).into_iter().map(|name| (line, name)));
            }
        }
        found
    }

    /// Lines of `code` in which one of these identifiers stands, and which it is.
    pub fn uses_of<'a>(code: &str, forbidden: &'a [&'a str]) -> Vec<(usize, &'a str)> {
        let hits = words(code).into_iter().filter_map(|range| {
            let name = forbidden.iter().find(|name| **name == &code[range.clone()])?;
            Some((line_of(code, range.start), *name))
        });
        hits.collect()
    }
}

/// The line, counted from one, in which this byte stands.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text[..byte].matches('\n').count()
}

/// Where every identifier or keyword stands.
fn words(code: &str) -> Vec<Range<usize>> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = 0;
    while let Some(start) = code[rest..].find(part_of_word).map(|at| rest + at) {
        let end = code[start..].find(|c| !part_of_word(c)).map_or(code.len(), |at| start + at);
        words.push(start..end);
        rest = end;
    }
    words
}

fn word<'a>(code: &'a str, words: &[Range<usize>], at: usize) -> &'a str {
    words.get(at).map_or("", |range| &code[range.clone()])
}

fn follows_path(code: &str, words: &[Range<usize>], at: usize) -> bool {
    words.get(at).is_some_and(|range| code[range.end..].starts_with("::"))
}

/// The first names of what stands after a `::`: one, or those of a group in braces.
fn names_at(code: &str) -> Vec<String> {
    let first = |part: &str| {
        let part = part.trim_start();
        let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
        part[..end].to_owned()
    };
    let Some(group) = code.strip_prefix('{') else { return vec![first(code)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(first(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(first(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Where the item ends that begins at `start`: at its closing brace, or at its semicolon.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return start + at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return start + at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(code: &mut String, range: Range<usize>) {
    let spaces: String = code[range.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    code.replace_range(range, &spaces);
}

/// The text with comments and the insides of strings and characters replaced by spaces.
fn blank_words(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (kept, blanked) = literal_or_comment(rest, code.chars().next_back());
        let step = if kept + blanked == 0 { c.len_utf8() } else { kept };
        code.push_str(&rest[..step]);
        code.extend(rest[step..step + blanked].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[step + blanked..];
    }
    code
}

/// How many bytes from here on to keep, and how many after them to blank; both zero where ordinary code goes on.
fn literal_or_comment(rest: &str, before: Option<char>) -> (usize, usize) {
    let past =
        |open: usize, close: &str| rest[open..].find(close).map_or(rest.len(), |at| open + at + close.len());
    if rest.starts_with("//") {
        return (0, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (0, past(2, "*/"));
    }
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let hashes = rest.strip_prefix('r').map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes.filter(|hashes| !in_word && rest[1 + hashes..].starts_with('"')) {
        let open = hashes + 2;
        return (open, past(open, &format!("\"{}", "#".repeat(hashes))) - open);
    }
    match rest.as_bytes() {
        [b'"', ..] => (1, to_the_quote(&rest[1..], '"')),
        // A character, not a lifetime.
        [b'\'', b'\\', ..] => (1, to_the_quote(&rest[1..], '\'')),
        [b'\'', ..] if rest[1..].chars().nth(1) == Some('\'') => (1, to_the_quote(&rest[1..], '\'')),
        _ => (0, 0),
    }
}

/// How far it is to this quote, which an escape may hide; the quote itself is blanked with the rest.
fn to_the_quote(inside: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    inside.len()
}
