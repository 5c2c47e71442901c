//! Pitfalls and tracked runs from outside: each pitfall is reported by its right name with right places, its fixed variant runs clean,
//! and what is tracked of a healthy strategy stands in the record.

use std::process::Command;

use serde_json::Value;

/// Runs it with a record on stdout; the exit code and the record.
fn run(args: &[&str]) -> (Option<i32>, Value) {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard"))
        .args(args)
        .args(["--format", "json", "--out", out.path().to_str().unwrap()])
        .output()
        .expect("the program starts");
    let record = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", String::from_utf8_lossy(&output.stderr)));
    let written = std::fs::read_to_string(out.path().join("run.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), record, "the same is written and printed");
    (output.status.code(), record)
}

fn findings(record: &Value) -> &[Value] {
    record["cells"][0]["findings"].as_array().unwrap()
}

fn kinds(record: &Value) -> Vec<&str> {
    let wrong = findings(record).iter().filter(|finding| finding["severity"] == "error");
    wrong.map(|finding| finding["rule"].as_str().or(finding["kind"].as_str()).unwrap()).collect()
}

/// The name, what it must be called, and the file that the places are in.
const LIVE: [(&str, &str, &str); 12] = [
    ("abba-cache-session", "deadlock", "src/checks/pitfalls/catalogue/abba_cache_session.rs"),
    ("recursive-read", "recursive read", "src/checks/pitfalls/catalogue/recursive_read.rs"),
    (
        "recursive-read-in-helper",
        "recursive read",
        "src/checks/pitfalls/catalogue/recursive_read_in_helper.rs",
    ),
    ("loop-against-lock-order", "deadlock", "src/checks/pitfalls/catalogue/loop_against_lock_order.rs"),
    ("gate-taken-by-helper", "same-task wait", "src/checks/pitfalls/catalogue/gate_taken_by_helper.rs"),
    ("futurelock", "futurelock", "src/checks/pitfalls/catalogue/futurelock.rs"),
    (
        "blocking-guard-across-await",
        "guard across await",
        "src/checks/pitfalls/catalogue/blocking_guard_across_await.rs",
    ),
    ("upgrade", "upgrade", "src/checks/pitfalls/catalogue/upgrade.rs"),
    ("two-sessions", "deadlock", "src/checks/pitfalls/catalogue/two_sessions.rs"),
    ("block-on-in-runtime", "block_on in runtime", "src/checks/pitfalls/catalogue/block_on_in_runtime.rs"),
    ("starved-writer", "starvation", "src/checks/pitfalls/catalogue/starved_writer.rs"),
    ("lost-wake-up", "lost wake-up", "src/checks/pitfalls/catalogue/lost_wake_up.rs"),
];

/// What is judged when it is over, rather than watched: by its history, by what is left behind, by what was counted.
const JUDGED: [(&str, &str, &str); 11] = [
    ("check-then-act", "not linearizable", "src/checks/pitfalls/catalogue/check_then_act.rs"),
    ("stale-save", "invariant", "src/checks/pitfalls/catalogue/stale_save.rs"),
    ("permit-leak", "permit leaked", "src/checks/pitfalls/catalogue/permit_leak.rs"),
    ("fifo-for-lru", "recency", "src/checks/pitfalls/catalogue/fifo_for_lru.rs"),
    (
        "stale-load-after-invalidate",
        "not linearizable",
        "src/checks/pitfalls/catalogue/stale_load_after_invalidate.rs",
    ),
    (
        "hit-takes-entry-out",
        "missed a cached session",
        "src/checks/pitfalls/catalogue/hit_takes_entry_out.rs",
    ),
    ("parked-single-flight", "stalled load", "src/checks/pitfalls/catalogue/parked_single_flight.rs"),
    (
        "load-cancelled-by-timeouts",
        "load never ends",
        "src/checks/pitfalls/catalogue/load_cancelled_by_timeouts.rs",
    ),
    (
        "turn-kept-after-error",
        "session left locked",
        "src/checks/pitfalls/catalogue/turn_kept_after_error.rs",
    ),
    ("whole-document-save", "not linearizable", "src/checks/pitfalls/catalogue/whole_document_save.rs"),
    ("one-path-skips-lock", "not linearizable", "src/checks/pitfalls/catalogue/one_path_skips_lock.rs"),
];

#[test]
fn each_pitfall_is_called_by_its_name_at_its_places() {
    for (pitfall, kind, file) in LIVE {
        let (code, record) = run(&["load", "--pitfall", pitfall]);
        assert_eq!(code, Some(4), "{pitfall}");
        let reported = findings(&record).iter().find(|finding| finding["kind"] == kind);
        let reported =
            reported.unwrap_or_else(|| panic!("{pitfall} should be called {kind}: {:?}", findings(&record)));
        assert_eq!(reported["severity"], "error", "{pitfall}");
        let places = reported["places"].as_array().unwrap();
        let here = |place: &Value| place.as_str().is_some_and(|place| place.starts_with(file));
        assert!(!places.is_empty() && places.iter().all(here), "{pitfall}: {places:?}");
        let tasks = reported["tasks"].as_array().unwrap();
        assert!(!tasks.is_empty() && tasks.iter().all(Value::is_string), "{pitfall}: {tasks:?}");
        // A cycle is data, and not words alone: who waits for whom, for which lock, where.
        if kind == "deadlock" {
            let edges = reported["edges"].as_array().unwrap();
            let whole =
                |edge: &Value| ["task", "waits_for", "place"].iter().all(|part| edge[part].is_string());
            assert!(edges.len() > 1 && edges.iter().all(whole), "{pitfall}: {edges:?}");
        }
    }
}

/// What a person reads: the failure once, and what to do next.
#[test]
fn a_detected_pitfall_is_told_once() {
    let out = tempfile::tempdir().unwrap();
    let load = ["load", "--pitfall", "two-sessions", "--out", out.path().to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).args(load).output().unwrap();
    let (text, words) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(text.starts_with("error: deadlock in “two-sessions” under pitfall\n"), "{text}");
    assert_eq!(text.matches("deadlock in ").count(), 1, "{text}");
    assert!(!text.contains('\u{fffd}') && !text.contains("operations/s"), "{text}");
    for part in ["Report: ", "Next:   ", "lockyard load --pitfall two-sessions --fixed"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn what_is_judged_when_it_is_over_is_reported_as_well() {
    for (pitfall, kind, file) in JUDGED {
        let (code, record) = run(&["load", "--pitfall", pitfall]);
        assert_eq!((code, kinds(&record)), (Some(4), vec![kind]), "{pitfall}");
        let place = findings(&record)[0]["places"][0].as_str().unwrap();
        assert!(place.starts_with(file), "{pitfall}: {place}");
        if kind == "not linearizable" {
            assert_eq!(record["cells"][0]["verification"]["linearizable"], false, "{pitfall}");
        }
        // Its name before it was `--fixed` stays.
        let (code, record) = run(&["load", "--pitfall", pitfall, "--twin", "--duration", "50ms"]);
        assert_eq!((code, kinds(&record)), (Some(0), vec![]), "{pitfall}");
    }
}

#[test]
fn each_fixed_variant_runs_clean() {
    for (pitfall, ..) in LIVE {
        let (code, record) = run(&["load", "--pitfall", pitfall, "--fixed", "--duration", "50ms"]);
        assert_eq!((code, kinds(&record)), (Some(0), vec![]), "{pitfall}");
        let cell = &record["cells"][0];
        assert!(cell["operations"].as_u64().unwrap() > 0, "{pitfall}: no lock was taken");
        assert_eq!(cell["verification"]["deadlocks"], 0, "{pitfall}");
    }
}

#[test]
fn a_tracked_run_reports_waits_and_holds_by_class_and_operation() {
    let small = ["--set", "sessions=10", "--set", "messages=4", "--duration", "100ms"];
    let load = ["load", "--strategy", "before", "--scenario", "polling", "--track", "--set", "save_ms=1"];
    let (code, record) = run(&[&load[..], &small].concat());
    assert_eq!((code, kinds(&record)), (Some(0), vec![]));
    let cell = &record["cells"][0];
    for class in ["cache", "gate", "session"] {
        assert!(cell["wait_ns"][class]["count"].as_u64().unwrap() > 0, "{class}");
        assert!(cell["hold_ns"][class]["p99"].as_u64().unwrap() > 0, "{class}");
    }
    let uses = cell["lock_uses"].as_array().unwrap();
    let of = |class: &str, operation: &str| {
        let found = uses.iter().find(|it| it["class"] == class && it["operation"] == operation);
        found.unwrap_or_else(|| panic!("{class} by {operation}: {uses:?}"))
    };
    assert!(of("session", "get_context_state")["queued_ns"]["count"].as_u64().unwrap() > 0);
    // It saves under the session's lock, which takes a millisecond.
    let held = &of("session", "add_context_message")["held_ns"];
    assert!(held["max"].as_u64().unwrap() >= 1_000_000, "{held}");
    let buckets = held["buckets"].as_array().unwrap();
    let counted: u64 = buckets.iter().map(|bucket| bucket[1].as_u64().unwrap()).sum();
    assert_eq!(counted, held["count"].as_u64().unwrap());
    // And that is a hold across an await, which is reported and is nothing wrong.
    let across = findings(&record).iter().find(|it| it["kind"] == "held across await");
    assert!(across.is_some_and(|it| it["severity"] == "info"), "{:?}", findings(&record));
    let verification = &cell["verification"];
    assert_eq!((&verification["deadlocks"], &verification["order_inversions"]), (&0.into(), &0.into()));
    assert_eq!(verification["linearizable"], true);
}

#[test]
fn what_was_not_tracked_is_null() {
    let small = ["--set", "sessions=10", "--set", "messages=4", "--duration", "100ms"];
    let (_, record) = run(&[&["load", "--scenario", "polling"][..], &small].concat());
    let cell = &record["cells"][0];
    assert_eq!([&cell["wait_ns"], &cell["hold_ns"], &cell["lock_uses"]], [&Value::Null; 3]);
    assert_eq!(cell["verification"]["deadlocks"], Value::Null);
}

/// With saves of a millisecond there are awaits to go away at.
#[test]
fn clients_that_go_away_leave_nothing_behind() {
    let small = ["--set", "sessions=10", "--set", "messages=4", "--set", "save_ms=1", "--duration", "200ms"];
    for strategy in ["before", "after", "best"] {
        let load = ["load", "--strategy", strategy, "--scenario", "polling", "--cancel", "30", "--track"];
        let (code, record) = run(&[&load[..], &small].concat());
        assert_eq!((code, kinds(&record)), (Some(0), vec![]), "{strategy}");
        let cell = &record["cells"][0];
        assert!(cell["unanswered"].as_u64().unwrap() > 0, "{strategy}: no call was cancelled");
        assert_eq!((&cell["errors"], &cell["verification"]["linearizable"]), (&0.into(), &true.into()));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (args, wanted) in [
        (&["load", "--pitfall", "no-such"][..], "two-sessions"),
        (&["load", "--pitfall", "two-sessions", "--strategy", "after"], "cannot be used with"),
        (&["load", "--fixed"], "--pitfall"),
        (&["compare", "--track", "--processes", "2"], "cannot be used with"),
        (&["load", "--cancel", "100"], "below 100"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).args(args).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {words}");
        assert!(words.contains(wanted), "{args:?} should say {wanted:?}: {words}");
    }
}

#[test]
fn pitfalls_are_listed_with_class_and_checks() {
    let list = ["list", "pitfalls", "--format", "json"];
    let output = Command::new(env!("CARGO_BIN_EXE_lockyard")).args(list).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let listed = listed.as_array().unwrap();
    for (pitfall, ..) in LIVE {
        let it = listed.iter().find(|it| it["name"] == pitfall).unwrap_or_else(|| panic!("{pitfall}"));
        assert!(it["class"].is_string() && it["checks"].as_array().unwrap().contains(&"live".into()), "{it}");
    }
}
