//! Verification slices: short runs of their own, recorded, judged, and looked at when they are over.
//!
//! Between measured rounds a strategy is set up once more, over sessions that nobody has touched, and asked by clients that
//! write everything down. When all have their last answer and what is left in the background has settled, the history is
//! judged and the sessions are looked at whole, in memory and in the store. So what is measured is never recorded, and
//! neither knows of the other.
//!
//! What it cannot see: faults that need longer than a slice to show, or more sessions than the scenario has; and what the
//! specification does not speak of (see [`session`](crate::checks::spec)).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::backend::chat::{ChatContext, ChatContextDTO, ContextId, StateKind};
use crate::backend::service::{DynBackend, DynChatService};
use crate::checks::invariants;
use crate::checks::spec::{Context, Recording};
use lockyard_bench::record::{self, Finding, Severity, Violation};
use lockyard_history::{Lanes, Verdict};

use super::arena::Arena;
use super::client::Questions;
use super::error::RunError;
use super::population::Population;
use super::recorder::{Recorder, token_of};
use super::rival::{GiveBack, Subject};
use super::slice::Slice;
use super::stage::Stage;
use super::watchdog::InFlight;

/// So many operations are recorded in one slice at most: some six megabytes.
pub(super) const MOST_OPERATIONS: usize = 1 << 16;

/// How long judging one slice may take where versions alone do not decide.
const BUDGET: Duration = Duration::from_secs(2);

/// Between two looks whether all has settled.
const LOOK: Duration = Duration::from_millis(1);

/// Of one kind of fault so many drawings are kept.
const MOST_VIOLATIONS: usize = 3;

/// What verification slices are made of.
pub(super) struct Ground<'a> {
    pub(super) arena: &'a Arena,
    pub(super) population: &'a Population,
    pub(super) questions: &'a Arc<Questions>,
    /// Room in the cache.
    pub(super) capacity: usize,
    /// From when on the times of a history count.
    pub(super) epoch: Instant,
    /// Recorded at most; usually [`MOST_OPERATIONS`].
    pub(super) most_operations: usize,
}

/// Sessions that clients made, by their numbers.
pub(super) type Made = Vec<(u32, ContextId)>;

/// What one slice has left: what was recorded, and what the sessions were like when all had settled.
pub(super) struct Run {
    recording: Recording,
    names: BTreeMap<u32, ContextId>,
    last: BTreeMap<u32, ChatContext>,
    stored: BTreeMap<u32, ChatContext>,
    held: invariants::Held,
    /// Sessions that are left in a working state where they cannot be looked at whole.
    stuck: Vec<(u32, StateKind)>,
}

