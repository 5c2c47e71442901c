//! A subject that is set up to be judged, whatever its types, and the one slice that it is asked for.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockyard_history::{Judge, Log, Recording, Verdict};

use crate::error::RunError;
use crate::slices::{GiveBack, Runtime, Slice, SliceFailure, SliceRunner, TURN, TaskStatus, panic_message};
use crate::subject::{Setup, Steps};
use crate::system::{Broken, Fault, Recorded, Settled};
use crate::workload::Workload;

use super::file::{CommonHistory, HistoryFile};
use super::recorder::Recorder;
use super::verified::{BUDGET, JudgedSlice};

/// So many operations are recorded in one slice at most: some six megabytes.
const MOST_OPERATIONS: usize = 1 << 16;

/// Why a history was not written that was requested.
const UNWRITABLE: &str = "the specification of this system cannot be written";

/// What a judged slice needs to know.
pub(crate) struct JudgedRun<'a, W: Workload> {
    pub(crate) runner: &'a SliceRunner,
    pub(crate) steps: &'a Steps<W>,
    /// The index of each task among all clients of the workload.
    pub(crate) clients: &'a [usize],
    /// The process that asks once more when all have their last answer.
    pub(crate) closing: u64,
    /// From when on the times of a history count.
    pub(crate) epoch: Instant,
    pub(crate) position: u64,
    pub(crate) length: Duration,
    /// Where it is written, if it is not judged here: it is a part of what several machines record.
    pub(crate) common: Option<CommonHistory<'a>>,
}

/// What came of a slice: nothing where it could not be judged.
pub(crate) type SliceVerdict = Result<Result<Option<JudgedSlice>, RunError>, SliceFailure>;

/// A subject that is set up to be judged once.
pub(crate) trait Judging<W: Workload> {
    /// Has every task ask and write down for a while, and judges what was written.
    ///
    /// # Errors
    /// Why the slice was given up; and within, when the history cannot be written.
    fn run(self: Box<Self>, run: &JudgedRun<'_, W>, history: Option<&mut HistoryFile>) -> SliceVerdict;
}

type SettledFuture<'a> = Pin<Box<dyn Future<Output = Vec<Broken>> + Send + 'a>>;

/// A system, and what is done when all have their last answer.
pub(crate) struct JudgedSystem<W: Workload, S: Recorded<W>> {
    system: Arc<S>,
    runtime: Runtime,
    settle: for<'a> fn(&'a S, &'a Recording<S::Spec>) -> SettledFuture<'a>,
}

impl<W: Workload, S: Recorded<W>> JudgedSystem<W, S> {
    /// Of a system that has no rules of its own.
    pub(crate) fn recorded(system: S, setup: &Setup<'_, W>) -> Box<dyn Judging<W>> {
        Self::boxed(system, setup, |_, _| Box::pin(async { Vec::new() }))
    }

