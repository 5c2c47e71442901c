//! The models: small programs over the session manager and the service, each with what it must explore at least and a
//! mutant that must fail.

use crate::backend::session::{AfterUnlock, GATE, Locked, Published, SESSION, UnderLock};
use crate::checks::explored::{CacheModel, ModelWord};
use lockyard_explore::{LockModel, ModelLocks, Setting};

use super::broken::{Torn, Unhelpful};
use super::programs::{Build, Mutant, ProgramKind, program};

/// A state published in a word that the explorer sees.
type ModelPublished = Published<ModelWord>;

/// A model: what it is called, what it must explore, and its programs.
#[derive(Clone, Copy, Debug)]
pub struct ModelCheck {
    /// The name.
    pub name: &'static str,
    /// What is tried, in a few words.
    pub about: &'static str,
    /// What it must explore.
    pub min_schedules: MinSchedules,
    /// Whether a quick run includes it.
    pub quick: bool,
    /// What may go wrong, how often.
    pub budget: FaultBudget,
    /// How the gate and the cache are locked: unfair but where the order of asking is what is looked at.
    pub fair: bool,
    shape: ProgramKind,
    mutant: Mutant,
}

/// How many schedules a search must complete, over strategies that save under the session's lock and over those that save
/// after it: fewer mean that the explorer has stopped seeing something. Counted over every combination that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinSchedules {
    /// Where a lock that is held meanwhile leaves fewer orders.
    pub under_lock: u64,
    /// Where others come in between.
    pub after_unlock: u64,
}

/// What may go wrong in a schedule, how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultBudget {
    /// Tasks that are dropped.
    pub cancels: u32,
    /// Tasks that are not polled any more.
    pub stalls: u32,
    /// Calls of the store that fail or are slow.
    pub faults: u32,
}

/// What a model runs over: a strategy, as far as the explorer models it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrategyModel {
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

impl StrategyModel {
    /// The least that is promised: unfair locks.
    pub const UNFAIR: Self = Self {
        session: LockModel::UNFAIR,
        cache_lock: LockModel::UNFAIR_MUTEX,
        cache: CacheModel::MutexLru,
        under_lock: false,
        published: false,
    };
}

const fn appends(tasks: u32, each: u32, loaded: bool, evicted: bool) -> ProgramKind {
    ProgramKind::Appends { tasks, each, loaded, evicted }
}

const NOTHING: FaultBudget = FaultBudget { cancels: 0, stalls: 0, faults: 0 };
const ONE_CANCEL: FaultBudget = FaultBudget { cancels: 1, ..NOTHING };
const ONE_FAULT: FaultBudget = FaultBudget { faults: 1, ..NOTHING };

const fn model(
    name: &'static str,
    about: &'static str,
    min_schedules: MinSchedules,
    budget: FaultBudget,
    shape: ProgramKind,
    mutant: Mutant,
) -> ModelCheck {
    ModelCheck { name, about, min_schedules, quick: true, budget, fair: false, shape, mutant }
}

