//! The README's `curl` examples do what they say, against a server of this program.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::program::Program;

/// Where the README says that the server listens.
const LISTENS: &str = "127.0.0.1:8080";

/// The fenced blocks of shell in the README that ask by `curl`.
fn examples() -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks = readme.split("\n```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    blocks.map(|(block, _)| block.to_owned()).filter(|block| block.contains("curl ")).collect()
}

#[test]
fn the_examples_run_as_they_stand() {
    let examples = examples();
    assert!(!examples.is_empty(), "the README has no example that asks by curl");
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(
        curl.is_ok_and(|status| status.success()),
        "there is no curl to run the README's examples: install it"
    );
    for example in examples {
        assert!(example.contains(LISTENS));
        let program = Program::serve(&[]);
        // Shown with what is asked, so that a failure shows where.
        let script =
            format!("set -euxo pipefail\n{}", example.replace(LISTENS, &program.address.to_string()));
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        let (out, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{words}");
        for answer in [
            r#""text":"Which lock?""#,
            r#""kind":"idle""#,
            "event: text",
            "event: done",
            r#""total":4"#,
            r#""state":"idle""#,
            r#""next":null"#,
            r#""code":"precondition_failed""#,
            "304\n",
            r#""openapi":"3"#,
        ] {
            assert!(out.contains(answer), "no {answer} in:\n{out}\n{words}");
        }
        let left = program.client().get("/v1/contexts").unwrap().json();
        assert_eq!(left["contexts"], serde_json::json!([]), "it was deleted");
    }
}
