//! What shall be measured, and for how long.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clients::ClientSlice;
use crate::environment::Build;
use crate::pinning::Pinning;
use crate::planned::PlannedSlice;
use crate::record::{Change, Limits};
use crate::share::Share;
use crate::stats::Confidence;
use crate::subject::Subject;
use crate::turns::Turns;
use crate::workload::Workload;

/// What the machine could do at most with a workload, as a subject: under the name of the limit. Nothing where no limit
/// is known.
pub type LimitOf<W> = Arc<dyn Fn(&W) -> Option<Subject<W>> + Send + Sync>;

/// What shall be measured: subjects and workloads, and beyond them only what shall differ from the usual.
///
/// ```
/// use std::time::Duration;
///
/// use lockyard_bench::{Latency, Plan, Subject, Workload};
///
/// fn quick<W: Workload>(subjects: Vec<Subject<W>>, workload: W) -> Plan<W> {
///     Plan::new(subjects, vec![workload]).duration(Duration::from_secs(1)).latency(Latency::Full).verify(true)
/// }
/// ```
#[must_use = "nothing is measured until it is run"]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, set by its name")]
pub struct Plan<W: Workload> {
    /// The command, as it shall stand in the record.
    pub(crate) command: String,
    /// What the program was built from.
    pub(crate) build: Build,
    /// What is compared; the first is the baseline.
    pub(crate) subjects: Vec<Subject<W>>,
    /// What is asked of them, one after the other.
    pub(crate) workloads: Vec<W>,
    /// What the machine could do at most.
    pub(crate) limit: Option<LimitOf<W>>,
    /// What the machine's memory system allows, looked at once.
    pub(crate) limits: Option<Arc<dyn Fn() -> Limits + Send + Sync>>,
    /// Who says when a round may begin, for a run that takes turns with another one.
    turns: Mutex<Option<Turns>>,
    /// Whether what the harness itself costs is measured, once, which takes half a second.
    pub(crate) harness: bool,
    /// Ways between subjects whose changes are to be measured separately; `subjects` hold all that stand on them.
    pub(crate) ablations: Vec<Ablated>,
    /// What is measured once the workloads are: workloads along which one setting varies.
    pub(crate) sweeps: Vec<Sweep<W>>,
    /// Decides every step and every order of subjects.
    pub(crate) seed: u64,
    /// How long each subject is measured under each workload at most.
    pub(crate) duration: Duration,
    /// The longest slice; workloads with longer ones are cut to it.
    pub(crate) longest_slice: Duration,
    /// Which latencies are kept in the slices that keep any.
    pub(crate) latency: Latency,
    /// A workload is done before its time when the interval of every throughput ratio reaches no further than this
    /// share to either side; none uses the time up.
    pub(crate) precision: Share,
    /// Whether memory is counted at 100,000 items, too, which takes seconds.
    pub(crate) many_items: bool,
    /// Whether slices between the measured ones are recorded and judged.
    pub(crate) verify: bool,
    /// Whether every lock is tracked: for subjects that can be, and slower than they are.
    pub(crate) track: bool,
    /// Where histories shall be written as JSON Lines.
    pub(crate) history: Option<PathBuf>,
    /// How conclusions are drawn.
    pub(crate) terms: Terms,
    /// Nothing moving for this long, on top of what an operation may take by itself, counts as stuck.
    pub(crate) patience: Duration,
    /// The CPUs that workers are pinned to; the system chooses if there are none.
    pub(crate) pinning: Option<Pinning>,
    /// This machine's part of what several load machines do together.
    pub(crate) planned: Option<PlannedSlice>,
}

/// Less is no difference, unless said otherwise.
const MARGIN: Share = Share::of_percent(0.5).unwrap();

/// How conclusions are drawn.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Ratios within 1 ± this are no difference.
    pub margin: Share,
    /// How sure verdicts are.
    pub confidence: Confidence,
    /// The subject that every other one is also held against, where it is measured: what a gate reads.
    pub reference: Option<String>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { margin: MARGIN, confidence: Confidence::default(), reference: None }
    }
}

/// A way from one subject to another, by every combination of the changes between them: a change may give more after
/// another one than before it, so none can be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Ablated {
    /// The changes.
    pub changes: Vec<Change>,
    /// The names of all combinations: that in which change i was made where bit i of the index is set. So the first is the
    /// start of the way, and the last its end.
    pub corners: Vec<String>,
}

/// A workload while one of its settings varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep<W> {
    /// What varies.
    pub along: String,
    /// The workload at each point, in the order of that setting.
    pub points: Vec<W>,
}

/// Nothing yet, measured with the usual certainty.
impl<W: Workload> Default for Plan<W> {
    fn default() -> Self {
        Self {
            command: String::new(),
            build: Build::default(),
            subjects: Vec::new(),
            workloads: Vec::new(),
            limit: None,
            limits: None,
            turns: Mutex::default(),
            harness: false,
            ablations: Vec::new(),
            sweeps: Vec::new(),
            seed: 42,
            duration: Duration::from_secs(4),
            longest_slice: Duration::MAX,
            latency: Latency::Sampled,
            precision: Share::NONE,
            many_items: false,
            verify: false,
            track: false,
            history: None,
            terms: Terms::default(),
            patience: Duration::from_secs(10),
            pinning: None,
            planned: None,
        }
    }
}

