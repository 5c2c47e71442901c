//! What can be wrong with a strategy, said so that the next try is right.

use crate::unknown::Unknown;

/// What is wrong with a strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// A name that is not known.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// Part of a strategy that chooses nothing.
    #[error(
        "`{part}` is no factor=value; write session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]"
    )]
    NotAFactor {
        /// The part.
        part: String,
    },
    /// A factor that is chosen twice.
    #[error("the factor `{factor}` is given twice; once is enough")]
    Repeated {
        /// The factor.
        factor: String,
    },
    /// Factors that are not chosen.
    #[error("the strategy does not say: {}; write session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]", .factors.join(", "))]
    Missing {
        /// The factors.
        factors: Vec<&'static str>,
    },
    /// Saving under a lock that blocks its thread while it waits.
    #[error(
        "save=under-lock keeps the session's guard across an await, and the guard of {lock} must not be; \
         use one of: {able}, or save=after-unlock"
    )]
    CannotHold {
        /// The lock.
        lock: &'static str,
        /// Those that can.
        able: String,
    },
    /// A combination that makes sense but is not compiled.
    #[error("{given} is not built; built are, with any dto:\n  {built}")]
    NotBuilt {
        /// The combination.
        given: String,
        /// Those that are.
        built: String,
    },
    /// A strategy that is built, and not with tracked locks.
    #[error("{given} is not built with tracked locks; the presets are: {presets}")]
    NotTracked {
        /// The strategy.
        given: String,
        /// Those that are.
        presets: String,
    },
    /// A way without its two ends.
    #[error("`{given}` is no way between two strategies; write FROM..TO, such as before..after")]
    NotAWay {
        /// What was given.
        given: String,
    },
    /// Two strategies between which there is nothing.
    #[error("{from} and {to} differ in no factor, so there is no effect to measure")]
    NoWay {
        /// The one.
        from: String,
        /// The other.
        to: String,
    },
    /// Two strategies between which something is missing.
    #[error(
        "an ablation from {from} to {to} measures every combination of their factors, and these cannot \
         be:\n  {missing}\nall are built between {instead}"
    )]
    WayNotBuilt {
        /// The start of the way.
        from: String,
        /// Its end.
        to: String,
        /// The combinations that cannot be measured, and why.
        missing: String,
        /// Ways that can.
        instead: String,
    },
}
