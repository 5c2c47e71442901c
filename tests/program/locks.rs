//! `lockyard locks` from outside: locks alone are measured, mapped and judged against published results, and what makes no sense
//! is refused before anything is measured.

use std::fs;

use assert_cmd::Command;
use lockyard_bench::record::{LockPoint, Record, json_schema};

fn locks(flags: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    let output = command.arg("locks").args(flags).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A CPU that this process may use, as the refusal of one that is not there names it; none where threads cannot be pinned.
fn a_cpu() -> Option<String> {
    let (code, _, err) = locks(&["--pin", "4000000000"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--pin: "), "{err}");
    let (_, allowed) = err.split_once("this process may use ")?;
    Some(allowed.split([',', '\n']).next()?.trim().to_owned())
}

#[test]
fn a_short_run_has_every_point_the_costs_and_the_published_results() {
    let out = tempfile::tempdir().unwrap();
    let (folder, cpu) = (out.path().to_str().unwrap(), a_cpu());
    let mut flags = vec!["--lock", "tokio-mutex", "--lock", "tokio-rwlock", "--lock", "std-mutex"];
    flags.extend(["--hold", "0,1us", "--reads", "0,100", "--tasks", "1,3", "--workers", "1", "--seed", "7"]);
    flags.extend(["--duration", "10ms", "--simulate", "4", "--format", "json", "--out", folder]);
    flags.extend(cpu.iter().flat_map(|cpu| ["--pin", cpu.as_str()]));
    let (code, json, err) = locks(&flags);
    assert_eq!(code, 0, "{err}");
    let record = Record::read(out.path().join("run.json")).expect("a record");
    let schema = serde_json::to_value(json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.validate(&serde_json::from_str(&json).unwrap()).expect("it is as the schema says");

    assert!(record.finished && record.seed == 7);
    assert_eq!(record.cells.len(), 3 * 2 * 2 * 2);
    assert!(record.cells.iter().all(|cell| cell.throughput.ops_per_s > 0.0 && cell.errors == 0));
    assert!(record.cells.iter().all(|cell| LockPoint::of(&cell.point).is_some()));
    let contended = record.cells.iter().filter(|cell| cell.point.tasks > 1);
    assert!(contended.clone().count() > 0);
    assert!(contended.clone().all(|cell| cell.fairness.is_some_and(|it| it.max_wait_ns.is_some())));
    let found = record.locks.as_ref().expect("locks alone");
    let names: Vec<_> = found.locks.iter().map(|lock| lock.name.as_str()).collect();
    assert_eq!(names, ["tokio-mutex", "tokio-rwlock", "std-mutex"]);
    let cancelled: Vec<_> = found.locks.iter().map(|lock| lock.cancel_ns.is_some()).collect();
    assert_eq!(cancelled, [true, true, false], "what blocks cannot be cancelled");
    assert!(found.locks.iter().all(|lock| lock.inline_bytes > 0 && lock.heap_bytes.is_some()));
    let one_worker = found.known_curves.iter().find(|it| it.claim.contains("one semaphore")).unwrap();
    assert!(one_worker.seen.contains("tokio-rwlock ÷ tokio-mutex"), "{one_worker:?}");
    // Where there is one core, no hand-over between two has been measured: then it says why it has nothing.
    let simulated = found.simulation.as_ref().expect("it was asked for");
    assert!(!simulated.points.is_empty() || !simulated.left_out.is_empty(), "{simulated:?}");
    assert!(simulated.points.iter().all(|it| it.point.workers <= 4), "{simulated:?}");
    let pinned = record.environment.pinned.map(|cpus| cpus.iter().map(u32::to_string).collect::<Vec<_>>());
    assert_eq!(pinned, cpu.map(|cpu| vec![cpu]));

    let page = fs::read_to_string(out.path().join("index.html")).unwrap();
    for part in
        ["Which lock is fastest where", "Held for", "What each lock costs", "What others have published"]
    {
        assert!(page.contains(part), "{part}");
    }
    let again = Command::new(env!("CARGO_BIN_EXE_lockyard"))
        .args(["report", out.path().join("run.json").to_str().unwrap(), "--format", "text"])
        .output()
        .unwrap();
    let text = String::from_utf8(again.stdout).unwrap();
    assert!(text.contains("Simulated, not measured"), "{text}");
    assert!(text.contains("3 tasks on 1 worker") && text.contains("not testable here"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_measured() {
    for (flags, what) in [
        (["--lock", "std-mutx"], "did you mean `std-mutex`?"),
        (["--lock", "quartz"], "tokio-mutex"),
        (["--hold", "1"], "write 0, or a time with its unit"),
        (["--hold", "20ms"], "must be from 0 to 10000000"),
        (["--reads", "101"], "from 0 to 100, and is 101"),
        (["--tasks", "0"], "tasks must be from 1 to"),
        (["--workers", "5000"], "workers must be from 1 to 1024"),
        (["--pin", "first"], "--pin"),
    ] {
        let (code, out, err) = locks(&flags);
        assert!(code == 2 && out.is_empty() && err.contains(what), "{flags:?}: {code} {err}");
        assert!(!err.contains("Measuring"), "{err}");
    }
}
