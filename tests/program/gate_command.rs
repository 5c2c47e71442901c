//! The gate from outside: each edit of a record with the exit code that it ends with, and what is refused before minutes
//! are spent on measuring.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sample::sample;
use lockyard::bench::Build;
use lockyard::bench::record::{Metric, Record, SCHEMA_VERSION};
use serde_json::{Value, json};

/// Runs the program; its exit code, and what it said on stdout and on stderr.
fn lockyard(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A text as one line: what is wrapped for a terminal is one sentence.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sample and an edit of it, as files.
struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, record: &Value) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, record.to_string()).unwrap();
        path
    }

    /// Runs `diff` from the sample to an edit of it.
    fn diff(&self, edit: impl FnOnce(&mut Value), args: &[&str]) -> (i32, String, String) {
        let mut edited = serde_json::to_value(sample()).unwrap();
        let before = self.write("before.json", &edited);
        edit(&mut edited);
        let after = self.write("after.json", &edited);
        let paths = [before, after].map(|path| path.to_str().unwrap().to_owned());
        lockyard(&[&["diff", &paths[0], &paths[1]], args].concat())
    }
}

fn items<'a>(record: &'a mut Value, field: &str) -> &'a mut Vec<Value> {
    record[field].as_array_mut().unwrap()
}

/// Multiplies what a strategy's ratios came to, or that of all under them.
fn slow(record: &mut Value, strategy: &str, by: f64) {
    for it in items(record, "comparisons") {
        let power = i32::from(it["candidate"] == strategy) - i32::from(it["baseline"] == strategy);
        let factor = if it["metric"] == "throughput" { by.powi(power) } else { 1.0 };
        let times = |value: &Value| json!(value.as_f64().unwrap() * factor);
        (it["ratio"], it["ci"]) = (times(&it["ratio"]), json!([times(&it["ci"][0]), times(&it["ci"][1])]));
    }
}

/// Multiplies absolute throughput, of all strategies alike.
fn slow_all(record: &mut Value, by: f64) {
    for cell in items(record, "cells") {
        let throughput = &mut cell["throughput"];
        let times = |value: &Value| json!(value.as_f64().unwrap() * by);
        (throughput["ops_per_s"], throughput["ci"]) = (
            times(&throughput["ops_per_s"]),
            json!([times(&throughput["ci"][0]), times(&throughput["ci"][1])]),
        );
    }
}

/// Takes away what `is_gone` of all that names a scenario and strategies.
fn take_away(record: &mut Value, is_gone: impl Fn(&Value, &[&str]) -> bool) {
    items(record, "cells").retain(|it| !is_gone(it, &["strategy"]));
    items(record, "comparisons").retain(|it| !is_gone(it, &["baseline", "candidate"]));
}

fn names(it: &Value, fields: &[&str], name: &str) -> bool {
    fields.iter().any(|field| it[field] == name)
}

const GATE: &[&str] = &["--gate", "10%"];
const ABSOLUTE: &[&str] = &["--gate-absolute", "20%"];

/// An edit of the later record, options, the exit code, and words on stdout, or on stderr if there is nothing to print.
type Edit = (fn(&mut Value), &'static [&'static str], i32, &'static str);

