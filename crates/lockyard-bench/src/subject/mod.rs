//! What is compared: a name, what it is made of, and how it is set up, anew for each use.
//!
//! A subject is a factory. It is set up to be measured, anew every few rounds, a second time as a control of itself, again for each slice
//! that is judged and for counting memory, and anew in each process. What it can do besides answering is declared where it
//! is made, so that the compiler checks that it can:
//!
//! ```
//! use lockyard_bench::{Meter, Outcome, Setup, Subject, System};
//! # use lockyard_bench::{Fault, Operation, Random, Workload, WorkloadShape};
//! # #[derive(PartialEq)]
//! # struct Counting;
//! # impl Workload for Counting {
//! #     type Step = ();
//! #     const OPERATIONS: &'static [Operation] = &[Operation::write("count")];
//! #     fn name(&self) -> &str { "counting" }
//! #     fn shape(&self) -> WorkloadShape { WorkloadShape::closed(1, 1) }
//! #     fn set(&mut self, setting: &str, _: &str) -> Result<(), String> { Err(format!("no setting {setting}")) }
//! #     fn steps(&self, _: usize, _: &mut Random) -> Vec<()> { vec![()] }
//! #     fn operation(_: &()) -> usize { 0 }
//! # }
//! use std::sync::Mutex;
//!
//! struct Counter(Mutex<u64>);
//!
//! impl System<Counting> for Counter {
//!     type Client = ();
//!
//!     async fn client(&self, _: usize) -> Result<(), Fault> {
//!         Ok(())
//!     }
//!
//!     async fn call(&self, _: &mut (), _: &(), meter: &mut Meter) {
//!         let start = meter.begin(0);
//!         *self.0.lock().unwrap() += 1;
//!         meter.end(start, Outcome::Done);
//!     }
//! }
//!
//! let subject: Subject<Counting> = Subject::new("std-mutex", |_: &Setup<'_, Counting>| Ok(Counter(Mutex::new(0))))
//!     .factor("lock", "std-mutex")
//!     .into();
//! assert_eq!(subject.name(), "std-mutex");
//! ```

mod declared;
mod heap;
mod running;
mod setup;
mod tracked;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::judged::Judging;
use crate::planned::PlannedSetup;
use crate::record::{Factors, ServerGroup};
use crate::slices::{Runtime, SliceRunner, panic_message};
use crate::system::{Fault, System};
use crate::workload::Workload;

pub use declared::Declared;
pub(crate) use running::{RunContext, Running, Steps};
pub use setup::Setup;

/// Sets a system up.
type Factory<W, S> = dyn Fn(&Setup<'_, W>) -> Result<S, Fault> + Send + Sync;

/// Sets a subject up to be measured.
type Make<W> = dyn Fn(&Setup<'_, W>, &RunContext<'_, W>) -> Result<Box<dyn Running>, Fault> + Send + Sync;

/// Sets a subject up to be judged.
type MakeJudged<W> = dyn Fn(&Setup<'_, W>) -> Result<Box<dyn Judging<W>>, Fault> + Send + Sync;

/// What is set up to be judged, with where it runs.
type JudgeSetup<W> = (Box<dyn Judging<W>>, Runtime);

/// Counts what a subject keeps for so many of what it holds, with this seed.
type CountHeap = dyn Fn(u32, u64) -> Result<Option<HeapUse>, Fault> + Send + Sync;

/// Whatever set-ups under one workload have in common.
pub(crate) type CommonData = Arc<dyn Any + Send + Sync>;

/// Makes it for a workload and a seed, or finds it.
type MakeCommon<W> = dyn Fn(&W, u64) -> CommonData + Send + Sync;

/// What one thing that a subject holds costs besides itself, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeapUse {
    /// Kept for as long as the thing lives.
    pub kept: f64,
    /// At the worst moment while all were made.
    pub peak: f64,
}

/// What is compared.
pub struct Subject<W: Workload> {
    name: String,
    about: Option<String>,
    factors: Option<Factors>,
    compared_with: Option<String>,
    ablation_only: bool,
    outside: bool,
    servers: Option<ServerGroup>,
    common_data: Option<Arc<MakeCommon<W>>>,
    make: Arc<Make<W>>,
    judged: Option<Arc<MakeJudged<W>>>,
    /// Only what it leaves is looked at.
    answers_unjudged: bool,
    tracked: Option<Arc<Make<W>>>,
    tracked_judged: Option<Arc<MakeJudged<W>>>,
    heap_use: Option<(&'static str, Arc<CountHeap>)>,
}

impl<W: Workload> Clone for Subject<W> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            about: self.about.clone(),
            factors: self.factors.clone(),
            compared_with: self.compared_with.clone(),
            ablation_only: self.ablation_only,
            outside: self.outside,
            servers: self.servers.clone(),
            common_data: self.common_data.clone(),
            make: self.make.clone(),
            judged: self.judged.clone(),
            answers_unjudged: self.answers_unjudged,
            tracked: self.tracked.clone(),
            tracked_judged: self.tracked_judged.clone(),
            heap_use: self.heap_use.clone(),
        }
    }
}

