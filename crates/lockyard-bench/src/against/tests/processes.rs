//! Processes that are real and no builds: what is read of them, and how they are led through their turns.

use std::process::Command;

use super::*;

/// What is wrong, and why, as a program reports it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// What comes of a script that takes no turns, beside another one that prints a record.
fn shell(script: &str) -> Result<Option<Record>, AgainstError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    made(Which::This).write(&path).unwrap();
    let mut this = sh(&format!("cat {}", path.display()));
    let found = pair_of(&mut this, &mut sh(script), true, &AtomicBool::new(false))?;
    Ok(found.map(|it| it.other))
}

/// A record of one of two builds.
fn made(which: Which) -> Record {
    let turn = PairRun { subject: 0, workload: 0, seed: 42, other_first: false };
    record(&plan(3), &turn, which, 1e6)
}

#[test]
fn what_a_program_prints_is_its_record_whatever_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    let mut written = made(Which::Other);
    written.write(&path).unwrap();
    let print = format!("cat {}; echo noise >&2; exit 4", path.display());
    assert_eq!(shell(&print).unwrap(), Some(written.clone()));
    written.interrupted = true;
    written.write(&path).unwrap();
    assert_eq!(shell(&print).unwrap(), None, "it was interrupted itself");
    written.cells[0].hit_ratio = Some(2.0);
    written.write(&path).unwrap();
    let said = chain(&shell(&print).expect_err("more hits than look-ups"));
    assert!(said.contains("cells[0].hit_ratio is 2, and must be from 0 to 1"), "{said}");
}

#[test]
fn a_program_without_a_record_is_refused_with_what_it_said() {
    let refused = |script: &str, parts: &[&str]| {
        let error = shell(script).expect_err(script);
        let said = chain(&error);
        assert!(parts.iter().all(|part| said.contains(part)), "{script}: {said}");
        error.is_lost()
    };
    let usage = "echo unexpected argument >&2; exit 2";
    assert!(!refused(usage, &["sh ended with exit status: 2", "unexpected argument", "sh -c"]));
    assert!(refused("kill -KILL $$", &["signal: 9"]), "killed from outside");
    assert!(!refused("echo hello", &["sh printed no record", "not JSON", "sh -c"]));
    assert!(!refused("echo '{}'", &["it has no schema_version"]));
    assert!(!refused("echo '{\"schema_version\": 99}'", &["written by a newer", "schema 99"]));
    let mut missing = Command::new("/nowhere/at/all");
    let found = pair_of(&mut missing, &mut sh("true"), false, &AtomicBool::new(false));
    let said = found.expect_err("it is not there").to_string();
    assert!(said.contains("/nowhere/at/all cannot be started") && said.contains("./lockyard-before"));
}

/// A program that takes so many turns, each a thousand times its number of operations a second, and then prints a record.
fn in_turns(turns: u32, record: &std::path::Path) -> String {
    let done =
        r#"if [ "$line" = go ]; then n=$((n+1)); echo "{\"turn\":\"done\",\"ops_per_s\":${n}000}"; fi"#;
    format!(
        r#"echo '{{"turn":"ready"}}'; n=0; while [ $n -lt {turns} ] && read -r line; do {done}; done; cat {}"#,
        record.display()
    )
}

#[test]
fn programs_that_take_turns_are_led_through_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    let written = made(Which::This);
    written.write(&path).unwrap();
    let no = AtomicBool::new(false);
    for (of_this, of_other, other_first) in [(5, 5, false), (7, 4, false), (4, 7, true)] {
        let (mut this, mut other) = (sh(&in_turns(of_this, &path)), sh(&in_turns(of_other, &path)));
        let found = pair_of(&mut this, &mut other, other_first, &no).unwrap().expect("both are done");
        let expected: Vec<_> =
            (1..=of_this.min(of_other)).map(|nth| f64::from(nth) * 1_000.0).map(|it| (it, it)).collect();
        assert_eq!(found.rounds, expected);
        assert_eq!((&found.this, &found.other), (&written, &written));
    }
}

#[test]
fn beside_one_that_takes_no_turns_the_other_one_goes_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.json");
    made(Which::This).write(&path).unwrap();
    let old = format!("cat {}", path.display());
    for other_first in [false, true] {
        let (mut this, mut other) = (sh(&in_turns(5, &path)), sh(&old));
        let found = pair_of(&mut this, &mut other, other_first, &AtomicBool::new(false)).unwrap();
        assert_eq!(found.expect("both are done").rounds, []);
    }
}

#[test]
fn an_interrupt_ends_programs_that_never_end_by_themselves() {
    // They never end by themselves: that the test ends at all shows that they were ended.
    let interrupted = AtomicBool::new(true);
    let mut endless = [sh("exec tail -f /dev/null"), sh("exec tail -f /dev/null")];
    let [this, other] = &mut endless;
    assert!(pair_of(this, other, false, &interrupted).unwrap().is_none());
}