const EDITS: &[Edit] = &[
    (|_| {}, GATE, 0, "No regression."),
    (|_| {}, ABSOLUTE, 0, "No regression."),
    (|it| it["environment"]["commit"] = json!("other"), GATE, 0, "No regression."),
    (|it| it["command"] = json!("lockyard compare --seed 1 --duration 9s"), GATE, 0, "No regression."),
    // Slower than others.
    (|it| slow(it, "after", 0.8), GATE, 3, "Regression: “after” under "),
    (|it| slow(it, "before", 0.8), GATE, 3, "Regression: “before” under "),
    (|it| slow(it, "after", 0.8), &["--gate", "30"], 0, "No regression."),
    (|it| slow(it, "after", 0.8), &[], 0, "Regression: “after” under "),
    (|it| slow(it, "after", 0.8), ABSOLUTE, 0, "Regression: “after” under "),
    (|it| slow(it, "after", 1.3), GATE, 0, "3 improved"),
    // Slower alike.
    (
        |it| slow_all(it, 0.05),
        GATE,
        0,
        "all strategies are at ×0.05 of the throughput of the baseline, alike; ratios",
    ),
    (|it| slow_all(it, 0.05), &[], 0, "all strategies are at ×0.05 of "),
    (|it| slow_all(it, 0.05), ABSOLUTE, 3, "Regression of absolute throughput: “"),
    (|it| slow_all(it, 0.05), &["--gate", "10%", "--gate-absolute", "20%"], 3, "; 26 more regressions."),
    (|it| slow_all(it, 0.9), ABSOLUTE, 0, "No regression."),
    (|it| slow_all(it, 3.0), ABSOLUTE, 0, "all strategies are at ×3.00 of "),
    // Left out.
    (
        |it| take_away(it, |it, fields| names(it, fields, "std-mutex")),
        GATE,
        3,
        "This run is missing: “std-mutex” under polling, “std-mutex” under hot-context, “std-mutex” under one-worker.",
    ),
    (
        |it| take_away(it, |it, fields| names(it, fields, "std-mutex")),
        ABSOLUTE,
        3,
        "missing: “std-mutex” under polling",
    ),
    (
        |it| take_away(it, |it, fields| names(it, fields, "std-mutex")),
        &[],
        0,
        "missing: “std-mutex” under polling",
    ),
    (
        |it| take_away(it, |it, _| it["scenario"] == "one-worker"),
        GATE,
        3,
        "This run is missing: scenario one-worker.",
    ),
    (
        |it| take_away(it, |it, _| it["scenario"] == "one-worker"),
        &[],
        0,
        "This run is missing: scenario one-worker.",
    ),
    (
        |it| items(it, "comparisons").retain(|it| !names(it, &["candidate"], "after")),
        GATE,
        3,
        "missing: the ratio of “after” to “naive” under polling",
    ),
    // Measured otherwise.
    (|it| it["environment"]["cores"] = json!(8), GATE, 5, "another machine"),
    (|it| it["environment"]["cpu_model"] = json!("Other"), &[], 5, "another machine"),
    (|it| it["environment"]["os"] = json!("macos aarch64"), GATE, 5, "another system"),
    (|it| it["processes"] = json!(5), GATE, 5, "measured in 1, this run in 5"),
    (|it| it["cells"][0]["hold_ns"] = json!({}), GATE, 5, "with tracked locks"),
    (|it| it["command"] = json!("lockyard compare --set zipf=0"), GATE, 5, "this run with --set zipf=0"),
    (|it| it["command"] = json!("lockyard compare --cancel 5%"), GATE, 5, "this run with --cancel 5"),
    (|it| it["command"] = json!("lockyard compare --latency=full"), GATE, 5, "this run with --latency full"),
    (|it| it["cells"][4]["point"]["tasks"] = json!(16), GATE, 5, "another point of polling"),
    (
        |it| it["cells"][4]["arrival"] = json!("open loop"),
        GATE,
        5,
        "another arrival of requests under polling",
    ),
    (
        |it| drop(it["cells"][4]["latency_ns"].as_object_mut().unwrap().remove("list_contexts")),
        GATE,
        5,
        "another scenario under the name of polling: list_contexts was asked of",
    ),
    (|it| it["cells"][4]["factors"]["dto"] = json!("cloned"), GATE, 5, "is another strategy now"),
    (
        |it| take_away(it, |it, fields| names(it, fields, "naive")),
        GATE,
        5,
        "this run has no “naive” under polling",
    ),
    (|it| it["reference"] = json!("before"), GATE, 5, "another reference"),
    // Not whole, or wrong.
    (|it| it["interrupted"] = json!(true), GATE, 130, "Partial results: this run was interrupted."),
    (
        |it| {
            it["cells"][0]["findings"] =
                serde_json::to_value(&crate::rich::rich().cells[9].findings).unwrap();
        },
        GATE,
        4,
        "No regression.",
    ),
    // Impossible.
    (
        |it| it["comparisons"][3]["ci"] = json!([1.5, 1.2]),
        GATE,
        2,
        "comparisons[3].ci is [1.5, 1.2]: the lower end",
    ),
    (|it| it["comparisons"][3]["ratio"] = json!(-1), GATE, 2, "comparisons[3].ratio is -1, and must be"),
    (
        |it| it["comparisons"][3]["confidence"] = json!(2),
        GATE,
        2,
        "comparisons[3].confidence is 2, and must lie",
    ),
    (
        |it| it["cells"][3]["throughput"]["ops_per_s"] = json!(1),
        GATE,
        2,
        "cells[3].throughput.ops_per_s is 1, which",
    ),
    (
        |it| it["cells"][3]["hit_ratio"] = json!(1.2),
        &[],
        2,
        "cells[3].hit_ratio is 1.2, and must be from 0 to 1",
    ),
];

