//! Writes the pages that the browser looks at: of a rich record, a poor one, a hostile one and one of locks alone, and of two
//! counterexamples.
//!
//! Run by `scripts/browser.sh`, which hands them to `page.mjs`.

#[path = "../../crates/lockyard-bench/tests/support/rich.rs"]
mod rich;
#[path = "../../crates/lockyard-evidence/tests/support/mod.rs"]
mod runs;
#[path = "../../crates/lockyard-bench/tests/support/sample.rs"]
mod sample;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard::bench::NoObserver;
use lockyard::bench::locks::{LockAxes, LockPlan, built_in};
use lockyard::bench::record::Record;
use lockyard::bench::report::write_all;

const HOSTILE: &str = "</script><script>window.broken=1</script>\"'><img src=x onerror=window.broken=2>";

fn main() {
    let dir = std::env::args().nth(1).expect("usage: pages DIR");
    let dir = std::path::Path::new(&dir);
    for (name, record) in
        [("rich", rich::rich()), ("poor", poor()), ("hostile", hostile()), ("locks", locks())]
    {
        write_all(&record, dir.join(name)).expect("the pages can be written");
    }
    for (name, how) in [("deadlock", runs::deadlock()), ("retries", runs::three_tasks())] {
        let dir = dir.join(name);
        std::fs::create_dir_all(&dir).expect("the directory can be made");
        std::fs::write(dir.join("index.html"), how.to_html(name)).expect("the page can be written");
    }
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
