//! The models: small programs over the session manager and the service, each with what it must explore at least and a
//! broken twin that must fail.

use crate::explore::{CacheModel, LockModel, Model as ModelLocks, Program, Setting};
use crate::lock::{AwaitFamily, LockFamily};
use crate::session::{
    AfterUnlock, Durability, GATE, Locked, Published, SESSION, SaveMode, StateMode, UnderLock,
};

use super::broken::Torn;
use super::system::{Modelled, System, Verdicts};

/// A program, put together anew for every schedule.
pub type Build = Box<dyn Fn(&mut Program)>;

/// A model: what it is called, what it must explore, and its programs.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The name.
    pub name: &'static str,
    /// What is tried, in a few words.
    pub about: &'static str,
    /// Fewer complete schedules than this mean that the explorer has stopped seeing something.
    pub min_schedules: u64,
    /// Whether a quick run includes it.
    pub quick: bool,
    /// What may go wrong, how often.
    pub mishaps: Mishaps,
    /// How the gate and the cache are locked: unfair but where the order of asking is what is looked at.
    pub fair: bool,
    shape: Shape,
    twin: Twin,
}

/// What may go wrong in a schedule, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mishaps {
    /// Tasks that are dropped.
    pub cancels: u32,
    /// Tasks that are not polled any more.
    pub leaves: u32,
    /// Calls of the store that fail or are slow.
    pub faults: u32,
}

/// What is asked of the system.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// So many tasks append so often.
    Appends { tasks: u32, each: u32, loaded: bool, evicted: bool },
    /// Appends and looks.
    Reads,
    /// A deletion against appends.
    Deletion,
    /// Two turns on one session.
    Turns,
    /// A turn and somebody who looks.
    Abandoned,
    /// Appends that are acknowledged before they are stored, and auto-save.
    WriteBehind,
}

/// What the broken twin lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Twin {
    /// Writers do not exclude each other.
    NoExclusion,
    /// Nothing orders a session's I/O.
    NoGate,
    /// A turn begins without looking whether another has.
    CarelessTurn,
    /// A turn that is dropped is not rolled back.
    ForgetfulTurn,
    /// The lock's queue lets writers pass.
    Overtaking,
}

/// What a model runs over: a strategy, as far as the explorer models it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// The rules of the session's lock.
    pub session: LockModel,
    /// The rules of the cache's lock.
    pub cache_lock: LockModel,
    /// The cache.
    pub cache: CacheModel,
    /// Whether sessions are saved under their lock.
    pub under_lock: bool,
    /// Whether their state is published.
    pub published: bool,
}

impl Over {
    /// The least that is promised: unfair locks.
    pub const UNFAIR: Self = Self {
        session: LockModel::UNFAIR,
        cache_lock: LockModel::UNFAIR_MUTEX,
        cache: CacheModel::MutexLru,
        under_lock: false,
        published: false,
    };
}

const fn appends(tasks: u32, each: u32, loaded: bool, evicted: bool) -> Shape {
    Shape::Appends { tasks, each, loaded, evicted }
}

const NOTHING: Mishaps = Mishaps { cancels: 0, leaves: 0, faults: 0 };
const ONE_CANCEL: Mishaps = Mishaps { cancels: 1, ..NOTHING };
const ONE_FAULT: Mishaps = Mishaps { faults: 1, ..NOTHING };

const fn model(
    name: &'static str,
    about: &'static str,
    min_schedules: u64,
    mishaps: Mishaps,
    shape: Shape,
    twin: Twin,
) -> Model {
    Model { name, about, min_schedules, quick: true, mishaps, fair: false, shape, twin }
}

