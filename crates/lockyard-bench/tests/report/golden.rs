//! The formats that others read, word for word: what changes in them changes here, where it is seen.
//!
//! `LOCKYARD_GOLDEN=write cargo test -p lockyard-bench --test report golden` takes what is written now as what shall be.

use std::fs;
use std::path::Path;

use crate::in_full;
use crate::rich::rich;
use lockyard_bench::record::Record;
use lockyard_bench::report::{TextOptions, junit, sarif, summary, text};

fn held(name: &str, written: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("LOCKYARD_GOLDEN").is_some_and(|how| how == "write") {
        fs::write(&file, written).unwrap();
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    let differs = golden.lines().zip(written.lines()).position(|(shall, is)| shall != is);
    let line = differs.unwrap_or_else(|| golden.lines().count().min(written.lines().count()));
    assert!(
        golden == written,
        "{name} differs from line {}:\n- {}\n+ {}",
        line + 1,
        golden.lines().nth(line).unwrap_or("(its end)"),
        written.lines().nth(line).unwrap_or("(its end)"),
    );
}

/// The same wherever it is built.
fn record() -> Record {
    let mut record = rich();
    "0.0.0".clone_into(&mut record.environment.version);
    record
}

#[test]
fn markdown() {
    held("summary.md", &summary(&record()));
}

#[test]
fn junit_xml() {
    held("junit.xml", &junit(&record()));
}

#[test]
fn sarif_json() {
    held("findings.sarif", &sarif(&record()));
}

#[test]
fn terminal() {
    held("terminal.txt", &text(&record(), &TextOptions::default()));
    held("terminal-all.txt", &in_full(&record()));
}
