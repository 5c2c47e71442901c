//! A run of locks alone: the points as one experiment each, and after them what throughput does not show.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::seq::SliceRandom;

use crate::environment::Build;
use crate::error::RunError;
use crate::pinning::Pinning;
use crate::plan::{Latency, Plan, Terms};
use crate::progress::{Observer, Progress};
use crate::random::Random;
use crate::record::{LockPoint, LockRecord, LockSummary, Record};
use crate::slices::runtime_of;

use super::costs::{Contention, summary};
use super::known::known_curves;
use super::measured::MeasuredLock;
use super::simulate;
use super::work::CalibratedWork;
use super::workload::LockLoop;

/// So many rounds measure hand-overs, in each of which every lock has one slice.
const ROUNDS: u64 = 6;
const SLICE: Duration = Duration::from_millis(8);

/// How long each holder works there.
const HOLD_NS: u64 = 1_000;

/// A stream of the seed for what is drawn here.
const STREAM: u64 = 1 << 32;

/// Which locks are measured, where, and for how long.
#[must_use = "nothing is measured until it is run"]
pub struct LockPlan {
    locks: Vec<MeasuredLock>,
    points: Vec<LockPoint>,
    work: CalibratedWork,
    command: String,
    build: Build,
    seed: u64,
    duration: Duration,
    terms: Terms,
    patience: Duration,
    pinning: Option<Pinning>,
    simulate: Option<u32>,
}

impl LockPlan {
    /// These locks, of which the first is the baseline, at these points. Work is calibrated now.
    pub fn new(locks: Vec<MeasuredLock>, points: Vec<LockPoint>) -> Self {
        Self {
            locks,
            points,
            work: CalibratedWork::measured(),
            command: String::new(),
            build: Build::default(),
            seed: 42,
            duration: Duration::from_millis(500),
            terms: Terms::default(),
            patience: Duration::from_secs(10),
            pinning: None,
            simulate: None,
        }
    }

    /// The command, as it shall stand in the record, and what the program was built from.
    pub fn command(self, command: impl Into<String>, build: Build) -> Self {
        Self { command: command.into(), build, ..self }
    }

    /// Decides every step and every order of locks; 42 unless set.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How long each lock is measured at each point; half a second unless set, and 24 rounds in any case.
    pub fn duration(self, duration: Duration) -> Self {
        Self { duration, ..self }
    }

    /// How conclusions are drawn.
    pub fn terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// Nothing moving for this long counts as stuck; ten seconds unless set.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The CPUs that worker threads are pinned to; the system chooses unless set.
    pub fn pinning(self, pinning: Option<Pinning>) -> Self {
        Self { pinning, ..self }
    }

    /// [Simulates](super::simulate) the contended points on up to so many cores, once they are measured; unless set, does not.
    pub fn simulate(self, cores: Option<u32>) -> Self {
        Self { simulate: cores, ..self }
    }

