//! One point as a workload: acquire, hold, release, think, and again.

use std::time::Duration;

use rand::RngExt;

use crate::random::Random;
use crate::record::{LockPoint, Point};
use crate::workload::{Operation, Workload, WorkloadShape};

use super::work::CalibratedWork;

/// How many accesses of a task are drawn before the clock starts.
const STEPS: usize = 4_096;

/// A slice holds so many accesses one after another, so that the one that its end cuts off is a hundredth at most.
const ACCESSES: u64 = 100;
const SHORTEST_SLICE: Duration = Duration::from_millis(4);
const LONGEST_SLICE: Duration = Duration::from_millis(200);

/// More worker threads than that are not started, nor more tasks.
const MOST_WORKERS: u32 = 1_024;
const MOST_TASKS: u32 = 65_536;

/// A hold or a think time above that is a mistake: a slice would not see its end.
const LONGEST_NS: u64 = 10_000_000;

/// What is asked of a lock at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct LockLoop {
    name: String,
    point: LockPoint,
    work: CalibratedWork,
}

/// One access to what a lock guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

impl LockLoop {
    /// That of a point, where work takes so long.
    ///
    /// # Errors
    /// What makes no sense of the point, and what would.
    pub fn new(point: LockPoint, work: CalibratedWork) -> Result<Self, String> {
        let LockPoint { hold_ns, think_ns, tasks, reads_percent, workers } = point;
        let within = |what: &str, value: u64, least: u64, most: u64| {
            let wanted = format!("{what} must be from {least} to {most}, and is {value}");
            if (least..=most).contains(&value) { Ok(()) } else { Err(wanted) }
        };
        within("the hold time in nanoseconds", hold_ns, 0, LONGEST_NS)?;
        within("the think time in nanoseconds", think_ns, 0, LONGEST_NS)?;
        within("tasks", tasks.into(), 1, MOST_TASKS.into())?;
        within("the share of reads in per cent", reads_percent.into(), 0, 100)?;
        within("workers", workers.into(), 1, MOST_WORKERS.into())?;
        Ok(Self { name: point.name(), point, work })
    }

    /// What distinguishes it from others.
    #[must_use]
    pub fn lock_point(&self) -> LockPoint {
        self.point
    }

    /// Iterations of work while the lock is held, and before it is requested again.
    pub(super) fn iterations(&self) -> [u64; 2] {
        [self.point.hold_ns, self.point.think_ns].map(|ns| self.work.iterations(ns))
    }
}

impl Workload for LockLoop {
    type Step = Access;

    /// What is timed of each is the wait: from requesting the lock to having it.
    const OPERATIONS: &'static [Operation] = &[Operation::read("read"), Operation::write("write")];

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> String {
        let LockPoint { hold_ns, think_ns, tasks, reads_percent, workers } = self.point;
        format!(
            "one lock, {tasks} tasks on {workers} workers: held for {hold_ns} ns, then {think_ns} ns without it; {reads_percent} % \
             of all accesses read"
        )
    }

    fn shape(&self) -> WorkloadShape {
        let LockPoint { hold_ns, think_ns, tasks, workers, .. } = self.point;
        let long = Duration::from_nanos(ACCESSES * (hold_ns + think_ns));
        let slice = long.clamp(SHORTEST_SLICE, LONGEST_SLICE);
        // Each may wait for all others.
        let patience = Duration::from_nanos((hold_ns + think_ns) * u64::from(tasks));
        WorkloadShape { slice, patience, ..WorkloadShape::closed(workers, tasks) }
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        let number: u64 =
            value.parse().map_err(|_| format!("{setting}={value}: write a whole number from 0"))?;
        let small = u32::try_from(number).map_err(|_| format!("{setting}={value} is too large"));
        let mut point = self.point;
        match setting {
            "hold_ns" => point.hold_ns = number,
            "think_ns" => point.think_ns = number,
            "tasks" => point.tasks = small?,
            "reads_percent" => point.reads_percent = small?,
            "workers" => point.workers = small?,
            _ => {
                let known = "hold_ns, think_ns, tasks, reads_percent, workers";
                return Err(format!("there is no setting {setting}; there are {known}"));
            }
        }
        *self = Self::new(point, self.work)?;
        Ok(())
    }

    fn steps(&self, _: usize, random: &mut Random) -> Vec<Access> {
        let mut draw = || {
            if random.random_range(0..100) < self.point.reads_percent { Access::Read } else { Access::Write }
        };
        (0..STEPS).map(|_| draw()).collect()
    }

    fn operation(step: &Access) -> usize {
        *step as usize
    }

    fn point(&self) -> Point {
        self.point.to_point()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: LockPoint =
        LockPoint { hold_ns: 1_000, think_ns: 0, tasks: 8, reads_percent: 90, workers: 2 };

    fn of(point: LockPoint) -> LockLoop {
        LockLoop::new(point, CalibratedWork::of(0.5)).unwrap()
    }

    #[test]
    fn so_many_accesses_read_as_was_asked() {
        let reads = |reads_percent| {
            let steps = of(LockPoint { reads_percent, ..POINT }).steps(0, &mut Random::stream(42, 1));
            steps.iter().filter(|step| **step == Access::Read).count() as f64 / steps.len() as f64
        };
        assert!(reads(0) <= 0.0 && reads(100) >= 1.0);
        assert!((reads(90) - 0.9).abs() < 0.03, "{}", reads(90));
    }

    #[test]
    fn a_slice_holds_a_hundred_of_the_longest_accesses() {
        assert_eq!(of(POINT).shape().slice, Duration::from_millis(4));
        assert_eq!(of(LockPoint { hold_ns: 100_000, ..POINT }).shape().slice, Duration::from_millis(10));
    }

    #[test]
    fn a_setting_is_changed_by_its_name_or_not_at_all() {
        let mut lock = of(POINT);
        lock.set("hold_ns", "2000").unwrap();
        assert_eq!(lock, of(LockPoint { hold_ns: 2_000, ..POINT }));
        for (setting, value, what) in [
            ("weather", "1", "hold_ns, think_ns"),
            ("tasks", "many", "whole number"),
            ("workers", "5000", "from 1 to 1024"),
            ("reads_percent", "101", "from 0 to 100"),
            ("tasks", "0", "from 1 to"),
        ] {
            let error = lock.set(setting, value).unwrap_err();
            assert!(error.contains(what), "{setting}={value}: {error}");
        }
        assert_eq!(lock, of(LockPoint { hold_ns: 2_000, ..POINT }));
    }
}
