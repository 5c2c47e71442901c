//! The models: small programs over the session manager and the service, each with what it must explore at least and a
//! broken twin that must fail.

use crate::backend::session::{AfterUnlock, GATE, Locked, Published, SESSION, UnderLock};
use crate::checks::explored::{CacheModel, ModelWord};
use lockyard_explore::{LockModel, Model as ModelLocks, Setting};

use super::broken::Torn;
use super::programs::{Build, Shape, Twin, program};

/// A state published in a word that the explorer sees.
type ModelPublished = Published<ModelWord>;

/// A model: what it is called, what it must explore, and its programs.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The name.
    pub name: &'static str,
    /// What is tried, in a few words.
    pub about: &'static str,
    /// What it must explore.
    pub at_least: AtLeast,
    /// Whether a quick run includes it.
    pub quick: bool,
    /// What may go wrong, how often.
    pub mishaps: Mishaps,
    /// How the gate and the cache are locked: unfair but where the order of asking is what is looked at.
    pub fair: bool,
    shape: Shape,
    twin: Twin,
}

/// How many schedules a search must complete, over strategies that save under the session's lock and over those that save
/// after it: fewer mean that the explorer has stopped seeing something. Counted over every combination that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtLeast {
    /// Where a lock that is held meanwhile leaves fewer orders.
    pub under_lock: u64,
    /// Where others come in between.
    pub after_unlock: u64,
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
    at_least: AtLeast,
    mishaps: Mishaps,
    shape: Shape,
    twin: Twin,
) -> Model {
    Model { name, about, at_least, quick: true, mishaps, fair: false, shape, twin }
}

