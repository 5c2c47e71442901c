//! The README's table and the names of files are those of the list.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tokio_pitfalls::{PITFALLS, table};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_table_of_the_readme_is_the_list() {
    let readme = fs::read_to_string(Path::new(HERE).join("README.md")).unwrap();
    assert!(readme.contains(&table()), "the table in README.md should read\n\n{}", table());
}

#[test]
fn each_pitfall_is_a_file_of_its_own_and_says_where_it_was_met() {
    let files = fs::read_dir(Path::new(HERE).join("src/catalogue")).unwrap();
    let files: BTreeSet<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| !path.ends_with("mod.rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .collect();
    let listed: BTreeSet<_> = PITFALLS.iter().map(|it| it.name.to_owned()).collect();
    assert_eq!(files, listed);
    assert!(listed.len() >= 22);
    for it in PITFALLS {
        let path = format!("{HERE}/src/catalogue/{}.rs", it.name.replace('-', "_"));
        let text = fs::read_to_string(path).unwrap();
        // `owner/project#7` of the list is "owner/project […] 7" there.
        let numbers = it.met.split(", ").filter_map(|source| source.rsplit_once('#'));
        for (project, number) in numbers {
            let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
            let project = project.rsplit('/').next().unwrap();
            assert!(head.contains(project) && head.contains(number), "{}: {project} {number}", it.name);
        }
    }
}

/// What is tried is what a user writes.
#[test]
fn no_pitfall_knows_the_instruments() {
    for it in PITFALLS {
        let path = format!("{HERE}/src/catalogue/{}.rs", it.name.replace('-', "_"));
        let text = fs::read_to_string(path).unwrap();
        for word in ["lockyard", "named(", "explore", "track"] {
            assert!(!text.contains(word), "{}: {word}", it.name);
        }
    }
}
