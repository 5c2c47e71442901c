//! Which points are measured: the product of what is asked for, or a standard set that shows most on any machine.

use crate::record::LockPoint;

/// A value or several for everything that distinguishes points. Their product is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockAxes {
    /// Hold times, in nanoseconds.
    pub hold_ns: Vec<u64>,
    /// Think times, in nanoseconds.
    pub think_ns: Vec<u64>,
    /// Numbers of tasks.
    pub tasks: Vec<u32>,
    /// Shares of reads, in per cent.
    pub reads_percent: Vec<u32>,
    /// Numbers of worker threads.
    pub workers: Vec<u32>,
}

/// At least so many tasks contend for the lock.
const TASKS: u32 = 8;

/// So many times more worker threads than cores are oversubscribed.
const OVERSUBSCRIBED: u32 = 4;

impl LockAxes {
    /// Where a lock is contended on so many cores: what is taken of all axes that are not given.
    #[must_use]
    pub fn contended(cores: u32, quick: bool) -> Self {
        let (hold_ns, reads_percent) = if quick {
            (vec![0, 1_000, 10_000, 100_000], vec![0, 50, 90, 100])
        } else {
            (vec![0, 300, 1_000, 3_000, 10_000, 100_000], vec![0, 50, 90, 99, 100])
        };
        let tasks = vec![TASKS.max(cores.saturating_mul(4))];
        Self { hold_ns, think_ns: vec![0], tasks, reads_percent, workers: vec![cores] }
    }

    /// Every point, in the order of the axes.
    #[must_use]
    pub fn points(&self) -> Vec<LockPoint> {
        let mut points = Vec::new();
        for &workers in &self.workers {
            for &tasks in &self.tasks {
                for &think_ns in &self.think_ns {
                    for &hold_ns in &self.hold_ns {
                        for &reads_percent in &self.reads_percent {
                            let point = LockPoint { hold_ns, think_ns, tasks, reads_percent, workers };
                            if !points.contains(&point) {
                                points.push(point);
                            }
                        }
                    }
                }
            }
        }
        points
    }
}

/// The standard set for so many cores: hold times × shares of reads where tasks contend; one task alone; one worker, where
/// readers cannot overlap; tasks that think; more worker threads than cores.
#[must_use]
pub fn standard_points(cores: u32, quick: bool) -> Vec<LockPoint> {
    let contended = LockAxes::contended(cores, quick);
    let ends = |hold_ns: &[u64]| LockAxes {
        hold_ns: hold_ns.to_vec(),
        reads_percent: vec![0, 90],
        ..contended.clone()
    };
    // What a write costs by itself, and what a read.
    let alone = LockAxes { tasks: vec![1], reads_percent: vec![0, 100], ..ends(&[0]) };
    let one_worker = LockAxes { workers: vec![1], reads_percent: vec![90, 100], ..ends(&[0]) };
    let thinking = LockAxes { think_ns: vec![10_000], ..ends(&[1_000]) };
    let threads = OVERSUBSCRIBED.saturating_mul(cores);
    let oversubscribed = LockAxes { workers: vec![threads], tasks: vec![threads], ..ends(&[0, 10_000]) };
    let mut points = Vec::new();
    for axes in [contended, alone, one_worker, thinking, oversubscribed] {
        points.extend(axes.points().into_iter().filter(|point| !points.contains(point)).collect::<Vec<_>>());
    }
    points
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn points_are_the_product_of_the_axes_and_each_is_there_once() {
        let axes = LockAxes {
            hold_ns: vec![0, 1_000],
            think_ns: vec![0],
            tasks: vec![2, 2],
            reads_percent: vec![0, 50, 100],
            workers: vec![1, 2],
        };
        let points = axes.points();
        assert_eq!(points.len(), 12);
        assert_eq!(points.iter().collect::<BTreeSet<_>>().len(), 12);
    }

    #[test]
    fn the_standard_set_contends_idles_thinks_and_oversubscribes() {
        for cores in [1, 2, 64] {
            let points = standard_points(cores, true);
            assert_eq!(points.iter().collect::<BTreeSet<_>>().len(), points.len());
            let any = |of: &dyn Fn(&LockPoint) -> bool| points.iter().any(of);
            assert!(any(&|it| it.tasks == 1) && any(&|it| it.think_ns > 0), "{cores} cores");
            assert!(any(&|it| it.workers == 1) && any(&|it| it.workers > cores), "{cores} cores");
            assert!(any(&|it| it.hold_ns == 100_000 && it.tasks > it.workers), "{cores} cores");
        }
        assert!(standard_points(2, false).len() > standard_points(2, true).len());
    }
}
