//! `compare --against` from outside: two builds that take turns, what is recorded of them, and programs that are none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

const LOCKYARD: &str = env!("CARGO_BIN_EXE_lockyard");

/// A run so small that it measures nothing and checks everything. The gate lets everything pass: nothing is said of speed.
const SMALL: &[&str] = &[
    "--scenario",
    "polling",
    "--set",
    "sessions=20",
    "--set",
    "messages=10",
    "--set",
    "message_bytes=64",
    "--set",
    "slice_ms=5",
    "--set",
    "tasks=4",
    "--duration",
    "100ms",
    "--gate",
    "99",
];

/// A folder for one run and for a program that it is held against.
struct Run {
    dir: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program that does this instead of measuring; `$N` is how often it was asked by now, and `$HERE` its folder.
    fn program(&self, script: &str) -> String {
        let path = self.path("other");
        let here = self.dir.path().display();
        let count = "N=$(( $(cat \"$HERE/count\" 2>/dev/null || echo 0) + 1 )); echo $N > \"$HERE/count\"";
        fs::write(&path, format!("#!/bin/sh\nHERE='{here}'\n{count}\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `compare --against`, expects this exit code, and gives back what it said.
    fn against(&self, program: &str, more: &[&str], code: i32) -> (String, String) {
        let out = self.path("out");
        let output = Command::new(LOCKYARD)
            .args(["compare", "--against", program, "--out", out.to_str().unwrap()])
            .args(SMALL)
            .args(more)
            .output()
            .unwrap();
        let (stdout, stderr) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(code), "{stdout}\n{stderr}");
        (stdout, stderr)
    }

    /// The record that was left, valid by the schema.
    fn record(&self) -> Value {
        let record = serde_json::from_str(&fs::read_to_string(self.path("out/run.json")).unwrap()).unwrap();
        let schema = serde_json::to_value(lockyard::bench::record::json_schema()).unwrap();
        if let Err(error) = jsonschema::validate(&schema, &record) {
            panic!("{error} at {}", error.instance_path());
        }
        record
    }

    fn has_record(&self) -> bool {
        self.path("out/run.json").exists()
    }
}

fn words<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn a_build_against_itself_is_compared_in_pairs_of_processes() {
    let run = Run::new();
    let (text, said) = run.against(LOCKYARD, &["--strategy", "naive", "--strategy", "after"], 0);
    let record = run.record();
    assert!(said.contains("Measuring naive, after against"), "{said}");
    assert_eq!(words(&record["cells"], "strategy"), ["naive@other", "naive", "after@other", "after"]);
    assert_eq!((&record["processes"], &record["interrupted"]), (&20.into(), &false.into()));

    let against = &record["against"];
    assert_eq!((&against["program"], &against["environment"]), (&LOCKYARD.into(), &record["environment"]));
    let rounds = against["rounds"].as_array().unwrap();
    for strategy in ["naive", "after"] {
        let of_strategy: Vec<_> = rounds.iter().filter(|round| round["strategy"] == strategy).collect();
        let seeds: Vec<_> = of_strategy.iter().map(|round| round["seed"].as_u64().unwrap()).collect();
        assert_eq!(seeds, [42, 43, 44, 45, 46], "each round asks questions of its own");
        let first: Vec<_> = of_strategy.iter().map(|round| round["other_first"].as_bool().unwrap()).collect();
        assert!(first[0] != first[1] && first[2] != first[3], "each is first as often: {first:?}");
        assert!(of_strategy.iter().all(|round| round["other_ops_per_s"].as_f64().unwrap() > 0.0));
    }

    for strategy in ["naive", "after"] {
        let comparisons = record["comparisons"].as_array().unwrap();
        let of_strategy = comparisons.iter().filter(|it| it["candidate"] == strategy);
        let of_strategy: Vec<_> = of_strategy.collect();
        assert!(of_strategy.iter().all(|it| it["baseline"] == format!("{strategy}@other")));
        assert_eq!(of_strategy[0]["metric"], "throughput");
        let bytes =
            of_strategy.iter().find(|it| it["metric"] == "bytes_per_session").expect("counted in both");
        let ratio = bytes["ratio"].as_f64().unwrap();
        assert!((ratio - 1.0).abs() < 0.02, "a build keeps for each session what it keeps: {bytes}");
    }
    let page = fs::read_to_string(run.path("out/index.html")).unwrap();
    let summary = fs::read_to_string(run.path("out/summary.md")).unwrap();
    for rendered in [&text, &page, &summary] {
        assert!(rendered.contains("Against “naive@other”, “naive”"), "{rendered}");
        assert!(rendered.contains("10 pairs of processes"), "{rendered}");
        let one_line = rendered.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains("The verdict is of these two files: another build"), "{rendered}");
    }
}

#[test]
fn programs_that_give_no_record_are_refused_with_what_was_wrong() {
    for (script, code, wanted) in [
        ("echo \"error: unexpected argument '--latency'\" >&2; exit 2", 2, "unexpected argument '--latency'"),
        ("echo 1,2,3", 2, "printed no record that can be read"),
        ("echo '{\"schema_version\": 99}'", 2, "written by a newer Lockyard (schema 99"),
        ("kill -KILL $$", 1, "signal: 9"),
        (&format!("exec {LOCKYARD} \"$@\" --set tasks=3"), 5, "polling is another question in"),
        (
            &format!("exec {LOCKYARD} \"$@\" --strategy naive | sed -u s/after/since/"),
            2,
            "was asked for after",
        ),
    ] {
        let run = Run::new();
        let program = run.program(script);
        let (stdout, said) = run.against(&program, &[], code);
        assert!(said.contains(wanted) && said.contains(&program), "{script} should say {wanted:?}:\n{said}");
        assert_eq!(stdout, "");
        assert!(!run.has_record(), "half a record would look like a whole one");
    }
    let (_, said) = Run::new().against("/nowhere/lockyard", &[], 2);
    assert!(said.contains("/nowhere/lockyard cannot be started"), "{said}");
}

#[test]
fn what_is_not_asked_of_another_build_is_refused_before_anything_runs() {
    for more in [
        &["--processes", "2"][..],
        &["--url", "after=http://127.0.0.1:1"],
        &["--track"],
        &["--verify"],
        &["--sweep", "default"],
        &["--ablate", "before..after"],
        &["--baseline", "run.json"],
    ] {
        let (_, said) = Run::new().against("/nowhere/lockyard", more, 2);
        assert!(said.contains("cannot be used with") && said.contains(more[0]), "{more:?}: {said}");
    }
    let (_, said) = Run::new().against("/nowhere/lockyard", &["--strategy", "aftr"], 2);
    assert!(said.contains("did you mean `after`") && !said.contains("Measuring"), "{said}");
}

/// The other program ends the run in its third turn, as a job that is out of time is ended, and would otherwise never end.
#[test]
fn a_run_that_is_ended_keeps_the_rounds_that_were_finished_and_leaves_no_process_behind() {
    let run = Run::new();
    let program = run.program(&format!(
        "[ $N -lt 3 ] && exec {LOCKYARD} \"$@\"\necho $$ > \"$HERE/pid\"; kill -TERM $PPID; exec tail -f /dev/null"
    ));
    let (text, _) = run.against(&program, &[], 130);
    assert!(text.starts_with("Interrupted: partial results."), "{text}");
    let record = run.record();
    assert_eq!((&record["interrupted"], &record["processes"]), (&true.into(), &4.into()));
    assert_eq!(record["against"]["rounds"].as_array().unwrap().len(), 2);
    assert_eq!(words(&record["cells"], "strategy"), ["after@other", "after"]);
    let pid = fs::read_to_string(run.path("pid")).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "{pid} still runs");
}

