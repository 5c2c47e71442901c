//! Several load machines with one plan: `load --write-plan`, `load --plan --slice`, and `merge` of what they measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::runs::{SMALL, lockyard, record, sessions, text};
use crate::support::program::Program;

/// Enough for two processes to be set up, on a machine that does other things as well. One that needs longer refuses its plan.
const START_IN: &str = "10s";

#[track_caller]
fn ran(command: &mut Command, code: i32) -> Output {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    output
}

/// Has a plan written about this server.
fn write_plan(program: &Program, plan: &Path, more: &[&str]) {
    let url = format!("lease=http://{}", program.address);
    let args = [
        "load",
        "--url",
        &url,
        "--write-plan",
        plan.to_str().unwrap(),
        "--slices",
        "2",
        "--duration",
        "2500ms",
    ];
    ran(&mut lockyard(&[&args[..], &SMALL, more].concat()), 0);
}

fn slice(plan: &Path, slice: &str, out: &Path) -> Command {
    let (plan, out) = (plan.to_str().unwrap(), out.to_str().unwrap());
    lockyard(&["load", "--plan", plan, "--slice", slice, "--out", out])
}

/// What two machines have left that kept one plan, measured once for all tests.
struct TwoMachines {
    place: TempDir,
    /// What the first of them said.
    said: String,
    /// What was left on the server.
    left: usize,
}

static TWO: LazyLock<TwoMachines> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let plan = place.path().join("plan.json");
    write_plan(&program, &plan, &["--start-in", START_IN, "--clock-error", "5ms"]);
    let outs = [1, 2].map(|nth| place.path().join(nth.to_string()));
    let both: Vec<Output> = std::thread::scope(|scope| {
        let run = |nth: usize| {
            let (plan, out) = (&plan, &outs[nth]);
            scope.spawn(move || ran(&mut slice(plan, &format!("{}/2", nth + 1), out), 0))
        };
        [run(0), run(1)].into_iter().map(|it| it.join().unwrap()).collect()
    });
    TwoMachines { place, said: text(&both[0].stderr) + &text(&both[0].stdout), left: sessions(&program) }
});

impl TwoMachines {
    /// The folders of the two machines' runs, copied to be changed.
    fn copied(&self) -> (TempDir, [PathBuf; 2]) {
        let copy = tempfile::tempdir().unwrap();
        let folders = ["1", "2"].map(|name| {
            let folder = copy.path().join(name);
            fs::create_dir(&folder).unwrap();
            for file in ["run.json", "history.jsonl"] {
                fs::copy(self.place.path().join(name).join(file), folder.join(file)).unwrap();
            }
            folder
        });
        (copy, folders)
    }
}

fn merge(runs: &[&Path], more: &[&str], code: i32) -> Output {
    let records: Vec<_> = runs.iter().map(|it| it.join("run.json").to_str().unwrap().to_owned()).collect();
    let records: Vec<_> = records.iter().map(String::as_str).collect();
    ran(&mut lockyard(&[&["merge"], &records[..], more].concat()), code)
}

/// Changes the record in a folder.
fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("run.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut record);
    fs::write(&path, record.to_string()).unwrap();
}

#[test]
fn each_machine_has_its_clients_and_says_what_it_saw_of_the_time() {
    let slices = [1, 2].map(|nth| record(&TWO.place.path().join(nth.to_string())));
    for (nth, record) in (1..).zip(&slices) {
        let machine = &record["machines"][0];
        assert_eq!((&machine["slice"], &machine["clients"]), (&json!(nth), &json!(3)), "{machine}");
        assert_eq!(
            machine["rounds"].as_array().unwrap().len() as u64,
            record["cells"][0]["rounds"].as_u64().unwrap()
        );
        assert!(machine["clock"]["answers"].as_u64().unwrap() > 1, "{machine}");
        assert_eq!(machine["verification"]["linearizable"], true, "in its own clock: {machine}");
        assert_eq!(record["cells"][0]["errors"], 0, "{record}");
        assert_eq!(record["across"], Value::Null);
    }
    assert_eq!(slices[0]["plan"], slices[1]["plan"]);
    for words in [
        "Slice 1 of 2: 3 of 6 clients",
        "by the Date of",
        "this is slice 1, and its rates are of its clients alone",
    ] {
        assert!(TWO.said.replace('\n', " ").contains(words), "{words}: {}", TWO.said);
    }
    assert_eq!(TWO.left, 0, "each machine deletes what it made once all have ended");
}

