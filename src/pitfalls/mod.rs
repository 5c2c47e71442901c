//! Pitfalls: ways to get it wrong that people have shipped, each a few dozen lines at a seam, with its correct twin and the
//! checks that must catch it.
//!
//! They prove that the checks can fail: a check that finds nothing in correct code says something only if it finds
//! what is wrong in wrong code. The good code knows nothing of them. Each file is one pitfall: what is wrong, where it was
//! met, both variants, and a [`Trial`] for each check that must tell the two apart.
//!
//! ```
//! use lockyard::pitfalls::{Pitfall, Variant};
//!
//! let two_sessions = Pitfall::named("two-sessions").expect("it is listed");
//! for trial in two_sessions.trials {
//!     assert!(trial.alarms(Variant::Wrong).is_some(), "{} misses it", trial.check());
//!     assert_eq!(trial.alarms(Variant::Right), None, "{} cries wolf", trial.check());
//! }
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `trial` | the checks, and how each tries a variant |
//! | `cast` | programs of a few parts that meet at locks, for the explorer and for tracked locks alike |
//! | `live` | a cast on a real runtime with tracked locks |
//! | all others | one pitfall each |

mod abba_cache_session;
mod block_on_in_runtime;
mod blocking_guard_across_await;
mod cast;
mod futurelock;
mod live;
mod recursive_read;
mod starved_writer;
mod trial;
mod two_sessions;
mod upgrade;

pub use cast::{Beat, Cast, Part};
pub use live::{Live, Seen};
pub use trial::{Alarm, Explored, Trial, Variant};

/// One way to get it wrong.
#[derive(Debug)]
pub struct Pitfall {
    /// The name on the command line and in reports.
    pub name: &'static str,
    /// The class of fault, such as `deadlock`.
    pub class: &'static str,
    /// What is wrong, in a sentence.
    pub about: &'static str,
    /// Where it was met.
    pub met: &'static str,
    /// The checks that must catch it, each with the program that it tries.
    pub trials: &'static [Trial],
}

/// Every pitfall.
pub const PITFALLS: &[&Pitfall] = &[
    &abba_cache_session::PITFALL,
    &recursive_read::PITFALL,
    &futurelock::PITFALL,
    &blocking_guard_across_await::PITFALL,
    &upgrade::PITFALL,
    &two_sessions::PITFALL,
    &block_on_in_runtime::PITFALL,
    &starved_writer::PITFALL,
];

impl Pitfall {
    /// The pitfall of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PITFALLS.iter().copied().find(|pitfall| pitfall.name == name)
    }

    /// The names of the checks that must catch it, as they stand in records.
    pub fn checks(&self) -> Vec<&'static str> {
        self.trials.iter().map(Trial::check).collect()
    }

    /// The trials that need no build of their own and no exploring: they are run as a program runs.
    pub fn at_run_time(&self) -> impl Iterator<Item = &'static Trial> {
        self.trials.iter().filter(|trial| trial.is_at_run_time())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_names_and_unique() {
        let names: BTreeSet<_> = PITFALLS.iter().map(|pitfall| pitfall.name).collect();
        assert_eq!(names.len(), PITFALLS.len());
        for pitfall in PITFALLS {
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(pitfall.name.chars().all(plain), "{}", pitfall.name);
            assert!(!pitfall.trials.is_empty() && !pitfall.met.is_empty(), "{}", pitfall.name);
            let checks: BTreeSet<_> = pitfall.checks().into_iter().collect();
            assert_eq!(checks.len(), pitfall.trials.len(), "{}: a check is named twice", pitfall.name);
        }
    }

    /// Every check that is named and can run here tells the two variants apart.
    #[test]
    fn every_trial_catches_the_pitfall_and_not_its_twin() {
        for pitfall in PITFALLS {
            for trial in pitfall.trials.iter().filter(|trial| trial.runs_here()) {
                let (name, check) = (pitfall.name, trial.check());
                assert!(trial.alarms(Variant::Wrong).is_some(), "{check} misses {name}");
                let alarm = trial.alarms(Variant::Right);
                assert!(alarm.is_none(), "{check} cries wolf over the twin of {name}: {alarm:?}");
            }
        }
    }
}
