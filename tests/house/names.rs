//! Public types are called by terms of the field: a word that no list knows is a term of this project's own, and stands in
//! docs/GLOSSARY.md, or it is a metaphor.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The field's words in the names of public types. A new one is added here if any book or API of the field has it.
const TERMS: &str = include_str!("rules/terms.txt");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources of the crates and of the program.
fn sources() -> Vec<PathBuf> {
    let mut folders: Vec<_> =
        fs::read_dir(root().join("crates")).unwrap().map(|it| it.unwrap().path().join("src")).collect();
    folders.push(root().join("src"));
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                sources.push(entry);
            }
        }
    }
    sources
}

/// The public types that a source declares.
fn types(source: &str) -> Vec<&str> {
    let declared = source.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("pub ")?;
        let (kind, rest) = rest.split_once(' ')?;
        matches!(kind, "struct" | "enum" | "trait" | "type" | "union").then_some(rest)
    });
    // A macro names its types when it is used.
    let names = declared.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
    names.filter(|name| !name.is_empty()).collect()
}

/// The words of a name: `OperationSpan` has two, `ChatContextDTO` three.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase();
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if at > 0 && letter.is_uppercase() && (after_small || before_small) {
            words.push(String::new());
        }
        words.last_mut().expect("there is always one").extend(letter.to_lowercase());
    }
    words
}

/// The words of a name that are neither in the list nor, like the whole name, in the glossary.
fn private(name: &str, terms: &BTreeSet<&str>, glossary: &str) -> Vec<String> {
    if glossary.contains(&format!("`{name}`")) {
        return Vec::new();
    }
    words(name).into_iter().filter(|word| !terms.contains(word.as_str())).collect()
}

#[test]
fn public_types_are_called_by_terms_of_the_field_or_stand_in_the_glossary() {
    let terms: BTreeSet<_> = TERMS.split_whitespace().collect();
    let glossary = fs::read_to_string(root().join("docs/GLOSSARY.md")).unwrap();
    let (mut found, mut count) = (Vec::new(), 0);
    for path in sources() {
        let source = fs::read_to_string(&path).unwrap();
        for name in types(&source) {
            count += 1;
            let private = private(name, &terms, &glossary);
            if !private.is_empty() {
                found.push(format!(
                    "{}: {name}: {}",
                    path.strip_prefix(root()).unwrap().display(),
                    private.join(", ")
                ));
            }
        }
    }
    assert!(count > 300, "only {count} types were looked at");
    assert!(
        found.is_empty(),
        "say it in the field's words, or define it in docs/GLOSSARY.md:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_metaphor_is_seen() {
    let terms = BTreeSet::from(["lock", "state", "dto", "chat"]);
    assert_eq!(
        types("/// Text\n    pub struct Desk<T>(T);\npub(super) enum Pass {}\npub trait LockState: Send {}"),
        ["Desk", "LockState"]
    );
    assert_eq!(private("LockDesk", &terms, ""), ["desk"]);
    assert_eq!(private("LockDesk", &terms, "| `LockDesk` | defined |"), Vec::<String>::new());
    assert_eq!(private("ChatDTO", &terms, ""), Vec::<String>::new());
}

/// A list that holds what is no longer needed would let a metaphor in by and by.
#[test]
fn the_list_holds_no_word_that_no_type_has() {
    let used: BTreeSet<_> = sources()
        .iter()
        .flat_map(|path| {
            types(&fs::read_to_string(path).unwrap()).into_iter().flat_map(words).collect::<Vec<_>>()
        })
        .collect();
    let idle: Vec<_> = TERMS.split_whitespace().filter(|term| !used.contains(*term)).collect();
    assert!(idle.is_empty(), "no public type is called by these any more: {}", idle.join(", "));
}
