//! The program from outside: what a person types, and what comes back on stdout, on stderr and as an exit code.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use lockyard::strategy::LockKind;
use serde_json::Value;

/// Overrides that make any run small, so that the tests measure nothing and check everything.
const SMALL: &[&str] =
    &["--set", "sessions=20", "--set", "messages=10", "--set", "message_bytes=64", "--duration", "100ms"];

fn lockyard(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(args);
    command
}

/// Runs it, expects this exit code, and gives back stdout and stderr.
fn run(args: &[&str], code: i32) -> (String, String) {
    let output = lockyard(args).output().expect("the program starts");
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

/// Bad input: exit 2, nothing on stdout, and each of these in the message.
fn refused(args: &[&str], wanted: &[&str]) {
    let (out, err) = run(args, 2);
    assert_eq!(out, "", "{args:?}");
    for part in wanted {
        assert!(err.contains(part), "{args:?} should say {part:?}:\n{err}");
    }
    assert!(!err.contains("Measuring"), "{args:?} measured before it refused:\n{err}");
}

fn record_of(dir: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join("run.json")).unwrap()).unwrap()
}

fn validate(record: &Value) {
    let (schema, _) = run(&["schema"], 0);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(record).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn compare_leaves_a_record_a_page_and_a_summary() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("new/folder");
    let compare =
        ["compare", "--strategy", "before", "--strategy", "after", "--scenario", "polling", "--quick"];
    // In so short a run a sample might miss what is rarely asked.
    let all = ["--latency", "full", "--out", out.to_str().unwrap(), "--format", "json"];
    let (stdout, _) = run(&[&compare[..], SMALL, &all].concat(), 0);

    let record: Value = serde_json::from_str(&stdout).expect("stdout is the record and nothing else");
    assert_eq!(record, record_of(&out), "what is printed is what is written");
    validate(&record);
    for file in ["index.html", "summary.md"] {
        assert!(fs::metadata(out.join(file)).unwrap().len() > 500, "{file}");
    }

    let cells = record["cells"].as_array().unwrap();
    assert_eq!(
        cells.iter().map(|cell| cell["strategy"].as_str().unwrap()).collect::<Vec<_>>(),
        ["before", "after"]
    );
    for cell in cells {
        assert_eq!((&cell["errors"], &cell["scenario"]), (&Value::from(0), &Value::from("polling")));
        let mix = [
            "get_context_state",
            "get_context",
            "get_context_messages",
            "list_contexts",
            "add_context_message",
        ];
        for operation in mix.iter().chain(&["update_context"]) {
            assert!(cell["latency_ns"][operation]["count"].as_u64().unwrap() > 0, "{operation}: {cell:#}");
        }
        assert!(cell["memory"]["bytes_per_session"].as_f64().unwrap() > 0.0);
        assert!(cell["memory"]["allocations_per_operation"].as_f64().unwrap() > 0.0);
        assert_eq!(cell["of_limit"]["limit"], "no-shared-write");
        assert!(cell["of_limit"]["fraction"].as_f64().unwrap() > 0.0);
        assert!(!cell["timeline"].as_array().unwrap().is_empty());
        assert!(cell["wait_ns"].is_null(), "it was not measured, so it is null");
        let verification = &cell["verification"];
        assert!(verification["operations_checked"].as_u64().unwrap() > 0, "{verification}");
        assert_eq!(verification["linearizable"], true, "{cell:#}");
        for untracked in ["deadlocks", "order_inversions", "starvations"] {
            assert!(verification[untracked].is_null(), "{untracked} was not tracked, so it is null");
        }
        let jain = cell["fairness"]["jain"].as_f64().unwrap();
        assert!((1.0 / 64.0..=1.0 + 1e-12).contains(&jain), "{jain}");
        let (low, high) = (&cell["throughput"]["ci"][0], &cell["throughput"]["ci"][1]);
        let mean = cell["throughput"]["ops_per_s"].as_f64().unwrap();
        assert!(low.as_f64().unwrap() <= mean && mean <= high.as_f64().unwrap());
    }
    let throughput: Vec<_> =
        record["comparisons"].as_array().unwrap().iter().filter(|c| c["metric"] == "throughput").collect();
    assert_eq!(throughput.len(), 1);
    assert_eq!(
        (&throughput[0]["baseline"], &throughput[0]["candidate"]),
        (&"before".into(), &"after".into())
    );
}