#[test]
fn what_machines_measured_together_is_added_and_judged_across_their_clocks() {
    let (_copy, [one, two]) = TWO.copied();
    let out = tempfile::tempdir().unwrap();
    merge(&[&two, &one], &["--out", out.path().to_str().unwrap()], 0);
    let slices = [&one, &two]
        .map(|it| serde_json::from_slice::<Value>(&fs::read(it.join("run.json")).unwrap()).unwrap());
    let merged = record(out.path());
    let cell = &merged["cells"][0];
    let sum = |field: &str| slices.iter().map(|it| it["cells"][0][field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(cell["operations"], sum("operations"));
    for (operation, latency) in cell["latency_ns"].as_object().unwrap() {
        let of = |it: &Value| it["cells"][0]["latency_ns"][operation]["count"].as_u64().unwrap_or(0);
        assert_eq!(latency["count"], slices.iter().map(of).sum::<u64>(), "{operation}");
        let longest = |it: &Value| it["cells"][0]["latency_ns"][operation]["max"].as_u64().unwrap_or(0);
        assert_eq!(latency["max"], slices.iter().map(longest).max().unwrap(), "{operation}");
    }
    assert!(cell["throughput"]["ops_per_s"].as_f64().unwrap() > 0.0, "{cell}");
    let listed: Vec<_> = merged["machines"].as_array().unwrap().iter().map(|it| &it["slice"]).collect();
    assert_eq!(listed, [1, 2]);
    assert!(merged["machines"].as_array().unwrap().iter().all(|it| it["environment"]["cores"].is_u64()));
    let across = &merged["across"];
    assert_eq!(
        (&across["widened_ns"], &across["linearizable"]),
        (&json!(5_000_000), &true.into()),
        "{across}"
    );
    assert!(across["operations"].as_u64().unwrap() > 0);
    let page = fs::read_to_string(out.path().join("index.html")).unwrap();
    assert!(page.contains("Load machines") && page.contains("each interval widened by 5.000 ms"), "{page}");

    // The widened history is one that others can judge.
    let history = out.path().join("history.jsonl");
    let checked = ran(&mut lockyard(&["check", history.to_str().unwrap(), "--model", "session"]), 0);
    assert!(text(&checked.stdout).starts_with("Linearizable"), "{}", text(&checked.stdout));
    assert!(fs::read_to_string(&history).unwrap().contains("update_context"), "writes are in it");
}

/// As if the second machine's clock were ten seconds ahead: by a stated error of 5 ms the first has read what was not yet written; an
/// error of a minute allows for it.
#[test]
fn a_clock_that_is_wrong_is_a_violation_unless_the_plan_allows_for_it() {
    let (_copy, [one, two]) = TWO.copied();
    let path = two.join("history.jsonl");
    let ahead: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| {
            let mut event: Value = serde_json::from_str(line).unwrap();
            let time = event["time"].as_u64().unwrap();
            event["time"] = json!(time + 10_000_000_000);
            event.to_string()
        })
        .collect();
    fs::write(&path, ahead.join("\n")).unwrap();
    let output = merge(&[&one, &two], &["--format", "json"], 4);
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(merged["across"]["linearizable"], false);
    assert_eq!(merged["cells"][0]["verification"]["linearizable"], false);
    let finding =
        merged["cells"][0]["findings"].as_array().unwrap().iter().find(|it| it["kind"] == "not linearizable");
    let said = finding.unwrap()["message"].as_str().unwrap();
    assert!(
        said.contains("operations of several machines") && said.contains("widened by 5.000 ms"),
        "{said}"
    );
    for folder in [&one, &two] {
        edit(folder, |record| record["plan"]["clock_error_ns"] = json!(60_000_000_000_u64));
    }
    let output = merge(&[&one, &two], &["--format", "json"], 0);
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(merged["across"]["linearizable"], true);
}

fn unstated(record: &mut Value) {
    record["plan"]["clock_error_ns"] = Value::Null;
}

/// What is done to the folders of two machines, and words of the reason.
type Change = (fn(&Path, &Path), &'static str);

#[test]
fn what_cannot_be_judged_across_machines_is_said_with_its_reason() {
    let cases: [Change; 4] = [
        (
            |one, two| {
                edit(one, unstated);
                edit(two, unstated);
            },
            "--clock-error",
        ),
        (
            |_, two| edit(two, |record| record["machines"][0]["history"] = Value::Null),
            "slice 2 recorded no history",
        ),
        (|_, two| fs::remove_file(two.join("history.jsonl")).unwrap(), "the history of slice 2 is not at"),
        (
            |one, _| {
                edit(one, |record| record["machines"][0]["clock"]["ahead_min_ns"] = json!(4_000_000_000_i64));
            },
            "slice 1 contradicts the clock error",
        ),
    ];
    for (change, reason) in cases {
        let (_copy, [one, two]) = TWO.copied();
        change(&one, &two);
        let said = text(&merge(&[&one, &two], &[], 0).stdout).replace('\n', " ");
        assert!(
            said.contains("Nothing was judged across machines") && said.contains(reason),
            "{reason}: {said}"
        );
    }
}

#[test]
fn what_are_no_slices_of_one_plan_is_refused() {
    let (copy, [one, two]) = TWO.copied();
    let refused = |runs: &[&Path], more: &[&str], reason: &str| {
        let said = text(&merge(runs, more, 5).stderr);
        assert!(said.contains(reason), "{reason}: {said}");
    };
    refused(&[&one, &one], &[], "slice 1 was measured in");
    let whole = copy.path().join("whole");
    merge(&[&one, &two], &["--out", whole.to_str().unwrap()], 0);
    refused(&[&whole, &one], &[], "already the record of several machines");
    for (field, value, named) in [
        ("seed", json!(7), "the seed of"),
        ("start", json!("2026-01-01T00:00:00Z"), "the start of"),
        ("version", json!("0.0.1"), "the version of"),
        ("settings", json!(["tasks=7"]), "the settings of"),
    ] {
        let (_other, [_, other]) = TWO.copied();
        edit(&other, |record| record["plan"][field] = value);
        refused(&[&one, &other], &[], named);
    }
    let (_other, [_, other]) = TWO.copied();
    edit(&other, |record| {
        record["machines"][0]["rounds"].as_array_mut().unwrap().iter_mut().for_each(|round| {
            round["at_ns"] = json!(round["at_ns"].as_u64().unwrap() + 3_600_000_000_000);
        });
    });
    refused(&[&one, &other], &[], "no round was measured by all machines at the same time");
    edit(&other, |record| (record["plan"], record["machines"]) = (Value::Null, json!([])));
    refused(&[&one, &other], &[], "without a plan");
}

/// Of three slices the third is missing.
#[test]
fn a_missing_slice_is_said_and_allowed_only_as_unfinished() {
    let (_copy, [one, two]) = TWO.copied();
    for folder in [&one, &two] {
        edit(folder, |record| record["plan"]["slices"] = json!(3));
    }
    let said = text(&merge(&[&one, &two], &[], 5).stderr);
    assert!(said.contains("slice 3 of 3 is missing") && said.contains("--incomplete"), "{said}");
    let output = merge(&[&one, &two], &["--incomplete", "--format", "json"], 130);
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&merged["finished"], &merged["across"]["linearizable"]), (&false.into(), &Value::Null));
    let why = merged["across"]["not_judged"].as_str().unwrap();
    assert!(why.contains("not all slices are there"), "{why}");
}