/// Every model.
pub const MODELS: &[Model] = &[
    model(
        "appends-loaded-2x1",
        "two tasks append once to a loaded session",
        2,
        NOTHING,
        appends(2, 1, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-loaded-2x2",
        "two tasks append twice to a loaded session",
        13,
        NOTHING,
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-loaded-3x1",
        "three tasks append once to a loaded session",
        6,
        NOTHING,
        appends(3, 1, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-cold-2x2",
        "two tasks append twice to a session that is not loaded",
        613,
        NOTHING,
        appends(2, 2, false, false),
        Twin::NoGate,
    ),
    model(
        "appends-evicted-2x1",
        "two tasks append once while a foreign reader takes the session's place",
        108,
        NOTHING,
        appends(2, 1, true, true),
        Twin::NoGate,
    ),
    model(
        "reads",
        "two tasks append; one then looks at the state, the other at the session",
        38,
        NOTHING,
        Shape::Reads,
        Twin::NoExclusion,
    ),
    model(
        "deletion",
        "a deletion against two appends, the second by the same client",
        13,
        NOTHING,
        Shape::Deletion,
        Twin::NoGate,
    ),
    model(
        "turns",
        "two turns on one session: one is refused, or comes after the other",
        52,
        NOTHING,
        Shape::Turns,
        Twin::CarelessTurn,
    ),
    model(
        "abandoned-turn",
        "a turn whose client may go away at any await",
        78,
        ONE_CANCEL,
        Shape::Abandoned,
        Twin::ForgetfulTurn,
    ),
    model(
        "cancelled-appends",
        "two tasks append twice, one of them is dropped at any await",
        140,
        ONE_CANCEL,
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "cancelled-loads",
        "two tasks append once to a session that is not loaded, one is dropped at any await",
        666,
        ONE_CANCEL,
        appends(2, 1, false, false),
        Twin::NoGate,
    ),
    model(
        "left-appends",
        "two tasks append twice, one of them is not polled any more from any await on",
        140,
        Mishaps { leaves: 1, ..NOTHING },
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "failing-store",
        "two tasks append once to a session that is not loaded, over a store that fails once or is slow",
        724,
        ONE_FAULT,
        appends(2, 1, false, false),
        Twin::NoGate,
    ),
    model(
        "write-behind",
        "two tasks append twice, acknowledged before stored, against a flush that may fail",
        7_996,
        ONE_FAULT,
        Shape::WriteBehind,
        Twin::NoExclusion,
    ),
    Model {
        fair: true,
        ..model(
            "fair-appends",
            "three tasks append to a loaded session under locks given in the order of asking",
            36,
            NOTHING,
            appends(3, 1, true, false),
            Twin::Overtaking,
        )
    },
    Model {
        quick: false,
        ..model(
            "appends-loaded-4x1",
            "four tasks append once to a loaded session",
            24,
            NOTHING,
            appends(4, 1, true, false),
            Twin::NoExclusion,
        )
    },
    Model {
        quick: false,
        ..model(
            "appends-loaded-3x2",
            "three tasks append twice to a loaded session",
            601,
            NOTHING,
            appends(3, 2, true, false),
            Twin::NoExclusion,
        )
    },
    Model {
        quick: false,
        ..model(
            "appends-cold-3x1",
            "three tasks append once to a session that is not loaded",
            44_118,
            NOTHING,
            appends(3, 1, false, false),
            Twin::NoGate,
        )
    },
    Model {
        quick: false,
        ..model(
            "appends-evicted-2x2",
            "two tasks append twice while a foreign reader takes the session's place",
            3_211,
            NOTHING,
            appends(2, 2, true, true),
            Twin::NoGate,
        )
    },
    Model {
        quick: false,
        ..model(
            "appends-evicted-3x1",
            "three tasks append once while a foreign reader takes the session's place",
            50_762,
            NOTHING,
            appends(3, 1, true, true),
            Twin::NoGate,
        )
    },
];

impl Model {
    /// The model of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// The broken twin's name.
    pub fn twin_name(&self) -> String {
        let lacks = match self.twin {
            Twin::NoExclusion => "no-exclusion",
            Twin::NoGate => "no-gate",
            Twin::CarelessTurn => "careless-turn",
            Twin::ForgetfulTurn => "no-roll-back",
            Twin::Overtaking => "overtaking",
        };
        format!("{}/{lacks}", self.name)
    }

    /// The class of fault that the twin stands for.
    pub fn twin_class(&self) -> &'static str {
        match self.twin {
            Twin::NoExclusion => "lost update",
            Twin::NoGate => "unordered I/O",
            Twin::CarelessTurn => "check then act",
            Twin::ForgetfulTurn => "cancellation",
            Twin::Overtaking => "starvation",
        }
    }

    /// The model whose twin has this name.
    pub fn of_twin(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.twin_name() == name)
    }

    /// How many of its tasks, which are the first, are alike: they differ in their number alone, which stands before the
    /// point in what they write.
    pub fn alike(&self) -> usize {
        match self.shape {
            Shape::Appends { tasks, .. } => tasks as usize,
            Shape::WriteBehind => 2,
            Shape::Reads | Shape::Deletion | Shape::Turns | Shape::Abandoned => 0,
        }
    }

    /// What it is set in, over a strategy.
    pub fn setting(&self, over: &Over) -> Setting {
        let gate = if self.fair { LockModel::FIFO_MUTEX } else { LockModel::UNFAIR_MUTEX };
        let Mishaps { cancels, leaves, faults } = self.mishaps;
        Setting { lock: over.cache_lock, cache: over.cache, cancels, leaves, faults, ..Setting::default() }
            .with_lock(&SESSION, over.session)
            .with_lock(&GATE, gate)
    }

    /// The program over a strategy.
    pub fn build(&self, over: &Over) -> Build {
        let Self { shape, fair, .. } = *self;
        match (over.under_lock, over.published) {
            (false, false) => program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, None, fair),
            (false, true) => program::<AfterUnlock, Published, ModelLocks, ModelLocks>(shape, None, fair),
            (true, false) => program::<UnderLock, Locked, ModelLocks, ModelLocks>(shape, None, fair),
            (true, true) => program::<UnderLock, Published, ModelLocks, ModelLocks>(shape, None, fair),
        }
    }

    /// The broken twin, and what it is set in.
    pub fn twin(&self) -> (Setting, Build) {
        let Self { shape, twin, fair, .. } = *self;
        let setting = self.setting(&Over::UNFAIR);
        match twin {
            Twin::NoExclusion => {
                (setting, program::<AfterUnlock, Locked, Torn, ModelLocks>(shape, None, fair))
            }
            Twin::NoGate => (setting, program::<AfterUnlock, Locked, ModelLocks, Torn>(shape, None, fair)),
            Twin::CarelessTurn | Twin::ForgetfulTurn => {
                (setting, program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, Some(twin), fair))
            }
            Twin::Overtaking => {
                let passing = setting.with_lock(&SESSION, LockModel::WRITERS_FIRST);
                let passing = passing.with_lock(&GATE, LockModel::WRITERS_FIRST);
                (passing, program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, None, true))
            }
        }
    }
}

