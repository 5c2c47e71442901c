//! Pitfalls: ways to get it wrong that people have shipped, each a few dozen lines at a seam, with its fixed variant and the
//! checks that must catch it.
//!
//! They prove that the checks can fail: a check that finds nothing in correct code says something only if it finds
//! what is wrong in wrong code. The good code knows nothing of them. Each file is one pitfall: what is wrong, where it was
//! met, both variants, and a [`Trial`] for each check that must distinguish the two.
//!
//! ```
//! use lockyard::checks::pitfalls::{Pitfall, Variant};
//!
//! let two_sessions = Pitfall::named("two-sessions").expect("it is listed");
//! for trial in two_sessions.trials {
//!     assert!(trial.alarms(Variant::Wrong).is_some(), "{} misses it", trial.check());
//!     assert_eq!(trial.alarms(Variant::Right), None, "{}: false positive", trial.check());
//! }
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `pitfall`, `detection` | a pitfall; its two variants, and what a check has to say against one |
//! | `trial` | the checks, and how each tries a variant |
//! | `program` | programs of a few parts that meet at locks, for the explorer and for tracked locks alike |
//! | `tracked` | a program on a real runtime with tracked locks |
//! | `session_env`, `host` | what programs of sessions stand on: model parts, or real ones on one thread |
//! | `fixture`, `operation_log` | a program whose operations are recorded, and the checks of the record |
//! | `kv_log` | texts under keys, recorded for the check of histories |
//! | `counting_locks` | locks that count how they were taken |
//! | `turn_fixture` | the real manager and service, for those who use them carelessly |
//! | `sessions`, `clients` | a small session manager of which each step can be another, and who uses it |
//! | `catalogue/` | one pitfall each, and the list of them |

mod catalogue;
mod clients;
mod counting_locks;
mod detection;
mod fixture;
mod host;
mod kv_log;
mod operation_log;
mod pitfall;
mod program;
mod session_env;
mod sessions;
mod tracked;
mod trial;
mod turn_fixture;

pub use catalogue::PITFALLS;
pub use detection::{Detection, Variant};
pub use pitfall::Pitfall;
pub use program::{Part, PitfallProgram, YieldFn};
pub use tracked::{TrackedProgram, TrackedRun};
pub use trial::{ExploredProgram, Trial};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::thread;

    use super::*;

    #[test]
    fn names_are_names_and_unique() {
        let names: BTreeSet<_> = PITFALLS.iter().map(|pitfall| pitfall.name).collect();
        assert_eq!(names.len(), PITFALLS.len());
        for pitfall in PITFALLS {
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(pitfall.name.chars().all(plain), "{}", pitfall.name);
            assert!(!pitfall.trials.is_empty(), "{}: there is nothing to try", pitfall.name);
            assert!(!pitfall.met.is_empty(), "{}", pitfall.name);
            let checks: BTreeSet<_> = pitfall.checks().into_iter().collect();
            assert_eq!(checks.len(), pitfall.trials.len(), "{}: a check is named twice", pitfall.name);
        }
    }

    /// Every check that is named and can run here distinguishes the two variants. Two at a time, for some wait to see
    /// that nothing moves any more.
    #[test]
    fn every_trial_catches_the_pitfall_and_not_its_twin() {
        let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let try_out = |pitfall: &Pitfall| {
            for trial in pitfall.trials.iter().filter(|trial| trial.runs_here()) {
                let (name, check) = (pitfall.name, trial.check());
                if trial.alarms(Variant::Wrong).is_none() {
                    wrong.lock().unwrap().push(format!("{check} misses {name}"));
                }
                if let Some(alarm) = trial.alarms(Variant::Right) {
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{check}: false positive on the fixed variant of {name}: {alarm:?}"));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(pitfall) = PITFALLS.get(next.fetch_add(1, Relaxed)) {
                        try_out(pitfall);
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn there_are_enough_to_say_something() {
        let classes: BTreeSet<_> = PITFALLS.iter().map(|pitfall| pitfall.class).collect();
        assert!(PITFALLS.len() >= 44 && classes.len() >= 8, "{} in {classes:?}", PITFALLS.len());
    }
}