impl Ground<'_> {
    /// Lets recording clients ask `subject` for `length`, from `position` on in their traces.
    ///
    /// # Errors
    /// What was in flight when nothing moved any more.
    pub(super) fn run(
        &self,
        subject: &Subject,
        position: u64,
        length: Duration,
    ) -> Result<Run, Vec<InFlight>> {
        let Subject { service, backend, stage } = subject;
        let given = (0..).zip(&self.population.contexts);
        let given = given.map(|(key, context)| (key, Context::from(&ChatContextDTO::from(context))));
        let (recording, made) = self.record(service, stage, given, position, length)?;
        let names = (0..).zip(self.population.ids.iter().copied()).chain(made).collect();
        Ok(stage.block_on(self.settle(&**backend, recording, names)))
    }

    /// Lets recording clients ask `service` on `stage`, whose sessions are as `given`. What they recorded, and the sessions
    /// that they made.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(super) fn record(
        &self,
        service: &Arc<dyn DynChatService>,
        stage: &Stage,
        given: impl IntoIterator<Item = (u32, Context)>,
        position: u64,
        length: Duration,
    ) -> Result<(Recording, Made), Vec<InFlight>> {
        let tasks = self.questions.traces.len();
        let room = self.most_operations / tasks.max(1);
        let recorder =
            |task| Recorder::new(task, self.questions, self.arena.board(), service, self.epoch, room);
        let recorders: Vec<_> = (0..tasks).map(recorder).collect();
        let mut recording = Recording::since(self.now(), given);
        let start = |mut recorder: Recorder, slice: Arc<Slice>, give_back: GiveBack<Recorder>| {
            let process = recorder.log.process();
            let run = async move {
                recorder.run(&slice).await;
                give_back(recorder);
            };
            stage.spawn(|| format!("client {process}"), run);
        };
        let sliced = self.arena.slice(Some(stage), recorders, position, length, start)?;
        let mut made = Vec::new();
        let mut recorders = sliced.clients;
        recorders.sort_by_key(|recorder| recorder.log.process());
        for recorder in recorders {
            made.extend(recorder.made);
            recording.add(recorder.log);
        }
        Ok((recording, made))
    }

    /// The time, as histories have it.
    pub(super) fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    /// Waits until nobody is at work and all is saved, or for as long as nothing may move.
    async fn settle(
        &self,
        backend: &dyn DynBackend,
        recording: Recording,
        names: BTreeMap<u32, ContextId>,
    ) -> Run {
        let deadline = Instant::now() + self.arena.patience();
        loop {
            let failures = backend.flush().await;
            let stats = backend.stats().await;
            let held = invariants::Held {
                cached: stats.cache.len,
                capacity: self.capacity,
                live: stats.live,
                in_use: 0,
                unsaved: stats.unsaved,
            };
            let (mut last, mut stored) = (BTreeMap::new(), BTreeMap::new());
            for (&key, &id) in &names {
                last.extend(backend.whole(id).await.ok().map(|context| (key, context)));
                stored.extend(backend.stored(id).await.ok().flatten().map(|context| (key, context)));
            }
            let settled = failures.is_empty()
                && held.unsaved == 0
                && invariants::bounds(&held).is_empty()
                && last.values().all(|context| !context.state_kind().is_working());
            if settled || Instant::now() >= deadline {
                return Run { recording, names, last, stored, held, stuck: Vec::new() };
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Run {
    /// A run of which nobody saw but what was answered.
    pub(super) fn from_outside(
        recording: Recording,
        names: BTreeMap<u32, ContextId>,
        stuck: Vec<(u32, StateKind)>,
    ) -> Self {
        let held = invariants::Held { cached: 0, capacity: 0, live: 0, in_use: 0, unsaved: 0 };
        Self { recording, names, last: BTreeMap::new(), stored: BTreeMap::new(), held, stuck }
    }

    /// The name of a session: its id, or its number where nobody was told its id.
    fn name(&self, key: u32) -> String {
        self.names.get(&key).map_or_else(|| format!("session {key}"), ToString::to_string)
    }

    /// Writes the history as JSON Lines. `nth` tells its sessions from those of other slices.
    fn write(&self, out: impl Write, nth: usize) -> io::Result<()> {
        let mut out = io::BufWriter::new(out);
        self.recording.write(&mut out, |key| format!("{nth}/{}", self.name(key)))?;
        out.flush()
    }

    fn broken(&self) -> Vec<invariants::Finding> {
        let last: invariants::Sessions<'_> = self.last.iter().map(|(key, context)| (*key, context)).collect();
        let stored = self.stored.iter().map(|(key, context)| (*key, context)).collect();
        let all = [
            invariants::appends(&self.recording, &last, token_of),
            invariants::versions(&self.recording, &last),
            invariants::at_rest(&last),
            invariants::bounds(&self.held),
            invariants::stored(&self.recording, &last, &stored),
            self.stuck.iter().map(|&(key, kind)| invariants::stuck(key, kind)).collect(),
        ];
        all.concat()
    }
}

/// The file that the histories of a run are written to.
pub(super) struct History {
    path: PathBuf,
    file: File,
    written: usize,
}

impl History {
    /// # Errors
    /// When it cannot be made.
    pub(super) fn create(path: &Path) -> Result<Self, RunError> {
        let file = File::create(path).map_err(|source| cannot_write(path, source))?;
        Ok(Self { path: path.to_owned(), file, written: 0 })
    }

    /// Adds a slice.
    pub(super) fn write(&mut self, run: &Run) -> Result<(), RunError> {
        self.written += 1;
        run.write(&self.file, self.written).map_err(|source| cannot_write(&self.path, source))
    }
}

fn cannot_write(path: &Path, source: io::Error) -> RunError {
    RunError::History { path: path.to_owned(), source }
}

/// What all verification slices of a strategy have come to.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Verified {
    slices: usize,
    operations: u64,
    undecided: usize,
    violations: Vec<Violation>,
    findings: Vec<Finding>,
    /// By kind, how many findings were like one that is kept.
    more: BTreeMap<String, usize>,
}

impl Verified {
    /// Judges a slice and adds what comes of it.
    pub(super) fn add(&mut self, run: &Run) {
        self.slices += 1;
        self.operations += run.recording.invoked() as u64;
        match run.recording.judge(BUDGET, |key| run.name(key)) {
            Verdict::Linearizable => {}
            Verdict::Unknown => self.undecided += 1,
            Verdict::Violation(lanes) => {
                self.keep(no_order(&lanes));
                if self.violations.len() < MOST_VIOLATIONS {
                    self.violations.push(violation(lanes));
                }
            }
        }
        for broken in run.broken() {
            self.keep(after_the_run(&broken));
        }
    }

    /// Adds what came of it in another process.
    pub(super) fn merge(&mut self, other: &Self) {
        self.slices += other.slices;
        self.operations += other.operations;
        self.undecided += other.undecided;
        self.violations
            .extend(other.violations.iter().take(MOST_VIOLATIONS - self.violations.len()).cloned());
        other.findings.iter().cloned().for_each(|finding| self.keep(finding));
        for (kind, more) in &other.more {
            *self.more.entry(kind.clone()).or_default() += more;
        }
    }

    fn keep(&mut self, finding: Finding) {
        if self.findings.iter().any(|known| known.kind == finding.kind) {
            *self.more.entry(finding.kind).or_default() += 1;
        } else {
            self.findings.push(finding);
        }
    }

    /// What the record says of it; nothing if there was no slice.
    pub(super) fn verification(&self) -> Option<record::Verification> {
        let linearizable = if !self.violations.is_empty() {
            Some(false)
        } else if self.undecided > 0 {
            None
        } else {
            Some(true)
        };
        (self.slices > 0).then_some(record::Verification {
            operations_checked: Some(self.operations),
            linearizable,
            deadlocks: None,
            order_inversions: None,
            starvations: None,
        })
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        self.violations.clone()
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        let undecided = (self.undecided > 0).then(|| Finding {
            kind: "not decided".to_owned(),
            severity: Severity::Warning,
            message: format!(
                "{} of {} histories could not be judged within {} s each: whether they have an order is not known",
                self.undecided,
                self.slices,
                BUDGET.as_secs(),
            ),
            places: Vec::new(),
            tasks: Vec::new(),
        });
        let counted = |finding: &Finding| {
            let more = self.more.get(&finding.kind).map(|more| format!("; {more} more of this kind"));
            Finding { message: finding.message.clone() + &more.unwrap_or_default(), ..finding.clone() }
        };
        self.findings.iter().map(counted).chain(undecided)
    }
}

fn no_order(lanes: &Lanes) -> Finding {
    let impossible = &lanes.operations[lanes.impossible];
    let should = match &*lanes.expected {
        [] => String::new(),
        expected => format!(", where it should have been {}", expected.join(" or ")),
    };
    let mut places: Vec<_> = lanes.operations.iter().map(|bar| bar.f.to_owned()).collect();
    places.sort();
    places.dedup();
    Finding {
        kind: "not linearizable".to_owned(),
        severity: Severity::Error,
        message: format!(
            "no order explains {} operations on session {}: {} of them was answered “{}”{should}",
            lanes.operations.len(),
            lanes.key,
            impossible.f,
            impossible.what,
        ),
        places,
        tasks: lanes.operations.iter().map(|bar| format!("task {}: {}", bar.process, bar.what)).collect(),
    }
}

fn violation(lanes: Lanes) -> Violation {
    let text = lanes.to_string();
    let Lanes { key, operations, impossible, expected } = lanes;
    let bar = |bar: lockyard_history::Bar| record::Bar {
        process: bar.process,
        f: bar.f.to_owned(),
        what: bar.what,
        call: bar.call,
        ret: bar.ret,
    };
    Violation { key, operations: operations.into_iter().map(bar).collect(), impossible, expected, text }
}

/// What did not hold when a run was over, and who answers for it.
fn after_the_run(broken: &invariants::Finding) -> Finding {
    let place = match broken.kind {
        "cache too large" => "src/session/cache/mod.rs",
        "sessions leaked" => "src/session/registry.rs",
        "not stored" | "stored otherwise" => "src/session/save.rs",
        "stuck session" => "src/service/turn.rs",
        _ => "src/session/manager.rs",
    };
    Finding {
        kind: broken.kind.to_owned(),
        severity: Severity::Error,
        message: format!("after the run, {}", broken.message),
        places: vec![place.to_owned()],
        tasks: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