#[test]
fn a_program_that_fails_in_a_later_round_loses_none_of_those_before() {
    let run = Run::new();
    let program = run.program(&format!("[ $N -lt 3 ] && exec {LOCKYARD} \"$@\"\nkill -KILL $$"));
    let (text, said) = run.against(&program, &[], 1);
    assert_eq!(text, "");
    assert!(said.contains("Report of what was measured before the error: "), "{said}");
    let record = run.record();
    assert_eq!((&record["finished"], &record["interrupted"]), (&false.into(), &false.into()));
    assert_eq!(record["against"]["rounds"].as_array().unwrap().len(), 2);
    let scenario = &record["scenarios"][0];
    assert_eq!((&scenario["name"], &scenario["finished"]), (&"polling".into(), &false.into()));
    assert!(scenario["about"].as_str().unwrap().contains(' '), "as the process of this build said it");
    assert!(run.path("out/index.html").exists());
}

#[test]
fn a_loss_beyond_the_gate_ends_with_its_own_code() {
    // The other build says that it did a thousand times what it did, in its turns and in its record. A busy machine may have done
    // nothing in a turn, and no number begins with more noughts.
    let faster = r#"sed -u -E -e '/"ops_per_s": /,/]/ s/([1-9][0-9]*)((\.[0-9]+)?,?)$/\1000\2/' -e 's/("ops_per_s":[1-9][0-9]*)/\1000/'"#;
    let run = Run::new();
    let program = run.program(&format!("{LOCKYARD} \"$@\" | {faster}"));
    let (_, said) = run.against(&program, &[], 3);
    assert!(said.contains("regression: after under polling is at ×0.00"), "{said}");
    assert_eq!(run.record()["comparisons"][0]["verdict"], "slower");
}

#[test]
fn an_impossible_record_of_another_build_is_refused() {
    let run = Run::new();
    let outside = "sed -u -E 's/\"ops_per_s\": ([0-9]+)/\"ops_per_s\": \\1000/'";
    let program = run.program(&format!("{LOCKYARD} \"$@\" | {outside}"));
    let (_, said) = run.against(&program, &[], 2);
    assert!(said.contains("cells[0].throughput.ops_per_s is ") && said.contains(&program), "{said}");
}
