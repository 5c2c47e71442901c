//! The points of a record as known results ask for them.

use crate::record::{Cell, LockPoint, LockRecord, LockSummary, Metric, Record};

/// A ratio and its interval.
pub(super) type RatioAt = (f64, [f64; 2]);

/// A record of locks alone.
pub(super) struct Points<'a> {
    record: &'a Record,
    locks: &'a LockRecord,
}

impl<'a> Points<'a> {
    pub(super) fn of(record: &'a Record) -> Option<Self> {
        Some(Self { record, locks: record.locks.as_ref()? })
    }

    pub(super) fn cores(&self) -> u32 {
        self.record.environment.cores
    }

    pub(super) fn locks(&self) -> &'a [LockSummary] {
        &self.locks.locks
    }

    pub(super) fn lock(&self, name: &str) -> Option<&'a LockSummary> {
        self.locks().iter().find(|lock| lock.name == name)
    }

    /// Every point that was measured, in the order of the run.
    pub(super) fn all(&self) -> Vec<LockPoint> {
        let mut all: Vec<LockPoint> = Vec::new();
        for point in self.record.cells.iter().filter_map(|cell| LockPoint::of(&cell.point)) {
            if !all.contains(&point) {
                all.push(point);
            }
        }
        all
    }

    /// Points on workers that each have a core, where tasks contend without thinking.
    pub(super) fn contended(&self) -> Vec<LockPoint> {
        let cores = self.cores();
        let is_contended =
            |it: &LockPoint| it.tasks > 1 && it.think_ns == 0 && (2..=cores).contains(&it.workers);
        self.all().into_iter().filter(is_contended).collect()
    }

    /// A lock there, if it is sound.
    pub(super) fn cell(&self, point: LockPoint, lock: &str) -> Option<&'a Cell> {
        let is_it = |cell: &&Cell| cell.strategy == lock && LockPoint::of(&cell.point) == Some(point);
        let cell = self.record.cells.iter().find(is_it)?;
        (!cell.findings.iter().any(lockyard_evidence::Finding::is_error)).then_some(cell)
    }

    /// Throughput of one lock ÷ that of another there, where the two were compared.
    pub(super) fn ratio(&self, point: LockPoint, candidate: &str, baseline: &str) -> Option<RatioAt> {
        let (cell, _) = (self.cell(point, candidate)?, self.cell(point, baseline)?);
        let found = |baseline, candidate| {
            self.record.comparison(&cell.scenario, baseline, candidate, &Metric::Throughput)
        };
        if let Some(it) = found(baseline, candidate) {
            return Some((it.ratio, it.ci));
        }
        let it = found(candidate, baseline)?;
        Some((1.0 / it.ratio, [1.0 / it.ci[1], 1.0 / it.ci[0]]))
    }

    /// Read-write locks, each with the exclusive lock of its library.
    pub(super) fn pairs(&self) -> Vec<(&'a str, &'a str)> {
        let pair = |lock: &'a LockSummary| {
            let equal = self.record.strategy(&lock.name)?.compared_with.as_deref()?;
            Some((lock.name.as_str(), self.lock(equal)?.name.as_str()))
        };
        self.locks().iter().filter(|lock| lock.shared_reads && !lock.copy_on_write).filter_map(pair).collect()
    }
}
