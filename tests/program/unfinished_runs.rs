//! Runs that do not come to their end, from outside: by a signal, by an error in a later scenario, by the loss of a process or
//! of the whole program. What was measured before is on disk, whole, and says what is missing.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::support::program::Program;
use serde_json::{Value, json};

/// What measures here has two threads of its own: one after the other.
static ALONE: Mutex<()> = Mutex::new(());

/// Two strategies under two scenarios, for seconds in each.
const TWO_SCENARIOS: &[&str] = &[
    "compare",
    "--strategy",
    "naive",
    "--strategy",
    "after",
    "--scenario",
    "polling",
    "--scenario",
    "hot-context",
    "--set",
    "sessions=20",
    "--set",
    "messages=10",
    "--no-verify",
    "--quick",
];

fn lockyard(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn kill(signal: &str, id: &str) {
    assert!(Command::new("kill").args([signal, id]).status().unwrap().success());
}

/// What a run has left, valid by the schema.
fn record(out: &Path) -> Value {
    let record = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    let schema = serde_json::to_value(lockyard::bench::record::json_schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &record) {
        panic!("{error} at {}", error.instance_path());
    }
    record
}

/// A scenario of this name in a file, with messages as long, and with so many workers.
fn scenario(dir: &Path, name: &str, bytes: u32, workers: u32) -> String {
    let path = dir.join(format!("{name}.toml"));
    let text = format!(
        "name = \"{name}\"\nabout = \"Messages of {bytes} bytes\"\nsessions = 4\nmessages = 2\n\
         message_bytes = {bytes}\ncapacity = 10\nzipf = 0\nworkers = {workers}\ntasks = 2\nread_percent = 100\n\
         [reads]\nget_context_state = 100\n"
    );
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The scenarios of a record, and whether each is finished.
fn finished(record: &Value) -> Vec<(&str, bool)> {
    let scenarios = record["scenarios"].as_array().unwrap().iter();
    scenarios.map(|it| (it["name"].as_str().unwrap(), it["finished"].as_bool().unwrap())).collect()
}

/// Waits until the record of a run is on disk, as it is after its first scenario.
fn until_recorded(run: &mut Child, out: &Path) {
    let begin = Instant::now();
    while !out.join("run.json").exists() {
        assert_eq!(run.try_wait().unwrap(), None, "it ended before it was to");
        assert!(begin.elapsed() < Duration::from_mins(5), "no record after five minutes");
        std::thread::yield_now();
    }
}

/// How a run has ended, and what it said on stdout and stderr.
fn end(run: Child) -> (Option<i32>, String, String) {
    let output = run.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_signal_in_the_second_scenario_keeps_the_first_whole_and_marks_the_rest() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let mut run = lockyard(TWO_SCENARIOS).arg("--out").arg(dir.path()).spawn().unwrap();
    until_recorded(&mut run, dir.path());
    let meanwhile = record(dir.path());
    assert_eq!((&meanwhile["finished"], &meanwhile["interrupted"]), (&false.into(), &false.into()));
    assert_eq!(finished(&meanwhile), [("polling", true), ("hot-context", false)]);
    kill("-TERM", &run.id().to_string());
    let (code, text, said) = end(run);
    assert_eq!(code, Some(130), "{said}");
    assert!(text.starts_with("Interrupted: partial results."), "{text}");
    let left = record(dir.path());
    assert_eq!((&left["finished"], &left["interrupted"]), (&false.into(), &true.into()));
    assert_eq!(finished(&left), [("polling", true), ("hot-context", false)]);
    let about = left["scenarios"][0]["about"].as_str().unwrap();
    assert!(about.contains(' '), "what it is, in words: {about}");
    for (before, after) in
        meanwhile["cells"].as_array().unwrap().iter().zip(left["cells"].as_array().unwrap())
    {
        assert_eq!(before, after, "what was measured stays as it was");
    }
}

/// As by the end of the machine, or of its memory: nothing of the program runs any more.
#[test]
fn a_run_that_is_killed_leaves_a_record_that_says_what_is_missing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let mut run = lockyard(TWO_SCENARIOS).arg("--out").arg(dir.path()).spawn().unwrap();
    until_recorded(&mut run, dir.path());
    run.kill().unwrap();
    run.wait().unwrap();
    let left = dir.path().join("run.json");
    let (code, text, said) = end(lockyard(&["report", left.to_str().unwrap()]).spawn().unwrap());
    assert_eq!(code, Some(0), "{said}");
    let begins = "Unfinished: the run ended before hot-context was measured: partial results.";
    assert!(text.starts_with(begins), "{text}");
    let (_, diff, _) =
        end(lockyard(&["diff", left.to_str().unwrap(), left.to_str().unwrap()]).spawn().unwrap());
    assert!(diff.contains("Partial results: this run was not finished."), "{diff}");
}

/// The server takes the messages of the first scenario, and none as long as those of the second.
#[test]
fn an_error_in_the_second_scenario_is_said_with_where_the_report_of_the_first_is() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let (short, long) = (scenario(dir.path(), "short", 64, 2), scenario(dir.path(), "long", 100_000, 2));
    let (program, out) = (Program::serve(&["--max-body", "20000"]), dir.path().join("out"));
    let url = format!("served=http://{}", program.address);
    let args = ["compare", "--url", &url, "--scenario", &short, "--scenario", &long, "--duration", "500ms"];
    let (code, text, said) = end(lockyard(&args).arg("--out").arg(&out).spawn().unwrap());
    assert_eq!((code, &*text), (Some(2), ""), "{said}");
    let page = out.join("index.html");
    assert!(
        said.contains(&format!("Report of what was measured before the error: {}", page.display())),
        "{said}"
    );
    assert!(said.lines().last().unwrap().starts_with("error: served cannot be measured"), "{said}");
    let left = record(&out);
    assert_eq!(finished(&left), [("short", true), ("long", false)]);
    let ended = "Unfinished: the run ended before long was measured";
    for report in ["index.html", "summary.md"] {
        assert!(fs::read_to_string(out.join(report)).unwrap().contains(ended), "{report}");
    }
}

