//! One workload at one point: every subject gets one slice in each round, in an order drawn anew for each, and is set up
//! anew every so many rounds.

mod judging;
mod planned;

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::conclusions::{Measured, Outcome, RoundNumber, WorkloadFacts, reach, throughput_ratio};
use crate::error::RunError;
use crate::judged::HistoryFile;
use crate::plan::Plan;
use crate::progress::{InterimRatio, NoObserver, Observer, Progress};
use crate::random::Random;
use crate::record::RoundSpan;
use crate::slices::{LatencyMode, SliceRunner};
use crate::stats::Ratio;
use crate::subject::{CommonData, RunContext, Subject};
use crate::system::Fault;
use crate::workload::Workload;

use super::entry::{Entry, Role};
use super::schedule::Schedule;
use super::steps;

/// So often in a run it is worked out where a candidate stands: with each round it would take longer than the rounds do.
const STANDINGS: u32 = 100;

/// Before anything counts, every subject runs for as long as this.
const WARM_UP: Duration = Duration::from_millis(50);

/// And after it was set up anew: the code is warm by then, and only its data is not.
const DATA_WARM_UP: Duration = Duration::from_millis(20);

/// How far the tasks move on in their steps from one round to the next. Odd, so that in time they begin everywhere.
const STRIDE: u64 = 61;

/// The stream of the seed that orders the subjects; task n draws from stream n + 1, and stream 0 is what all have in
/// common.
const ORDER_STREAM: u64 = u64::MAX;

/// Between two subjects so many blocks of memory are taken at most, each of at most so many bytes, and kept while they are
/// measured: what is set up next lies elsewhere each time.
const MOST_GAPS: usize = 64;
const LARGEST_GAP: usize = 4_096;

/// The subjects under one workload.
pub(super) struct PointRun<'a, W: Workload> {
    plan: &'a Plan<W>,
    workload: &'a W,
    facts: WorkloadFacts,
    schedule: Schedule,
    /// The index of each task among all clients of the workload: a plan may have cut them into slices.
    clients: Vec<usize>,
    steps: Vec<Arc<[W::Step]>>,
    runner: SliceRunner,
    /// From when on the times of histories count.
    epoch: Instant,
    /// Those that are compared, in the order of the plan; after them the control, where there is something to compare, and
    /// the limit, where there is one.
    entries: Vec<Entry<W>>,
    /// Orders of subjects, and layouts.
    draws: Random,
    /// Rounds that were played.
    played: u32,
    interim: Option<Ratio>,
    gaps: Vec<Box<[u8]>>,
    /// What set-ups have in common lives for as long as there may be another one.
    _common: Vec<CommonData>,
}

impl<'a, W: Workload> PointRun<'a, W> {
    /// Sets these subjects up, each with its role and whether its locks are tracked, and lets them run for a moment that does
    /// not count.
    pub(super) fn prepare(
        plan: &'a Plan<W>,
        workload: &'a W,
        schedule: Schedule,
        subjects: Vec<(Subject<W>, Role, bool)>,
        observer: &mut dyn Observer,
    ) -> Result<Self, RunError> {
        let facts = WorkloadFacts::of(workload, plan.client_slice());
        let clients = plan.client_slice().clients(&workload.shape());
        let steps = steps::of_tasks(workload, &clients, &facts.shape, plan.seed)?;
        let runner = SliceRunner::pinned(&facts.shape, plan.patience, plan.pinning.as_ref())?;
        let common = subjects.iter().filter_map(|(subject, ..)| subject.common_data(workload, plan.seed));
        let common = common.collect();
        let entry = |(subject, role, tracked)| Entry::new(subject, role, tracked, &facts);
        let entries = subjects.into_iter().map(entry).collect();
        let (epoch, draws) = (Instant::now(), Random::stream(plan.seed, ORDER_STREAM));
        let mut run = Self {
            plan,
            workload,
            facts,
            schedule,
            clients,
            steps,
            runner,
            epoch,
            entries,
            draws,
            played: 0,
            interim: None,
            gaps: Vec::new(),
            _common: common,
        };
        let mut setting_up = Duration::MAX;
        for index in 0..run.entries.len() {
            let begun = Instant::now();
            run.enter(index, observer)?;
            setting_up = setting_up.min(begun.elapsed());
            // Before the start of a plan nothing is asked of what all machines share.
            if plan.planned.is_none() {
                run.warm_up(index, WARM_UP)?;
            }
        }
        // What stands elsewhere cannot be set up anew; and what a tracker has seen is of one set-up.
        let stays = run.entries.iter().any(|entry| entry.tracked || entry.subject.is_outside());
        run.schedule.set_layouts((!stays).then_some(setting_up));
        Ok(run)
    }

