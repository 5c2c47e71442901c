//! One workload: every subject gets one slice in each round, in an order drawn anew for each.

mod entry;
mod schedule;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;

use crate::conclusions::{Measured, Outcome, WorkloadFacts, reach, throughput_ratio};
use crate::error::RunError;
use crate::judged::{HistoryFile, JudgedRun};
use crate::plan::Plan;
use crate::progress::{InterimRatio, NoObserver, Observer, Progress};
use crate::random::Random;
use crate::slices::{LatencyMode, SliceRunner};
use crate::stats::Ratio;
use crate::subject::{RunContext, Subject};
use crate::system::Fault;
use crate::tracking::TrackingSummary;
use crate::workload::Workload;

use entry::Entry;
pub(crate) use entry::Role;
pub(crate) use schedule::Schedule;

/// So often in a run it is worked out where a candidate stands: with each round it would take longer than the rounds do.
const STANDINGS: u32 = 100;

/// Before anything counts, every subject runs for as long as this.
const WARM_UP: Duration = Duration::from_millis(50);

/// How far the tasks move on in their steps from one round to the next. Odd, so that in time they begin everywhere.
const STRIDE: u64 = 61;

/// The stream of the seed that orders the subjects; task n draws from stream n + 1, and stream 0 is what all have in
/// common.
const ORDER_STREAM: u64 = u64::MAX;

/// The subjects under one workload.
pub(crate) struct Experiment<'a, W: Workload> {
    plan: &'a Plan<W>,
    workload: &'a W,
    facts: WorkloadFacts,
    schedule: Schedule,
    steps: Vec<Arc<[W::Step]>>,
    runner: SliceRunner,
    /// From when on the times of histories count.
    epoch: Instant,
    /// Those that are compared, in the order of the plan; after them the control, where there is something to compare, and
    /// the limit, where there is one.
    entries: Vec<Entry<W>>,
}

impl<'a, W: Workload> Experiment<'a, W> {
    /// Sets every subject of the plan up and lets it run for a moment that does not count.
    pub(crate) fn prepare(
        plan: &'a Plan<W>,
        workload: &'a W,
        schedule: Schedule,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let outside = plan.subjects.iter().any(Subject::is_outside);
        let control = plan.subjects.first().filter(|_| plan.subjects.len() > 1 && !outside);
        // What this process could do at most says nothing of a server.
        let limit = plan.limit.as_ref().filter(|_| !outside).and_then(|limit| limit(workload));
        let compared = plan.subjects.iter().map(|it| (it.clone(), Role::Compared, plan.track));
        let control = control.map(|it| (it.clone(), Role::Control, plan.track));
        let limit = limit.map(|it| (it, Role::Limit, false));
        Self::of(plan, workload, schedule, compared.chain(control).chain(limit).collect(), observer)
    }

    /// The same, among these, each with its role and whether its locks are tracked.
    pub(crate) fn of(
        plan: &'a Plan<W>,
        workload: &'a W,
        schedule: Schedule,
        subjects: Vec<(Subject<W>, Role, bool)>,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let facts = WorkloadFacts::of(workload);
        let steps = (0..facts.shape.tasks() as usize).map(|task| {
            let mut random = Random::stream(plan.seed, 1 + task as u64);
            let steps: Arc<[_]> = workload.steps(task, &mut random).into();
            assert!(!steps.is_empty(), "task {task} of {} has no steps", facts.name);
            steps
        });
        let steps = steps.collect();
        let runner = SliceRunner::new(&facts.shape, plan.patience)?;
        let entry = |(subject, role, tracked)| Entry::new(subject, role, tracked, &facts);
        let entries = subjects.into_iter().map(entry).collect();
        let epoch = Instant::now();
        let mut experiment = Self { plan, workload, facts, schedule, steps, runner, epoch, entries };
        for index in 0..experiment.entries.len() {
            experiment.enter(index, observer)?;
            for nth in 0..WARM_UP.as_nanos().div_ceil(schedule.slice.as_nanos()) {
                experiment.slice(index, nth as u32, LatencyMode::Bare, None)?;
            }
            experiment.entries[index].forget_times();
        }
        Ok(experiment)
    }