#[test]
fn whole_turns_run_with_tool_approvals() {
    let dir = tempfile::tempdir().unwrap();
    let load = ["load", "--scenario", "active-chat", "--strategy", "after"];
    let turns =
        ["--set", "model.scale=0.0001", "--set", "slice_ms=100", "--set", "model.tool_calls_percent=60"];
    run(&[&load[..], SMALL, &turns, &["--out", dir.path().to_str().unwrap()]].concat(), 0);
    let record = record_of(dir.path());
    validate(&record);
    let cell = &record["cells"][0];
    for operation in ["send_message_action", "approve_tools_action", "get_context_state"] {
        assert!(cell["latency_ns"][operation]["count"].as_u64().unwrap() > 0, "{operation}: {cell:#}");
    }
    assert_eq!(cell["errors"], 0, "{cell:#}");
    assert_eq!(record["comparisons"], Value::Array(vec![]));
}

/// What `load` records, `check` judges: with whole turns, tools, and clients that go away.
#[test]
fn a_recorded_history_can_be_judged_again() {
    let dir = tempfile::tempdir().unwrap();
    let (history, out) = (dir.path().join("history.jsonl"), dir.path().join("out"));
    let load = ["load", "--scenario", "active-chat", "--strategy", "after", "--out", out.to_str().unwrap()];
    let turns = ["--set", "model.scale=0.0001", "--set", "slice_ms=100", "--set", "cancel_percent=20"];
    run(&[&load[..], SMALL, &turns, &["--history", history.to_str().unwrap()]].concat(), 0);
    let cell = &record_of(&out)["cells"][0];
    let lines = fs::read_to_string(&history).unwrap();
    let invoked = |line: &&str| line.contains("\"invoke\"") && !line.contains("\"given\"");
    let written = lines.lines().filter(invoked).count() as u64;
    assert!(
        0 < written && written <= cell["verification"]["operations_checked"].as_u64().unwrap(),
        "{cell:#}"
    );
    let judged = ["check", history.to_str().unwrap(), "--model", "session", "--format", "json"];
    let verdict: Value = serde_json::from_str(&run(&judged, 0).0).unwrap();
    assert_eq!(verdict["linearizable"], true);

    // The same history with one state answered as it was before: not right any more.
    let stale = r#"{"process":9001,"type":"invoke","f":"get_context_state","key":"#;
    let key = lines.lines().rev().find_map(|line| {
        let it: Value = serde_json::from_str(line).unwrap();
        (it["type"] == "ok" && it["value"]["version"].as_u64() > Some(12)).then(|| it["key"].to_string())
    });
    let answer = r#"{"process":9001,"type":"ok","value":{"version":10,"state":"idle"}}"#;
    fs::write(&history, format!("{lines}{stale}{}}}\n{answer}\n", key.unwrap())).unwrap();
    let verdict: Value = serde_json::from_str(&run(&judged, 4).0).unwrap();
    assert_eq!(verdict["linearizable"], false);
}

#[test]
fn a_run_that_is_not_judged_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let load = ["load", "--scenario", "polling", "--no-verify", "--out", dir.path().to_str().unwrap()];
    let (text, _) = run(&[&load[..], SMALL].concat(), 0);
    assert!(record_of(dir.path())["cells"][0]["verification"].is_null());
    assert!(text.contains("Not checked: whether the answers are right."), "{text}");
    refused(&["load", "--no-verify", "--history", "x.jsonl"], &["--no-verify", "--history"]);
    let nowhere = dir.path().join("no-such-folder/x.jsonl");
    let nowhere = ["load", "--history", nowhere.to_str().unwrap(), "--out", dir.path().to_str().unwrap()];
    let (_, error) = run(&[&nowhere[..], SMALL].concat(), 2);
    assert!(error.contains("x.jsonl cannot be written"), "{error}");
}

#[test]
fn an_open_loop_says_that_it_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let rate = ["load", "--scenario", "polling", "--set", "rate=500"];
    run(&[&rate[..], SMALL, &["--out", dir.path().to_str().unwrap()]].concat(), 0);
    let cell = &record_of(dir.path())["cells"][0];
    assert_eq!(cell["arrival"], "open loop");
    assert!(cell["operations"].as_u64().unwrap() > 0);
}

