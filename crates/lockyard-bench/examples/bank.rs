//! Which guard for the accounts of a bank? A workload and a system that are defined in this file, measured in pairs,
//! judged, tracked, and reported as a page.
//!
//! ```sh
//! cargo run --release -p lockyard-bench --example bank
//! ```

#[path = "../tests/bank/mod.rs"]
mod bank;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard_bench::report::{TextOptions, text, write_all};
use lockyard_bench::{NoObserver, Plan, run};

use bank::{Bank, guards, sweep};

#[global_allocator]
static COUNTED: lockyard_bench::alloc::CountingAllocator = lockyard_bench::alloc::CountingAllocator;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plan = Plan::new(guards(), vec![Bank::default()])
        .command("cargo run --release -p lockyard-bench --example bank")
        .sweeps(vec![sweep("tasks", &[1, 2, 4, 8])?])
        .duration(Duration::from_secs(2))
        .verify(true);
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver)?;
    let folder = std::env::temp_dir().join("lockyard-bank");
    write_all(&record, &folder)?;
    println!("{}\nThe page: {}", text(&record, &TextOptions::default()), folder.join("index.html").display());
    Ok(())
}
