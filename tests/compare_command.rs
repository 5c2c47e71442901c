//! `compare --ablate` and `compare --sweep` from outside: what is measured, recorded and told, and what is refused.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assert_cmd::Command;
use serde_json::Value;

/// One run at a time: a slice in which the machine was busy with another run may hold no operation at all.
static ALONE: Mutex<()> = Mutex::new(());

/// Overrides that make any run small, so that the tests measure nothing and check everything.
const SMALL: &[&str] = &[
    "--set",
    "sessions=20",
    "--set",
    "messages=10",
    "--set",
    "message_bytes=64",
    "--set",
    "slice_ms=10",
    "--duration",
    "100ms",
];

/// Runs `compare`, expects this exit code, and gives back stdout and stderr.
fn compare(args: &[&str], code: i32) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).arg("compare").args(args).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn refused(args: &[&str], wanted: &[&str]) {
    let (out, err) = compare(args, 2);
    assert_eq!(out, "", "{args:?}");
    for part in wanted {
        assert!(err.contains(part), "{args:?} should say {part:?}:\n{err}");
    }
    assert!(!err.contains("Measuring"), "{args:?} measured before it refused:\n{err}");
}

/// The record of a small run, valid by the schema.
fn record(args: &[&str], dir: &Path) -> Value {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let out = ["--out", dir.to_str().unwrap(), "--format", "json"];
    let (stdout, _) = compare(&[args, SMALL, &out].concat(), 0);
    let record: Value = serde_json::from_str(&stdout).unwrap();
    let schema = serde_json::to_value(lockyard::record::json_schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &record) {
        panic!("{error} at {}", error.instance_path());
    }
    record
}

fn words<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn an_ablation_measures_every_combination_and_tells_each_change() {
    let dir = tempfile::tempdir().unwrap();
    let ablate = ["--ablate", "before..after", "--scenario", "polling", "--quick", "--set", "tasks=4"];
    let record = record(&ablate, dir.path());
    let strategies = words(&record["cells"], "strategy");
    assert_eq!((strategies.len(), strategies[0], strategies[7]), (8, "before", "after"));
    assert!(strategies.contains(&"naive"), "{strategies:?}");

    let ablations = &record["ablations"];
    assert_eq!(words(ablations, "kind"), [["main effect"; 3], ["interaction"; 3]].concat());
    assert_eq!(words(ablations, "factor"), ["session", "dto", "save", "session", "session", "dto"]);
    for effect in ablations.as_array().unwrap() {
        let end = |at: usize| effect["ci"][at].as_f64().unwrap();
        let ratio = effect["ratio"].as_f64().unwrap();
        assert!(end(0) <= ratio && ratio <= end(1), "{effect:#}");
        assert_eq!((&effect["from"], &effect["to"]), (&"before".into(), &"after".into()));
        assert_eq!(effect["with"].is_null(), effect["kind"] == "main effect");
    }
    for file in ["index.html", "summary.md"] {
        let told = fs::read_to_string(dir.path().join(file)).unwrap();
        assert!(told.contains("borrowing the DTO ×"), "{file}");
    }
}

#[test]
fn strategies_given_besides_an_ablation_are_measured_once() {
    let dir = tempfile::tempdir().unwrap();
    let after = "session=tokio-rwlock,cache=mutex-lru(tokio-mutex),dto=borrowed,save=after-unlock";
    let args = ["--strategy", "std-mutex", "--strategy", after, "--ablate", "naive..after"];
    let record =
        record(&[&args[..], &["--scenario", "hot-context", "--set", "capacity=20"]].concat(), dir.path());
    assert_eq!(words(&record["cells"], "strategy"), ["std-mutex", after, "naive"]);
    assert_eq!(words(&record["ablations"], "factor"), ["session"]);
}

#[test]
fn a_sweep_leaves_its_points_in_order_with_a_law_or_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let strategies = ["--strategy", "naive", "--strategy", "after", "--scenario", "polling"];
    let sweeps = ["--sweep", "tasks=16,1,2,4", "--sweep", "save_ms=0,1"];
    let record = record(&[&strategies[..], &sweeps].concat(), dir.path());
    let scaling = record["scaling"].as_array().unwrap();
    assert_eq!(words(&record["scaling"], "along"), ["tasks", "tasks", "save_ms", "save_ms"]);
    assert_eq!(words(&record["scaling"], "strategy"), ["naive", "after", "naive", "after"]);
    for sweep in scaling {
        let points = sweep["points"].as_array().unwrap();
        let along = sweep["along"].as_str().unwrap();
        let sizes: Vec<_> = points.iter().map(|it| it["point"][along].as_u64().unwrap()).collect();
        assert_eq!(sizes, if along == "tasks" { vec![1, 2, 4, 16] } else { vec![0, 1] });
        assert_eq!(sweep["fit"].is_null(), sweep["note"].is_string(), "one of the two: {sweep:#}");
        for point in points {
            assert!(point["throughput"]["ops_per_s"].as_f64().unwrap() > 0.0, "{point:#}");
            assert!(point["latency_ns"]["get_context_state"]["count"].as_u64().unwrap() > 0, "{point:#}");
        }
    }
    assert_eq!(record["cells"].as_array().unwrap().len(), 2, "points of sweeps are no cells");
    let page = fs::read_to_string(dir.path().join("index.html")).unwrap();
    assert!(page.contains("polling along tasks") && page.contains("polling along save_ms"));
}

#[test]
fn a_scenario_is_swept_as_it_declares() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let scenario = include_str!("../src/workload/scenarios/hot-context.toml");
    let (before, _) = scenario.split_once("[sweep]").expect("it declares a sweep");
    fs::write(&file, format!("{before}\n[sweep]\nwriters = [2, 0]\n")).unwrap();
    let args = ["--strategy", "naive", "--sweep", "default", "--scenario", file.to_str().unwrap()];
    let record = record(&args, &dir.path().join("out"));
    let points = record["scaling"][0]["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|it| it["point"]["writers"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 2]);

    fs::write(&file, format!("{before}\n[sweep]\nwriter = [2, 0]\n")).unwrap();
    let scenario = ["--scenario", file.to_str().unwrap()];
    refused(&scenario, &["mine.toml", "unknown setting to sweep `writer`, did you mean `writers`?"]);
    fs::write(&file, format!("{before}\n[sweep]\nwriters = [2]\n")).unwrap();
    refused(&scenario, &["mine.toml", "a sweep needs two values"]);
}

#[test]
fn what_cannot_be_ablated_or_swept_is_refused_before_anything_runs() {
    refused(&["--ablate", "before"], &["before", "FROM..TO"]);
    refused(&["--ablate", "before..aftr"], &["did you mean `after`"]);
    refused(&["--ablate", "after..after"], &["differ in no factor"]);
    let held = "session=parking-lot-rwlock,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
    refused(&["--ablate", "before..best"], &[held, "must not be", "is not built", "before..after"]);
    refused(&["--sweep", "taks=1,2"], &["did you mean `tasks`"]);
    refused(&["--sweep", "tasks=0,1", "--scenario", "polling"], &["polling cannot be swept", "tasks=0"]);
    refused(&["--sweep", "readers=1,2", "--scenario", "polling"], &["polling cannot be swept", "not both"]);
    refused(&["--sweep", "default", "--scenario", "churn"], &["polling, hot-context, one-worker"]);
}