/// Every model.
pub const MODELS: &[ModelCheck] = &[
    model(
        "appends-loaded-2x1",
        "two tasks append once to a loaded session",
        MinSchedules { under_lock: 2, after_unlock: 8 },
        NOTHING,
        appends(2, 1, true, false),
        Mutant::NoExclusion,
    ),
    model(
        "appends-loaded-2x2",
        "two tasks append twice to a loaded session",
        MinSchedules { under_lock: 10, after_unlock: 122 },
        NOTHING,
        appends(2, 2, true, false),
        Mutant::NoExclusion,
    ),
    model(
        "appends-loaded-3x1",
        "three tasks append once to a loaded session",
        MinSchedules { under_lock: 6, after_unlock: 144 },
        NOTHING,
        appends(3, 1, true, false),
        Mutant::NoExclusion,
    ),
    model(
        "appends-cold-2x2",
        "two tasks append twice to a session that is not loaded",
        MinSchedules { under_lock: 286, after_unlock: 3_090 },
        NOTHING,
        appends(2, 2, false, false),
        Mutant::NoGate,
    ),
    model(
        "appends-evicted-2x1",
        "two tasks append once while a foreign reader evicts the session",
        MinSchedules { under_lock: 60, after_unlock: 216 },
        NOTHING,
        appends(2, 1, true, true),
        Mutant::NoGate,
    ),
    model(
        "reads",
        "two tasks append; one then reads the state, the other the session",
        MinSchedules { under_lock: 14, after_unlock: 21 },
        NOTHING,
        ProgramKind::Reads,
        Mutant::NoExclusion,
    ),
    model(
        "look-then-state",
        "a client looks at the session and then at its state, beside an append",
        MinSchedules { under_lock: 6, after_unlock: 5 },
        NOTHING,
        ProgramKind::LookThenState,
        Mutant::Unhelpful,
    ),
    model(
        "deletion",
        "a deletion against two appends, the second by the same client",
        MinSchedules { under_lock: 6, after_unlock: 9 },
        NOTHING,
        ProgramKind::Deletion,
        Mutant::NoGate,
    ),
    model(
        "turns",
        "two turns on one session: one is refused, or follows the other",
        MinSchedules { under_lock: 23, after_unlock: 45 },
        NOTHING,
        ProgramKind::Turns,
        Mutant::CarelessTurn,
    ),
    model(
        "abandoned-turn",
        "a turn whose client may be cancelled at any await",
        MinSchedules { under_lock: 74, after_unlock: 78 },
        ONE_CANCEL,
        ProgramKind::Abandoned,
        Mutant::ForgetfulTurn,
    ),
    model(
        "cancelled-appends",
        "two tasks append twice, one of them is cancelled at any await",
        MinSchedules { under_lock: 112, after_unlock: 805 },
        ONE_CANCEL,
        appends(2, 2, true, false),
        Mutant::NoExclusion,
    ),
    model(
        "cancelled-loads",
        "two tasks append once to a session that is not loaded, one is cancelled at any await",
        MinSchedules { under_lock: 358, after_unlock: 867 },
        ONE_CANCEL,
        appends(2, 1, false, false),
        Mutant::NoGate,
    ),
    model(
        "left-appends",
        "two tasks append twice, one of them is stalled from any await on",
        MinSchedules { under_lock: 112, after_unlock: 805 },
        FaultBudget { stalls: 1, ..NOTHING },
        appends(2, 2, true, false),
        Mutant::NoExclusion,
    ),
    model(
        "failing-store",
        "two tasks append once to a session that is not loaded, over a store that fails once or is slow",
        MinSchedules { under_lock: 388, after_unlock: 1_144 },
        ONE_FAULT,
        appends(2, 1, false, false),
        Mutant::NoGate,
    ),
    model(
        "write-behind",
        "two tasks append twice, acknowledged before stored, against a flush that may fail",
        MinSchedules { under_lock: 6_028, after_unlock: 13_700 },
        ONE_FAULT,
        ProgramKind::WriteBehind,
        Mutant::NoExclusion,
    ),
    ModelCheck {
        fair: true,
        ..model(
            "fair-appends",
            "three tasks append to a loaded session under FIFO locks",
            MinSchedules { under_lock: 36, after_unlock: 516 },
            NOTHING,
            appends(3, 1, true, false),
            Mutant::Overtaking,
        )
    },
    ModelCheck {
        quick: false,
        ..model(
            "appends-loaded-4x1",
            "four tasks append once to a loaded session",
            MinSchedules { under_lock: 24, after_unlock: 4_512 },
            NOTHING,
            appends(4, 1, true, false),
            Mutant::NoExclusion,
        )
    },
    ModelCheck {
        quick: false,
        ..model(
            "appends-loaded-3x2",
            "three tasks append twice to a loaded session",
            MinSchedules { under_lock: 308, after_unlock: 93_659 },
            NOTHING,
            appends(3, 2, true, false),
            Mutant::NoExclusion,
        )
    },
    ModelCheck {
        quick: false,
        ..model(
            "appends-cold-3x1",
            "three tasks append once to a session that is not loaded",
            MinSchedules { under_lock: 8_438, after_unlock: 159_252 },
            NOTHING,
            appends(3, 1, false, false),
            Mutant::NoGate,
        )
    },
    ModelCheck {
        quick: false,
        ..model(
            "appends-evicted-2x2",
            "two tasks append twice while a foreign reader evicts the session",
            MinSchedules { under_lock: 756, after_unlock: 6_632 },
            NOTHING,
            appends(2, 2, true, true),
            Mutant::NoGate,
        )
    },
    ModelCheck {
        quick: false,
        ..model(
            "appends-evicted-3x1",
            "three tasks append once while a foreign reader evicts the session",
            MinSchedules { under_lock: 11_470, after_unlock: 200_048 },
            NOTHING,
            appends(3, 1, true, true),
            Mutant::NoGate,
        )
    },
];

