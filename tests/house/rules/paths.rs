//! The paths that a file's code takes: from its `use` items and from the code itself, with the line of each.
//!
//! Groups are taken apart, and `super`, `self` and `crate` are made paths from the crate's root, so that a rule compares
//! lists of names.

use super::source::Source;

/// One path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The line in which it begins.
    pub line: usize,
    /// Its names: from the root of the file's crate, or from another crate's name.
    pub names: Vec<String>,
    /// Whether it begins at the root of the file's crate.
    pub own: bool,
    /// Where it was written.
    pub written: Written,
}

/// Where a path was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// In a `use` item, which gives it this name in the file; `*` for all that is there.
    Imported(String),
    /// In the code.
    Inline,
}

/// The paths of the file's production code. `children` are the modules that stand in files below it.
pub fn paths(source: &Source, children: &[String]) -> Vec<Path> {
    let code = source.production();
    let tokens = tokens(&code);
    let mut module = source.module();
    // How many braces are open, and at how many each `mod name {` around this place began.
    let (mut open, mut inline) = (0, Vec::new());
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let before = at.checked_sub(1).map_or("", text);
        let line = tokens[at].line;
        let start = at;
        let mut tree = Vec::new();
        match text(at) {
            "use" if text(at + 1) != "<" => at = use_tree(&tokens, at + 1, &[], &mut tree),
            "mod" if text(at + 2) == "{" => {
                inline.push(open);
                module.push(text(at + 1).to_owned());
                (open, at) = (open + 1, at + 3);
            }
            "{" => (open, at) = (open + 1, at + 1),
            "}" => {
                (open, at) = (open - 1, at + 1);
                if inline.pop_if(|began| *began == open).is_some() {
                    module.pop();
                }
            }
            _ => {
                let names = names(&tokens, &mut at);
                let first = names.first().map_or("", String::as_str);
                let begins = matches!(first, "crate" | "super" | "self") || is_other(first);
                let begins = begins || children.iter().any(|child| child == first);
                // `x.lock::<T>()` is a method, and the rest of `a::b` was read with its beginning.
                if names.len() > 1 && begins && !matches!(before, "." | "::") {
                    tree.push((names, None));
                }
                at = at.max(start + 1);
            }
        }
        found.extend(tree.into_iter().map(|(names, alias)| {
            let written = alias.map_or(Written::Inline, Written::Imported);
            let rooted = from_the_root(&names, &module, children);
            Path { line, own: rooted.is_some(), names: rooted.unwrap_or(names), written }
        }));
    }
    found
}

/// Whether it names another crate of this workspace.
fn is_other(name: &str) -> bool {
    name.starts_with("lockyard_")
}

/// The path from the root of the file's crate; none where it begins with another crate's name.
fn from_the_root(names: &[String], module: &[String], children: &[String]) -> Option<Vec<String>> {
    let (first, rest) = names.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "super" | "self" => {
            let ups = names.iter().take_while(|name| matches!(name.as_str(), "super" | "self")).count();
            let supers = names[..ups].iter().filter(|name| *name == "super").count();
            Some([&module[..module.len().saturating_sub(supers)], &names[ups..]].concat())
        }
        _ => children.contains(first).then(|| [module, names].concat()),
    }
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Names, `::` and single characters; space is left out.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let (mut tokens, mut rest, mut line) = (Vec::new(), code, 1);
    while let Some(c) = rest.chars().next() {
        let length = if part_of_name(c) {
            rest.find(|c| !part_of_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        if !c.is_whitespace() {
            tokens.push(Token { text: &rest[..length], line });
        }
        line += usize::from(c == '\n');
        rest = &rest[length..];
    }
    tokens
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The names joined by `::` from here on, which are passed.
fn names(tokens: &[Token<'_>], at: &mut usize) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(token) = tokens.get(*at).filter(|token| is_name(token.text)) {
        names.push(token.text.to_owned());
        *at += 1;
        if tokens.get(*at).is_none_or(|token| token.text != "::") {
            break;
        }
        *at += 1;
    }
    names
}

/// Each path of what a `use` names, with the name it gets, and where it ends.
fn use_tree(
    tokens: &[Token<'_>],
    mut at: usize,
    above: &[String],
    found: &mut Vec<(Vec<String>, Option<String>)>,
) -> usize {
    let mut path = [above, &names(tokens, &mut at)].concat();
    match tokens.get(at).map(|token| token.text) {
        Some("{") => {
            at += 1;
            while tokens.get(at).is_some_and(|token| token.text != "}") {
                let before = at;
                at = use_tree(tokens, at, &path, found);
                at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                at = at.max(before + 1);
            }
            at + 1
        }
        Some("*") => {
            found.push((path, Some("*".to_owned())));
            at + 1
        }
        _ => {
            // `a::{self}` is `a`.
            if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let mut alias = path.last().cloned();
            if tokens.get(at).is_some_and(|token| token.text == "as") {
                alias = tokens.get(at + 1).map(|token| token.text.to_owned());
                at += 2;
            }
            found.push((path, alias));
            at
        }
    }
}
