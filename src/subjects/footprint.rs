//! Whether bytes that are counted are bytes that the system gives.
//!
//! What a strategy's sessions take is counted as it is asked for. The allocator rounds up and adds a header, and the system
//! gives whole pages, and only those that are touched. So the count is held against the resident size, once for each
//! strategy. Nothing is freed until all are there: what one had left would be given to the next, and not be seen.

use lockyard_bench::{Fault, Runtime, Setup, alloc};
use tokio::runtime::Builder;

use crate::strategy::Strategy;

use super::backend::stock;
use super::memory::small_sessions;
use super::strategy::Strategies;

/// What the live sessions of one strategy take whole, their messages apart, which the store has, too.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Footprint {
    /// The strategy.
    pub strategy: String,
    /// Bytes a session, by count of what was asked for.
    pub counted: f64,
    /// Bytes a session by which the process' resident size grew.
    pub resident: f64,
}

/// The footprint of each strategy, with `sessions` sessions alive. `None` if allocations are not counted, or the system
/// does not show the resident size. Takes a kilobyte for each session of each strategy, all at once, and wants a process in
/// which little has been freed so far.
///
/// # Errors
/// When a strategy is not built, or no threads can be had.
///
/// # Panics
/// Without sessions.
pub fn footprints(strategies: &[Strategy], sessions: u32) -> Result<Option<Vec<Footprint>>, Fault> {
    let scenario = small_sessions(sessions);
    let all = Strategies::default();
    let population = all.populations().of(&scenario, 0);
    let mut all_there = Vec::new();
    let mut found = Vec::new();
    for strategy in strategies {
        let runtime = Builder::new_current_thread().enable_time().build().map_err(Fault::new)?;
        let store = stock(&population, runtime.handle());
        let setup = Setup::new(&scenario, 0, Runtime::plain(runtime.handle()));
        let Some(before) = taken() else { return Ok(None) };
        let warmed = all.warmed(strategy, &setup, store)?;
        let Some(after) = taken() else { return Ok(None) };
        let [counted, resident] =
            [0, 1].map(|which: usize| (after[which] - before[which]) as f64 / f64::from(sessions));
        found.push(Footprint { strategy: strategy.name().to_owned(), counted, resident });
        all_there.push((warmed, runtime));
    }
    Ok(Some(found))
}

/// What the process has taken by now: bytes by count, and resident.
fn taken() -> Option<[i64; 2]> {
    Some([alloc::process_count()?.bytes_live, resident_bytes()?])
}

/// The resident size of what no file stands behind, as the system adds it up over all pages: pages of the program's own code
/// come in when they first run, and would count as the sessions'. Quicker ways to ask are off by some pages for each core.
fn resident_bytes() -> Option<i64> {
    resident_of(&std::fs::read_to_string("/proc/self/smaps_rollup").ok()?)
}

/// Reads `Anonymous:      1234 kB`.
fn resident_of(rollup: &str) -> Option<i64> {
    let kilobytes =
        rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"))?.trim().strip_suffix("kB")?;
    Some(kilobytes.trim().parse::<i64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_size_is_read_in_kilobytes() {
        let rollup =
            "5581-7ffe ---p 00000000 00:00 0    [rollup]\nRss:   2048 kB\nAnonymous:          1024 kB\n";
        assert_eq!(resident_of(rollup), Some(1 << 20));
        assert_eq!(resident_of("Rss:   2048 kB\n"), None);
    }
}