impl ModelCheck {
    /// The model of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// How many schedules it must complete over a strategy.
    pub fn min_schedules(&self, over: &StrategyModel) -> u64 {
        if over.under_lock { self.min_schedules.under_lock } else { self.min_schedules.after_unlock }
    }

    /// The mutant's name.
    pub fn mutant_name(&self) -> String {
        let lacks = match self.mutant {
            Mutant::NoExclusion => "no-exclusion",
            Mutant::NoGate => "no-gate",
            Mutant::CarelessTurn => "careless-turn",
            Mutant::ForgetfulTurn => "no-roll-back",
            Mutant::Overtaking => "overtaking",
            Mutant::Unhelpful => "no-help",
        };
        format!("{}/{lacks}", self.name)
    }

    /// The class of fault that the mutant stands for.
    pub fn mutant_class(&self) -> &'static str {
        match self.mutant {
            Mutant::NoExclusion => "lost update",
            Mutant::NoGate => "unordered I/O",
            Mutant::CarelessTurn => "check then act",
            Mutant::ForgetfulTurn => "cancellation",
            Mutant::Overtaking => "starvation",
            Mutant::Unhelpful => "publication",
        }
    }

    /// The model whose mutant has this name.
    pub fn of_mutant(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.mutant_name() == name)
    }

    /// How many of its tasks, which are the first, are alike: they differ in their number alone, which stands before the
    /// point in what they write.
    pub fn alike(&self) -> usize {
        self.shape.alike()
    }

    /// What it is set in, over a strategy.
    pub fn setting(&self, over: &StrategyModel) -> Setting {
        let gate = if self.fair { LockModel::FIFO_MUTEX } else { LockModel::UNFAIR_MUTEX };
        let FaultBudget { cancels, stalls, faults } = self.budget;
        Setting { lock: over.cache_lock, cancels, stalls, faults, ..Setting::default() }
            .with_lock(&SESSION, over.session)
            .with_lock(&GATE, gate)
    }

    /// The program over a strategy.
    pub fn build(&self, over: &StrategyModel) -> Build {
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

    /// The mutant, and what it is set in.
    pub fn mutant(&self) -> (Setting, Build) {
        let Self { shape, mutant, fair, .. } = *self;
        let (setting, cache) = (self.setting(&StrategyModel::UNFAIR), StrategyModel::UNFAIR.cache);
        match mutant {
            Mutant::NoExclusion => {
                (setting, program::<AfterUnlock, Locked, Torn, ModelLocks>(shape, cache, None, fair))
            }
            Mutant::NoGate => {
                (setting, program::<AfterUnlock, Locked, ModelLocks, Torn>(shape, cache, None, fair))
            }
            Mutant::CarelessTurn | Mutant::ForgetfulTurn => (
                setting,
                program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, cache, Some(mutant), fair),
            ),
            Mutant::Overtaking => {
                let passing = setting.with_lock(&SESSION, LockModel::WRITERS_FIRST);
                let passing = passing.with_lock(&GATE, LockModel::WRITERS_FIRST);
                (passing, program::<AfterUnlock, Locked, ModelLocks, ModelLocks>(shape, cache, None, true))
            }
            Mutant::Unhelpful => (
                setting.with_lock(&SESSION, LockModel::SNAPSHOT),
                program::<AfterUnlock, Unhelpful, ModelLocks, ModelLocks>(shape, cache, None, fair),
            ),
        }
    }
}
