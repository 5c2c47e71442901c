//! What is measured in the same rounds: a workload, and the points of its sweeps. One experiment each.

use crate::plan::{Plan, Sweep};
use crate::workload::Workload;

use super::schedule::Schedule;

/// A point of a sweep that is not the cell is measured this many times shorter, and not judged: what a subject answers is
/// judged there.
const SHORTER: u32 = 4;

/// A workload, where it is a cell, and the points of sweeps of the same name.
pub(crate) struct ExperimentPlan<'a, W> {
    /// The place of the workload among the plan's.
    pub(crate) cell: Option<usize>,
    /// All that is measured, the cell first.
    pub(crate) points: Vec<(&'a W, Schedule)>,
    /// For each sweep of these, by its place among the plan's: which of the points is its first, its second and so on. Where
    /// that is the cell, the cell is what the sweep shows.
    pub(crate) sweeps: Vec<(usize, Vec<usize>)>,
}

impl<'a, W: Workload> ExperimentPlan<'a, W> {
    /// Everything that a plan measures, in the order of its workloads; sweeps without one come last.
    pub(crate) fn all(plan: &'a Plan<W>) -> Vec<Self> {
        let cell = |(nth, workload): (usize, &'a W)| Self {
            cell: Some(nth),
            points: vec![(workload, Schedule::new(plan, &workload.shape(), plan.duration))],
            sweeps: Vec::new(),
        };
        let mut all: Vec<Self> = plan.workloads.iter().enumerate().map(cell).collect();
        for (nth, sweep) in plan.sweeps.iter().enumerate() {
            let Some(first) = sweep.points.first() else { continue };
            let mut known = all.iter_mut().filter(|it| it.name() == first.name());
            if let Some(experiment) = known.next() {
                experiment.take(plan, nth, sweep);
            } else {
                let mut alone = Self { cell: None, points: Vec::new(), sweeps: Vec::new() };
                alone.take(plan, nth, sweep);
                all.push(alone);
            }
        }
        all
    }

    pub(crate) fn name(&self) -> &'a str {
        self.points[0].0.name()
    }

    /// Has the points of a sweep measured, too: each once, however many sweeps go through it.
    fn take(&mut self, plan: &Plan<W>, nth: usize, sweep: &'a Sweep<W>) {
        let places = sweep.points.iter().map(|workload| {
            let is_same = |(known, _): &(&W, Schedule)| *known == workload;
            self.points.iter().position(is_same).unwrap_or_else(|| {
                let schedule = Schedule::new(plan, &workload.shape(), plan.duration / SHORTER);
                self.points.push((workload, schedule));
                self.points.len() - 1
            })
        });
        let places = places.collect();
        self.sweeps.push((nth, places));
    }

    pub(crate) fn steps(&self) -> u32 {
        steps(self.points.iter().map(|(_, schedule)| schedule.rounds))
    }
}

/// In how many steps points with so many rounds are done together.
pub(super) fn steps(rounds: impl Iterator<Item = u32>) -> u32 {
    rounds.max().unwrap_or(0)
}