#[test]
fn churn_evicts_and_reports_its_hit_ratio() {
    let dir = tempfile::tempdir().unwrap();
    let churn = ["load", "--scenario", "churn", "--strategy", "naive", "--set", "capacity=5"];
    run(&[&churn[..], SMALL, &["--out", dir.path().to_str().unwrap()]].concat(), 0);
    let cell = &record_of(dir.path())["cells"][0];
    assert!(cell["evictions"].as_u64().unwrap() > 0, "{cell:#}");
    let hits = cell["hit_ratio"].as_f64().unwrap();
    assert!(0.0 < hits && hits < 1.0, "{hits}");
}

#[test]
fn report_reads_what_compare_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let (first, again) = (dir.path().join("first"), dir.path().join("again"));
    let strategies =
        ["compare", "--strategy", "naive", "--strategy", "std-mutex", "--scenario", "hot-context"];
    let few = ["--quick", "--set", "messages=10", "--duration", "50ms", "--out", first.to_str().unwrap()];
    run(&[&strategies[..], &few].concat(), 0);
    let record = first.join("run.json");
    run(&["report", record.to_str().unwrap(), "--out", again.to_str().unwrap()], 0);
    for file in ["run.json", "index.html", "summary.md"] {
        assert_eq!(fs::read(first.join(file)).unwrap(), fs::read(again.join(file)).unwrap(), "{file}");
    }
    for (format, part) in
        [("text", "std-mutex"), ("markdown", "| "), ("json", "\"cells\""), ("html", "<html")]
    {
        let (stdout, _) = run(&["report", record.to_str().unwrap(), "--format", format], 0);
        assert!(stdout.contains(part), "{format}: {stdout}");
        assert!(!stdout.contains('\x1b'), "no colour where stdout is no terminal");
    }
    let (_, error) = run(&["merge", record.to_str().unwrap(), record.to_str().unwrap()], 5);
    assert!(error.contains("hot-context was measured in"), "{error}");
}

#[test]
fn strategies_that_do_not_exist_or_cannot_be_are_refused() {
    let strategy = |strategy| ["compare", "--strategy", strategy];
    refused(
        &strategy("tokio-rwlok"),
        &["tokio-rwlok", "did you mean `tokio-rwlock`", "before, naive, after"],
    );
    refused(&strategy("session=tokio-mutex"), &["does not say: cache, dto, save"]);
    let held = "session=std-mutex,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
    refused(
        &strategy(held),
        &["save=under-lock", "std-mutex", "tokio-mutex, tokio-rwlock, async-lock-mutex"],
    );
    let unbuilt = "session=std-mutex,cache=mutex-lru(tokio-mutex),dto=cloned,save=after-unlock";
    refused(&strategy(unbuilt), &["is not built", "session=std-mutex,cache=mutex-lru(parking-lot-mutex)"]);
    let snapshot = "session=arc-swap,cache=moka,dto=borrowed,save=after-unlock,state=published";
    refused(&strategy(snapshot), &["is not built", "session=arc-swap,cache=mutex-lru(parking-lot-mutex)"]);
    let policy = "session=arc-swap,cache=clock,dto=borrowed,save=after-unlock,state=publishd";
    refused(&strategy(policy), &["state policy", "did you mean `published`", "locked, published"]);
    refused(&["compare", "--strategy", "naive", "--strategy", "naive"], &["naive is given twice"]);
}

#[test]
fn scenarios_that_do_not_exist_or_make_no_sense_are_refused() {
    refused(&["load", "--scenario", "poling"], &["poling", "polling", "hot-context"]);
    refused(&["load", "--set", "taks=16"], &["taks", "tasks"]);
    refused(&["load", "--set", "sessions=0"], &["--set sessions=0"]);
    refused(&["load", "--set", "capacity=0"], &["--set capacity=0"]);
    refused(&["load", "--set", "rate=1e12"], &["--set rate=1e12"]);
    refused(&["load", "--set", "reads.get_context=10"], &["--set reads.get_context=10", "95"]);
    refused(&["load", "--duration", "0s"], &["0s", "10s"]);
}

#[test]
fn a_malformed_scenario_is_refused_with_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let path = file.to_str().unwrap();
    let place = |line_and_column: &str| format!("mine.toml:{line_and_column}");
    fs::write(&file, "name = 'mine'\nsessions = = 1\n").unwrap();
    refused(&["load", "--scenario", path], &[&place("2:12")]);
    fs::write(&file, "name = 'mine'\nsessions = 0\n").unwrap();
    refused(&["load", "--scenario", path], &[&place("2:12")]);
    refused(&["load", "--scenario", "nowhere.toml"], &["nowhere.toml"]);
}

