//! A subject that is set up under a workload, ready to be measured slice by slice, whatever its types.

use std::sync::Arc;
use std::time::Duration;

use lockyard_track::WatchGuard;

use crate::planned::PlannedSetup;
use crate::slices::{
    GiveBack, LatencyMode, Meter, Pacing, Runtime, Slice, SliceFailure, SliceRunner, Sliced, Task, TaskLog,
};
use crate::system::{Counters, Fault, System};
use crate::tracking;
use crate::workload::{Workload, WorkloadShape};

/// The steps of every task, the same for all subjects.
pub(crate) type Steps<W> = [Arc<[<W as Workload>::Step]>];

/// What a subject that is set up is measured on.
pub(crate) struct RunContext<'a, W: Workload> {
    pub(crate) runner: &'a SliceRunner,
    pub(crate) shape: &'a WorkloadShape,
    /// The index of each task among all clients of the workload.
    pub(crate) clients: &'a [usize],
    pub(crate) steps: &'a Steps<W>,
    /// What it must know of a plan that several machines keep.
    pub(crate) planned: Option<PlannedSetup<'a>>,
    /// Is notified of how much of its data a subject has been given so far.
    pub(crate) filling: &'a dyn Fn(usize, usize),
}

/// A subject under a workload.
pub(crate) trait Running {
    /// Has every task do steps for `length`.
    ///
    /// # Errors
    /// Why it was given up. Then this must not be dropped: its tasks may hold it for good.
    fn run(
        &mut self,
        runner: &SliceRunner,
        mode: LatencyMode,
        position: u64,
        length: Duration,
    ) -> Result<Sliced, SliceFailure>;

    /// What each task did in the last slice, with its index.
    fn logs(&self) -> Box<dyn Iterator<Item = (usize, &TaskLog)> + '_>;

    /// Brings all back to where the next slice finds what the first one found.
    fn reset(&mut self);

    /// What the system has counted so far.
    fn counters(&self) -> Counters;

    /// Why it can be asked no more, if so.
    fn lost(&self) -> Option<Fault>;

    /// Where it runs.
    fn runtime(&self) -> &Runtime;
}

/// A system with the tasks that ask it. The one thing that knows the types inside: tasks ask it directly, and nothing of
/// what they ask is boxed.
pub(crate) struct RunningSystem<W: Workload, S: System<W>> {
    system: Arc<S>,
    tasks: Vec<Task<W, S::Client>>,
    pace: Pacing,
    runtime: Runtime,
    _watch: Option<WatchGuard>,
}

impl<W: Workload, S: System<W>> RunningSystem<W, S> {
    /// `alone`: nothing else needs the cores.
    pub(crate) fn new(
        system: S,
        context: &RunContext<'_, W>,
        runtime: &Runtime,
        alone: bool,
    ) -> Result<Self, Fault> {
        let RunContext { runner, shape, clients, steps, .. } = *context;
        let system = Arc::new(system);
        let idle = Arc::new(Slice::new(0, 0));
        let task = |(index, steps): (usize, &Arc<[W::Step]>)| {
            let client = runtime.block_on(system.client(clients[index]))?;
            let meter = Meter::new(W::OPERATIONS, runner.board().word(index), idle.clone());
            Ok(Task { index: index as u32, steps: steps.clone(), client, meter })
        };
        let tasks = steps.iter().enumerate().map(task).collect::<Result<Vec<_>, Fault>>()?;
        let pace = Pacing::new(shape.arrival, shape.tasks(), alone);
        let watch = runtime.tracker().map(|tracker| tracker.watch(tracking::PATIENCE));
        Ok(Self { system, tasks, pace, runtime: runtime.clone(), _watch: watch })
    }
}

impl<W: Workload, S: System<W>> Running for RunningSystem<W, S> {
    fn run(
        &mut self,
        runner: &SliceRunner,
        mode: LatencyMode,
        position: u64,
        length: Duration,
    ) -> Result<Sliced, SliceFailure> {
        let tasks = std::mem::take(&mut self.tasks);
        let (pace, runtime) = (self.pace, &self.runtime);
        let start = |mut task: Task<W, S::Client>, slice, give_back: GiveBack<_>| {
            let (index, system) = (task.index, self.system.clone());
            let run = async move {
                task.run(&*system, &slice, pace, mode).await;
                task
            };
            runtime.spawn(|| format!("client {index}"), give_back.after(index as usize, run));
        };
        let (sliced, tasks) = runner.run(runtime, tasks, position, length, &start)?;
        self.tasks = tasks;
        Ok(sliced)
    }

    fn logs(&self) -> Box<dyn Iterator<Item = (usize, &TaskLog)> + '_> {
        Box::new(self.tasks.iter().map(|task| (task.index as usize, task.meter.log())))
    }

    fn reset(&mut self) {
        let mut clients: Vec<_> = self.tasks.iter_mut().map(|task| &mut task.client).collect();
        if let Err(error) = self.runtime.block_on(self.system.reset(&mut clients)) {
            tracing::warn!(%error, "what a slice has left could not be undone");
        }
    }

    fn counters(&self) -> Counters {
        self.runtime.block_on(self.system.counters())
    }

    fn lost(&self) -> Option<Fault> {
        self.runtime.block_on(self.system.lost())
    }

    fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}
