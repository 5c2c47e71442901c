//! What may know what: statistics know no record, a record knows no reader, and no room knows one above it.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the crate, each of which may know those before it.
const ROOMS: [&str; 4] = ["stats", "record", "gate", "report"];

/// Every source file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Whether a line of code, not of text about it, names the room.
fn knows(text: &str, room: &str) -> bool {
    let code = || text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code().any(|line| line.contains(&format!("crate::{room}::")))
}

#[test]
fn no_room_knows_one_above_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (nth, room) in ROOMS.iter().enumerate() {
        let files = sources(&folder.join(room));
        assert!(files.len() >= 3, "{room} has {} files", files.len());
        for file in files {
            let text = fs::read_to_string(&file).unwrap_or_default();
            for above in &ROOMS[nth + 1..] {
                assert!(!knows(&text, above), "{} knows {above}", file.display());
            }
        }
    }
}

#[test]
fn the_rule_sees_what_breaks_it() {
    assert!(knows("use crate::record::Verdict;\n", "record"));
    assert!(!knows("/// See [`Record`](crate::record::Record).\nuse crate::stats::Mean;\n", "record"));
}
