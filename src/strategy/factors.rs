//! The factors of a strategy and their values, as names: what can be chosen, and how it is written.

use std::fmt;
use std::str::FromStr;

use crate::backend::service::DtoPolicy;
use crate::backend::session::{Locked, Published, StateMode};
use crate::unknown::Unknown;

use super::custom::{custom_caches, custom_locks};
use super::error::StrategyError;
use super::kinds::{CacheKind, LockKind};

/// When a session is saved, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SaveKind {
    /// [`AfterUnlock`](crate::backend::session::AfterUnlock)
    AfterUnlock,
    /// [`UnderLock`](crate::backend::session::UnderLock)
    UnderLock,
}

/// How a session's state is read, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatePolicy {
    /// [`Locked`]: what is meant where nothing is said.
    #[default]
    Locked,
    /// [`Published`]
    Published,
}

/// A choice for every factor: a complete strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factors {
    /// The lock of a session.
    pub session: LockKind,
    /// The cache of sessions.
    pub cache: CacheKind,
    /// What answers are built from.
    pub dto: DtoPolicy,
    /// When a session is saved.
    pub save: SaveKind,
    /// How a session's state is read.
    pub state: StatePolicy,
}

impl Factors {
    /// Whether the types are those of `other`: how answers are built is no type, and decided as the program runs.
    pub fn has_types_of(self, other: Self) -> bool {
        Self { dto: other.dto, ..self } == other
    }
}

impl SaveKind {
    const ALL: [Self; 2] = [Self::AfterUnlock, Self::UnderLock];

    const fn name(self) -> &'static str {
        match self {
            Self::AfterUnlock => "after-unlock",
            Self::UnderLock => "under-lock",
        }
    }
}

impl StatePolicy {
    const ALL: [Self; 2] = [Self::Locked, Self::Published];

    const fn name(self) -> &'static str {
        match self {
            Self::Locked => Locked::NAME,
            Self::Published => <Published>::NAME,
        }
    }

    /// As it stands at the end of a strategy: not at all, where it is what is meant anyway.
    pub(super) fn suffix(self) -> String {
        if self == Self::default() { String::new() } else { format!(",state={self}") }
    }
}

impl DtoPolicy {
    const ALL: [Self; 2] = [Self::Borrowed, Self::Cloned];

    const fn name(self) -> &'static str {
        match self {
            Self::Borrowed => "borrowed",
            Self::Cloned => "cloned",
        }
    }
}

/// Finds `given` among named values, or says what there is.
fn choose<T: Copy>(
    factor: &'static str,
    given: &str,
    all: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> String,
) -> Result<T, StrategyError> {
    let all: Vec<(String, T)> = all.into_iter().map(|value| (name(&value), value)).collect();
    match all.iter().find(|(name, _)| name == given) {
        Some((_, value)) => Ok(*value),
        None => Err(Unknown::new(factor, given, all.into_iter().map(|(name, _)| name)).into()),
    }
}

impl FromStr for LockKind {
    type Err = StrategyError;

    fn from_str(given: &str) -> Result<Self, StrategyError> {
        let custom = custom_locks().iter().copied().map(Self::Custom);
        choose("lock", given, Self::ALL.into_iter().chain(custom), Self::to_string)
    }
}

impl FromStr for CacheKind {
    type Err = StrategyError;

    fn from_str(given: &str) -> Result<Self, StrategyError> {
        let custom = custom_caches().iter().copied().map(Self::Custom);
        choose("cache", given, Self::all().into_iter().chain(custom), Self::to_string)
    }
}

impl FromStr for Factors {
    type Err = StrategyError;

    /// Reads `session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]`, in any order, each once.
    fn from_str(given: &str) -> Result<Self, StrategyError> {
        let (mut session, mut cache, mut dto, mut save, mut state) = (None, None, None, None, None);
        for part in given.split(',') {
            let (factor, value) =
                part.split_once('=').ok_or_else(|| StrategyError::NotAFactor { part: part.to_owned() })?;
            let (factor, value) = (factor.trim(), value.trim());
            let repeated = match factor {
                "session" => session.replace(value.parse()?).is_some(),
                "cache" => cache.replace(value.parse()?).is_some(),
                "dto" => {
                    dto.replace(choose("dto policy", value, DtoPolicy::ALL, DtoPolicy::to_string)?).is_some()
                }
                "save" => {
                    save.replace(choose("save policy", value, SaveKind::ALL, SaveKind::to_string)?).is_some()
                }
                "state" => state
                    .replace(choose("state policy", value, StatePolicy::ALL, StatePolicy::to_string)?)
                    .is_some(),
                other => {
                    return Err(Unknown::new("factor", other, FACTORS.into_iter().chain(["state"])).into());
                }
            };
            if repeated {
                return Err(StrategyError::Repeated { factor: factor.to_owned() });
            }
        }
        match (session, cache, dto, save) {
            (Some(session), Some(cache), Some(dto), Some(save)) => {
                Ok(Self { session, cache, dto, save, state: state.unwrap_or_default() })
            }
            (session, cache, dto, save) => {
                let given = [session.is_some(), cache.is_some(), dto.is_some(), save.is_some()];
                let missing =
                    FACTORS.into_iter().zip(given).filter(|(_, given)| !given).map(|(name, _)| name);
                Err(StrategyError::Missing { factors: missing.collect() })
            }
        }
    }
}

impl Factors {
    /// Each factor's name and value, in the order in which they are written; what is meant where nothing is said, too.
    pub fn named(self) -> [(&'static str, String); 5] {
        let Self { session, cache, dto, save, state } = self;
        [
            ("session", session.to_string()),
            ("cache", cache.to_string()),
            ("dto", dto.to_string()),
            ("save", save.to_string()),
            ("state", state.to_string()),
        ]
    }
}

/// What every strategy must say.
const FACTORS: [&str; 4] = ["session", "cache", "dto", "save"];

impl fmt::Display for DtoPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SaveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for StatePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Factors {
    /// As it is written: what is meant where nothing is said is not said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, cache, dto, save, state } = self;
        write!(f, "session={session},cache={cache},dto={dto},save={save}{}", state.suffix())
    }
}
