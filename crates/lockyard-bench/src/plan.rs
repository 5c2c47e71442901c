//! What shall be measured, and for how long.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::environment::Build;
use crate::record::{Change, Limits};
use crate::stats::Confidence;
use crate::subject::Subject;
use crate::workload::Workload;

/// What the machine could do at most with a workload, as a subject: under the name of the limit. Nothing where no limit
/// is known.
pub type LimitOf<W> = Arc<dyn Fn(&W) -> Option<Subject<W>> + Send + Sync>;

/// What shall be measured.
pub struct Plan<W: Workload> {
    /// The command, as it shall stand in the record.
    pub command: String,
    /// What the program was built from.
    pub build: Build,
    /// What is compared; the first is the baseline.
    pub subjects: Vec<Subject<W>>,
    /// What is asked of them, one after the other.
    pub workloads: Vec<W>,
    /// What the machine could do at most.
    pub limit: Option<LimitOf<W>>,
    /// What the machine's memory system allows, looked at once.
    pub limits: Option<Arc<dyn Fn() -> Limits + Send + Sync>>,
    /// Ways between subjects whose changes are to be told apart; `subjects` hold all that stand on them.
    pub ablations: Vec<Ablated>,
    /// What is measured once the workloads are: workloads along which one setting varies.
    pub sweeps: Vec<Sweep<W>>,
    /// Decides every step and every order of subjects.
    pub seed: u64,
    /// How long each subject is measured under each workload at most.
    pub duration: Duration,
    /// The longest slice; workloads with longer ones are cut to it.
    pub longest_slice: Duration,
    /// Which latencies are kept in the slices that keep any.
    pub latency: Latency,
    /// A workload is done before its time when the interval of every throughput ratio reaches no further than this
    /// share to either side; 0 uses the time up.
    pub precision: f64,
    /// Whether memory is counted at 100,000 items, too, which takes seconds.
    pub many_items: bool,
    /// Whether slices between the measured ones are recorded and judged.
    pub verify: bool,
    /// Whether every lock is tracked: for subjects that can be, and slower than they are.
    pub track: bool,
    /// Where histories shall be written as JSON Lines.
    pub history: Option<PathBuf>,
    /// How conclusions are drawn.
    pub terms: Terms,
    /// Nothing moving for this long, on top of what an operation may take by itself, counts as stuck.
    pub patience: Duration,
}

/// How conclusions are drawn.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Ratios within 1 ± this are no difference.
    pub margin: f64,
    /// How sure verdicts are.
    pub confidence: Confidence,
    /// The subject that every other one is also held against, where it is measured: what a gate reads.
    pub reference: Option<String>,
    /// The subject that the verdict in a few sentences is about, where it is compared; else it is about the fastest.
    pub headline: Option<String>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { margin: 0.005, confidence: Confidence::default(), reference: None, headline: None }
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
            ablations: Vec::new(),
            sweeps: Vec::new(),
            seed: 42,
            duration: Duration::from_secs(4),
            longest_slice: Duration::MAX,
            latency: Latency::Sampled,
            precision: 0.0,
            many_items: false,
            verify: false,
            track: false,
            history: None,
            terms: Terms::default(),
            patience: Duration::from_secs(10),
        }
    }
}

impl<W: Workload> Plan<W> {
    /// What one of `processes` processes has to measure, counted from 0: its share of the time, on questions and in orders
    /// of its own, and always to the end, because all are to count alike.
    ///
    /// # Panics
    /// If there are no processes.
    #[must_use]
    pub fn into_part(self, nth: u32, processes: u32) -> Self {
        Self {
            seed: self.seed.wrapping_add(nth.into()),
            duration: self.duration / processes,
            precision: 0.0,
            ..self
        }
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
