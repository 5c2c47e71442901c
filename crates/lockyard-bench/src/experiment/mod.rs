//! One workload and the points of its sweeps: all of them take their turns in the same rounds.
//!
//! | file | what |
//! | --- | --- |
//! | `plan` | what is measured in the same rounds |
//! | `point` | the subjects under one workload, round by round |
//! | `entry` | one subject there |
//! | `steps` | what the tasks ask, drawn before any clock starts |
//! | `schedule` | how many rounds of which slices, and when subjects are set up anew |

mod entry;
mod plan;
mod point;
mod schedule;
mod steps;

use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::SliceRandom;

use crate::conclusions::Outcome;
use crate::error::RunError;
use crate::judged::HistoryFile;
use crate::plan::Plan;
use crate::progress::{InterimRatio, Observer};
use crate::random::Random;
use crate::subject::Subject;
use crate::workload::Workload;

use plan::steps;
use point::PointRun;

pub(crate) use entry::Role;
pub(crate) use plan::ExperimentPlan;
pub(crate) use schedule::Schedule;

/// The stream of the seed that orders points; the one above it orders the subjects of each.
const POINTS_STREAM: u64 = u64::MAX - 1;

/// Points that take their turns in the same rounds: a machine that gets slower while it is measured would otherwise look
/// like a setting that does not scale.
pub(crate) struct Experiment<'a, W: Workload> {
    points: Vec<PointRun<'a, W>>,
    /// The first point is a cell: it is judged, and it may be done before its time.
    has_cell: bool,
    order: Random,
}

impl<'a, W: Workload> Experiment<'a, W> {
    /// Sets every subject of the plan up at each point, and lets it run for a moment that does not count. Where the first one is
    /// a cell the baseline runs once more as a control, and beside all of them the limit.
    pub(crate) fn prepare(
        plan: &'a Plan<W>,
        ExperimentPlan { cell, points, .. }: &ExperimentPlan<'a, W>,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let has_cell = cell.is_some();
        let prepare = |(nth, (workload, schedule)): (usize, &(&'a W, Schedule))| {
            let subjects = subjects(plan, workload, has_cell && nth == 0);
            PointRun::prepare(plan, workload, *schedule, subjects, observer)
        };
        let points = points.iter().enumerate().map(prepare).collect::<Result<_, _>>()?;
        Ok(Self { points, has_cell, order: Random::stream(plan.seed, POINTS_STREAM) })
    }

    /// One workload among these subjects, each with its role and whether its locks are tracked.
    pub(crate) fn of(
        plan: &'a Plan<W>,
        workload: &'a W,
        schedule: Schedule,
        subjects: Vec<(Subject<W>, Role, bool)>,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let points = vec![PointRun::prepare(plan, workload, schedule, subjects, observer)?];
        Ok(Self { points, has_cell: true, order: Random::stream(plan.seed, POINTS_STREAM) })
    }

    /// Plays the rounds: all of them, or of a cell alone as many as it takes until the intervals are tight, or until
    /// `interrupted`. Judges slices of the cell between them if asked to.
    ///
    /// Points may have rounds of other lengths than the cell, and fewer of them: each round of a point comes where it
    /// divides the whole evenly.
    pub(crate) fn play(
        &mut self,
        interrupted: &AtomicBool,
        verify: bool,
        mut history: Option<&mut HistoryFile>,
        mut after_round: impl FnMut(u32, Option<InterimRatio<'_>>),
    ) -> Result<(), RunError> {
        let steps = self.steps();
        let mut led = self.points.first().and_then(|point| point.plan().take_turns());
        if let Some(led) = &mut led {
            led.ready();
        }
        for point in &mut self.points {
            if !point.begin_plan(interrupted)? {
                return Ok(());
            }
        }
        // Under a plan they are judged before the rounds, when all machines are.
        let verify = verify && self.points.first().is_none_or(|point| point.plan().planned.is_none());
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        for step in 1..=steps {
            if led.as_mut().is_some_and(|led| !led.wait()) {
                break;
            }
            order.shuffle(&mut *self.order);
            for index in &order {
                let point = &mut self.points[*index];
                let due = u64::from(step) * u64::from(point.rounds()) / u64::from(steps);
                while u64::from(point.played()) < due {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    if !point.wait_for_round(interrupted) {
                        return Ok(());
                    }
                    let is_cell = self.has_cell && *index == 0;
                    point.round(interrupted, verify && is_cell, history.as_deref_mut())?;
                }
            }
            let first = self.points.first();
            if let Some(led) = &mut led {
                led.done(first.and_then(PointRun::last_rate));
            }
            after_round(step, first.and_then(PointRun::interim));
            if self.has_cell && self.points.len() == 1 && first.is_some_and(PointRun::is_tight) {
                break;
            }
        }
        Ok(())
    }

    /// After so many rounds it is done.
    pub(crate) fn steps(&self) -> u32 {
        steps(self.points.iter().map(PointRun::rounds))
    }

    /// What was measured at each point, to be concluded from.
    pub(crate) fn outcomes(self) -> impl Iterator<Item = Outcome> {
        self.points.into_iter().map(PointRun::outcome)
    }
}

/// What is measured under a workload: everything that is compared, and for a cell what tells how well.
fn subjects<W: Workload>(plan: &Plan<W>, workload: &W, is_cell: bool) -> Vec<(Subject<W>, Role, bool)> {
    let outside = plan.subjects.iter().any(Subject::is_outside);
    let control = plan.subjects.first().filter(|_| is_cell && plan.subjects.len() > 1 && !outside);
    // What this process could do at most says nothing of a server.
    let limit = plan.limit.as_ref().filter(|_| is_cell && !outside).and_then(|limit| limit(workload));
    let compared = plan.subjects.iter().map(|it| (it.clone(), Role::Compared, plan.track));
    let control = control.map(|it| (it.clone(), Role::Control, plan.track));
    let limit = limit.map(|it| (it, Role::Limit, false));
    compared.chain(control).chain(limit).collect()
}
