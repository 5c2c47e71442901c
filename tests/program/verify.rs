//! `lockyard verify` from outside: what it prints, how it ends, and that a failure can be seen again.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

fn verify(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.arg("verify").args(arguments);
    command
}

fn stdout(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_model_is_reported_with_what_it_explored_and_each_mutant_with_the_checks_that_caught_it() {
    let mut command =
        verify(&["--model", "deletion", "--strategy", "naive", "--strategy", "best", "--format", "json"]);
    let found: Value = serde_json::from_str(&stdout(&mut command, 0)).unwrap();
    assert_eq!(found["interrupted"], false);
    let models = found["models"].as_array().unwrap();
    assert_eq!(models.len(), 2);
    for model in models {
        assert_eq!(model["model"], "deletion");
        assert_eq!(model["engine"], "explorer");
        assert_eq!(
            (&model["holds"], &model["exhaustive"], &model["bound"]),
            (&json!(true), &json!(true), &Value::Null)
        );
        assert!(model["schedules"].as_u64().unwrap() >= model["min_schedules"].as_u64().unwrap());
    }
    let pitfall = &found["pitfalls"][0];
    assert_eq!(pitfall["pitfall"], "deletion/no-gate");
    assert_eq!(pitfall["caught_by"], json!(["explorer"]));
    assert_eq!(pitfall["missed_by"], json!([]));
}

/// A few lines; each search on request, and the verdict after them.
#[test]
fn it_ends_in_a_verdict() {
    let asked = ["--model", "deletion", "--strategy", "naive"];
    let verdict = stdout(&mut verify(&asked), 0);
    assert!(verdict.starts_with("Passed, in "), "{verdict}");
    assert!(verdict.lines().count() <= 12, "{verdict}");
    for part in
        ["Models:       1 of 1 passed, over naive; ", "Seeded bugs:  1 of 1 seeded bugs detected.", "--all"]
    {
        assert!(verdict.contains(part), "{part}: {verdict}");
    }
    let all = stdout(&mut verify(&[&asked[..], &["--all"]].concat()), 0);
    assert!(all.starts_with("model ") && all.contains("deletion/no-gate"), "{all}");
    assert!(all.find("deletion/no-gate") < all.find("Passed, in "), "{all}");
}

#[test]
fn a_twin_is_shown_small_and_the_printed_command_shows_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("trace.html");
    let shown = stdout(
        &mut verify(&[
            "--pitfall",
            "appends-loaded-2x1/no-exclusion",
            "--trace-html",
            page.to_str().unwrap(),
        ]),
        4,
    );
    assert!(shown.contains("not linearizable"), "{shown}");
    assert!(shown.contains("src/backend/session/"), "places in the source: {shown}");
    let page = fs::read_to_string(&page).unwrap();
    for part in [
        "<h1>appends-loaded-2x1/no-exclusion: violation</h1>",
        "mutant of model appends-loaded-2x1 · ",
        "Replay: <code>lockyard verify --pitfall appends-loaded-2x1/no-exclusion --replay ",
        "<section class=\"card bad\">",
        "<table class=\"trace\">",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }

    let again = shown.lines().last().unwrap().strip_prefix("Replay: lockyard verify ").unwrap();
    let again: Vec<_> = again.split(' ').collect();
    assert_eq!(stdout(&mut verify(&again), 4), shown);
}

#[test]
fn the_page_of_a_run_without_a_violation_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("trace.html");
    let run =
        ["--model", "turns", "--strategy", "naive", "--replay", "0", "--trace-html", page.to_str().unwrap()];
    stdout(&mut verify(&run), 0);
    let page = fs::read_to_string(&page).unwrap();
    for part in [
        "<h1>turns: no violation in this schedule</h1>",
        "<section class=\"card good\">",
        "model turns · strategy naive",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
}

#[test]
fn what_others_have_found_is_merged_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loom.json");
    let model = json!({
        "model": "gate", "strategy": "loom", "engine": "loom", "schedules": 3, "min_schedules": 10,
        "exhaustive": true, "bound": null, "holds": true, "millis": 1
    });
    fs::write(&file, json!({ "models": [model], "pitfalls": [] }).to_string()).unwrap();
    let include = ["--model", "deletion", "--strategy", "naive", "--include", file.to_str().unwrap()];
    let text = stdout(&mut verify(&include), 4);
    assert!(text.contains("INCOMPLETE"), "it has explored less than it must: {text}");

    fs::write(&file, "{").unwrap();
    let error = verify(&include).assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("cannot be included"));
}

