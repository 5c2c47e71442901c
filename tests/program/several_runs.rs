//! Several records on the command line: trends by `report`, and a diff as a page.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::runs_in_turn::four;
use crate::sample::sample;
use lockyard::bench::record::Record;
use serde_json::Value;

/// The files of four runs, the latest first.
fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let write = |(nth, record): (usize, Record)| {
        let path = folder.path().join(format!("{nth}.json"));
        fs::write(&path, record.to_json()).unwrap();
        path
    };
    four(&sample()).into_iter().enumerate().rev().map(write).collect()
}

/// Runs it on these files; its exit code, and what it said on stdout and on stderr.
fn lockyard(verb: &str, files: &[PathBuf], args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    let output = command.arg(verb).args(files).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn reports_of_several_records_are_trends_in_the_order_of_their_start() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    let (code, text, _) = lockyard("report", &files, &[]);
    assert!(
        code == 0 && text.starts_with("4 runs from 2026-01-02 to 2026-04-05. Step changes: 1 loss and"),
        "{text}"
    );
    let (_, json, _) = lockyard("report", &files, &["--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["runs"][0]["side"]["commit"], "aaaaaaa11111");
    assert_eq!(json["diffs"].as_array().unwrap().len(), 3);
    let (_, page, _) = lockyard("report", &files, &["--format", "html"]);
    assert!(page.starts_with("<!doctype html>") && page.contains("<h2>Step changes</h2>"), "{page}");
    let (_, markdown, _) = lockyard("report", &files, &["--format", "markdown"]);
    let out = folder.path().join("out");
    let (code, stdout, stderr) = lockyard("report", &files, &["--out", out.to_str().unwrap()]);
    assert!(code == 0 && stdout.is_empty() && stderr.contains("trends.html"), "{stdout}{stderr}");
    assert_eq!(fs::read_to_string(out.join("trends.md")).unwrap().trim_end(), markdown.trim_end());
    assert_eq!(fs::read_to_string(out.join("trends.html")).unwrap().trim_end(), page.trim_end());
    assert!(!out.join("index.html").exists());
}

#[test]
fn what_is_of_one_record_only_is_refused_for_several() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    for format in ["junit", "sarif"] {
        let (code, stdout, stderr) = lockyard("report", &files, &["--format", format]);
        assert!(
            code == 2 && stdout.is_empty() && stderr.contains("text, json, markdown or html"),
            "{stderr}"
        );
    }
    let (code, _, stderr) = lockyard("report", &[], &[]);
    assert!(code == 2 && stderr.contains("<RECORD>"), "{stderr}");
    let (code, text, _) = lockyard("report", &files[..1], &["--format", "junit"]);
    assert!(code == 0 && text.contains("<testsuites"), "one record is reported as ever: {text}");
}

#[test]
fn a_diff_is_a_page_with_the_same_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder);
    let pair = [files[3].clone(), files[2].clone()];
    let (code, page, _) = lockyard("diff", &pair, &["--gate", "5%", "--format", "html"]);
    assert_eq!(code, 3);
    assert!(
        page.starts_with("<!doctype html>") && page.contains("<h1>Two runs compared: 1 regression</h1>"),
        "{page}"
    );
    let other = [files[1].clone(), files[0].clone()];
    let (code, page, _) = lockyard("diff", &other, &["--format", "html"]);
    assert!(code == 5 && page.contains("<h1>Two runs compared: not comparable</h1>"), "{page}");
}
