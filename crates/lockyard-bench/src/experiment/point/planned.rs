//! Rounds of a plan: this machine waits for the start that all have, is judged, and begins each round when the others do.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::error::RunError;
use crate::judged::CommonHistory;
use crate::planned::{JudgedScope, PlannedSetup};
use crate::timetable::{Timetable, wait_until};
use crate::workload::Workload;

use super::PointRun;
use super::judging::Judgement;

impl<W: Workload> PointRun<'_, W> {
    /// When everything of the plan begins; nothing without one.
    pub(super) fn timetable(&self) -> Option<Timetable> {
        let planned = self.plan.planned.as_ref()?;
        let judged = self.schedule.judged_length();
        let table = Timetable::new(&planned.plan, judged, self.schedule.slice, self.schedule.rounds);
        Some(table.patience(self.facts.shape.patience))
    }

    /// What is set up must know of the plan.
    pub(super) fn planned_setup(&self, judged: Option<JudgedScope>) -> Option<PlannedSetup<'_>> {
        let (planned, table) = (self.plan.planned.as_ref()?, self.timetable()?);
        Some(PlannedSetup { planned, ends: table.end(), judged })
    }

    /// Waits for the start of the plan, and has the histories recorded that come before the rounds; false when interrupted.
    pub(in crate::experiment) fn begin_plan(&mut self, interrupted: &AtomicBool) -> Result<bool, RunError> {
        let (Some(table), Some(planned)) = (self.timetable(), self.plan.planned.as_ref()) else {
            return Ok(true);
        };
        if let Some(late) = table.since_start() {
            return Err(RunError::Plan {
                reason: format!(
                    "all was set up {:.1} s after its start, at {}; write one that starts later",
                    late.as_secs_f64(),
                    planned.plan.start
                ),
            });
        }
        tracing::info!(start = %planned.plan.start, "waiting for the start of the plan");
        if !wait_until(table.epoch(), interrupted) {
            return Ok(false);
        }
        // From now on by the clock that is never set.
        self.epoch = table.epoch();
        let length = self.schedule.judged_length();
        for (nth, scope) in (0..).zip([JudgedScope::Own, JudgedScope::Common]) {
            let Some(at) = table.judged_at(nth) else { break };
            if !wait_until(self.epoch + at, interrupted) {
                return Ok(false);
            }
            let error = Duration::from_nanos(planned.plan.clock_error_ns.unwrap_or_default());
            let common = planned.history.as_deref().filter(|_| scope == JudgedScope::Common);
            // What is answered later may know of requests of the first round, which nobody records.
            let cut = table.round_at(0).saturating_sub(2 * error);
            let common = common.map(|path| CommonHistory { path, cut_ns: cut.as_nanos() as u64 });
            if scope == JudgedScope::Common && common.is_none() {
                break;
            }
            let judgement = Judgement { round: nth, length, scope: Some(scope), common };
            self.verify(0, judgement, None)?;
        }
        Ok(true)
    }

    /// Waits until the next round begins by the plan; at once without one. Leaves rounds out that have passed meanwhile. False when
    /// interrupted, or when none is left.
    pub(in crate::experiment) fn wait_for_round(&mut self, interrupted: &AtomicBool) -> bool {
        let Some(table) = self.timetable() else { return true };
        while table.is_too_late(self.played, self.epoch.elapsed()) {
            self.played += 1;
            if self.played >= self.rounds() {
                return false;
            }
        }
        wait_until(self.epoch + table.round_at(self.played), interrupted)
    }
}
