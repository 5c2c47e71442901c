//! The README repeats what a committed record says, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use lockyard::bench::record::{Record, SCHEMA_VERSION};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What stands between the marks, and the folder of the record it names.
fn results() -> (String, PathBuf) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- results begin -->\n").expect("where results begin");
    let (results, _) = rest.split_once("<!-- results end -->").expect("and where they end");
    let (_, link) = results.split_once("](reports/").expect("a link to the record");
    let (name, _) = link.split_once('/').expect("a folder");
    (results.to_owned(), root().join("reports").join(name))
}

#[test]
fn results_are_those_of_the_record() {
    let (results, folder) = results();
    let quoted = results.split_once("of this run.\n\n").expect("the summary").1.trim().replace("### ", "## ");
    let summary = fs::read_to_string(folder.join("summary.md")).unwrap();
    let parts = summary.split("\n## ").collect::<Vec<_>>();
    let [verdict, scenario, .., reproduce] = parts.as_slice() else { panic!("{summary}") };
    let shown = [verdict, scenario, reproduce].map(|part| part.trim_end().to_owned());
    assert_eq!(quoted, shown.join("\n\n## "), "run scripts/record-report.sh --readme NAME");
}

#[test]
fn the_record_is_one_that_this_program_reads() {
    let record: Record =
        serde_json::from_str(&fs::read_to_string(results().1.join("run.json")).unwrap()).unwrap();
    assert_eq!(record.schema_version, SCHEMA_VERSION);
    assert!(!record.interrupted && record.processes >= 5, "as scripts/record-report.sh measures");
}
