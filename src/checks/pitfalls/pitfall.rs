//! A pitfall: what is wrong, where it was met, and how each check tries it.

use super::trial::Trial;

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

impl Pitfall {
    /// The names of the checks that must catch it, as they stand in records.
    pub fn checks(&self) -> Vec<&'static str> {
        self.trials.iter().map(Trial::check).collect()
    }

    /// The trials that need no build of their own and no exploring: they are run as a program runs.
    pub fn at_run_time(&self) -> impl Iterator<Item = &'static Trial> {
        self.trials.iter().filter(|trial| trial.is_at_run_time())
    }
}