#[test]
fn an_out_that_cannot_be_written_is_noticed_first() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "precious").unwrap();
    refused(&["load", "--out", file.to_str().unwrap()], &["--out", "file"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_record_that_is_none_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.json");
    fs::write(&file, "{\n  \"schema_version\": 1,\n  \"cells\": [").unwrap();
    let out = dir.path().join("out");
    let args = ["report", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
    refused(&args, &["run.json:3:12", "too early"]);
    assert!(!out.exists(), "nothing is left half-written");
    fs::write(&file, "{\"schema_version\": 7}").unwrap();
    refused(&args, &["newer", "7"]);
    refused(&["report", "nowhere.json"], &["nowhere.json"]);
}

/// A chain of causes is written out from one end to the other: an error that repeats its cause in its own words shows it twice.
#[test]
fn a_cause_is_shown_once() {
    let compare = ["compare", "--strategy", "after", "--scenario", "polling"];
    let asked = [
        [&compare[..], &["--baseline", "/nowhere/run.json"]].concat(),
        [&compare[..], &["--against", "/nowhere/lockyard"]].concat(),
        vec!["check", "--model", "register", "/nowhere/history.jsonl"],
        vec!["load", "--scenario", "/nowhere/mine.toml"],
        vec!["diff", "/nowhere/run.json", "/nowhere/run.json"],
    ];
    for args in asked {
        let (_, said) = run(&args, 2);
        assert_eq!(said.matches("os error 2").count(), 1, "{args:?}: {said}");
    }
}

#[test]
fn lists_are_arrays_of_objects_with_names() {
    let names = |kind| {
        let (stdout, _) = run(&["list", kind, "--format", "json"], 0);
        let items: Vec<Value> = serde_json::from_str(&stdout).unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let locks = LockKind::ALL.map(LockKind::name);
    assert_eq!(names("strategies"), [&["before", "naive", "after"][..], &locks, &["best"]].concat());
    let scenarios = ["polling", "hot-context", "active-chat", "streaming", "churn", "one-worker"];
    assert_eq!(names("scenarios"), scenarios);
    let (text, _) = run(&["list"], 0);
    assert!(text.contains("before") && text.contains("polling"));
}

#[test]
fn a_level_of_logging_that_there_is_not_is_refused() {
    let ends = |level: &str| {
        let output = lockyard(&["list", "scenarios"]).env("LOCKYARD_LOG", level).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), output.stdout.is_empty(), words)
    };
    for level in ["bogus", "warn,info", "lockyard=debug"] {
        let (code, is_silent, words) = ends(level);
        assert_eq!((code, is_silent), (Some(2), true), "{level}: {words}");
        let wanted = format!("LOCKYARD_LOG={level}: use one of off, error, warn, info, debug, trace");
        assert!(words.contains(&wanted), "{words}");
    }
    for level in ["", "off", "INFO", "trace"] {
        assert_eq!(ends(level).0, Some(0), "{level}");
    }
}

#[test]
fn help_lists_verbs_and_exit_codes() {
    let (help, _) = run(&["--help"], 0);
    for part in
        ["compare", "load", "report", "list", "schema", "completions", "130 interrupted", "LOCKYARD_LOG"]
    {
        assert!(help.contains(part), "{part}: {help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let (script, _) = run(&["completions", shell], 0);
        assert!(script.contains("compare"), "{shell}");
    }
}

/// Ctrl-C, the end of a job's time, a terminal that is closed: as soon as the first tenth is measured. What there is by then
/// is written and marked.
#[cfg(unix)]
#[test]
fn an_interrupted_run_is_written_and_marked() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_lockyard"))
            .args(["load", "--scenario", "polling", "--set", "sessions=20", "--set", "messages=10"])
            .args(["--set", "tasks=8", "--duration", "5s", "--out", dir.path().to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            if line.contains("10 % done") {
                let pid = child.id().to_string();
                assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
            }
        }
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        let record = record_of(dir.path());
        validate(&record);
        assert_eq!(record["interrupted"], true);
        assert!(record["cells"][0]["operations"].as_u64().unwrap() > 0);
        assert!(record["cells"][0]["seconds"].as_f64().unwrap() < 5.0);
    }
}
