//! Programs with a lock and with a cache of their own: the examples are run as their users run them, through the verbs that
//! know strategies.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

/// The example of this name, which is built beside the tests.
fn program(example: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let built: PathBuf = test.ancestors().find(|it| it.ends_with("deps")).unwrap().parent().unwrap().into();
    Command::new(built.join("examples").join(example))
}

fn said(args: &[&str], code: i32) -> (String, String) {
    said_by("own_lock", args, code)
}

fn said_by(example: &str, args: &[&str], code: i32) -> (String, String) {
    let output = program(example).args(args).output().expect("the example is built with the tests");
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&said(args, 0).0).unwrap()
}

const OWN: &str = "yielding-rwlock";

/// Makes any run small: these tests measure nothing, and check everything.
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
    "slice_ms=10",
    "--duration",
    "200ms",
    "--format",
    "json",
];

/// The record of a small run by an example.
fn measured(example: &str, args: &[&str]) -> Value {
    let out = tempfile::tempdir().unwrap();
    let to = ["--out", out.path().to_str().unwrap()];
    serde_json::from_str(&said_by(example, &[args, SMALL, &to].concat(), 0).0).unwrap()
}

#[test]
fn it_is_listed_with_its_factors() {
    let listed = json(&["list", "strategies", "--format", "json"]);
    let own = listed.as_array().unwrap().iter().find(|it| it["name"] == OWN).expect("its own lock");
    assert_eq!(own["factors"]["session"], OWN);
    assert_eq!(own["factors"]["cache"], "mutex-lru(parking-lot-mutex)");
}

#[test]
fn it_is_measured_and_judged_beside_the_built_in_ones() {
    let written_out =
        "session=yielding-rwlock,cache=mutex-lru(parking-lot-mutex),dto=cloned,save=after-unlock";
    let strategies = ["--strategy", "tokio-mutex", "--strategy", OWN, "--strategy", written_out];
    let record = measured("own_lock", &[&["compare", "--quick"], &strategies[..]].concat());
    let cells = record["cells"].as_array().unwrap();
    let names: Vec<_> = cells.iter().map(|cell| cell["strategy"].as_str().unwrap()).collect();
    assert_eq!(names, ["tokio-mutex", OWN, written_out]);
    for cell in cells {
        assert!(cell["operations"].as_u64() > Some(0), "{cell}");
        assert_eq!(cell["verification"]["linearizable"], true, "{cell}");
    }
    assert_eq!(cells[1]["factors"]["session"], OWN);
    let compared = record["comparisons"].as_array().unwrap();
    assert!(
        compared.iter().any(|it| it["baseline"] == "tokio-mutex" && it["candidate"] == OWN),
        "{compared:?}"
    );
    let command = record["command"].as_str().unwrap();
    assert!(command.starts_with("own_lock compare "), "{command}");
}

#[test]
fn it_is_tracked() {
    let record = measured("own_lock", &["load", "--strategy", OWN, "--track"]);
    let cell = &record["cells"][0];
    assert!(cell["hold_ns"]["session"]["count"].as_u64() > Some(0), "{}", cell["hold_ns"]);
    assert_eq!(cell["verification"]["deadlocks"], 0);
}

#[test]
fn it_is_measured_alone_beside_the_built_in_ones() {
    let out = tempfile::tempdir().unwrap();
    let points = ["--hold", "0", "--reads", "0,50", "--tasks", "1,2", "--workers", "1", "--duration", "10ms"];
    let named =
        ["locks", "--lock", "tokio-mutex", "--lock", OWN, "--simulate", "4", "--format", "json", "--out"];
    let record = json(&[&named[..], &[out.path().to_str().unwrap()], &points].concat());
    let own = &record["locks"]["locks"][1];
    assert_eq!(
        (&own["name"], &own["blocks"], &own["shared_reads"]),
        (&OWN.into(), &false.into(), &true.into())
    );
    assert!(own["cancel_ns"]["count"].as_u64() > Some(0), "{own}");
    assert_eq!((&own["order"], &record["cells"][1]["strategy"]), (&"barging".into(), &OWN.into()));
    // On one core there is no hand-over between two, which is said; else its order is enough to simulate it.
    let simulation = &record["locks"]["simulation"];
    let (locks, left_out) = (&simulation["locks"], &simulation["left_out"]);
    let is_simulated = locks.as_array().unwrap().iter().any(|it| it["name"] == OWN);
    assert!(is_simulated || left_out.to_string().contains("two cores"), "{simulation}");
    let said = said(&["locks", "--lock", "yielding-rwlok"], 2).1;
    assert!(said.contains("did you mean `yielding-rwlock`"), "{said}");
}

#[test]
fn it_is_modelled_by_what_it_promises() {
    let found =
        json(&["verify", "--quick", "--strategy", OWN, "--model", "appends-loaded-2x1", "--format", "json"]);
    let models = found["models"].as_array().unwrap();
    assert!(!models.is_empty());
    for model in models {
        assert_eq!(model["strategy"], OWN);
        assert_eq!(model["holds"], true, "{model}");
    }
}

#[test]
fn it_is_tried_itself_in_every_order() {
    let found = json(&["verify", "--quick", "--strategy", OWN, "--model", "lock-itself", "--format", "json"]);
    let [itself] = &found["models"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&itself["model"], &itself["strategy"]), (&"lock-itself".into(), &OWN.into()));
    assert_eq!((&itself["holds"], &itself["exhaustive"]), (&true.into(), &true.into()), "{itself}");
    assert!(itself["schedules"].as_u64() > Some(1_000), "{itself}");
    let (_, err) = said(&["verify", "--model", "lock-itself", "--replay", "0"], 2);
    assert!(err.contains("in code"), "{err}");
}

#[test]
fn a_name_that_is_not_there_is_said_with_its_own() {
    let (_, err) = said(&["compare", "--strategy", "yielding-rwlok"], 2);
    assert!(err.contains("yielding-rwlock"), "{err}");
}

#[test]
fn a_cache_stands_beside_the_built_in_ones() {
    let (listed, _) = said_by("own_cache", &["list", "strategies", "--format", "json"], 0);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let own =
        listed.as_array().unwrap().iter().find(|it| it["name"] == "sampled-lru").expect("its own cache");
    assert_eq!(
        (&own["factors"]["cache"], &own["factors"]["session"]),
        (&"sampled-lru".into(), &"parking-lot-rwlock".into())
    );
    let over_tokio = "session=tokio-rwlock,cache=sampled-lru,dto=borrowed,save=after-unlock";
    let strategies = ["--strategy", "sampled-lru", "--strategy", over_tokio];
    let record = measured("own_cache", &[&["compare", "--quick"], &strategies[..]].concat());
    for cell in record["cells"].as_array().unwrap() {
        assert_eq!(cell["factors"]["cache"], "sampled-lru");
        assert_eq!(cell["verification"]["linearizable"], true, "{cell}");
    }
}
