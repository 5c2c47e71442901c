//! Whether a strategy is right, over all scenarios: each check in a few words. What was not checked says so.

use super::excluded::ExcludedStrategy;
use super::format;
use crate::record::{Record, Verification};

/// The head of the columns.
pub(super) const HEAD: [&str; 5] = ["linearizable", "deadlocks", "inversions", "starvation", "models"];

/// What one check came to.
pub(super) struct Checked {
    pub words: String,
    /// Whether anything was checked at all.
    pub known: bool,
    pub wrong: bool,
}

impl Checked {
    /// By which tables are sorted: what was checked and is right first, and what is wrong last.
    pub fn rank(&self) -> u8 {
        match (self.wrong, self.known) {
            (false, true) => 0,
            (false, false) => 1,
            (true, _) => 2,
        }
    }
}

/// The checks of one strategy, in the order of [`HEAD`].
pub(super) fn checks(record: &Record, strategy: &str) -> [Checked; 5] {
    let cells: Vec<_> = record.cells.iter().filter(|cell| cell.strategy == strategy).collect();
    let seen: Vec<_> = cells.iter().filter_map(|cell| cell.verification.as_ref()).collect();
    let count = |of: fn(&Verification) -> Option<u64>| {
        let numbers: Vec<_> = seen.iter().filter_map(|it| of(it)).collect();
        let sum: u64 = numbers.iter().sum();
        checked(
            numbers.len(),
            cells.len(),
            if sum == 0 { "none".to_owned() } else { sum.to_string() },
            sum > 0,
        )
    };
    let orders: Vec<_> = seen.iter().filter_map(|it| it.linearizable).collect();
    let violated = orders.iter().filter(|it| !**it).count();
    let operations: u64 = seen.iter().filter_map(|it| it.operations_checked).sum();
    let words = if violated > 0 {
        "NO".to_owned()
    } else {
        format!("yes ({} operations)", format::grouped(operations))
    };
    [
        checked(orders.len(), cells.len(), words, violated > 0),
        count(|it| it.deadlocks),
        count(|it| it.order_inversions),
        count(|it| it.starvations),
        models(record, strategy),
    ]
}

/// All checks in one cell: what is wrong, or what was checked, and what was not.
pub(super) fn summary(record: &Record, strategy: &str) -> Checked {
    let [orders, deadlocks, inversions, starvation, models] = checks(record, strategy);
    let tracked = [deadlocks, inversions, starvation];
    let failed = ExcludedStrategy::all(record).into_iter().find(|it| it.strategy == strategy);
    if let Some(failed) = failed {
        return Checked { words: format!("FAILED: {}", failed.reasons.join(", ")), known: true, wrong: true };
    }
    let tracked_at_all = tracked.iter().any(|it| it.known);
    let seen = [
        orders.known.then(|| "linearizable".to_owned()),
        tracked_at_all.then(|| "locks tracked".to_owned()),
        models
            .known
            .then(|| format!("models {}", models.words.trim_end_matches(" passed").replace(" of ", "/"))),
    ];
    let seen: Vec<_> = seen.into_iter().flatten().collect();
    let words = if seen.is_empty() { "not checked".to_owned() } else { seen.join(" · ") };
    Checked { words, known: !seen.is_empty(), wrong: false }
}

/// "none", or "none, in 2 of 3" where not every cell was looked at.
fn checked(known: usize, of: usize, words: String, wrong: bool) -> Checked {
    let words = match known {
        0 => "not checked".to_owned(),
        known if known < of => format!("{words}, in {known} of {of}"),
        _ => words,
    };
    Checked { words, known: known > 0, wrong }
}

fn models(record: &Record, strategy: &str) -> Checked {
    let ran: Vec<_> = record.models.iter().flatten().filter(|it| it.is_of(strategy)).collect();
    let hold = ran.iter().filter(|it| it.passes()).count();
    checked(ran.len(), ran.len(), format!("{hold} of {} passed", ran.len()), hold < ran.len())
}