    /// The names of the locks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.locks.iter().map(MeasuredLock::name)
    }

    /// How many points there are.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Whether there is something to measure at every point, without measuring it.
    ///
    /// # Errors
    /// What makes no sense of a point, and what would.
    pub fn check(&self) -> Result<(), RunError> {
        self.experiment().map(drop)
    }

    /// Measures it, as [`run`](crate::run()) measures any plan; the records that `observer` is given on the way have what is
    /// known of the locks by then.
    ///
    /// # Errors
    /// [`RunError`] when something could not be measured.
    pub fn run(&self, interrupted: &AtomicBool, observer: &mut dyn Observer) -> Result<Record, RunError> {
        let plan = self.experiment()?;
        let known: Vec<_> = self.locks.iter().map(|lock| lock.known.clone()).collect();
        let mut observer = WithLocks { plan: self, known: &known, observer };
        let record = crate::run(&plan, interrupted, &mut observer)?;
        let measured = self.costs(&record, interrupted)?;
        let mut record = self.concluded(record, measured);
        // An interrupt that came with the costs leaves some of them out.
        record.interrupted |= interrupted.load(Ordering::Relaxed);
        record.finished &= !record.interrupted;
        if let Some(cores) = self.simulate
            && record.finished
        {
            let simulation = simulate::up_to(&record, cores);
            record.locks = record.locks.map(|locks| LockRecord { simulation: Some(simulation), ..locks });
        }
        observer.observer.on(&Progress::Recorded { record: &record });
        Ok(record)
    }

    fn experiment(&self) -> Result<Plan<LockLoop>, RunError> {
        let workload = |point: &LockPoint| {
            let cannot = |reason| RunError::Workload { name: point.name(), reason };
            LockLoop::new(*point, self.work).map_err(cannot)
        };
        let workloads = self.points.iter().map(workload).collect::<Result<_, _>>()?;
        let subjects = self.locks.iter().map(|lock| lock.subject.clone()).collect();
        Ok(Plan::new(subjects, workloads)
            .command(&self.command)
            .build(self.build.clone())
            .seed(self.seed)
            .duration(self.duration)
            // Throughput slices have no clock in any case, and waits of a few hundred accesses need all of them.
            .latency(Latency::Full)
            .terms(self.terms.clone())
            .patience(self.patience)
            .harness(true)
            .pinning(self.pinning.clone()))
    }

    /// The costs of every lock that did not fail: another one may never give its hand-overs back.
    fn costs(&self, record: &Record, interrupted: &AtomicBool) -> Result<Vec<LockSummary>, RunError> {
        let failed = |name: &str| {
            let cells = record.cells.iter().filter(|cell| cell.strategy == name);
            cells.flat_map(|cell| &cell.findings).any(lockyard_evidence::Finding::is_error)
        };
        let sound: Vec<_> = self.locks.iter().map(|lock| !failed(lock.name())).collect();
        let mut random = Random::stream(self.seed, STREAM);
        let (cores, hold) = (crate::cores() as u32, self.work.iterations(HOLD_NS));
        let many = Contention { tasks: 4 * cores as usize, hold, length: SLICE };
        let many = self.handovers(cores, many, &sound, &mut random, interrupted)?;
        let of_two = if cores > 1 {
            let two = Contention { tasks: 2, hold, length: SLICE };
            self.handovers(2, two, &sound, &mut random, interrupted)?
        } else {
            vec![Vec::new(); self.locks.len()]
        };
        let mut handovers = many.into_iter().zip(of_two);
        let of_lock = |(lock, is_sound): (&MeasuredLock, &bool)| {
            let (many, of_two) = handovers.next().unwrap_or_default();
            let goes_on = *is_sound && !interrupted.load(Ordering::Relaxed);
            let cancelled = if goes_on { (lock.cancellations)(&mut random) } else { None };
            LockSummary {
                handover_ns: summary(many),
                handover_of_two_ns: summary(of_two),
                cancel_ns: cancelled.and_then(summary),
                ..lock.known.clone()
            }
        };
        Ok(self.locks.iter().zip(&sound).map(of_lock).collect())
    }

    /// The hand-overs of each lock that is sound, in rounds that alternate between them.
    fn handovers(
        &self,
        workers: u32,
        contention: Contention,
        sound: &[bool],
        random: &mut Random,
        interrupted: &AtomicBool,
    ) -> Result<Vec<Vec<u64>>, RunError> {
        let mut found: Vec<Vec<u64>> = vec![Vec::new(); self.locks.len()];
        let runtime = runtime_of(workers, self.pinning.as_ref())?;
        let mut order: Vec<_> = (0..self.locks.len()).filter(|nth| sound[*nth]).collect();
        for _ in 0..ROUNDS {
            order.shuffle(&mut **random);
            for &nth in &order {
                if !interrupted.load(Ordering::Relaxed) {
                    let measured = (self.locks[nth].handovers)(&runtime, contention);
                    found[nth].extend(measured.into_iter().flatten());
                }
            }
        }
        // Threads that a lock has left stuck cannot be waited for.
        runtime.shutdown_background();
        Ok(found)
    }

    fn concluded(&self, record: Record, locks: Vec<LockSummary>) -> Record {
        let iterations_per_ns = self.work.iterations_per_ns();
        let locks = LockRecord { iterations_per_ns, locks, known_curves: Vec::new(), simulation: None };
        let mut record = Record { locks: Some(locks), ..record };
        let known_curves = known_curves(&record);
        record.locks = record.locks.map(|locks| LockRecord { known_curves, ..locks });
        record
    }
}

/// Adds to every record on the way what is known of the locks.
struct WithLocks<'a> {
    plan: &'a LockPlan,
    known: &'a [LockSummary],
    observer: &'a mut dyn Observer,
}

impl Observer for WithLocks<'_> {
    fn on(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Recorded { record } => {
                let record = self.plan.concluded((*record).clone(), self.known.to_vec());
                self.observer.on(&Progress::Recorded { record: &record });
            }
            _ => self.observer.on(progress),
        }
    }
}
