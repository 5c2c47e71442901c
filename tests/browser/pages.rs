//! Writes the pages that the browser looks at: of a rich record, one without failures, a poor one, a hostile one, one of locks
//! alone and the committed one, of two counterexamples, of two histories that were checked, of a diff, and of trends.
//!
//! Run by `scripts/browser.sh`, which hands them to `page.mjs`.

#[path = "../../crates/lockyard-bench/tests/support/runs.rs"]
mod in_turn;
#[path = "../../crates/lockyard-bench/tests/support/rich.rs"]
mod rich;
#[path = "../../crates/lockyard-evidence/tests/support/mod.rs"]
mod runs;
#[path = "../../crates/lockyard-bench/tests/support/sample.rs"]
mod sample;

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard::bench::locks::{LockAxes, LockPlan, built_in};
use lockyard::bench::record::Record;
use lockyard::bench::report::{diff_page, trends_page, write_all};
use lockyard::bench::stats::Confidence;
use lockyard::bench::{NoObserver, Share, gate};

/// The record that README and documents are drawn from: of many strategies, and measured.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/2026-11-30/run.json");

const HOSTILE: &str = "</script><script>window.broken=1</script>\"'><img src=x onerror=window.broken=2>";

/// Answers that one order explains, and answers that none does.
const RIGHT: &str = r#"
{"process":0,"type":"invoke","f":"write","key":"x","value":1}
{"process":1,"type":"invoke","f":"read","key":"x","value":null}
{"process":1,"type":"ok","f":"read","key":"x","value":1}
{"process":0,"type":"ok","f":"write","key":"x","value":1}
"#;
const STALE: &str = r#"
{"process":0,"type":"invoke","f":"write","key":"x","value":1}
{"process":0,"type":"ok","f":"write","key":"x","value":1}
{"process":1,"type":"invoke","f":"write","key":"x","value":2}
{"process":1,"type":"ok","f":"write","key":"x","value":2}
{"process":2,"type":"invoke","f":"read","key":"x","value":null}
{"process":2,"type":"ok","f":"read","key":"x","value":1}
"#;

fn main() -> ExitCode {
    let first = std::env::args().nth(1).expect("usage: pages DIR");
    // Started by itself, it is the program whose pages are looked at.
    if first == "check" {
        return lockyard::cli::main();
    }
    write(Path::new(&first));
    ExitCode::SUCCESS
}

fn write(dir: &Path) {
    for (name, record) in [
        ("rich", rich::rich()),
        ("sample", sample::sample()),
        ("poor", poor()),
        ("hostile", hostile()),
        ("locks", locks()),
        ("committed", Record::read(COMMITTED).expect("a record")),
    ] {
        write_all(&record, dir.join(name)).expect("the pages can be written");
    }
    for (name, how) in [("deadlock", runs::deadlock()), ("retries", runs::three_tasks())] {
        write_page(dir, name, &how.to_html(name));
    }
    for (name, history) in [("check", STALE), ("check-right", RIGHT)] {
        write_page(dir, name, &checked(&dir.join(name), history));
    }
    let records = in_turn::four(&rich::rich());
    let tenth = Share::of_percent(10.0).expect("less than all");
    let diff = gate::diff(&records[0], &records[1], tenth, Confidence::default());
    write_page(dir, "diff", &diff_page(&diff));
    let trends = gate::trends(&records, Confidence::default());
    write_page(dir, "trends", &trends_page(&trends, &records[records.len() - 1]));
}

fn write_page(dir: &Path, name: &str, page: &str) {
    let dir = dir.join(name);
    std::fs::create_dir_all(&dir).expect("the directory can be made");
    std::fs::write(dir.join("index.html"), page).expect("the page can be written");
}

/// The page of `lockyard check` of this history.
fn checked(dir: &Path, history: &str) -> String {
    std::fs::create_dir_all(dir).expect("the directory can be made");
    std::fs::write(dir.join("history.jsonl"), history).expect("the history can be written");
    let output = Command::new(std::env::current_exe().expect("this program is a file"))
        .arg0("lockyard")
        .args(["check", "history.jsonl", "--model", "register", "--format", "html"])
        .current_dir(dir)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be started");
    String::from_utf8(output.stdout).expect("a page is text")
}

/// Locks alone, as they are here: no two of these pages are alike, and each has its map.
fn locks() -> Record {
    let axes = LockAxes {
        hold_ns: vec![0, 1_000, 10_000],
        reads_percent: vec![0, 50, 100],
        tasks: vec![4],
        ..LockAxes::contended(2, true)
    };
    let plan = LockPlan::new(built_in(), axes.points()).duration(Duration::from_millis(50));
    plan.run(&AtomicBool::new(false), &mut NoObserver).expect("locks can be measured")
}

/// One strategy, and nothing known that need not be.
fn poor() -> Record {
    let mut record = sample::sample();
    record.cells.truncate(1);
    record.comparisons.clear();
    record.limits = None;
    record.environment.cpu_model = None;
    record.environment.commit = None;
    let cell = &mut record.cells[0];
    (cell.factors, cell.memory, cell.fairness, cell.of_limit, cell.hit_ratio) =
        (None, None, None, None, None);
    record
}

/// A rich record whose every name tries to be markup.
fn hostile() -> Record {
    let json = rich::rich().to_json();
    let escaped = HOSTILE.replace('"', "\\\"");
    let names = ["polling", "after", "deadlock", "task 3", "eviction", "lockyard compare --seed 42"];
    let json = names
        .iter()
        .fold(json, |json, name| json.replace(&format!("\"{name}\""), &format!("\"{name}{escaped}\"")));
    serde_json::from_str(&json).expect("names are free")
}
