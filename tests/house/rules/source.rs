//! A source file, with and without its comments and strings, and the few questions the rules ask of it.
//!
//! Not a parser: enough of the language's surface to distinguish code from comment, and production from test.

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

    /// The production code without what it imports and hands on.
    pub fn without_imports(&self) -> String {
        let mut code = self.production();
        let is_import = |it: &Range<usize>| &code[it.clone()] == "use" && !code[it.end..].starts_with('<');
        let imports: Vec<_> = words(&code).into_iter().filter(is_import).collect();
        for start in imports {
            let end = code[start.end..].find(';').map_or(code.len(), |at| start.end + at);
            blank(&mut code, start.start..end);
        }
        code
    }

    /// The folder of the crate that the file is part of, `src` or `crates/…/src`; none for tests, benches and examples.
    pub fn crate_folder(&self) -> Option<&str> {
        let end = if self.path.starts_with("src/") { 3 } else { self.path.find("/src/")? + 4 };
        Some(&self.path[..end])
    }

    /// The room of the program or of the system under test that the file belongs to, such as `cli` or `backend/chat`; none
    /// for the maps of several rooms, for the program's entry and for whatever stands in crates of its own.
    pub fn room(&self) -> Option<String> {
        if self.crate_folder() != Some("src") || self.path == "src/main.rs" {
            return None;
        }
        room_of(&self.module())
    }

    /// The path of the file's module from the root of its crate.
    pub fn module(&self) -> Vec<String> {
        let folder = self.crate_folder().map_or(0, |folder| folder.len() + 1);
        let inside = self.path[folder..].trim_end_matches(".rs").trim_end_matches("/mod");
        if inside == "lib" { Vec::new() } else { inside.split('/').map(str::to_owned).collect() }
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

/// Folders of `src` that hold several rooms.
pub const WINGS: [&str; 2] = ["backend", "checks"];

/// The room in which a module stands, by its path from the crate's root.
pub fn room_of(module: &[String]) -> Option<String> {
    let first = module.first()?;
    if WINGS.contains(&first.as_str()) {
        Some(format!("{first}/{}", module.get(1)?))
    } else {
        Some(first.clone())
    }
}

/// The line, counted from one, in which this byte stands.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text[..byte].matches('\n').count()
}

/// Where every identifier or keyword stands.
pub fn words(code: &str) -> Vec<Range<usize>> {
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

/// Where the item ends that begins at `start`: at its closing brace, or at its semicolon.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return start + at + 1,
            // The last variant of an enum, say: what is around it ends here.
            '}' if depth == 0 => return start + at,
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

/// How many bytes from here on to keep, and how many after them to blank; both zero where ordinary code continues.
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