/// What may be set; all else stays as it is.
impl<W: Workload> Plan<W> {
    /// `subjects`, of which the first is the baseline, under `workloads`, one after the other.
    pub fn new(subjects: Vec<Subject<W>>, workloads: Vec<W>) -> Self {
        Self { subjects, workloads, ..Self::default() }
    }

    /// The command, as it shall stand in the record.
    pub fn command(self, command: impl Into<String>) -> Self {
        Self { command: command.into(), ..self }
    }

    /// What the program was built from.
    pub fn build(self, build: Build) -> Self {
        Self { build, ..self }
    }

    /// What the machine could do at most.
    pub fn limit(self, limit: impl Into<Option<LimitOf<W>>>) -> Self {
        Self { limit: limit.into(), ..self }
    }

    /// What the machine's memory system allows, looked at once.
    pub fn limits(self, limits: impl Fn() -> Limits + Send + Sync + 'static) -> Self {
        Self { limits: Some(Arc::new(limits)), ..self }
    }

    /// Led through the rounds of its first workload by another program; whatever else there is to measure goes by itself.
    pub fn turns(self, turns: Turns) -> Self {
        Self { turns: Mutex::new(Some(turns)), ..self }
    }

    /// Whether what the harness itself costs is measured, once, which takes half a second; it is not, unless set.
    pub fn harness(self, harness: bool) -> Self {
        Self { harness, ..self }
    }

    /// Ways between subjects whose changes are to be measured separately; all that stand on them must be among the subjects.
    pub fn ablations(self, ablations: Vec<Ablated>) -> Self {
        Self { ablations, ..self }
    }

    /// Workloads along which one setting varies, measured once the others are.
    pub fn sweeps(self, sweeps: Vec<Sweep<W>>) -> Self {
        Self { sweeps, ..self }
    }

    /// Decides every step and every order of subjects; 42 unless set.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How long each subject is measured under each workload at most; four seconds unless set.
    pub fn duration(self, duration: Duration) -> Self {
        Self { duration, ..self }
    }

    /// The longest slice; workloads with longer ones are cut to it.
    pub fn longest_slice(self, longest_slice: Duration) -> Self {
        Self { longest_slice, ..self }
    }

    /// Which latencies are kept in the slices that keep any.
    pub fn latency(self, latency: Latency) -> Self {
        Self { latency, ..self }
    }

    /// A workload is done before its time when the interval of every throughput ratio reaches no further than this
    /// share to either side; none, as it is unless set, uses the time up.
    pub fn precision(self, precision: Share) -> Self {
        Self { precision, ..self }
    }

    /// Whether memory is counted at 100,000 items, too, which takes seconds.
    pub fn many_items(self, many_items: bool) -> Self {
        Self { many_items, ..self }
    }

    /// Whether slices between the measured ones are recorded and judged.
    pub fn verify(self, verify: bool) -> Self {
        Self { verify, ..self }
    }

    /// Whether every lock is tracked: for subjects that can be, and slower than they are.
    pub fn track(self, track: bool) -> Self {
        Self { track, ..self }
    }

    /// Where histories shall be written as JSON Lines.
    pub fn history(self, history: impl Into<Option<PathBuf>>) -> Self {
        Self { history: history.into(), ..self }
    }

    /// How conclusions are drawn.
    pub fn terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// Nothing moving for this long, on top of what an operation may take by itself, counts as stuck; ten seconds unless
    /// set.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The CPUs that worker threads are pinned to; the system chooses unless set.
    pub fn pinning(self, pinning: impl Into<Option<Pinning>>) -> Self {
        Self { pinning: pinning.into(), ..self }
    }

    /// One machine's part of what several load machines do together: of its one workload this machine has a slice of the clients, and
    /// rounds begin when the plan says.
    pub fn planned(self, planned: impl Into<Option<PlannedSlice>>) -> Self {
        Self { planned: planned.into(), ..self }
    }
}

impl<W: Workload> Plan<W> {
    /// What one of `processes` processes has to measure, counted from 0: its share of the time, on questions and in orders
    /// of its own, and always to the end, because all are to count alike.
    ///
    /// # Panics
    /// If there are no processes.
    pub fn into_part(self, nth: u32, processes: u32) -> Self {
        Self {
            seed: self.seed.wrapping_add(nth.into()),
            duration: self.duration / processes,
            precision: Share::NONE,
            ..self
        }
    }

    /// Which clients of its workloads this machine has.
    pub(crate) fn client_slice(&self) -> ClientSlice {
        self.planned.as_ref().map_or(ClientSlice::ALL, |it| ClientSlice::new(it.slice, it.plan.slices))
    }

    /// Who says when a round may begin, if anybody does: for the first that asks.
    pub(crate) fn take_turns(&self) -> Option<Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What is asked of the subjects.
    pub fn workloads(&self) -> &[W] {
        &self.workloads
    }

    /// The names of the subjects.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(Subject::name)
    }
}

/// Which latencies are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    /// None: throughput alone is wanted.
    None,
    /// One in seventeen: hardly felt by what is measured.
    #[default]
    Sampled,
    /// Each.
    Full,
}
