//! What each lock costs, from a record: one-thread points and the hand-over of two tasks on two workers, and nothing else.

use super::model::LockModel;
use crate::record::{Cell, LockCosts, LockPoint, LockRecord, LockSummary, Record, Waiting};

/// The record of a run that measured locks alone.
pub(super) struct Calibration<'a> {
    record: &'a Record,
    locks: &'a LockRecord,
}

impl<'a> Calibration<'a> {
    pub(super) fn of(record: &'a Record) -> Result<Self, String> {
        let locks = record.locks.as_ref().ok_or("the record is not one of locks alone")?;
        Ok(Self { record, locks })
    }

    pub(super) fn locks(&self) -> impl Iterator<Item = &'a LockSummary> {
        self.locks.locks.iter()
    }

    /// A lock with its costs, or why there are none.
    pub(super) fn model(&self, lock: &LockSummary) -> Result<LockModel, String> {
        let name = &lock.name;
        let handover = lock.handover_of_two_ns.ok_or_else(|| {
            format!("{name}: a hand-over between two workers was not measured, which takes two cores")
        })?;
        let alone = || format!("{name}: an access of one task was not measured (--tasks 1 --reads 0,100)");
        let (write_ns, read_ns) = self.alone(name).ok_or_else(alone)?;
        let costs = LockCosts {
            read_ns,
            write_ns,
            handover_ns: handover.p50 as f64,
            transfer_ns: self.transfer_ns().unwrap_or(handover.p50 as f64),
        };
        let waiting = if lock.blocks { Waiting::Parks } else { Waiting::Yields };
        Ok(LockModel { order: lock.order, waiting, shared_reads: lock.shared_reads, costs })
    }

    /// A cell of the lock without an error there.
    pub(super) fn cells(&self, lock: &str) -> impl Iterator<Item = (LockPoint, &'a Cell)> {
        let sound = |cell: &&Cell| !cell.findings.iter().any(lockyard_evidence::Finding::is_error);
        let of_lock = self.record.cells.iter().filter(move |cell| cell.strategy == lock).filter(sound);
        of_lock.filter_map(|cell| Some((LockPoint::of(&cell.point)?, cell)))
    }

    /// What writing and reading take one task, by what its accesses take longer than they work.
    fn alone(&self, lock: &str) -> Option<(f64, f64)> {
        let alone: Vec<_> = self.cells(lock).filter(|(point, _)| point.tasks == 1).collect();
        // The shorter the work, the less does its own error weigh.
        let shortest = alone.iter().map(|(point, _)| point.hold_ns + point.think_ns).min()?;
        let at = |reads_percent: &dyn Fn(u32) -> bool| {
            let found = alone.iter().filter(|(point, _)| reads_percent(point.reads_percent));
            let found = found.filter(|(point, _)| point.hold_ns + point.think_ns == shortest);
            found.max_by_key(|(point, _)| point.reads_percent)
        };
        let cost = |(point, cell): &(LockPoint, &Cell)| {
            let worked = (point.hold_ns + point.think_ns) as f64;
            (1e9 / cell.throughput.ops_per_s - worked).max(0.0)
        };
        let write = cost(at(&|reads| reads == 0)?);
        let reading = at(&|reads| reads > 0)?;
        let share = f64::from(reading.0.reads_percent) / 100.0;
        Some((write, ((cost(reading) - (1.0 - share) * write) / share).max(0.0)))
    }

    /// A cache line has to move once at least in every hand-over, so the shortest of all of them says most of it.
    fn transfer_ns(&self) -> Option<f64> {
        self.locks().filter_map(|lock| lock.handover_of_two_ns).map(|it| it.p50 as f64).min_by(f64::total_cmp)
    }
}