/// Every model.
pub const MODELS: &[Model] = &[
    model(
        "appends-loaded-2x1",
        "two tasks append once to a loaded session",
        AtLeast { under_lock: 2, after_unlock: 8 },
        NOTHING,
        appends(2, 1, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-loaded-2x2",
        "two tasks append twice to a loaded session",
        AtLeast { under_lock: 13, after_unlock: 190 },
        NOTHING,
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-loaded-3x1",
        "three tasks append once to a loaded session",
        AtLeast { under_lock: 6, after_unlock: 144 },
        NOTHING,
        appends(3, 1, true, false),
        Twin::NoExclusion,
    ),
    model(
        "appends-cold-2x2",
        "two tasks append twice to a session that is not loaded",
        AtLeast { under_lock: 333, after_unlock: 4_306 },
        NOTHING,
        appends(2, 2, false, false),
        Twin::NoGate,
    ),
    model(
        "appends-evicted-2x1",
        "two tasks append once while a foreign reader takes the session's place",
        AtLeast { under_lock: 68, after_unlock: 244 },
        NOTHING,
        appends(2, 1, true, true),
        Twin::NoGate,
    ),
    model(
        "reads",
        "two tasks append; one then looks at the state, the other at the session",
        AtLeast { under_lock: 22, after_unlock: 38 },
        NOTHING,
        Shape::Reads,
        Twin::NoExclusion,
    ),
    model(
        "deletion",
        "a deletion against two appends, the second by the same client",
        AtLeast { under_lock: 13, after_unlock: 20 },
        NOTHING,
        Shape::Deletion,
        Twin::NoGate,
    ),
    model(
        "turns",
        "two turns on one session: one is refused, or comes after the other",
        AtLeast { under_lock: 36, after_unlock: 88 },
        NOTHING,
        Shape::Turns,
        Twin::CarelessTurn,
    ),
    model(
        "abandoned-turn",
        "a turn whose client may go away at any await",
        AtLeast { under_lock: 120, after_unlock: 78 },
        ONE_CANCEL,
        Shape::Abandoned,
        Twin::ForgetfulTurn,
    ),
    model(
        "cancelled-appends",
        "two tasks append twice, one of them is dropped at any await",
        AtLeast { under_lock: 140, after_unlock: 1_140 },
        ONE_CANCEL,
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "cancelled-loads",
        "two tasks append once to a session that is not loaded, one is dropped at any await",
        AtLeast { under_lock: 358, after_unlock: 867 },
        ONE_CANCEL,
        appends(2, 1, false, false),
        Twin::NoGate,
    ),
    model(
        "left-appends",
        "two tasks append twice, one of them is not polled any more from any await on",
        AtLeast { under_lock: 140, after_unlock: 1_140 },
        Mishaps { leaves: 1, ..NOTHING },
        appends(2, 2, true, false),
        Twin::NoExclusion,
    ),
    model(
        "failing-store",
        "two tasks append once to a session that is not loaded, over a store that fails once or is slow",
        AtLeast { under_lock: 388, after_unlock: 1_060 },
        ONE_FAULT,
        appends(2, 1, false, false),
        Twin::NoGate,
    ),
    model(
        "write-behind",
        "two tasks append twice, acknowledged before stored, against a flush that may fail",
        AtLeast { under_lock: 7_996, after_unlock: 12_196 },
        ONE_FAULT,
        Shape::WriteBehind,
        Twin::NoExclusion,
    ),
    Model {
        fair: true,
        ..model(
            "fair-appends",
            "three tasks append to a loaded session under locks given in the order of asking",
            AtLeast { under_lock: 36, after_unlock: 516 },
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
            AtLeast { under_lock: 24, after_unlock: 4_512 },
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
            AtLeast { under_lock: 601, after_unlock: 268_412 },
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
            AtLeast { under_lock: 8_438, after_unlock: 159_252 },
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
            AtLeast { under_lock: 2_053, after_unlock: 20_101 },
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
            AtLeast { under_lock: 11_774, after_unlock: 203_716 },
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

    /// How many schedules it must complete over a strategy.
    pub fn min_schedules(&self, over: &Over) -> u64 {
        if over.under_lock { self.at_least.under_lock } else { self.at_least.after_unlock }
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
        self.shape.alike()
    }

    /// What it is set in, over a strategy.
    pub fn setting(&self, over: &Over) -> Setting {
        let gate = if self.fair { LockModel::FIFO_MUTEX } else { LockModel::UNFAIR_MUTEX };
        let Mishaps { cancels, leaves, faults } = self.mishaps;
        Setting { lock: over.cache_lock, cancels, leaves, faults, ..Setting::default() }
            .with_lock(&SESSION, over.session)
            .with_lock(&GATE, gate)
    }

    /// The program over a strategy.
    pub fn build(&self, over: &Over) -> Build {
        let Self { shape, fair, .. } = *self;
        match (over.under_lock, over.published) {
            (false, false) => {
                program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, over.cache, None, fair)
            }
            (false, true) => {
                program::<AfterUnlock, ModelPublished, ModelLocks, ModelLocks>(shape, over.cache, None, fair)
            }
            (true, false) => {
                program::<UnderLock, Locked, ModelLocks, ModelLocks>(shape, over.cache, None, fair)
            }
            (true, true) => {
                program::<UnderLock, ModelPublished, ModelLocks, ModelLocks>(shape, over.cache, None, fair)
            }
        }
    }

    /// The broken twin, and what it is set in.
    pub fn twin(&self) -> (Setting, Build) {
        let Self { shape, twin, fair, .. } = *self;
        let (setting, cache) = (self.setting(&Over::UNFAIR), Over::UNFAIR.cache);
        match twin {
            Twin::NoExclusion => {
                (setting, program::<AfterUnlock, Locked, Torn, ModelLocks>(shape, cache, None, fair))
            }
            Twin::NoGate => {
                (setting, program::<AfterUnlock, Locked, ModelLocks, Torn>(shape, cache, None, fair))
            }
            Twin::CarelessTurn | Twin::ForgetfulTurn => (
                setting,
                program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, cache, Some(twin), fair),
            ),
            Twin::Overtaking => {
                let passing = setting.with_lock(&SESSION, LockModel::WRITERS_FIRST);
                let passing = passing.with_lock(&GATE, LockModel::WRITERS_FIRST);
                (passing, program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, cache, None, true))
            }
        }
    }
}
