//! A subject while it is declared: what it can do besides answering needs the type that it is set up as, so that the compiler
//! checks that it can.

use std::sync::Arc;

use lockyard_track::Tracker;

use crate::judged::JudgedSystem;
use crate::record::ServerGroup;
use crate::system::{Fault, Recorded, Settled, System};
use crate::workload::Workload;

use super::{CommonData, Factory, HeapUse, Setup, Subject, measured};

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
            servers: None,
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

    /// These servers stand behind it, outside this process: the record and the reports say which, and how requests are spread over
    /// them.
    pub fn asked_at(self, servers: ServerGroup) -> Self {
        let mut declared = self.outside();
        declared.subject.servers = Some(servers);
        declared
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
