//! The shell part of the CI example, run as a CI system runs it: what it keeps, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Small, so that it measures nothing and shows everything.
const COMPARE: &str = "--strategy naive --strategy after --scenario polling --quick --duration 100ms --set sessions=5 \
                       --set messages=2 --no-verify";

/// And for the gate against another build.
const GATE: &str =
    "--strategy after --scenario polling --duration 100ms --set sessions=5 --set messages=2 --set slice_ms=5";

/// Runs it over `out`, with these variables besides; its exit code and its summary.
fn run(out: &Path, verify: &str, more: &[(&str, &Path)]) -> (Option<i32>, String) {
    let summary = out.join("step-summary.md");
    let mut command = Command::new("sh");
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci/lockyard.sh"))
        .env("LOCKYARD", env!("CARGO_BIN_EXE_lockyard"))
        .env("OUT", out)
        .env("SUMMARY", &summary)
        .env("VERIFY", verify)
        .env("COMPARE", COMPARE)
        .env("GATE", GATE)
        .envs(more.iter().copied());
    let output = command.output().unwrap();
    let summary_text = fs::read_to_string(summary);
    let summary_text = summary_text.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), summary_text)
}

const ONE_MODEL: &str = "--model deletion --strategy naive";

#[test]
fn it_keeps_a_page_and_a_summary_and_gates_against_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    fs::create_dir(&first).unwrap();
    let (code, summary) = run(&first, ONE_MODEL, &[]);
    assert_eq!(code, Some(0), "{summary}");
    assert!(summary.contains("polling") && summary.contains("| deletion |"), "{summary}");
    for kept in ["index.html", "run.json", "summary.md", "models.md"] {
        assert!(first.join(kept).metadata().unwrap().len() > 0, "{kept}");
    }

    // A baseline in which `after` stood a hundred times better against `naive`, tightly.
    let mut record: Value =
        serde_json::from_str(&fs::read_to_string(first.join("run.json")).unwrap()).unwrap();
    for it in record["comparisons"].as_array_mut().unwrap() {
        if it["metric"] == "throughput" {
            (it["ratio"], it["ci"]) = (100.0.into(), vec![99.9, 100.1].into());
        }
    }
    let baseline = folder.path().join("baseline.json");
    fs::write(&baseline, record.to_string()).unwrap();
    let second = folder.path().join("second");
    fs::create_dir(&second).unwrap();
    let (code, summary) = run(&second, ONE_MODEL, &[("BASELINE", &baseline)]);
    assert_eq!(code, Some(3), "{summary}");
    assert!(summary.contains("🔴 Regression: “after” under polling"), "{summary}");
}

#[test]
fn it_gates_a_change_against_the_build_of_the_base_branch() {
    let folder = tempfile::tempdir().unwrap();
    // Whatever its speed: two runs so short are as far apart as chance has it.
    let tolerated = ("TOLERATED", Path::new("99%"));
    let itself = folder.path().join("itself");
    fs::create_dir(&itself).unwrap();
    let (code, summary) =
        run(&itself, ONE_MODEL, &[("AGAINST", Path::new(env!("CARGO_BIN_EXE_lockyard"))), tolerated]);
    assert_eq!(code, Some(0), "{summary}");
    assert!(summary.contains("The verdict is of these two files"), "{summary}");
    for kept in ["index.html", "run.json", "against/index.html", "against/run.json"] {
        assert!(itself.join(kept).metadata().unwrap().len() > 0, "{kept}");
    }

    // The base branch's build says that it did a thousand times as much, in everything.
    let faster = folder.path().join("faster-base");
    let times = r#"sed -u -E -e '/"ops_per_s": /,/]/ s/([0-9]+)((\.[0-9]+)?,?)$/\1000\2/' -e 's/("ops_per_s":[0-9]+)/\1000/'"#;
    let program = env!("CARGO_BIN_EXE_lockyard");
    fs::write(&faster, format!("#!/bin/sh\n{program} \"$@\" | {times}\n")).unwrap();
    fs::set_permissions(&faster, fs::Permissions::from_mode(0o755)).unwrap();
    let slower = folder.path().join("slower");
    fs::create_dir(&slower).unwrap();
    let (code, summary) = run(&slower, ONE_MODEL, &[("AGAINST", &faster), tolerated]);
    assert_eq!(code, Some(3), "{summary}");
}

#[test]
fn what_is_wrong_weighs_more_than_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _) = run(folder.path(), "--model no-such-model", &[]);
    assert_eq!(code, Some(2));
    assert!(folder.path().join("index.html").exists(), "what was measured is kept");
}
