//! The strategies with names of their own.

use crate::backend::service::DtoPolicy::{Borrowed, Cloned};

use super::assemble;
use super::error::StrategyError;
use super::factors::CacheKind::{Clock, MutexLru};
use super::factors::LockKind::{
    ArcSwap, AsyncLockMutex, AsyncLockRwLock, ParkingLotFairMutex, ParkingLotMutex, ParkingLotRwLock,
    StdMutex, StdRwLock, TokioMutex, TokioRwLock,
};
use super::factors::SaveKind::{AfterUnlock, UnderLock};
use super::factors::StatePolicy::{Locked, Published};
use super::factors::{Factors, LockKind};

/// A strategy with a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it stands for.
    pub factors: Factors,
}

/// A plain lock: the session lock varies, all else stays as it is.
const fn plain(session: LockKind, about: &'static str) -> Preset {
    let cache = MutexLru(ParkingLotMutex);
    let factors = Factors { session, cache, dto: Borrowed, save: AfterUnlock, state: Locked };
    Preset { name: session.name(), about, factors }
}

/// Every preset, in the order of the main job.
pub const PRESETS: [Preset; 14] = [
    Preset {
        name: "before",
        about: "where the change began: a Mutex, deep copies for DTOs, saving under the lock",
        factors: Factors {
            session: TokioMutex,
            cache: MutexLru(TokioMutex),
            dto: Cloned,
            save: UnderLock,
            state: Locked,
        },
    },
    Preset {
        name: "naive",
        about: "the fair baseline for locks alone: a Mutex, with everything around it in order",
        factors: Factors {
            session: TokioMutex,
            cache: MutexLru(TokioMutex),
            dto: Borrowed,
            save: AfterUnlock,
            state: Locked,
        },
    },
    Preset {
        name: "after",
        about: "where the change meant to arrive: naive with a RwLock",
        factors: Factors {
            session: TokioRwLock,
            cache: MutexLru(TokioMutex),
            dto: Borrowed,
            save: AfterUnlock,
            state: Locked,
        },
    },
    plain(TokioMutex, "tokio::sync::Mutex"),
    plain(TokioRwLock, "tokio::sync::RwLock"),
    plain(ParkingLotMutex, "parking_lot::Mutex"),
    plain(ParkingLotRwLock, "parking_lot::RwLock"),
    plain(ParkingLotFairMutex, "parking_lot::FairMutex"),
    plain(StdMutex, "std::sync::Mutex"),
    plain(StdRwLock, "std::sync::RwLock"),
    plain(AsyncLockMutex, "async_lock::Mutex"),
    plain(AsyncLockRwLock, "async_lock::RwLock"),
    plain(ArcSwap, "arc_swap::ArcSwap: readers never wait, writers publish a changed copy"),
    Preset {
        name: "best",
        about: "hits that share no lock and write nothing shared; polling clients read one atomic word",
        factors: Factors {
            session: ParkingLotRwLock,
            cache: Clock,
            dto: Borrowed,
            save: AfterUnlock,
            state: Published,
        },
    },
];

/// A strategy as somebody named it: a preset, or factors written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    name: String,
    factors: Factors,
}

impl Strategy {
    /// Reads a preset's name, or `session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]`. What it returns is built.
    ///
    /// # Errors
    /// Unknown names with the nearest known one and the list; combinations that cannot be or are not built.
    pub fn parse(given: &str) -> Result<Self, StrategyError> {
        let factors = if given.contains('=') {
            let factors = given.parse()?;
            assemble::check(factors)?;
            factors
        } else {
            let preset = PRESETS.iter().find(|preset| preset.name == given);
            preset
                .ok_or_else(|| {
                    StrategyError::unknown("strategy", given, PRESETS.iter().map(|preset| preset.name))
                })?
                .factors
        };
        Ok(Self { name: given.to_owned(), factors })
    }

    /// The strategy of these factors, which must be built: the preset if it is one, or else under its factors as a name.
    pub(super) fn of(factors: Factors) -> Self {
        let preset = PRESETS.iter().find(|preset| preset.factors == factors);
        Self { name: preset.map_or_else(|| factors.to_string(), |it| it.name.to_owned()), factors }
    }

    /// The name as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for.
    pub fn factors(&self) -> Factors {
        self.factors
    }
}