fn program<S, P, L, G>(shape: Shape, twin: Option<Twin>, fair: bool) -> Build
where
    S: SaveMode<L>,
    P: StateMode,
    L: LockFamily,
    G: AwaitFamily,
{
    let verdicts = Verdicts::default();
    Box::new(move |program| {
        let (sessions, durability) = match shape {
            Shape::Appends { evicted: true, .. } => (2, Durability::WriteThrough),
            Shape::WriteBehind => (1, Durability::WriteBehind { max_unsaved: 1 }),
            _ => (1, Durability::WriteThrough),
        };
        let system: System<Modelled<S, P, L, G>> = System::new(sessions, 1, durability, &verdicts);
        if !matches!(shape, Shape::Appends { loaded: false, .. }) {
            let loaded = program.now(system.manager().load_context(crate::explore::numbered(0)));
            assert!(loaded.is_ok(), "it is in the store");
        }
        add_tasks(program, &system, shape, twin);
        system.must_hold(program);
        if fair {
            program.at_end(|end| match end.overtaken {
                0 => Ok(()),
                overtaken => {
                    Err(format!("one in a queue was overtaken {overtaken} times; a fair lock allows none"))
                }
            });
        }
    })
}

fn add_tasks<S, P, L, G>(
    program: &mut Program,
    system: &System<Modelled<S, P, L, G>>,
    shape: Shape,
    twin: Option<Twin>,
) where
    S: SaveMode<L>,
    P: StateMode,
    L: LockFamily,
    G: AwaitFamily,
{
    match shape {
        Shape::Appends { tasks, each, evicted, .. } => {
            for task in 0..tasks {
                let client = system.client(task.into());
                let mut plan = program.task(format_args!("client {task}")).alike();
                for nth in 0..each {
                    let text = format!("{task}.{nth}");
                    plan = plan.op(format_args!("append {text}"), client.append(0, &text));
                }
                plan.done();
            }
            if evicted {
                let foreign = system.client(99);
                program.task("foreign reader").op("look at session 1", foreign.foreign_read(1)).done();
            }
        }
        Shape::Reads => {
            let [one, other] = [0, 1].map(|process| system.client(process));
            let plan = program.task("client 0").op("append a", one.append(0, "a"));
            plan.op("look at the state", one.state(0)).done();
            let plan = program.task("client 1").op("append b", other.append(0, "b"));
            plan.op("look at the session", other.look(0)).done();
        }
        Shape::Deletion => {
            let [writer, deleter] = [0, 1].map(|process| system.client(process));
            let plan = program.task("writer").op("append a", writer.append(0, "a"));
            plan.op("append b", writer.append(0, "b")).done();
            program.task("deleter").op("delete", deleter.delete(0)).done();
        }
        Shape::Turns => {
            for task in 0..2 {
                let client = system.client(task);
                let text = format!("hello from {task}");
                let plan = program.task(format_args!("client {task}"));
                match twin {
                    None => plan.op(format_args!("turn {task}"), client.turn(0, &text)),
                    Some(_) => plan.op(format_args!("turn {task}"), client.careless_turn(0, &text)),
                }
                .done();
            }
        }
        Shape::Abandoned => {
            let [speaker, reader] = [0, 1].map(|process| system.client(process));
            let plan = program.task("speaker");
            match twin {
                None => plan.op("turn", speaker.turn(0, "hello")),
                Some(_) => plan.op("turn", speaker.forgetful_turn(0, "hello")),
            }
            .done();
            program.task("reader").op("look at the state", reader.state(0)).steady().done();
        }
        Shape::WriteBehind => {
            for task in 0..2 {
                let client = system.client(task);
                let mut plan = program.task(format_args!("client {task}")).alike();
                for nth in 0..2 {
                    let text = format!("{task}.{nth}");
                    plan = plan.op(format_args!("append {text}"), client.append(0, &text));
                }
                plan.done();
            }
            program.task("auto-save").op("flush", system.client(2).flush()).done();
        }
    }
}