    /// Plays the rounds: all of them, or as many as it takes until the intervals are tight, or until `interrupted`. Judges
    /// slices between them if asked to.
    pub(crate) fn play(
        &mut self,
        interrupted: &AtomicBool,
        verify: bool,
        mut history: Option<&mut HistoryFile>,
        mut after_round: impl FnMut(u32, Option<InterimRatio<'_>>),
    ) -> Result<(), RunError> {
        let mut draws = Random::stream(self.plan.seed, ORDER_STREAM);
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let mut interim = None;
        for round in 0..self.schedule.rounds {
            if let Some(length) = self.schedule.verifies(round).filter(|_| verify) {
                for index in 0..self.entries.len() {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.verify(index, round, length, history.as_deref_mut())?;
                }
            }
            for (nth, mode) in self.schedule.modes(round).iter().enumerate() {
                order.shuffle(&mut *draws);
                for index in &order {
                    if interrupted.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.slice(*index, round, *mode, Some(nth == 0))?;
                }
            }
            if self.schedule.ends_block(round) {
                self.entries.iter_mut().for_each(|entry| entry.measured.end_block());
            }
            if (round + 1).is_multiple_of(self.schedule.rounds.div_ceil(STANDINGS)) {
                interim = self.ratio_so_far();
            }
            after_round(round + 1, interim.map(|ratio| self.interim(ratio)));
            if self.schedule.looks(round) && self.is_tight() {
                break;
            }
        }
        Ok(())
    }

    /// What was measured, to be concluded from.
    pub(crate) fn outcome(self) -> Outcome {
        let mut outcome = Outcome::default();
        for entry in self.entries {
            let (role, name) = (entry.role, entry.subject.name().to_owned());
            let of_entry = entry.outcome();
            match role {
                Role::Compared => outcome.subjects.push(of_entry),
                Role::Control => outcome.control = Some(of_entry),
                Role::Limit => outcome.limit = Some((name, of_entry)),
            }
        }
        outcome
    }

    fn compared(&self) -> impl Iterator<Item = &Entry<W>> {
        self.entries.iter().filter(|entry| entry.role == Role::Compared)
    }

    /// What the last subject has come to against the first by now.
    fn ratio_so_far(&self) -> Option<Ratio> {
        let (baseline, candidate) = (self.compared().next()?, self.compared().skip(1).last()?);
        throughput_ratio(&[&candidate.measured], &[&baseline.measured], self.plan.terms.confidence)
    }

    fn interim(&self, Ratio { ratio, ci, .. }: Ratio) -> InterimRatio<'_> {
        let baseline = self.compared().next().map_or("", |entry| entry.subject.name());
        let candidate = self.compared().last().map_or("", |entry| entry.subject.name());
        InterimRatio { candidate, baseline, ratio, ci }
    }

    /// Whether every ratio to the baseline is known as well as was asked for. What is looked at is how wide the
    /// intervals are and never where they lie: stopping at the first verdict would make verdicts of chance. (Y. S.
    /// Chow, H. Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals", 1965.)
    fn is_tight(&self) -> bool {
        let mut all = self.compared().map(|entry| &entry.measured);
        let Some(baseline) = all.next() else { return false };
        let precise = |candidate: &Measured| {
            reach(candidate, baseline, self.plan.terms.confidence)
                .is_some_and(|reach| reach <= self.plan.precision.get())
        };
        let mut candidates = all.peekable();
        candidates.peek().is_some() && candidates.all(precise)
    }

    /// Sets a subject up on the runner as it is now.
    fn enter(&mut self, index: usize, observer: &mut dyn Observer) -> Result<(), RunError> {
        let Self { plan, workload, facts, steps, runner, entries, .. } = self;
        let entry = &mut entries[index];
        let name = entry.subject.name();
        observer.on(&Progress::Preparing { workload: &facts.name, subject: name });
        let observer = RefCell::new(observer);
        let filling = |done, of| observer.borrow_mut().on(&Progress::Filling { subject: name, done, of });
        let context = RunContext { runner, shape: &facts.shape, steps, filling: &filling };
        let running = entry.subject.set_up(workload, plan.seed, entry.tracked, &context);
        entry.running = Some(running.map_err(|fault| cannot(&entry.subject, fault))?);
        Ok(())
    }

    /// Runs one slice, which counts towards `round` if it measures anything: throughput, or something else.
    fn slice(
        &mut self,
        index: usize,
        round: u32,
        mode: LatencyMode,
        tells_throughput: Option<bool>,
    ) -> Result<(), RunError> {
        let entry = &mut self.entries[index];
        let Some(running) = &mut entry.running else { return Ok(()) };
        let before = running.counters();
        let position = u64::from(round) * STRIDE;
        match running.run(&self.runner, mode, position, self.schedule.slice) {
            Ok(sliced) => {
                if let Some(fault) = running.lost() {
                    entry.lose(fault);
                    return Ok(());
                }
                if let Some(tells_throughput) = tells_throughput {
                    entry.measured.counters(&before, &running.counters());
                    entry.measured.count(round as usize, mode, tells_throughput, sliced, running.logs());
                }
                running.reset();
                Ok(())
            }
            Err(in_flight) => {
                let runtime = running.runtime().clone();
                entry.give_up(Some(&runtime), &in_flight, self.runner.patience());
                self.renew()
            }
        }
    }

    /// Records and judges a slice of a subject, set up anew for it.
    fn verify(
        &mut self,
        index: usize,
        round: u32,
        length: Duration,
        history: Option<&mut HistoryFile>,
    ) -> Result<(), RunError> {
        let Self { plan, workload, runner, steps, epoch, entries, .. } = self;
        let entry = &mut entries[index];
        if entry.role != Role::Compared || entry.running.is_none() {
            return Ok(());
        }
        let set_up = entry.subject.set_up_to_judge(workload, plan.seed, entry.tracked, runner);
        let Some((judging, runtime)) = set_up.map_err(|fault| cannot(&entry.subject, fault))? else {
            return Ok(());
        };
        let position = u64::from(round) * STRIDE;
        let judged = judging.run(&JudgedRun { runner, steps, epoch: *epoch, position, length }, history);
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

    /// Moves all that are still measured to a new runner: the workers of the old one may be blocked for good.
    fn renew(&mut self) -> Result<(), RunError> {
        self.runner = SliceRunner::new(&self.facts.shape, self.plan.patience)?;
        for index in 0..self.entries.len() {
            if self.entries[index].running.is_some() {
                self.enter(index, &mut NoObserver)?;
            }
        }
        Ok(())
    }
}

fn cannot<W: Workload>(subject: &Subject<W>, fault: Fault) -> RunError {
    RunError::Subject { name: subject.name().to_owned(), fault }
}