/// What `scripts/loom.sh` and `scripts/shuttle.sh` have written once, as they write it.
#[test]
fn what_loom_and_shuttle_write_stands_beside_what_the_explorer_finds() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/loom_and_shuttle.json");
    let include = ["--model", "appends-loaded-2x1", "--strategy", "naive", "--include", sample];
    let found = stdout(&mut verify(&[&include[..], &["--format", "json"]].concat()), 0);
    let found: Value = serde_json::from_str(&found).unwrap();
    let engines = |name: &str| {
        let models = found["models"].as_array().unwrap().iter().filter(|model| model["model"] == name);
        models.map(|model| model["engine"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(engines("appends-loaded-2x1"), ["explorer", "loom"]);
    assert_eq!(engines("appends-4x3"), ["shuttle"]);
    let pitfall = |name: &str| {
        let pitfalls = found["pitfalls"].as_array().unwrap();
        pitfalls.iter().find(|pitfall| pitfall["pitfall"] == name).unwrap().clone()
    };
    let both = pitfall("appends-loaded-2x1/no-exclusion");
    assert_eq!(both["caught_by"], json!(["explorer", "loom"]), "one row for both checks");
    assert_eq!(pitfall("relaxed-publication")["caught_by"], json!(["loom"]));

    let verdict = stdout(&mut verify(&include), 0);
    let verdict: Vec<_> = verdict.split_whitespace().collect();
    assert!(verdict.join(" ").contains(" by an incomplete search."), "{verdict:?}");
    let text = stdout(&mut verify(&[&include[..], &["--all"]].concat()), 0);
    assert!(text.contains("incomplete search: at most 6 preemptions"), "a bound is called one: {text}");
    assert!(text.contains("incomplete search: 2000 random orders"), "{text}");
}

#[test]
fn what_cannot_be_run_is_refused_with_what_can() {
    let refused = |arguments: &[&str], part: &str| {
        let error = verify(arguments).assert().code(2).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(part), "{arguments:?}: {error}");
    };
    refused(&["--model", "nonsense"], "appends-loaded-2x2");
    refused(&["--pitfall", "nonsense"], "turns/careless-turn");
    refused(&["--model", "turns", "--replay", "0"], "name it with --strategy");
    refused(&["--replay", "zero"], "steps look like");
    refused(&["--trace-html", "x.html", "--model", "turns"], "--replay");
    let moka = "session=parking-lot-rwlock,cache=moka,dto=borrowed,save=after-unlock";
    refused(&["--model", "turns", "--strategy", moka], "works in the background");
}

#[test]
fn models_and_pitfalls_are_listed() {
    let listed = |kind: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
        let text = stdout(command.args(["list", kind, "--format", "json"]), 0);
        let items: Vec<Value> = serde_json::from_str(&text).unwrap();
        items.into_iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(listed("models").contains(&"appends-cold-2x2".to_owned()));
    assert!(listed("pitfalls").contains(&"two-sessions".to_owned()));
}

/// Speed and proof in one record, and so on one page.
#[test]
fn a_comparison_may_try_models_and_pitfalls_besides() {
    let folder = tempfile::tempdir().unwrap();
    let small =
        ["--quick", "--no-verify", "--duration", "50ms", "--set", "sessions=2", "--set", "messages=1"];
    let out = ["--verify", "--format", "json", "--out", folder.path().to_str().unwrap()];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(["compare", "--strategy", "naive", "--scenario", "polling"]).args(small).args(out);
    let output = command.assert().code(0).get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    let [passed, measuring] = ["Passed, in ", "Measuring naive"].map(|words| said.find(words).expect(words));
    assert!(passed < measuring, "what takes seconds is said first: {said}");
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let models = record["models"].as_array().unwrap();
    assert!(models.iter().any(|it| it["model"] == "deletion" && it["strategy"] == "naive"), "{models:?}");
    let pitfalls = record["pitfalls"].as_array().unwrap();
    let found = pitfalls.iter().find(|it| it["pitfall"] == "two-sessions").unwrap();
    assert_eq!(found["caught_by"], json!(["explorer", "live"]));
    let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(page.contains("two-sessions"), "the matrix is on the page");
}