    /// How many rounds there are at most.
    pub(super) fn rounds(&self) -> u32 {
        self.schedule.rounds
    }

    pub(super) fn plan(&self) -> &'a Plan<W> {
        self.plan
    }

    /// What the first subject did in the last round, in operations a second; nothing where it is no longer measured.
    pub(super) fn last_rate(&self) -> Option<f64> {
        let RoundNumber { layout, nth } = self.schedule.number(self.played.checked_sub(1)?);
        self.entries.first()?.measured.rounds.get(layout)?.get(nth)?.throughput
    }

    pub(super) fn played(&self) -> u32 {
        self.played
    }

    /// Plays the next round: a slice of each kind for every subject. Judges slices before it if asked to and if it is time.
    /// Ends early when `interrupted`.
    pub(super) fn round(
        &mut self,
        interrupted: &AtomicBool,
        verify: bool,
        history: Option<&mut HistoryFile>,
    ) -> Result<(), RunError> {
        let round = self.played;
        if round > 0 && self.schedule.begins_layout(round) {
            self.set_up_anew()?;
        }
        if let Some(length) = self.schedule.verifies(round).filter(|_| verify)
            && self.judge(round, length, interrupted, history)?
        {
            return Ok(());
        }
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        for (nth, mode) in self.schedule.modes(round).iter().enumerate() {
            order.shuffle(&mut *self.draws);
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
        self.played += 1;
        if self.played.is_multiple_of(self.schedule.rounds.div_ceil(STANDINGS)) {
            self.interim = self.ratio_so_far();
        }
        Ok(())
    }

    /// What was measured, to be concluded from.
    pub(super) fn outcome(self) -> Outcome {
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

    /// Those that rankings have.
    fn ranked(&self) -> impl Iterator<Item = &Entry<W>> {
        self.compared().filter(|entry| !entry.subject.is_ablation_only())
    }

    /// What the last subject has come to against the first by now.
    fn ratio_so_far(&self) -> Option<Ratio> {
        let (baseline, candidate) = (self.compared().next()?, self.ranked().skip(1).last()?);
        throughput_ratio(&[&candidate.measured], &[&baseline.measured], self.plan.terms.confidence)
    }

    /// The same, as it was last looked at.
    pub(super) fn interim(&self) -> Option<InterimRatio<'_>> {
        let Ratio { ratio, ci, .. } = self.interim?;
        let baseline = self.compared().next().map_or("", |entry| entry.subject.name());
        let candidate = self.ranked().last().map_or("", |entry| entry.subject.name());
        Some(InterimRatio { candidate, baseline, ratio, ci })
    }

    /// Whether this is a moment to look, and every ratio to the baseline is known as well as was asked for. What is looked
    /// at is how wide the intervals are and never where they lie: stopping at the first verdict would make verdicts of
    /// chance. (Y. S. Chow, H. Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals", 1965.)
    pub(super) fn is_tight(&self) -> bool {
        if !self.schedule.looks(self.played) {
            return false;
        }
        let mut all = self.compared().map(|entry| &entry.measured);
        let Some(baseline) = all.next() else { return false };
        let precise = |candidate: &Measured| {
            reach(candidate, baseline, self.plan.terms.confidence)
                .is_some_and(|reach| reach <= self.plan.precision.get())
        };
        let mut candidates = all.peekable();
        candidates.peek().is_some() && candidates.all(precise)
    }

    /// Sets all that are still measured up anew, in another order and with other gaps between them: where their data lies
    /// makes one as much as per cents faster than another of the same code, for as long as both live.
    fn set_up_anew(&mut self) -> Result<(), RunError> {
        let mut order: Vec<usize> =
            (0..self.entries.len()).filter(|index| self.entries[*index].running.is_some()).collect();
        // All are gone before the first one returns, so that it does not take the place that it had.
        self.entries.iter_mut().for_each(|entry| drop(entry.running.take()));
        self.gaps.clear();
        order.shuffle(&mut *self.draws);
        for index in order {
            let gaps = self.draws.random_range(0..MOST_GAPS);
            for _ in 0..gaps {
                let size = self.draws.random_range(1..=LARGEST_GAP);
                self.gaps.push(black_box(vec![0; size].into_boxed_slice()));
            }
            self.enter(index, &mut NoObserver)?;
            self.warm_up(index, DATA_WARM_UP)?;
        }
        Ok(())
    }

    /// Lets a subject run for a while that does not count.
    fn warm_up(&mut self, index: usize, length: Duration) -> Result<(), RunError> {
        let slice = self.schedule.slice.min(length);
        for nth in 0..length.as_nanos().div_ceil(slice.as_nanos()) {
            self.slice_of(index, nth as u32, LatencyMode::Bare, slice, None)?;
        }
        self.entries[index].forget_times();
        Ok(())
    }

    /// Sets a subject up on the runner as it is now.
    fn enter(&mut self, index: usize, observer: &mut dyn Observer) -> Result<(), RunError> {
        let Self { plan, workload, facts, clients, steps, runner, entries, .. } = &*self;
        let entry = &entries[index];
        let name = entry.subject.name();
        observer.on(&Progress::Preparing { workload: &facts.name, subject: name });
        let observer = RefCell::new(observer);
        let filling = |done, of| observer.borrow_mut().on(&Progress::Filling { subject: name, done, of });
        let (shape, planned) = (&facts.shape, self.planned_setup(None));
        let context = RunContext { runner, shape, clients, steps, planned, filling: &filling };
        let running = entry.subject.set_up(workload, plan.seed, entry.tracked, &context);
        let running = running.map_err(|fault| cannot(&entry.subject, fault))?;
        self.entries[index].running = Some(running);
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
        self.slice_of(index, round, mode, self.schedule.slice, tells_throughput)
    }

    fn slice_of(
        &mut self,
        index: usize,
        round: u32,
        mode: LatencyMode,
        length: Duration,
        tells_throughput: Option<bool>,
    ) -> Result<(), RunError> {
        let entry = &mut self.entries[index];
        let Some(running) = &mut entry.running else { return Ok(()) };
        let before = running.counters();
        let position = u64::from(round) * STRIDE;
        match running.run(&self.runner, mode, position, length) {
            Ok(sliced) => {
                if let Some(fault) = running.lost() {
                    entry.lose(fault);
                    return Ok(());
                }
                if let Some(tells_throughput) = tells_throughput {
                    entry.measured.counters(&before, &running.counters());
                    let number = self.schedule.number(round);
                    let done = entry.measured.count(number, mode, tells_throughput, sliced, running.logs());
                    if self.plan.planned.is_some() {
                        let at = self.epoch.elapsed().saturating_sub(sliced.begun.elapsed());
                        let (at_ns, elapsed_ns) = (at.as_nanos() as u64, sliced.elapsed.as_nanos() as u64);
                        entry.measured.spans.push(RoundSpan { at_ns, elapsed_ns, operations: done });
                    }
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

    /// Moves all that are still measured to a new runner: the workers of the old one may be blocked for good.
    fn renew(&mut self) -> Result<(), RunError> {
        self.runner = SliceRunner::pinned(&self.facts.shape, self.plan.patience, self.plan.pinning.as_ref())?;
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
