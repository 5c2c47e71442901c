//! Hold time × share of reads: who leads at each point, by intervals and never by estimates.

use std::collections::BTreeSet;

use super::super::format;
use super::super::leaders::{self, Lead, Standing};
use super::super::rows::Table;
use crate::record::{LockPoint, Record};
use crate::stats::Direction;

/// Where points differ in hold time and share of reads only, who leads at each.
pub(crate) struct LockMap {
    /// One of the points, for what they have in common.
    like: LockPoint,
    cores: u32,
    /// Whether only locks that yield the task are ranked.
    only_yielding: bool,
    /// The hold times, rising.
    pub holds: Vec<u64>,
    /// The shares of reads, rising.
    pub reads: Vec<u32>,
    /// The points that were measured.
    pub points: Vec<MapPoint>,
}

/// Who leads at one point.
pub(crate) struct MapPoint {
    /// Which of the hold times, and which of the shares of reads.
    pub at: (usize, usize),
    /// Those that nothing parts from the best, the best estimate first.
    pub leaders: Vec<Leader>,
    pub standing: Standings,
}

/// One that leads.
pub(crate) struct Leader {
    pub name: String,
    /// Its ratio to the baseline and the interval of that, unless it is the baseline or nothing was compared.
    pub ratio: Option<(f64, [f64; 2])>,
}

/// What a ranking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standings {
    /// Some lead all others.
    Led,
    /// Between all of them no difference was seen.
    Alike,
    /// Whatever leads is known too imprecisely.
    Undecided,
}

impl LockMap {
    /// All of a record, in the order of the run: each over all locks, and once more over those that yield the task, where
    /// there are others.
    pub fn all(record: &Record) -> Vec<Self> {
        let Some(locks) = &record.locks else { return Vec::new() };
        let yields = |name: &str| locks.locks.iter().any(|lock| lock.name == name && !lock.blocks);
        let yielding = locks.locks.iter().filter(|lock| !lock.blocks).count();
        let mut maps: Vec<Self> = Vec::new();
        for table in Table::all(record) {
            let Some(row) = table.rows.first() else { continue };
            let Some(point) = LockPoint::of(&row.cell.point) else { continue };
            let ranked = leaders::throughputs(&table);
            if 1 < yielding && yielding < locks.locks.len() {
                let ranked = ranked.iter().copied().filter(|it| yields(it.strategy())).collect();
                note(&mut maps, record, point, true, ranked);
            }
            note(&mut maps, record, point, false, ranked);
        }
        // Over all locks first.
        maps.sort_by_key(|map| map.only_yielding);
        for map in &mut maps {
            map.points.sort_by_key(|point| point.at);
        }
        maps
    }

    /// Whether every lock is ranked in it.
    pub fn has_all_locks(&self) -> bool {
        !self.only_yielding
    }

    /// What its points have in common, with which locks are ranked.
    pub fn title(&self) -> String {
        let LockPoint { think_ns, tasks, workers, .. } = self.like;
        let think = if think_ns > 0 {
            format!(", {} of think time", format::tick_nanos(think_ns as f64))
        } else {
            String::new()
        };
        let over = if workers > self.cores {
            format!(" (more than the {})", format::counted(self.cores.into(), "core"))
        } else {
            String::new()
        };
        let of = if self.only_yielding { "; locks that yield the task" } else { "" };
        format!(
            "{} on {}{over}{think}{of}",
            format::counted(tasks.into(), "task"),
            format::counted(workers.into(), "worker")
        )
    }

    /// The point there, if it was measured.
    pub fn at(&self, hold: usize, reads: usize) -> Option<&MapPoint> {
        self.points.iter().find(|point| point.at == (hold, reads))
    }

    fn is_like(&self, point: LockPoint) -> bool {
        let LockPoint { hold_ns, reads_percent, .. } = self.like;
        LockPoint { hold_ns, reads_percent, ..point } == self.like
    }

    /// Makes room for a point, and says where.
    fn place(&mut self, point: LockPoint) -> (usize, usize) {
        let holds: BTreeSet<_> = self.holds.iter().copied().chain([point.hold_ns]).collect();
        let reads: BTreeSet<_> = self.reads.iter().copied().chain([point.reads_percent]).collect();
        let (holds, reads) = (Vec::from_iter(holds), Vec::from_iter(reads));
        let of = |hold: u64, share: u32| {
            let find = |found: Option<usize>| found.expect("every value of a point stands on an axis");
            (find(holds.iter().position(|it| *it == hold)), find(reads.iter().position(|it| *it == share)))
        };
        for known in &mut self.points {
            known.at = of(self.holds[known.at.0], self.reads[known.at.1]);
        }
        let at = of(point.hold_ns, point.reads_percent);
        (self.holds, self.reads) = (holds, reads);
        at
    }
}

fn note(
    maps: &mut Vec<LockMap>,
    record: &Record,
    point: LockPoint,
    only_yielding: bool,
    ranked: Vec<Standing<'_>>,
) {
    let Some(lead) = Lead::of(ranked, Direction::HigherIsBetter) else { return };
    let mut leading: Vec<_> = lead.winners.iter().chain(&lead.imprecise).collect();
    leading.sort_by(|a, b| b.value.total_cmp(&a.value));
    let standing = match leading.len() {
        _ if lead.winners.is_empty() => Standings::Undecided,
        all if all == lead.of && lead.of > 1 => Standings::Alike,
        _ => Standings::Led,
    };
    let leader = |it: &&Standing<'_>| {
        let is_ratio = it.is_ratio && record.baseline() != Some(it.strategy());
        Leader { name: it.strategy().to_owned(), ratio: is_ratio.then_some((it.value, it.ci)) }
    };
    let leaders = leading.iter().map(leader).collect();
    let found = maps.iter().position(|map| map.only_yielding == only_yielding && map.is_like(point));
    let nth = found.unwrap_or_else(|| {
        let cores = record.environment.cores;
        let (holds, reads, points) = (Vec::new(), Vec::new(), Vec::new());
        maps.push(LockMap { like: point, cores, only_yielding, holds, reads, points });
        maps.len() - 1
    });
    let at = maps[nth].place(point);
    maps[nth].points.push(MapPoint { at, leaders, standing });
}
