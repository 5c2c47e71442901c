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

mod heap;
mod running;
mod setup;
mod tracked;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lockyard_track::Tracker;

use crate::judged::{JudgedSystem, Judging};
use crate::record::Factors;
use crate::slices::{Runtime, SliceRunner, panic_message};
use crate::system::{Fault, Recorded, Settled, System};
use crate::workload::{Workload, WorkloadShape};

pub(crate) use running::{Running, Steps};
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

/// What a subject that is set up is measured on.
pub(crate) struct RunContext<'a, W: Workload> {
    pub(crate) runner: &'a SliceRunner,
    pub(crate) shape: &'a WorkloadShape,
    pub(crate) steps: &'a Steps<W>,
    /// Is notified of how much of its data a subject has been given so far.
    pub(crate) filling: &'a dyn Fn(usize, usize),
}

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

/// A subject while it is declared, with the type that it is set up as.
#[must_use = "a subject is declared with `into`"]
pub struct Declared<W: Workload, S> {
    subject: Subject<W>,
    make: Arc<Factory<W, S>>,
}

impl<W: Workload> Subject<W> {
    /// A subject under this name, set up by `make`.
    #[expect(clippy::new_ret_no_self, reason = "what it can do besides is declared next, and needs its type")]
    pub fn new<S: System<W>>(
        name: impl Into<String>,
        make: impl Fn(&Setup<'_, W>) -> Result<S, Fault> + Send + Sync + 'static,
    ) -> Declared<W, S> {
        let make = Arc::new(make);
        let subject = Self {
            name: name.into(),
            about: None,
            factors: None,
            compared_with: None,
            ablation_only: false,
            outside: false,
            common_data: None,
            make: measured(make.clone(), true),
            judged: None,
            answers_unjudged: false,
            tracked: None,
            tracked_judged: None,
            heap_use: None,
        };
        Declared { subject, make }
    }

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
        let setup = Setup::new(workload, seed, context.runner.runtime(tracked)).telling(context.filling);
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
    ) -> Result<Option<JudgeSetup<W>>, Fault> {
        let make = if tracked { &self.tracked_judged } else { &self.judged };
        let Some(make) = make else { return Ok(None) };
        let setup = Setup::new(workload, seed, runner.runtime(tracked));
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
        let RunContext { runner, shape, steps, .. } = *context;
        let system = make(setup)?;
        let set = running::RunningSystem::new(system, shape, steps, runner, setup.runtime(), alone)?;
        Ok(Box::new(set) as Box<dyn Running>)
    })
}

impl<W: Workload, S: System<W>> Declared<W, S> {
    /// It has this value of a factor: what ablations vary, and what stands in the record.
    pub fn factor(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.subject.set_factor(name, value);
        self
    }

    /// What it is, in a sentence or less: reports say so beside its name.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.subject.about = Some(about.into());
        self
    }

    /// It differs from the subject of this name in one thing only, such as its lock: it is held against that one besides, where that
    /// is measured, so that the ratio is the effect of this one thing.
    pub fn compared_with(mut self, name: impl Into<String>) -> Self {
        self.subject.compared_with = Some(name.into());
        self
    }

    /// It stands outside this process, and may need the same cores: slices are long then, and tasks do not spin while they wait.
    pub fn outside(mut self) -> Self {
        self.subject.outside = true;
        self.subject.make = measured(self.make.clone(), false);
        self
    }

    /// All its set-ups under a workload have this in common, such as a large input: it is asked for before the first one and kept
    /// until the last, so that setting up anew, which happens every few rounds, need not make it again. The factory finds it
    /// by itself, for instance behind a [`Weak`](std::sync::Weak), and other subjects may have the same.
    pub fn common_data<T: Send + Sync + 'static>(
        mut self,
        make: impl Fn(&W, u64) -> Arc<T> + Send + Sync + 'static,
    ) -> Self {
        self.subject.common_data = Some(Arc::new(move |workload, seed| make(workload, seed) as CommonData));
        self
    }

    /// Its answers are recorded and judged, in slices of their own.
    pub fn recorded(mut self) -> Self
    where
        S: Recorded<W>,
    {
        let make = self.make.clone();
        self.subject.judged = Some(Arc::new(move |setup| Ok(JudgedSystem::recorded(make(setup)?, setup))));
        self
    }

    /// Its answers are recorded and judged, and so is what they leave.
    pub fn settled(mut self) -> Self
    where
        S: Settled<W>,
    {
        let make = self.make.clone();
        self.subject.judged = Some(Arc::new(move |setup| Ok(JudgedSystem::settled(make(setup)?, setup))));
        self
    }

    /// The same, set up as another type for that: what is judged is not what is measured, and need not be compiled for
    /// every type that is.
    pub fn settled_as<J: Settled<W>>(
        mut self,
        make: impl Fn(&Setup<'_, W>) -> Result<J, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.subject.judged = Some(Arc::new(move |setup| Ok(JudgedSystem::settled(make(setup)?, setup))));
        self
    }

    /// What judges it looks at what it leaves, and not at its answers.
    #[cfg(feature = "program")]
    pub(crate) fn answers_unjudged(mut self) -> Self {
        self.subject.answers_unjudged = true;
        self
    }

    /// It can be set up with tracked locks. They are other types, so that what is not tracked pays nothing for it.
    pub fn tracked<T: System<W>>(
        mut self,
        make: impl Fn(&Setup<'_, W>, &Tracker) -> Result<T, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.subject.set_tracked(make);
        self
    }

    /// The same, and what is tracked is judged, too.
    pub fn tracked_and_settled<T: Settled<W>>(
        mut self,
        make: impl Fn(&Setup<'_, W>, &Tracker) -> Result<T, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.subject.set_tracked_and_settled(make);
        self
    }

    /// What it keeps in memory for each `item` that it holds is counted by `count`, for so many of them and with this
    /// seed. `None` if allocations are not counted.
    pub fn heap_use(
        mut self,
        item: &'static str,
        count: impl Fn(u32, u64) -> Result<Option<HeapUse>, Fault> + Send + Sync + 'static,
    ) -> Self {
        self.subject.heap_use = Some((item, Arc::new(count)));
        self
    }
}

impl<W: Workload, S> From<Declared<W, S>> for Subject<W> {
    fn from(declared: Declared<W, S>) -> Self {
        declared.subject
    }
}
