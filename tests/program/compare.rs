//! `compare --ablate`, `--sweep` and `--processes` from outside: what is measured, recorded and reported, and what is refused.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assert_cmd::Command;
use serde_json::Value;

/// One run at a time: a slice in which the machine was busy with another run may hold no operation at all.
static ALONE: Mutex<()> = Mutex::new(());

/// Overrides that make any run small, so that the tests measure nothing and check everything.
const SMALL: &[&str] = &[
    "--quick",
    "--no-verify",
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
    let schema = serde_json::to_value(lockyard::bench::record::json_schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &record) {
        panic!("{error} at {}", error.instance_path());
    }
    record
}

fn words<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn an_ablation_measures_every_combination_and_reports_each_change() {
    let dir = tempfile::tempdir().unwrap();
    let ablate = ["--ablate", "before..after", "--scenario", "polling", "--set", "tasks=4"];
    let record = record(&ablate, dir.path());
    let strategies = words(&record["cells"], "strategy");
    assert_eq!((strategies.len(), &strategies[..3]), (8, &["before", "naive", "after"][..]));
    let is_ranked = |it: &Value| it["ablation_only"] == false;
    let ranked: Vec<_> = record["strategies"].as_array().unwrap().iter().map(is_ranked).collect();
    assert_eq!(ranked, [true, true, true, false, false, false, false, false]);

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
        let rendered = fs::read_to_string(dir.path().join(file)).unwrap();
        assert!(rendered.contains("borrowing the DTO ×"), "{file}");
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
    let sweeps = ["--set", "tasks=4", "--sweep", "tasks=16,1,2,4", "--sweep", "save_ms=0,1"];
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
    let scenario = include_str!("../../src/workload/scenarios/hot-context.toml");
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
fn several_processes_make_one_record() {
    let dir = tempfile::tempdir().unwrap();
    let strategies = ["--strategy", "naive", "--strategy", "after", "--scenario", "polling"];
    let strategies = [&strategies[..], &["--set", "tasks=4"]].concat();
    let more = ["--processes", "2", "--sweep", "tasks=1,2", "--ablate", "naive..after"];
    let several = record(&[&strategies[..], &more].concat(), &dir.path().join("several"));
    let one = record(&strategies, &dir.path().join("one"));
    assert_eq!((&several["processes"], &one["processes"]), (&2.into(), &1.into()));
    assert_eq!(words(&several["cells"], "strategy"), ["naive", "after"]);
    for (both, alone) in several["cells"].as_array().unwrap().iter().zip(one["cells"].as_array().unwrap()) {
        // In each process at least as many rounds as any run of short slices has.
        let rounds = |cell: &Value| cell["rounds"].as_u64().unwrap();
        assert!(rounds(both) >= 2 * 24 && rounds(alone) >= 24, "{both:#}");
        let timeline = both["timeline"].as_array().unwrap();
        let rendered: u64 = timeline.iter().map(|slice| slice["operations"].as_u64().unwrap()).sum();
        assert_eq!(Some(rendered), both["operations"].as_u64(), "the timeline is whole, over both processes");
        let begins: Vec<_> = timeline.iter().map(|slice| slice["at_s"].as_f64().unwrap()).collect();
        assert!(begins.is_sorted() && begins.len() >= 2 * 4, "{begins:?}");
        assert!(both["memory"]["bytes_per_session"].as_f64().unwrap() > 0.0);
        assert!(both["of_limit"]["fraction"].as_f64().unwrap() > 0.0);
        let count = |cell: &Value| cell["latency_ns"]["get_context_state"]["count"].as_u64().unwrap();
        assert!(count(both) > 0 && count(alone) > 0);
    }
    let throughput = &several["comparisons"][0];
    assert_eq!(throughput["metric"], "throughput");
    assert!(throughput["noise_floor"].as_f64().unwrap() > 0.0, "the control ran in both");
    let end = |at: usize| throughput["ci"][at].as_f64().unwrap();
    let ratio = throughput["ratio"].as_f64().unwrap();
    assert!(end(0) <= ratio && ratio <= end(1), "{throughput:#}");
    assert_eq!(several["scaling"][1]["points"].as_array().unwrap().len(), 2);
    assert_eq!(words(&several["ablations"], "factor"), ["session"]);
}

/// A run of several long processes, of which the first has begun to measure when `then` is called with its own id and that of the
/// first of them. Gives back its exit code and what it said.
#[cfg(target_os = "linux")]
fn while_the_first_process_measures(dir: &Path, then: impl Fn(u32, &str)) -> (Option<i32>, String) {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_lockyard"))
        .args(["compare", "--strategy", "naive", "--strategy", "after", "--scenario", "polling"])
        .args(SMALL.split_last().expect("the duration, which is a longer one here").1)
        .args(["12s", "--set", "tasks=4", "--processes", "2", "--out", dir.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(run.stderr.take().unwrap()).lines().map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
        if line.contains("10 % done") {
            let children = format!("/proc/{0}/task/{0}/children", run.id());
            let first = fs::read_to_string(children).expect("the system lists them");
            then(run.id(), first.trim());
        }
    }
    (run.wait().unwrap().code(), said)
}

#[cfg(target_os = "linux")]
fn kill(signal: &str, id: &str) {
    assert!(std::process::Command::new("kill").args([signal, id]).status().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_reaches_the_process_that_measures() {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = while_the_first_process_measures(dir.path(), |run, _| kill("-INT", &run.to_string()));
    assert_eq!(code, Some(130), "{said}");
    let record: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("run.json")).unwrap()).unwrap();
    assert_eq!((&record["interrupted"], &record["processes"]), (&true.into(), &1.into()), "{said}");
    assert!(record["cells"][0]["operations"].as_u64().unwrap() > 0);
    assert!(record["cells"][0]["seconds"].as_f64().unwrap() < 6.0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_is_lost_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = while_the_first_process_measures(dir.path(), |_, first| kill("-KILL", first));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("process 1 of 2 was lost") && said.contains("signal: 9"), "{said}");
    assert!(!dir.path().join("run.json").exists(), "half a record would look like a whole one");
}

#[test]
fn what_cannot_be_ablated_or_swept_is_refused_before_anything_runs() {
    refused(&["--ablate", "before"], &["before", "FROM..TO"]);
    refused(&["--ablate", "before..aftr"], &["did you mean `after`"]);
    refused(&["--ablate", "after..after"], &["differ in no factor"]);
    let held = "session=arc-swap,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
    refused(&["--ablate", "before..best"], &[held, "must not be", "is not built", "before..after"]);
    refused(&["--sweep", "taks=1,2"], &["did you mean `tasks`"]);
    refused(&["--sweep", "tasks=0,1", "--scenario", "polling"], &["polling cannot be swept", "tasks=0"]);
    refused(&["--sweep", "readers=1,2", "--scenario", "polling"], &["polling cannot be swept", "not both"]);
    refused(&["--sweep", "default", "--scenario", "churn"], &["polling, hot-context, one-worker"]);
    refused(&["--processes", "0"], &["--processes", "1..=100"]);
    refused(&["--part", "2/2"], &["--part", "1/5"]);
}
