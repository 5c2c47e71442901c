//! The example `own_service` as a user has it: every verb, from the command line to the exit code and the files. This program is
//! the example where it is asked as one, and the test of it otherwise.

#[path = "support/child.rs"]
mod child;
#[path = "../examples/own_service.rs"]
mod own_service;

use std::path::Path;
use std::process::ExitCode;

use lockyard_bench::record::{Metric, Record};

use child::Ended;

fn main() -> ExitCode {
    if child::program().is_some() {
        return own_service::main();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (name, test) in TESTS {
        test(folder);
        println!("{name}: ok");
    }
    ExitCode::SUCCESS
}

/// A test with its name.
type Test = (&'static str, fn(&Path));

const TESTS: [Test; 9] = [
    ("without_a_verb_each_system_is_judged", without_a_verb_each_system_is_judged),
    ("test_runners_and_cargo_bench_are_answered", test_runners_and_cargo_bench_are_answered),
    ("systems_are_compared_swept_and_written", systems_are_compared_swept_and_written),
    ("the_wrong_guard_ends_with_four", the_wrong_guard_ends_with_four),
    (
        "records_are_read_again_and_held_against_each_other",
        records_are_read_again_and_held_against_each_other,
    ),
    ("several_processes_and_another_build", several_processes_and_another_build),
    ("a_history_is_written_and_checked", a_history_is_written_and_checked),
    ("what_measures_is_calibrated", what_measures_is_calibrated),
    ("what_is_typed_wrong_is_a_sentence", what_is_typed_wrong_is_a_sentence),
];

fn run(folder: &Path, arguments: &[&str]) -> Ended {
    child::run("own_service", folder, arguments)
}

/// A run that is short, for it is not about speed.
fn run_shortly(folder: &Path, arguments: &[&str]) -> Ended {
    run(folder, &[arguments, &["--duration", "60ms"]].concat())
}

fn record(folder: &Path) -> Record {
    Record::read(folder.join("run.json")).expect("a record that contradicts nothing")
}

const RIGHT: [&str; 4] = ["--system", "one-lock", "--system", "each-account"];

fn without_a_verb_each_system_is_judged(folder: &Path) {
    let ended = run(folder, &[]).with(4).says(&[
        "test one-lock under tellers ... ok (",
        "test each-account under tellers ... ok (",
        "test checks-then-acts under tellers ... FAILED",
        "checks-then-acts under tellers: not linearizable: no linearization of",
        "● invoke Transfer",
        "money made or lost: after the run, the accounts hold",
    ]);
    assert!(ended.out.contains(" judged)"), "{}", ended.out);
    assert!(!folder.join("reports").exists(), "a test leaves nothing behind");
    run(folder, &["--skip", "acts"]).with(0).says(&["This was a check and no measurement"]);
}

fn test_runners_and_cargo_bench_are_answered(folder: &Path) {
    let listed = run(folder, &["--list", "--format", "terse"]).with(0);
    assert_eq!(listed.out, "one-lock: test\neach-account: test\nchecks-then-acts: test\n");
    assert_eq!(run(folder, &["--list", "--format=terse", "--ignored"]).with(0).out, "");
    assert_eq!(run(folder, &["--bench", "--list", "account"]).with(0).out, "each-account: benchmark\n");

    let harness = ["one-lock", "--exact", "--nocapture", "--test-threads=1", "-q", "--color", "never"];
    let ended = run(folder, &harness).with(0);
    assert_eq!(ended.out.matches("test ").count(), 1, "{}", ended.out);
    run(folder, &["one", "--exact"]).with(0).says(&["No system is asked for"]);

    // As `cargo bench -- one-lock --duration 60ms …` has it, and `cargo bench -- compare …`.
    let bench = ["one-lock", "--out", "bench", "--format", "json", "--bench"];
    let record = record(&{
        drop(run_shortly(folder, &bench).with(0));
        folder.join("bench")
    });
    assert_eq!(record.cells.len(), 1);
    run_shortly(folder, &["compare", "--system", "one-lock", "--out", "bench", "--bench"]).with(0);
    run(folder, &["one-lock", "--bench", "--test"]).with(0).says(&["test one-lock under tellers ... ok"]);
}

fn systems_are_compared_swept_and_written(folder: &Path) {
    let more = ["compare", "--set", "accounts=4", "--sweep", "tasks=2,8", "--out", "compared"];
    run_shortly(folder, &[&more[..], &RIGHT].concat()).with(0).says(&[
        "one-lock",
        "each-account",
        "linearizable",
        "Report: compared/index.html",
    ]);
    let out = folder.join("compared");
    assert!(out.join("index.html").is_file() && out.join("summary.md").is_file());
    let record = record(&out);
    assert!(record.finished && record.command.contains("compare --set accounts=4 --sweep tasks=2,8"));
    assert_eq!(record.reference.as_deref(), Some("one-lock"));
    for cell in &record.cells {
        let operations: Vec<_> = cell.latency_ns.keys().map(String::as_str).collect();
        assert_eq!(operations, ["balance", "transfer"], "the user's words");
        assert_eq!(cell.verification.as_ref().and_then(|it| it.linearizable), Some(true));
    }
    assert!(record.comparison("tellers", "one-lock", "each-account", &Metric::Throughput).is_some());
    assert_eq!(record.scaling.len(), 2, "a curve for each system");
    assert!(record.scaling.iter().all(|it| it.along == "tasks" && it.points.len() == 2));
}

fn the_wrong_guard_ends_with_four(folder: &Path) {
    let arguments = [
        "compare",
        "--system",
        "one-lock",
        "--system",
        "checks-then-acts",
        "--out",
        "wrong",
        "--format",
        "json",
    ];
    let ended =
        run_shortly(folder, &arguments).with(4).says(&["error: not linearizable: no linearization of"]);
    let printed =
        Record::parse(ended.out.as_bytes(), Path::new("stdout")).expect("the record and nothing else");
    let record = record(&folder.join("wrong"));
    assert_eq!(printed, record);
    let [right, wrong] = &record.cells[..] else { panic!("two cells") };
    assert!(right.violations.is_empty() && !wrong.violations.is_empty());
    assert!(wrong.operations > 0, "what was measured is kept");
    let page = std::fs::read_to_string(folder.join("wrong/index.html")).expect("a page");
    assert!(page.contains("money made or lost") && page.contains("Transfer { from"));
}

fn records_are_read_again_and_held_against_each_other(folder: &Path) {
    for out in ["before", "after"] {
        run_shortly(folder, &[&["compare", "--out", out][..], &RIGHT].concat()).with(0);
    }
    run(folder, &["report", "before/run.json", "--format", "markdown"]).with(0).says(&["# ", "each-account"]);
    run(folder, &["report", "before/run.json", "--out", "again"]).with(0).says(&["again/index.html"]);
    run(folder, &["diff", "before/run.json", "after/run.json"]).with(0).says(&["each-account"]);
    run_shortly(folder, &["compare", "--system", "one-lock", "--out", "less"]).with(0);
    let less = run(folder, &["diff", "before/run.json", "less/run.json", "--gate", "99%"]).with(5);
    less.says(&["measure “one-lock” and at least"]);

    let gated =
        [&["compare", "--baseline", "before/run.json", "--gate", "99%", "--out", "gated"][..], &RIGHT]
            .concat();
    run_shortly(folder, &gated).with(0);
    assert!(folder.join("gated/gate.md").is_file());
    let other = [&gated[..], &["--set", "accounts=9"]].concat();
    run_shortly(folder, &other).with(5).says(&["Not comparable with before/run.json"]);

    let listed = run(folder, &["list", "systems", "--format", "json"]).with(0).out;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[0]["name"], "one-lock");
    let schema = run(folder, &["schema"]).with(0).out;
    assert!(
        serde_json::from_str::<serde_json::Value>(&schema).expect("JSON")["properties"]["cells"].is_object()
    );
}

fn several_processes_and_another_build(folder: &Path) {
    run_shortly(folder, &[&["compare", "--processes", "2", "--out", "processes"][..], &RIGHT].concat())
        .with(0);
    let record_of_two = record(&folder.join("processes"));
    assert_eq!((record_of_two.processes, record_of_two.cells.len()), (2, 2));

    let this = std::env::current_exe().expect("this test").display().to_string();
    let against =
        ["compare", "--system", "one-lock", "--against", &this, "--gate", "99%", "--out", "against"];
    run_shortly(folder, &against).with(0).says(&["one-lock@other"]);
    assert_eq!(record(&folder.join("against")).processes, 10);
}

fn a_history_is_written_and_checked(folder: &Path) {
    let load = [
        "load",
        "--system",
        "each-account",
        "--set",
        "tasks=2",
        "--history",
        "history.jsonl",
        "--out",
        "loaded",
    ];
    run_shortly(folder, &load).with(0);
    run(folder, &["check", "history.jsonl"]).with(0).says(&["Linearizable ("]);
    let text = std::fs::read_to_string(folder.join("history.jsonl")).expect("a history");
    assert!(
        text.contains(r#""f":"Transfer""#) && text.contains(r#""value":{"Balance":"#),
        "{}",
        &text[..300]
    );
    // An account holds more than there is.
    let wrong = text.replacen(r#""value":{"Holds":100}"#, r#""value":{"Holds":100000}"#, 1);
    std::fs::write(folder.join("wrong.jsonl"), wrong).expect("a file");
    run(folder, &["check", "wrong.jsonl"]).with(4).says(&["Not linearizable", "Holds(100000)"]);
    std::fs::write(folder.join("other.jsonl"), r#"{"process":0,"type":"invoke","f":"write","value":1}"#)
        .expect("a file");
    run(folder, &["check", "other.jsonl"]).with(2).says(&["other.jsonl cannot be checked", "line 1"]);
    run(folder, &["check", "other.jsonl", "--model", "register"]).with(0);
    run(folder, &["check", "other.jsonl", "--model", "regster"])
        .with(2)
        .says(&["there are own, register, kv"]);
}

fn what_measures_is_calibrated(folder: &Path) {
    let arguments = ["calibrate", "--trials", "1", "--verdict", "100ms", "--format", "json"];
    let found: serde_json::Value = serde_json::from_str(&run(folder, &arguments).with(0).out).expect("JSON");
    assert_eq!(found["trials"].as_array().map(Vec::len), Some(1));
    assert!(found["harness_ns"]["bare"]["ns"].is_number() && found["slowdown"]["points"].is_array());
}

fn what_is_typed_wrong_is_a_sentence(folder: &Path) {
    for (arguments, said) in [
        (
            &["compare", "--system", "onelock"][..],
            "unknown system `onelock`, did you mean `one-lock`? There are:",
        ),
        (&["compare", "--system", "one-lock", "--system", "one-lock"], "one-lock is given twice"),
        (&["compare", "--workload", "x"], "unknown workload `x`"),
        (&["compare", "--set", "tasks"], "write SETTING=VALUE"),
        (&["compare", "--set", "tasks=many"], "tasks is a whole number, not \"many\""),
        (&["compare", "--sweep", "tasks=1"], "two values at least"),
        (&["compare", "--sweep", "tasks=1,0"], "tasks from 1 on"),
        (&["compare", "--ablate", "one-lock"], "the names of two systems, with `..` between them"),
        (&["compare", "--ablate", "one-lock..each-account"], "one-lock has no factors; declare them"),
        (&["compare", "--track"], "cannot be set up with tracked locks; declare how"),
        (&["load", "--system", "x"], "unknown system `x`"),
        (&["report", "nothing.json"], "nothing.json"),
        (&["compare", "--duration", "5"], "write a time above zero with its unit"),
        (&["--no-such-option"], "--no-such-option"),
        (&["compare", "--against", "./nothing"], "./nothing"),
        (&["compare", "--baseline", "nothing.json"], "the baseline cannot be used"),
        (&["merge", "nothing.json", "nothing.json"], "nothing.json"),
        (&["calibrate", "--workload", "x"], "unknown workload `x`"),
    ] {
        run(folder, arguments).with(2).says(&[said]);
    }
}
