//! What a program is declared by: workloads, systems, and what their answers are judged by.

use std::ffi::OsString;
use std::fmt::Debug;
use std::hash::Hash;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lockyard_history::{Codec, SequentialSpec};
use lockyard_track::Tracker;

use crate::calibration::Slowdown;
use crate::environment::Build;
use crate::judged::JudgedSpec;
use crate::service::{
    JudgedService, Judging, KeyOf, MeasuredService, Service, SlowedService, UnjudgedService,
};
use crate::subject::{Setup, Subject};
use crate::system::{Fault, HistoryWriter, json_lines};
use crate::workload::Workload;

use super::check;
use super::cli;
use super::declared::{CheckOwn, Declared, JudgeOwn, SlowedSubject};

/// A program over systems of your own: see the [module](super) and [`main!`](crate::main).
#[must_use = "nothing happens until its `main` is called"]
pub struct Program<W: Workload, S = NoSpec> {
    workloads: Vec<W>,
    systems: Vec<Subject<W>>,
    slowed: Vec<(String, SlowedSubject<W>)>,
    judged: S,
    build: Build,
    patience: Option<Duration>,
    check: Option<CheckOwn>,
    judge: Option<JudgeOwn>,
    /// What was declared for a system that is not there.
    strays: Vec<String>,
}

/// Of a program whose answers are not judged.
#[derive(Clone, Copy, Debug)]
pub struct NoSpec;

/// Of a program whose answers are judged by a specification.
pub struct Judged<W: Workload, S: JudgedSpec> {
    spec: Arc<dyn Fn(&W) -> S + Send + Sync>,
    key: Arc<KeyOf<W>>,
    name: Arc<dyn Fn(u32) -> String + Send + Sync>,
    writer: Option<HistoryWriter<S>>,
}

impl<W: Workload, S: JudgedSpec> Clone for Judged<W, S> {
    fn clone(&self) -> Self {
        let Self { spec, key, name, writer } = self;
        Self { spec: spec.clone(), key: key.clone(), name: name.clone(), writer: *writer }
    }
}

impl<W: Workload, S: JudgedSpec> Judged<W, S> {
    fn of(&self, workload: &W) -> Judging<W, S> {
        let Self { spec, key, name, writer } = self;
        Judging { spec: spec(workload), key: key.clone(), name: name.clone(), writer: *writer }
    }
}

/// What a program does with answers of this type; sealed.
pub trait JudgeAnswer<W: Workload, Answer>: Clone + Send + Sync + 'static {
    /// A subject that is set up by `make`.
    #[doc(hidden)]
    fn subject<V: Service<W, Answer = Answer>>(&self, name: &str, make: Make<W, V>) -> Subject<W>;

    /// The same, tracked, too.
    #[doc(hidden)]
    fn tracked<V: Service<W, Answer = Answer>>(&self, subject: &mut Subject<W>, make: MakeTracked<W, V>);
}

