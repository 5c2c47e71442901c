//! What documents say of the house: its rooms in a table, and paths of files.

use super::Complaint;
use super::source::Source;

/// Where the table of rooms stands.
const ROOMS: &str = "## The modules";

/// Where the table of the instruments stands.
const INSTRUMENTS: &str = "## The instruments";

/// The rooms in the table of `docs/ARCHITECTURE.md`: each with all that it may know, in any order.
pub fn documented_rooms(document: &Source) -> Vec<(String, Vec<String>)> {
    table(document, ROOMS)
}

/// The crates in the table of `docs/ARCHITECTURE.md`: each with all the instruments that it stands on, in any order.
pub fn instruments_listed(document: &Source) -> Vec<(String, Vec<String>)> {
    table(document, INSTRUMENTS)
}

/// The instruments that a crate depends on, but for its tests, as its manifest says.
pub fn instruments_used(manifest: &Source) -> Vec<String> {
    let sections = manifest.text.split("\n[").filter(|section| section.starts_with("dependencies]\n"));
    let names = sections.flat_map(str::lines).filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| name.starts_with("lockyard-")).map(str::to_owned).collect()
}

/// The rows of a table: the first cell's name, and what stands between backticks in the last one.
fn table(document: &Source, section: &str) -> Vec<(String, Vec<String>)> {
    let section = document.text.split_once(section).map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = section.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
        let [room, .., known] = cells[..] else { return None };
        Some((room.trim_end_matches('`').to_owned(), in_ticks(known)))
    });
    rows.collect()
}

/// Everything in a line that stands between backticks.
fn in_ticks(line: &str) -> Vec<String> {
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The targets of the links in a line.
fn linked(line: &str) -> Vec<String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).filter(|target| !target.contains("://")).collect()
}

/// Folders and files of the project's root that a path may begin with.
const BEGINNINGS: [&str; 13] = [
    ".ci/",
    "benches/",
    "crates/",
    "docs/",
    "examples/",
    "loom-tests/",
    "scripts/",
    "shuttle-tests/",
    "src/",
    "tests/",
    "track-rivals/",
    "real-code/",
    "tokio-pitfalls/",
];

/// Files that a document names and that are not there. `exists` says of a path from the project's root. What stands
/// behind `::`, and a name in capitals, which stands for any, are left out.
pub fn missing_files(document: &Source, exists: impl Fn(&str) -> bool) -> Vec<Complaint> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (line, text) in (1..).zip(document.text.lines()) {
        let named = in_ticks(text)
            .into_iter()
            .flat_map(|words| words.split([' ', ',', ';']).map(str::to_owned).collect::<Vec<_>>());
        let named = named.filter(|path| BEGINNINGS.iter().any(|beginning| path.starts_with(beginning)));
        let linked = linked(text).into_iter().map(|target| match target.split_once('#') {
            Some((file, _)) => file.to_owned(),
            None => target,
        });
        let linked = linked.filter(|target| !target.is_empty()).map(|target| from_root(folder, &target));
        for path in named.chain(linked) {
            let file = path.split("::").next().unwrap_or_default();
            let is_any = |part: &str| {
                let letters = part.trim_end_matches(".rs").trim_end_matches(".toml");
                !letters.is_empty()
                    && letters.chars().all(|c| c.is_ascii_uppercase() || "_-".contains(c))
                    && letters != "README"
                    && letters != "LICENSE"
            };
            let parts: Vec<_> = file.split('/').take_while(|part| !is_any(part)).collect();
            if !exists(&parts.join("/")) {
                found.push((line, format!("{file} is not there")));
            }
        }
    }
    found
}

/// A link's target, which is given from the folder of its document, from the project's root.
fn from_root(folder: &str, target: &str) -> String {
    let mut parts: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