impl<W: Workload> Subject<W> {
    /// The name that records and reports use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is made of, by factor; nothing where nothing is known.
    #[must_use]
    pub fn factors(&self) -> Option<&Factors> {
        self.factors.as_ref()
    }

    /// It has this value of a factor.
    pub(crate) fn set_factor(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.factors.get_or_insert_default().set(name, value);
    }

    /// The same, measured for the sake of an ablation alone: tables and rankings leave it out.
    #[must_use]
    pub fn ablation_only(self) -> Self {
        Self { ablation_only: true, ..self }
    }

    /// Whether its answers are judged.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.judged.is_some() && !self.answers_unjudged
    }

    /// Whether it can be set up with tracked locks.
    #[must_use]
    pub fn can_be_tracked(&self) -> bool {
        self.tracked.is_some()
    }

    /// What it is, in words.
    pub(crate) fn says_about(&self) -> Option<&str> {
        self.about.as_deref()
    }

    /// The subject that it is held against because all but one thing is equal.
    pub(crate) fn is_compared_with(&self) -> Option<&str> {
        self.compared_with.as_deref()
    }

    /// Whether it is measured for an ablation alone.
    pub(crate) fn is_ablation_only(&self) -> bool {
        self.ablation_only
    }

    /// Whether it stands outside this process.
    pub(crate) fn is_outside(&self) -> bool {
        self.outside
    }

    /// The servers that stand behind it, where it says so.
    pub(crate) fn servers(&self) -> Option<&ServerGroup> {
        self.servers.as_ref()
    }

    /// What its set-ups under a workload have in common; nothing if that is not declared.
    pub(crate) fn common_data(&self, workload: &W, seed: u64) -> Option<CommonData> {
        self.common_data.as_ref().map(|make| make(workload, seed))
    }

    /// Sets it up to be measured.
    pub(crate) fn set_up(
        &self,
        workload: &W,
        seed: u64,
        tracked: bool,
        context: &RunContext<'_, W>,
    ) -> Result<Box<dyn Running>, Fault> {
        let setup = Setup::new(workload, seed, context.runner.runtime(tracked));
        let setup = setup.telling(context.filling).planned_as(context.planned);
        let make = if tracked { self.tracked.as_ref().ok_or_else(|| self.untracked())? } else { &self.make };
        caught(|| make(&setup, context))
    }

    /// Sets it up to be judged, with where it runs; nothing where its answers cannot be.
    pub(crate) fn set_up_to_judge(
        &self,
        workload: &W,
        seed: u64,
        tracked: bool,
        runner: &SliceRunner,
        planned: Option<PlannedSetup<'_>>,
    ) -> Result<Option<JudgeSetup<W>>, Fault> {
        let make = if tracked { &self.tracked_judged } else { &self.judged };
        let Some(make) = make else { return Ok(None) };
        let setup = Setup::new(workload, seed, runner.runtime(tracked)).planned_as(planned);
        Ok(Some((caught(|| make(&setup))?, setup.runtime().clone())))
    }

    fn untracked(&self) -> Fault {
        Fault::new(format_args!("{} cannot be set up with tracked locks", self.name))
    }

    /// What is counted of its memory, and how.
    pub(crate) fn heap_use(&self) -> Option<(&'static str, &CountHeap)> {
        self.heap_use.as_ref().map(|(item, count)| (*item, &**count))
    }
}

/// What a factory makes; its panic is a fault of the subject, so that what was measured before is kept.
fn caught<T>(make: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let panicked = |panic: Box<dyn Any + Send>| {
        Fault::new(format_args!("setting it up panicked: {}", panic_message(&*panic)))
    };
    catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| Err(panicked(panic)))
}

/// The factory of what is measured, from the factory of a system.
fn measured<W: Workload, S: System<W>>(make: Arc<Factory<W, S>>, alone: bool) -> Arc<Make<W>> {
    Arc::new(move |setup, context| {
        let system = make(setup)?;
        let set = running::RunningSystem::new(system, context, setup.runtime(), alone)?;
        Ok(Box::new(set) as Box<dyn Running>)
    })
}