/// The other machine never comes, so its share of the sessions is never made.
#[test]
fn a_machine_whose_others_do_not_come_says_which_one_it_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let plan = place.path().join("plan.json");
    write_plan(&program, &plan, &["--start-in", "4s"]);
    let said = text(&ran(&mut slice(&plan, "1/2", &place.path().join("out")), 2).stderr);
    assert!(said.contains("were not whole when the plan started") && said.contains("slice 2"), "{said}");
}

#[test]
fn plans_that_cannot_be_kept_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let program = Program::serve(&[]);
    let (good, bad) = (place.path().join("good.json"), place.path().join("bad.json"));
    write_plan(&program, &good, &["--start-in", "10m"]);
    let plan: Value = serde_json::from_slice(&fs::read(&good).unwrap()).unwrap();
    assert_eq!(
        (&plan["clients"], &plan["slices"], &plan["clock_error_ns"]),
        (&json!(6), &json!(2), &Value::Null)
    );
    let with = |field: &str, value: Value| {
        let mut plan = plan.clone();
        plan[field] = value;
        plan.to_string()
    };
    let out = place.path().join("out");
    for (text_of_plan, number, words) in [
        (
            with("start", json!("2026-01-01T00:00:00Z")),
            "1/2",
            vec!["started at 2026-01-01", "write one that is to come"],
        ),
        (with("plan_version", json!(2)), "1/2", vec!["version 2", "keeps version 1"]),
        (
            with("version", json!("0.0.1")),
            "1/2",
            vec!["written by version 0.0.1", "one build on all machines"],
        ),
        (with("document", Value::Null), "1/2", vec!["names no scenario's text"]),
        (with("document", json!("sessions = 0")), "1/2", vec!["the plan's scenario cannot be run"]),
        (with("weather", json!("fine")), "1/2", vec!["is no plan", "weather"]),
        ("{".to_owned(), "1/2", vec!["is no plan"]),
        (plan.to_string(), "2/3", vec!["the plan has 2 slices", "2/2"]),
        (plan.to_string(), "3/2", vec!["counted from 1: 2/3"]),
        (plan.to_string(), "0/2", vec!["counted from 1: 2/3"]),
    ] {
        fs::write(&bad, &text_of_plan).unwrap();
        let said = text(&ran(&mut slice(&bad, number, &out), 2).stderr);
        assert!(words.iter().all(|word| said.contains(word)), "{number} of {text_of_plan}: {said}");
    }
    let (plan, url) = (good.to_str().unwrap(), format!("http://{}", program.address));
    let of_two = ["load", "--plan", plan, "--slice", "1/2"];
    let planned = |more: &[&'static str]| [&of_two[..], more].concat();
    let new = place.path().join("new.json");
    let writing = |more: &[&'static str]| {
        [&["load", "--url", url.as_str(), "--write-plan", new.to_str().unwrap()][..], more].concat()
    };
    for (args, words) in [
        (vec!["load", "--plan", plan], vec!["--slice"]),
        (vec!["load", "--slice", "1/2"], vec!["--plan"]),
        (planned(&["--url", "http://a"]), vec!["--url"]),
        (planned(&["--scenario", "churn"]), vec!["--scenario"]),
        (planned(&["--set", "tasks=4"]), vec!["the plan's to decide"]),
        (planned(&["--seed", "7"]), vec!["--seed is the plan's to decide"]),
        (planned(&["--duration", "1s"]), vec!["--duration is the plan's to decide"]),
        (planned(&["--no-verify"]), vec!["--no-verify is the plan's to decide"]),
        (vec!["load", "--plan", "nowhere.json", "--slice", "1/2"], vec!["cannot be read"]),
        (writing(&[]), vec!["--slices"]),
        (writing(&["--slices", "1"]), vec!["2..=1000"]),
        (writing(&["--slices", "65"]), vec!["64 clients", "each slice needs one"]),
        (writing(&["--slices", "2", "--start-at", "2026-01-01T00:00:00Z"]), vec!["is past"]),
        (writing(&["--slices", "2", "--start-at", "soon"]), vec!["--start-at"]),
        (writing(&["--slices", "2", "--clock-error", "5"]), vec!["500ms"]),
        (vec!["load", "--write-plan", "x.json", "--slices", "2"], vec!["--url"]),
        (vec!["load", "--start-in", "5s"], vec!["--write-plan"]),
    ] {
        let output = lockyard(&args).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
    assert!(!new.exists() && !out.join("run.json").exists());
}