/// Sets a service up.
type Make<W, V> = Arc<dyn Fn(&Setup<'_, W>) -> Result<V, Fault> + Send + Sync>;

/// Sets a service up over tracked locks.
type MakeTracked<W, V> = Arc<dyn Fn(&Setup<'_, W>, &Tracker) -> V + Send + Sync>;

impl<W: Workload, Answer> JudgeAnswer<W, Answer> for NoSpec {
    fn subject<V: Service<W, Answer = Answer>>(&self, name: &str, make: Make<W, V>) -> Subject<W> {
        let made = make.clone();
        Subject::new(name, move |setup: &Setup<'_, W>| make(setup).map(MeasuredService))
            .settled_as(move |setup| Ok(UnjudgedService(MeasuredService(made(setup)?))))
            .answers_unjudged()
            .into()
    }

    fn tracked<V: Service<W, Answer = Answer>>(&self, subject: &mut Subject<W>, make: MakeTracked<W, V>) {
        subject.set_tracked_and_settled(move |setup, tracker| {
            Ok(UnjudgedService(MeasuredService(within(&make, setup, tracker))))
        });
    }
}

impl<W, S> JudgeAnswer<W, S::Answer> for Judged<W, S>
where
    W: Workload<Step: Clone + Debug + Eq + Hash>,
    S: JudgedSpec + SequentialSpec<Call = W::Step>,
{
    fn subject<V: Service<W, Answer = S::Answer>>(&self, name: &str, make: Make<W, V>) -> Subject<W> {
        let (judged, made) = (self.clone(), make.clone());
        Subject::new(name, move |setup: &Setup<'_, W>| make(setup).map(MeasuredService))
            .settled_as(move |setup| {
                let (service, judging) = (MeasuredService(made(setup)?), judged.of(setup.workload()));
                Ok(JudgedService { service, judging })
            })
            .into()
    }

    fn tracked<V: Service<W, Answer = S::Answer>>(&self, subject: &mut Subject<W>, make: MakeTracked<W, V>) {
        let judged = self.clone();
        subject.set_tracked_and_settled(move |setup, tracker| {
            let (service, judging) =
                (MeasuredService(within(&make, setup, tracker)), judged.of(setup.workload()));
            Ok(JudgedService { service, judging })
        });
    }
}

/// Locks belong to the tracker in whose scope they are made.
fn within<W, V>(make: &MakeTracked<W, V>, setup: &Setup<'_, W>, tracker: &Tracker) -> V {
    tracker.within("setting up", || make(setup, tracker))
}

impl<W: Workload> Program<W> {
    /// A program that asks this workload, of no systems yet.
    pub fn new(workload: W) -> Self {
        Self {
            workloads: vec![workload],
            systems: Vec::new(),
            slowed: Vec::new(),
            judged: NoSpec,
            build: Build::default(),
            patience: None,
            check: None,
            judge: None,
            strays: Vec::new(),
        }
    }

    /// Answers are judged by this specification of what the systems are to do, made for each workload: before any system is
    /// declared.
    pub fn spec<S: JudgedSpec>(
        self,
        spec: impl Fn(&W) -> S + Send + Sync + 'static,
    ) -> Program<W, Judged<W, S>> {
        let Self { workloads, systems, slowed, build, patience, check, judge, mut strays, .. } = self;
        strays.extend(
            systems
                .iter()
                .map(|it| format!("{} is declared before the specification: say `spec` first", it.name())),
        );
        let object = workloads.first().map_or_else(String::new, |it| it.name().to_owned());
        let judged = Judged {
            spec: Arc::new(spec),
            key: Arc::new(|_| 0),
            name: Arc::new(move |_| object.clone()),
            writer: None,
        };
        Program { workloads, systems, slowed, judged, build, patience, check, judge, strays }
    }
}

impl<W: Workload, S: JudgedSpec> Program<W, Judged<W, S>> {
    /// Which of several objects a step is about, by its number: each is judged alone, which is far faster than all together.
    /// Before any system is declared.
    pub fn keys(mut self, key: impl Fn(&W::Step) -> u32 + Send + Sync + 'static) -> Self {
        self.judged.key = Arc::new(key);
        self.judged.name = Arc::new(|key| format!("key {key}"));
        self
    }

    /// Histories can be written and read, because the specification has a codec: `load --history FILE`, and
    /// `check FILE --model own`. Before any system is declared.
    pub fn history_files(mut self) -> Self
    where
        S: Codec,
        W: Clone,
    {
        self.judged.writer = Some(json_lines);
        let (spec, workload) = (self.judged.spec.clone(), self.workloads[0].clone());
        let (spec_of_all, of_all) = (spec.clone(), workload.clone());
        self.check = Some(Box::new(move |options| check::judge("own", &spec(&workload), None, options)));
        self.judge = Some(Box::new(move |history, budget| {
            check::verdict(&spec_of_all(&of_all), None, history, budget)
        }));
        self
    }
}

impl<W: Workload + Clone, S> Program<W, S> {
    /// Another workload that the systems are measured under.
    pub fn workload(mut self, workload: W) -> Self {
        self.workloads.push(workload);
        self
    }

    /// A system under this name, set up by `make`. The first one is the baseline, and what regression gates hold others against.
    pub fn system<V: Service<W>>(
        self,
        name: &str,
        make: impl Fn(&Setup<'_, W>) -> V + Send + Sync + 'static,
    ) -> Self
    where
        S: JudgeAnswer<W, V::Answer>,
    {
        self.try_system(name, move |setup| Ok(make(setup)))
    }

    /// The same, where setting up may fail, as where a server must be reached. What is async runs by
    /// [`Setup::runtime`].
    pub fn try_system<V: Service<W>>(
        mut self,
        name: &str,
        make: impl Fn(&Setup<'_, W>) -> Result<V, Fault> + Send + Sync + 'static,
    ) -> Self
    where
        S: JudgeAnswer<W, V::Answer>,
    {
        let make: Make<W, V> = Arc::new(make);
        self.systems.push(self.judged.subject(name, make.clone()));
        let named = name.to_owned();
        let slowed = move |work: &Slowdown| {
            let (make, work) = (make.clone(), work.clone());
            let make = move |setup: &Setup<'_, W>| {
                Ok(SlowedService { service: MeasuredService(make(setup)?), work: work.clone() })
            };
            Subject::new(named.clone(), make).into()
        };
        self.slowed.push((name.to_owned(), Arc::new(slowed)));
        self
    }

    /// The system of this name can be set up over tracked locks, too: they are other types, so that what is not tracked pays
    /// nothing for it.
    pub fn tracked<V: Service<W>>(
        mut self,
        name: &str,
        make: impl Fn(&Setup<'_, W>, &Tracker) -> V + Send + Sync + 'static,
    ) -> Self
    where
        S: JudgeAnswer<W, V::Answer>,
    {
        let judged = &self.judged;
        match self.systems.iter_mut().find(|it| it.name() == name) {
            Some(subject) => judged.tracked(subject, Arc::new(make)),
            None => self.strays.push(stray("tracked", name)),
        }
        self
    }

    /// The system of this name has this value of a factor: what `--ablate` varies, and what stands in the record.
    pub fn factor(mut self, system: &str, factor: &str, value: &str) -> Self {
        match self.systems.iter_mut().find(|it| it.name() == system) {
            Some(subject) => subject.set_factor(factor, value),
            None => self.strays.push(stray(&format!("the factor {factor}"), system)),
        }
        self
    }

    /// What the system of this name keeps for each `item` is counted, of what `make` makes with so many of them: where
    /// [`CountingAllocator`](crate::alloc::CountingAllocator) is the program's allocator, and all systems say so.
    pub fn heap_use<T>(
        mut self,
        system: &str,
        item: &'static str,
        make: impl Fn(u32) -> T + Send + Sync + 'static,
    ) -> Self {
        match self.systems.iter_mut().find(|it| it.name() == system) {
            Some(subject) => subject.set_heap_use(item, make),
            None => self.strays.push(stray("heap_use", system)),
        }
        self
    }

    /// A subject that says by itself how it is measured, recorded and judged: for systems that need more than a [`Service`] has.
    pub fn subject(mut self, subject: impl Into<Subject<W>>) -> Self {
        self.systems.push(subject.into());
        self
    }

    /// What the program was built from, for its records.
    pub fn build(mut self, build: Build) -> Self {
        self.build = build;
        self
    }

    /// Nothing moving for this long, on top of what an operation may take by itself, counts as stuck; ten seconds unless set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Runs the program with the arguments of this process, and says how it ended.
    pub fn main(self) -> ExitCode {
        self.run(std::env::args_os())
    }

    /// The same with these arguments, of which the first is the name of the program.
    pub fn run(self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let Self { workloads, systems, slowed, build, patience, check, judge, strays, .. } = self;
        let declared = Declared { workloads, systems, slowed, build, patience, check, judge };
        cli::main(&declared, &strays, arguments)
    }
}

fn stray(what: &str, system: &str) -> String {
    format!("{what} is declared of {system:?}, and there is no system of that name before it")
}