/// There is memory for the workers of the first scenario, and not for the stacks of the second one's.
#[cfg(target_os = "linux")]
#[test]
fn workers_that_cannot_be_had_end_the_run_and_lose_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let many = scenario(dir.path(), "many", 64, 1024);
    let out = dir.path().join("out");
    let shell = "ulimit -v 3000000; exec \"$@\"";
    let mut run = Command::new("sh");
    let words = TWO_SCENARIOS.iter().map(|word| if *word == "hot-context" { &many } else { *word });
    run.args(["-c", shell, "sh", env!("CARGO_BIN_EXE_lockyard")]).args(words);
    run.args(["--duration", "100ms", "--out"]).arg(&out).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (code, _, said) = end(run.spawn().unwrap());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: no worker threads could be started"), "{said}");
    assert!(said.contains("Report of what was measured before the error: "), "{said}");
    assert_eq!(finished(&record(&out)), [("polling", true), ("many", false)]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_is_lost_in_its_second_scenario_loses_nothing_of_its_first() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let mut run =
        lockyard(TWO_SCENARIOS).args(["--processes", "2", "--out"]).arg(dir.path()).spawn().unwrap();
    until_recorded(&mut run, dir.path());
    let id = run.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    kill("-KILL", children.trim());
    let (code, _, said) = end(run);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("process 1 of 2 was lost") && said.contains("signal: 9"), "{said}");
    assert!(said.contains("Report of what was measured before the error: "), "{said}");
    let left = record(dir.path());
    assert_eq!((&left["processes"], &left["finished"]), (&1.into(), &false.into()));
    assert_eq!(finished(&left), [("polling", false), ("hot-context", false)], "of two processes");
    let cells = left["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 2, "naive and after under polling");
    assert!(cells.iter().all(|cell| cell["operations"].as_u64().unwrap() > 0));
    assert!(dir.path().join("index.html").exists() && dir.path().join("summary.md").exists());
}

/// A folder stands where the record would.
#[test]
fn a_record_that_cannot_be_written_meanwhile_is_said_once_and_ends_no_run() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let more = ["--duration", "100ms", "--set", "slice_ms=5", "--format", "json", "--out"];
    let mut run = lockyard(TWO_SCENARIOS);
    let mut run = run.args(more).arg(dir.path()).spawn().unwrap();
    // Once its folder is there it has been found fit to be written to.
    let mut words = BufReader::new(run.stderr.take().unwrap());
    let (mut said, in_the_way) = (String::new(), dir.path().join("run.json"));
    while !said.contains("Measuring") {
        assert!(words.read_line(&mut said).unwrap() > 0, "{said}");
    }
    fs::create_dir_all(in_the_way.join("not-empty")).unwrap();
    words.read_to_string(&mut said).unwrap();
    let (code, _, _) = end(run);
    assert_eq!(said.matches("the run goes on").count(), 1, "{said}");
    assert!(said.contains("hot-context: measured"), "{said}");
    assert!(said.contains("the run was measured, but could not be written"), "{said}");
    assert_eq!(code, Some(2), "{said}");
}

