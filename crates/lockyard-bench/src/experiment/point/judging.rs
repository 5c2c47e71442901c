//! Judged slices of the subjects under one workload.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::RunError;
use crate::judged::{CommonHistory, HistoryFile, JudgedRun};
use crate::planned::JudgedScope;
use crate::tracking::TrackingSummary;
use crate::workload::Workload;

use super::super::entry::Role;
use super::{PointRun, STRIDE, cannot};

/// Which slice is judged.
pub(super) struct Judgement<'a> {
    /// Decides where in their steps the tasks begin.
    pub(super) round: u32,
    pub(super) length: Duration,
    /// Under a plan, whose operations are recorded.
    pub(super) scope: Option<JudgedScope>,
    /// Where they are written, if they are not judged here.
    pub(super) common: Option<CommonHistory<'a>>,
}

impl<W: Workload> PointRun<'_, W> {
    /// Judges a slice of each subject; true when interrupted.
    pub(super) fn judge(
        &mut self,
        round: u32,
        length: Duration,
        interrupted: &AtomicBool,
        mut history: Option<&mut HistoryFile>,
    ) -> Result<bool, RunError> {
        for index in 0..self.entries.len() {
            if interrupted.load(Ordering::Relaxed) {
                return Ok(true);
            }
            let judgement = Judgement { round, length, scope: None, common: None };
            self.verify(index, judgement, history.as_deref_mut())?;
        }
        Ok(false)
    }

    /// Records and judges a slice of a subject, set up anew for it.
    pub(super) fn verify(
        &mut self,
        index: usize,
        Judgement { round, length, scope, common }: Judgement<'_>,
        history: Option<&mut HistoryFile>,
    ) -> Result<(), RunError> {
        let entry = &self.entries[index];
        if entry.role != Role::Compared || entry.running.is_none() {
            return Ok(());
        }
        let planned = scope.and_then(|scope| self.planned_setup(Some(scope)));
        let set_up = entry.subject.set_up_to_judge(
            self.workload,
            self.plan.seed,
            entry.tracked,
            &self.runner,
            planned,
        );
        let Some((judging, runtime)) = set_up.map_err(|fault| cannot(&entry.subject, fault))? else {
            return Ok(());
        };
        let position = u64::from(round) * STRIDE;
        let closing = self.plan.planned.as_ref().map_or(self.steps.len() as u64, |it| {
            // No client has it, on any machine.
            u64::from(it.plan.clients) + u64::from(it.slice)
        });
        let Self { runner, steps, clients, epoch, entries, .. } = self;
        let (epoch, entry) = (*epoch, &mut entries[index]);
        let run = JudgedRun { runner, steps, clients, closing, epoch, position, length, common };
        let judged = judging.run(&run, history);
        if let Some(tracker) = runtime.tracker() {
            entry.seen.add(TrackingSummary::by(tracker, false));
        }
        match judged {
            Ok(judged) => {
                judged?.into_iter().for_each(|slice| entry.verified.add(slice));
                if let Some(fault) = entry.running.as_ref().and_then(|running| running.lost()) {
                    entry.lose(fault);
                }
                Ok(())
            }
            Err(in_flight) => {
                entry.give_up(Some(&runtime), &in_flight, runner.patience());
                self.renew()
            }
        }
    }
}