    /// Of one that has.
    pub(crate) fn settled(system: S, setup: &Setup<'_, W>) -> Box<dyn Judging<W>>
    where
        S: Settled<W>,
    {
        Self::boxed(system, setup, |system, answers| Box::pin(system.settled(answers)))
    }

    fn boxed(
        system: S,
        setup: &Setup<'_, W>,
        settle: for<'a> fn(&'a S, &'a Recording<S::Spec>) -> SettledFuture<'a>,
    ) -> Box<dyn Judging<W>> {
        Box::new(Self { system: Arc::new(system), runtime: setup.runtime().clone(), settle })
    }
}

/// One task of a judged slice.
struct Task<W: Workload, S: Recorded<W>> {
    index: usize,
    steps: Arc<[W::Step]>,
    client: S::Client,
    log: Log<S::Spec>,
    word: TaskStatus,
    epoch: Instant,
}

impl<W: Workload, S: Recorded<W>> Task<W, S> {
    /// Asks until the slice is over or the log is full. Always again as soon as it is answered, also where the workload has
    /// fixed times: what is looked for is what happens when tasks meet.
    async fn run(&mut self, system: &S, slice: &Slice) {
        slice.begin().await;
        let mut position = slice.position;
        while !slice.is_over() && self.log.has_room() {
            let step = &self.steps[(position % self.steps.len() as u64) as usize];
            position += 1;
            self.word.begin(position, W::operation(step));
            let mut recorder = Recorder::new(&mut self.log, self.epoch);
            system.record(&mut self.client, step, &mut recorder).await;
            if position.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
        self.word.idle(position);
    }
}

impl<W: Workload, S: Recorded<W>> Judging<W> for JudgedSystem<W, S> {
    fn run(self: Box<Self>, run: &JudgedRun<'_, W>, history: Option<&mut HistoryFile>) -> SliceVerdict {
        let JudgedRun { runner, steps, clients: indices, closing, epoch, position, length, common } = *run;
        let begun = self.runtime.block_on(async {
            let given = self.system.given().await?;
            let mut clients = Vec::new();
            for client in indices {
                clients.push(self.system.client(*client).await?);
            }
            Ok::<_, Fault>((given, clients))
        });
        let (given, clients) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(%error, "a verification slice was not checked");
                return Ok(Ok(None));
            }
        };
        let mut recording = Recording::since(epoch.elapsed().as_nanos() as u64, given);
        let room = MOST_OPERATIONS / steps.len().max(1);
        let task = |(index, client)| {
            let (steps, word) = (Arc::clone(&steps[index]), runner.board().word(index));
            Task::<W, S> { index, steps, client, log: Log::new(indices[index] as u64, room), word, epoch }
        };
        let tasks = clients.into_iter().enumerate().map(task).collect();
        let start = |mut task: Task<W, S>, slice: Arc<Slice>, give_back: GiveBack<_>| {
            let (index, system) = (task.index, self.system.clone());
            let run = async move {
                task.run(&system, &slice).await;
                task
            };
            self.runtime.spawn(|| format!("client {index}"), give_back.after(index, run));
        };
        let mut tasks = match runner.run(&self.runtime, tasks, position, length, &start) {
            Ok((_, tasks)) => tasks,
            Err(failure) => {
                // Its tasks may hold it for good.
                std::mem::forget(self);
                return Err(failure);
            }
        };
        tasks.sort_by_key(|task| task.index);
        let mut clients = Vec::new();
        for task in tasks {
            recording.add(task.log);
            clients.push(task.client);
        }
        let mut clients: Vec<_> = clients.iter_mut().collect();
        let mut closing = Log::new(closing, 0);
        let settle = async {
            let mut recorder = Recorder::new(&mut closing, epoch);
            self.system.closing(&mut clients, &recording, &mut recorder).await;
            recording.add(closing);
            let broken = (self.settle)(&self.system, &recording).await;
            if let Err(error) = self.system.reset(&mut clients).await {
                tracing::warn!(%error, "the changes of a verification slice could not be undone");
            }
            broken
        };
        // What was measured shall not be lost by what judges it.
        let settled = catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(settle)));
        if let Some(common) = common {
            recording.forget_answers_after(common.cut_ns);
        }
        let name = |key| self.system.name(key);
        let write = |out: &mut dyn Write, name: &dyn Fn(u32) -> String| match self.system.history_writer() {
            Some(write) => write(self.system.spec(), &recording, out, name),
            None => Err(io::Error::new(io::ErrorKind::Unsupported, UNWRITABLE)),
        };
        if let Some(common) = common {
            return Ok(common.write(|out| write(out, &name)).map(|()| None));
        }
        if let Some(Err(error)) = history.map(|history| history.add(write, name)) {
            return Ok(Err(error));
        }
        let judge = || self.system.spec().judge(&recording, BUDGET, &name);
        let judged = catch_unwind(AssertUnwindSafe(judge));
        let panicked = |what: &str, panic: Box<dyn Any + Send>| {
            Some(format!("{what} panicked: {}", panic_message(&*panic)))
        };
        let (verdict, panic) = match judged {
            Ok(verdict) => (verdict, None),
            Err(panic) => (Verdict::Unknown, panicked("the specification", panic)),
        };
        let (broken, panic) = match settled {
            Ok(broken) => (broken, panic),
            Err(panic) => (Vec::new(), panicked("what looks at the system once it is quiet", panic)),
        };
        Ok(Ok(Some(JudgedSlice { invoked: recording.invoked() as u64, verdict, broken, panic })))
    }
}
