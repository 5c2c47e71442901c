//! What is typed wrong: refused before anything runs, with what would have been right.

use std::fs;
use std::process::Command;

/// Runs the program; its exit code, and what it said on stdout and on stderr.
fn lockyard(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Bad input: exit 2, nothing on stdout, and each of these in the message.
fn refused(args: &[&str], wanted: &[&str]) {
    let (code, out, err) = lockyard(args);
    assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
    for part in wanted {
        assert!(err.contains(part), "{args:?} should say {part:?}:\n{err}");
    }
    assert!(!err.contains("Measuring") && !err.contains("Report:"), "{args:?} ran before it refused:\n{err}");
}

#[test]
fn a_name_that_does_not_exist_is_answered_with_the_nearest_in_one_way() {
    for (args, wanted) in [
        (
            &["load", "--pitfall", "two-sesions"][..],
            "unknown pitfall `two-sesions`, did you mean `two-sessions`? There are: ",
        ),
        (
            &["verify", "--pitfall", "futurlock"],
            "unknown pitfall `futurlock`, did you mean `futurelock`? There are: ",
        ),
        (&["verify", "--pitfall", "deletion/nogate"], "did you mean `deletion/no-gate`? There are: "),
        (
            &["verify", "--model", "deletoin"],
            "unknown model `deletoin`, did you mean `deletion`? There are: ",
        ),
        (
            &["load", "--strategy", "aftr"],
            "unknown strategy `aftr`, did you mean `after`? There are: before, ",
        ),
        (
            &["load", "--scenario", "pooling"],
            "unknown scenario `pooling`, did you mean `polling`? There are: ",
        ),
        (&["load", "--pitfall", "xyz"], "unknown pitfall `xyz`. There are: "),
        (&["verify", "--model", "xyz"], "unknown model `xyz`. There are: "),
    ] {
        refused(args, &[wanted]);
    }
}

#[test]
fn a_scenario_is_given_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    fs::write(&file, include_str!("../../src/workload/scenarios/polling.toml")).unwrap();
    let file = file.to_str().unwrap();
    for pair in [["polling", "polling"], ["polling", file], [file, file]] {
        let args = ["compare", "--scenario", pair[0], "--scenario", "churn", "--scenario", pair[1]];
        refused(&args, &["the scenario polling is given twice; each is measured once"]);
        refused(&[&args[..], &["--against", "/nowhere/lockyard"]].concat(), &["polling is given twice"]);
    }
}

#[test]
fn the_fixed_variant_is_one_of_a_pitfall() {
    for fixed in ["--fixed", "--twin"] {
        refused(&["load", fixed], &["--pitfall <NAME>"]);
        refused(&["load", fixed, "--strategy", "after", "--scenario", "polling"], &["--pitfall <NAME>"]);
    }
}

#[test]
fn a_pitfall_may_be_asked_to_be_tracked_as_it_is_in_any_case() {
    let out = tempfile::tempdir().unwrap();
    let load = ["load", "--pitfall", "two-sessions", "--track", "--out", out.path().to_str().unwrap()];
    let (code, out, err) = lockyard(&load);
    assert_eq!(code, 4, "{out}\n{err}");
    assert!(out.contains("deadlock"), "{out}");
    assert!(
        err.contains("A pitfall runs under tracked locks in any case: --track changes nothing."),
        "{err}"
    );
    let (code, _, err) = lockyard(&[&load[..], &["--fixed", "--duration", "50ms"]].concat());
    assert_eq!(code, 0, "{err}");
}