/// After the first of its searches, and long before the last.
#[test]
fn a_signal_ends_verify_with_what_is_done_and_marks_it() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (signal, format) in [("-HUP", "json"), ("-TERM", "json"), ("-TERM", "text"), ("-INT", "markdown")] {
        let mut run = lockyard(&["verify", "--format", format]).spawn().unwrap();
        let mut words = BufReader::new(run.stderr.take().unwrap());
        let mut line = String::new();
        words.read_line(&mut line).unwrap();
        assert!(line.contains(" searches are done"), "{line}");
        kill(signal, &run.id().to_string());
        let mut said = String::new();
        words.read_to_string(&mut said).unwrap();
        let (code, printed, _) = end(run);
        assert_eq!(code, Some(130), "{signal}: {said}");
        assert!(said.contains("Interrupted: ending the searches"), "{said}");
        if format == "json" {
            let found: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(found["interrupted"], true);
            let models = found["models"].as_array().unwrap();
            assert!(!models.is_empty(), "{printed}");
            // What was cut short is left out: it would look like a search with a bound.
            assert!(models.iter().all(|it| it["bound"] != "interrupted"), "{printed}");
        } else if format == "text" {
            assert!(printed.starts_with("Interrupted; of what was done by then: passed, in "), "{printed}");
            assert!(printed.contains("Models: "), "{printed}");
        } else {
            assert!(printed.starts_with("Interrupted: partial results."), "{printed}");
            assert!(printed.contains("no violation") || printed.contains("detected"), "{printed}");
        }
    }
}

#[test]
fn a_signal_ends_calibrate_with_the_trials_that_are_done() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let args = ["calibrate", "--trials", "10000", "--verdict", "100ms", "--format", "json"];
    let mut run = lockyard(&args).spawn().unwrap();
    let mut words = BufReader::new(run.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("trial 1 of 10000") {
        assert!(words.read_line(&mut said).unwrap() > 0, "{said}");
    }
    kill("-TERM", &run.id().to_string());
    words.read_to_string(&mut said).unwrap();
    let (code, printed, _) = end(run);
    assert_eq!(code, Some(130), "{said}");
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(found["interrupted"], true);
    assert!((1..10_000).contains(&found["trials"].as_array().unwrap().len()), "{said}");
}

/// A queue of items that are not distinct, asked by 24 processes at once, and one answer too many: it is not decided soon.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_check_with_what_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("history.jsonl");
    let mut lines = String::new();
    for f in ["enqueue", "dequeue"] {
        for kind in ["invoke", "ok"] {
            for process in 0..24 {
                // What the last one takes out was taken out before, as often as it was put in.
                let item = if (f, process) == ("dequeue", 23) { 0 } else { process * 7 % 24 % 3 };
                let item = if (f, kind) == ("dequeue", "invoke") { Value::Null } else { item.into() };
                let event = json!({ "process": process, "type": kind, "f": f, "value": item });
                writeln!(lines, "{event}").unwrap();
            }
        }
    }
    fs::write(&file, lines).unwrap();
    for signal in ["-TERM", "-HUP"] {
        let args = ["check", file.to_str().unwrap(), "--model", "queue", "--budget", "1h"];
        let run = lockyard(&args).spawn().unwrap();
        until_caught(run.id(), 15);
        kill(signal, &run.id().to_string());
        let (code, printed, said) = end(run);
        assert_eq!(code, Some(130), "{printed}{said}");
        assert!(printed.starts_with("Unknown: interrupted"), "{printed}");
    }
}

/// Waits until a process has a handler for a signal, by its number, and for the one that is set up after it.
#[cfg(target_os = "linux")]
fn until_caught(id: u32, signal: u32) {
    loop {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
        // SIGHUP is the first, and the last to be set up.
        if [signal, 1].iter().all(|signal| mask >> (signal - 1) & 1 == 1) {
            return;
        }
        std::thread::yield_now();
    }
}
