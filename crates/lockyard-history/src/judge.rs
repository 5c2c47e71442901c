//! From a recording to a verdict, whatever it is of: for code that runs a system and does not know its specification.

use std::time::Duration;

use super::check::check;
use super::recording::Recording;
use super::spec::SequentialSpec;
use super::verdict::Verdict;

/// A specification that can judge what was recorded by it.
///
/// Unless said otherwise, that is by the search, as [`check`] does: `impl Judge for Bank {}`. A specification whose
/// answers say more of their order may know a faster way, and leave to the search what that does not decide: see
/// [`Checker::decide_key`](crate::Checker::decide_key).
pub trait Judge: SequentialSpec<Call: Clone, Answer: Clone> + Sized {
    /// Judges a recording. The budget is for the search; `name` gives the name of a key by its number, for the drawing
    /// of a violation.
    fn judge(&self, recording: &Recording<Self>, budget: Duration, name: &dyn Fn(u32) -> String) -> Verdict {
        check(self, &recording.history(name), budget)
    }
}

impl<S: Judge + Default> Recording<S> {
    /// Judges what was recorded, as its specification [does](Judge::judge).
    pub fn judge(&self, budget: Duration, name: impl Fn(u32) -> String) -> Verdict {
        S::default().judge(self, budget, &name)
    }
}