#[test]
fn each_edit_of_a_record_has_its_exit_code() {
    let files = Files::new();
    for (nth, (edit, args, code, words)) in EDITS.iter().enumerate() {
        let (found, out, err) = files.diff(edit, args);
        assert_eq!(found, *code, "edit {nth}, {words}: {out}\n{err}");
        let said = if *code == 2 { &err } else { &out };
        assert!(one_line(said).contains(words), "edit {nth} should say {words:?}: {said}");
    }
}

/// The same as data, for whoever reads the diff with a program.
#[test]
fn a_diff_as_data_says_it_too() {
    let (code, out, _) = Files::new().diff(
        |it| {
            slow_all(it, 0.5);
            take_away(it, |it, fields| names(it, fields, "std-mutex"));
        },
        &["--gate", "10%", "--gate-absolute", "20%", "--format", "json"],
    );
    let diff: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, diff["missing"].as_array().unwrap().len()), (3, 3));
    assert!((diff["throughput"]["factor"].as_f64().unwrap() - 0.5).abs() < 1e-9);
    assert_eq!(diff["throughput"]["gate"], 0.2);
    assert!(diff["throughput"]["changes"].as_array().unwrap().iter().all(|it| it["outcome"] == "regression"));
}

#[test]
fn an_impossible_record_is_refused_by_every_reader() {
    let files = Files::new();
    let mut record = serde_json::to_value(sample()).unwrap();
    let good = files.write("good.json", &record);
    record["comparisons"][0]["confidence"] = json!(2.0);
    let bad = files.write("bad.json", &record);
    let [good, bad] = [good, bad].map(|path| path.to_str().unwrap().to_owned());
    for args in [
        vec!["report", &bad],
        vec!["diff", &bad, &good],
        vec!["diff", &good, &bad],
        vec!["compare", "--baseline", &bad],
    ] {
        let (code, out, err) = lockyard(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains("bad.json: comparisons[0].confidence is 2"), "{args:?}: {err}");
    }
}

#[test]
fn what_is_no_record_is_refused_in_words() {
    let files = Files::new();
    let good = files.write("good.json", &serde_json::to_value(sample()).unwrap());
    let json = sample().to_json();
    let version = |version| format!("\"schema_version\": {version}");
    let newer = json.replacen(&version(SCHEMA_VERSION), &version(99), 1);
    for (text, words) in [
        (&json[..json.len() / 2], "the file ends too early"),
        (&newer, "written by a newer Lockyard (schema 99"),
        ("[]", "a record is the run.json of a run"),
    ] {
        let bad = files.dir.path().join("bad.json");
        fs::write(&bad, text).unwrap();
        for pair in [[&bad, &good], [&good, &bad]] {
            let (code, out, err) = lockyard(&["diff", pair[0].to_str().unwrap(), pair[1].to_str().unwrap()]);
            assert_eq!((code, out.as_str()), (2, ""), "{err}");
            assert!(err.contains(words) && err.contains("bad.json"), "{err}");
        }
    }
}

/// A baseline as if it had been recorded on this machine.
fn of_this_machine(edit: impl FnOnce(&mut Record)) -> Value {
    let mut record = sample();
    record.environment = lockyard::bench::environment(&Build::default());
    record.cells.retain(|cell| cell.scenario == "polling");
    record.comparisons.retain(|it| it.scenario == "polling" && it.metric == Metric::Throughput);
    edit(&mut record);
    serde_json::to_value(record).unwrap()
}

