//! What goes wrong in a user's own systems, workload or specification is a sentence, and what was measured is kept.
//!
//! This program is each of the wrong programs where it is asked as one, and the test of them otherwise.

#[path = "support/child.rs"]
mod child;
#[path = "support/faulty.rs"]
mod faulty;

use std::path::Path;
use std::process::ExitCode;

use lockyard_bench::record::{Ablation, FindingKind, Record};

use faulty::program;

#[global_allocator]
static COUNTED: lockyard_bench::alloc::CountingAllocator = lockyard_bench::alloc::CountingAllocator;

fn main() -> ExitCode {
    if let Some(name) = child::program() {
        return program(&name);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    what_cannot_be_run_is_said_at_once(folder);
    what_goes_wrong_is_found_and_what_was_measured_is_kept(folder);
    a_factory_that_fails_later_leaves_what_was_measured(folder);
    everything_that_the_macro_takes_is_there(folder);
    println!("own_faults: ok");
    ExitCode::SUCCESS
}

fn what_cannot_be_run_is_said_at_once(folder: &Path) {
    for (name, said) in [
        ("no systems", "there are no systems: declare one at least"),
        ("no steps", "first cannot be run: task 0 has no steps"),
        ("no tasks", "first cannot be run: it needs a task and a worker at least"),
        ("strange operation", "a step of task 0 is operation 2, and OPERATIONS has 2, counted from 0"),
        ("twice", "two systems are called \"right\""),
        ("verb", "a system is called \"compare\", which is a verb of this program"),
        ("two workloads", "two workloads are called \"first\""),
        (
            "factor of nothing",
            "the factor lock is declared of \"wrong\", and there is no system of that name",
        ),
        ("spec too late", "right is declared before the specification: say `spec` first"),
        ("set-up fails", "wrong cannot be measured: nobody listens at port 1"),
    ] {
        child::run(name, folder, &[]).with(2).says(&[said]);
        child::run(name, folder, &["compare", "--duration", "40ms", "--out", "refused"])
            .with(2)
            .says(&[said]);
    }
    let history = ["load", "--history", "x.jsonl"];
    child::run("panics", folder, &history)
        .with(2)
        .says(&["does not write histories; declare `history_files = true`"]);
    child::run("panics", folder, &["check", "x.jsonl"]).with(2).says(&["declare `history_files = true`"]);
    child::run("own system", folder, &["calibrate"])
        .with(2)
        .says(&["own cannot be calibrated by: work can be planted in what is declared as a service only"]);
}

fn what_goes_wrong_is_found_and_what_was_measured_is_kept(folder: &Path) {
    for (name, kind, said) in [
        ("fails", Some(FindingKind::Errors), "no room"),
        ("refuses", None, ""),
        ("no answer", Some(FindingKind::Unanswered), "timeout"),
        ("panics", Some(FindingKind::Panic), "panicked in"),
        ("never returns", Some(FindingKind::Stuck), "removed from the run"),
        ("blocks its thread", Some(FindingKind::Stuck), "removed from the run"),
        ("leaves nothing right", Some(FindingKind::Invariant), "after the run, three are left"),
        ("spec panics", Some(FindingKind::Panic), "the specification panicked: planted"),
        ("settling panics", Some(FindingKind::Panic), "once it is quiet panicked: planted"),
        ("not settled", Some(FindingKind::Invariant), "after the run, three are left"),
    ] {
        let out = folder.join(name);
        let arguments = ["compare", "--duration", "100ms", "--out", &out.display().to_string()];
        let ended = child::run(name, folder, &arguments);
        let record = Record::read(out.join("run.json")).expect("it was written");
        assert!(record.finished, "{name}: {}", ended.err);
        assert!(record.cells[0].operations > 0, "{name}: what was measured is kept");
        let wrong = record.cells.last().expect("a cell");
        let found = wrong.findings.iter().find(|it| Some(it.kind) == kind);
        assert_eq!(found.is_some(), kind.is_some(), "{name}: {:?}", wrong.findings);
        assert!(found.is_none_or(|it| it.message.contains(said)), "{name}: {found:?}");
        let is_wrong = found.is_some_and(lockyard_bench::record::Finding::is_error);
        assert_eq!(ended.code, Some(if is_wrong { 4 } else { 0 }), "{name}: {}\n{}", ended.out, ended.err);
        let checked = child::run(name, folder, &[]).with(if is_wrong { 4 } else { 0 });
        assert_eq!(checked.out.contains(" ... FAILED"), is_wrong, "{name}: {}", checked.out);
    }
    let unjudged = Record::read(folder.join("leaves nothing right/run.json")).expect("it was written");
    assert!(
        unjudged.cells.iter().all(|it| it.verification.is_none()),
        "nothing was judged, and nothing is said"
    );
    child::run("leaves nothing right", folder, &["right", "--exact"]).with(0).says(&[", not judged)"]);
}

fn a_factory_that_fails_later_leaves_what_was_measured(folder: &Path) {
    for (name, said) in [
        ("set-up panics", "wrong cannot be measured: setting it up panicked: planted"),
        ("steps panic", "panicking cannot be run: the steps of task 0 panicked: planted"),
    ] {
        for (processes, out) in [("1", format!("{name} half")), ("2", format!("{name} half of two"))] {
            let arguments = ["compare", "--duration", "40ms", "--processes", processes, "--out", &out];
            let page = format!("Report of what was measured before the error: {out}/index.html");
            child::run(name, folder, &arguments).with(2).says(&[&page, said]);
            let record = Record::read(folder.join(out).join("run.json")).expect("it was written");
            assert_eq!((record.cells.len(), record.finished), (1, false));
        }
    }
}

fn everything_that_the_macro_takes_is_there(folder: &Path) {
    let whole = |arguments: &[&str]| child::run("whole", folder, arguments);
    whole(&["list"]).with(0).says(&["lock=tokio-mutex,map=one; judged; can be tracked", "second"]);
    whole(&[]).with(0).says(&["test tokio under second ... ok", "test atomic under first ... ok"]);

    // From the first to the last of four, which is the only one that is named: the corners between are found.
    let ways = ["--ablate", "tokio..atomic-split", "--system", "tokio", "--duration", "60ms"];
    whole(&[&["compare", "--out", "ablated"], &ways[..]].concat()).with(0);
    let record = Record::read(folder.join("ablated/run.json")).expect("it was written");
    for scenario in ["first", "second"] {
        for changed in ["lock", "map"] {
            let is_effect = |it: &Ablation| it.scenario == scenario && it.factor == changed;
            assert!(record.ablations.iter().any(is_effect), "{changed}: {:?}", record.ablations);
        }
    }
    assert_eq!(record.cells.len(), 8, "four corners under two workloads");
    for (way, said) in [
        ("atomic..atomic", "the two differ in no factor"),
        ("tokio..alone", "no system has lock=other,map=one; declare one"),
        ("tokio..nothing", "unknown system `nothing`"),
    ] {
        whole(&["compare", "--ablate", way]).with(2).says(&[said]);
    }

    let two = ["--system", "tokio", "--system", "atomic", "--workload", "first", "--duration", "40ms"];
    whole(&[&["compare", "--out", "counted"], &two[..]].concat()).with(0);
    let record = Record::read(folder.join("counted/run.json")).expect("it was written");
    let memory: Vec<_> = record.cells.iter().map(|it| it.memory.clone().expect("it was counted")).collect();
    let bytes: Vec<_> = memory.iter().map(|it| (it.item.as_deref(), it.bytes_per_session)).collect();
    assert_eq!(bytes, [(Some("number"), Some(8.0)), (Some("number"), Some(4.0))]);

    let tracked = ["load", "--system", "tokio", "--track", "--duration", "40ms", "--out", "tracked"];
    whole(&tracked).with(0);
    let record = Record::read(folder.join("tracked/run.json")).expect("it was written");
    let [cell] = &record.cells[..] else { panic!("one system under one workload") };
    assert!(cell.wait_ns.as_ref().is_some_and(|it| it.contains_key("sum")), "{:?}", cell.wait_ns);
    assert_eq!(cell.verification.as_ref().and_then(|it| it.deadlocks), Some(0));
    assert_eq!(cell.verification.as_ref().and_then(|it| it.linearizable), Some(true), "and judged");
    whole(&["compare", "--track", "--system", "atomic"])
        .with(2)
        .says(&["atomic cannot be set up with tracked locks"]);

    whole(&["load", "--history", "keys.jsonl", "--duration", "40ms", "--out", "keys"]).with(0);
    let history = std::fs::read_to_string(folder.join("keys.jsonl")).expect("a history");
    assert!(history.contains(r#""key":"1/key 3""#), "{}", &history[..200]);
    whole(&["check", "keys.jsonl"]).with(0);

    // Each workload by a run of its own, as two jobs would; and both as one record.
    let of = |workload: &str| {
        let one = ["--system", "tokio", "--system", "atomic", "--workload", workload, "--out", workload];
        whole(&[&["compare", "--duration", "40ms"], &one[..]].concat()).with(0);
    };
    of("first");
    of("second");
    whole(&["merge", "first/run.json", "second/run.json", "--out", "both"])
        .with(0)
        .says(&["both/index.html"]);
    let record = Record::read(folder.join("both/run.json")).expect("it contradicts nothing");
    assert_eq!((record.scenarios(), record.cells.len()), (vec!["first", "second"], 4));
    whole(&["merge", "first/run.json", "counted/run.json"])
        .with(5)
        .says(&["first was measured in first/run.json and in counted/run.json"]);
    whole(&["merge", "first/run.json"]).with(2);
}