#[test]
fn what_cannot_be_compared_is_refused_before_it_is_measured() {
    let files = Files::new();
    let run = ["compare", "--strategy", "naive", "--strategy", "after", "--scenario", "polling"];
    let refused = |baseline: &Value, args: &[&str], words: &str| {
        let baseline = files.write("baseline.json", baseline);
        let (code, out, err) =
            lockyard(&[args, &["--gate", "3%", "--baseline", baseline.to_str().unwrap()]].concat());
        assert_eq!((code, out.as_str()), (5, ""), "{words}: {err}");
        assert!(err.contains("Not comparable with") && err.contains(words), "{words:?} is not in {err:?}");
        assert!(!err.contains("Measuring") && !err.contains("Report:"), "{err}");
    };
    let plain = of_this_machine(|_| {});
    let with = |more: &[&'static str]| [&run[..], more].concat();
    refused(&serde_json::to_value(sample()).unwrap(), &run, "AMD EPYC 7763");
    refused(&of_this_machine(|it| it.environment.cores += 1), &run, "cores");
    refused(&plain, &with(&["--track"]), "with tracked locks");
    refused(&of_this_machine(|it| it.cells[0].wait_ns = Some([].into())), &run, "with tracked locks");
    refused(&plain, &with(&["--processes", "3"]), "in 1, this run in 3");
    refused(&of_this_machine(|it| it.processes = 5), &run, "use --processes 5");
    refused(&plain, &with(&["--set", "zipf=0"]), "this run with --set zipf=0");
    refused(&plain, &with(&["--cancel", "2"]), "this run with --cancel 2");
    refused(&plain, &with(&["--latency", "full"]), "this run with --latency full");
    refused(
        &of_this_machine(|it| it.command += " --set tasks=16"),
        &run,
        "the baseline ran with --set tasks=16",
    );
    refused(&of_this_machine(|it| it.cells[1].point.tasks = 16), &run, "another point of polling");
    let without_naive = of_this_machine(|it| {
        it.cells.retain(|cell| cell.strategy != "naive");
        it.comparisons.retain(|it| it.candidate != "naive" && it.baseline != "naive");
    });
    refused(&without_naive, &run, "the baseline has no “naive”");
    refused(&plain, &["compare", "--strategy", "after", "--scenario", "polling"], "this run has no “naive”");
    refused(&plain, &["compare", "--strategy", "naive", "--scenario", "churn"], "no scenario in common");
}

#[test]
fn absolute_throughput_is_judged_against_a_baseline_only() {
    let (code, _, err) = lockyard(&["compare", "--gate-absolute", "20%"]);
    assert!(code == 2 && err.contains("--baseline"), "{err}");
    let (code, _, err) = lockyard(&["compare", "--against", "./other", "--gate-absolute", "20%"]);
    assert!(code == 2 && err.contains("--against") && !err.contains("Measuring"), "{err}");
}

/// Runs that are so small that they measure nothing and go all the way.
fn measured(out: &Path, args: &[&str]) -> (i32, String, Value) {
    let small = "compare --scenario polling --quick --duration 100ms --set sessions=20 --set messages=10 --set slice_ms=2 \
                 --set message_bytes=64 --set tasks=4 --no-verify --out";
    let small: Vec<_> = small.split_whitespace().chain([out.to_str().unwrap()]).collect();
    let (code, _, err) = lockyard(&[&small, args].concat());
    let record = fs::read_to_string(out.join("run.json")).unwrap_or_else(|_| panic!("{err}"));
    (code, err, serde_json::from_str(&record).unwrap())
}

#[test]
fn a_run_is_held_against_an_earlier_one() {
    let files = Files::new();
    let all = ["--strategy", "naive", "--strategy", "after", "--strategy", "tokio-mutex"];
    let (code, _, record) = measured(&files.dir.path().join("first"), &all);
    assert_eq!(code, 0);
    let baseline = files.write("baseline.json", &record);
    let against = ["--baseline", baseline.to_str().unwrap(), "--gate", "99"];
    let second = files.dir.path().join("second");

    let (code, err, _) = measured(&second, &[&all[..], &against].concat());
    assert_eq!(code, 0, "{err}");
    assert!(second.join("gate.md").exists());

    let (code, err, _) = measured(&second, &[&all[..4], &against].concat());
    assert_eq!(code, 3, "{err}");
    assert!(one_line(&err).contains("This run is missing: “tokio-mutex” under polling."), "{err}");

    // As if the program had been a thousand times faster, in everything.
    let mut faster = record;
    slow_all(&mut faster, 1_000.0);
    files.write("baseline.json", &faster);
    let (code, err, _) = measured(&second, &[&all[..], &against].concat());
    assert_eq!(code, 0, "{err}");
    assert!(
        one_line(&err).contains("all strategies are at ×0.00") || err.contains("strategies are at"),
        "{err}"
    );
    let (code, err, _) = measured(&second, &[&all[..], &against, &["--gate-absolute", "90"]].concat());
    assert_eq!(code, 3, "{err}");
    assert!(one_line(&err).contains("Regression of absolute throughput: “"), "{err}");
}
