//! The check of a reduced search: random schedules without the reduction must come to nothing that it has not seen.
//!
//! A reduction is right where steps touch nothing that is not reported to the explorer. It cannot see
//! whether that is so: two steps that share an atomic, or an uncontended foreign lock, look independent, and one of their
//! orders is left out. A random schedule may be one of those that were.

use std::time::Instant;

use super::execute::Verdict;
use super::explorer::{Explorer, repeated};
use super::failure::{Failure, FailureKind};
use super::outcomes::SeenOutcomes;
use super::proof::CROSS_CHECKS;
use super::random::RandomRun;
use super::schedule::Schedule;
use super::threads::Threads;

/// What the check has come to.
pub(super) enum CrossCheck {
    /// Nothing that the search had not seen.
    Agrees,
    /// There was not time enough, in words.
    CutShort(String),
    /// Something that it had not seen: what, and how the run failed if it did.
    Differs { shown: String, failure: Option<Failure> },
    /// The same draw did not lead to the same run.
    Nondeterministic(Box<Failure>),
}

impl Explorer {
    /// Compares a reduced search that was complete with random schedules that are not reduced. Its runs were of so many steps
    /// at most, and some failed if `fails`.
    pub(super) fn cross_check(
        &self,
        left_out: &[usize],
        threads: Threads<'_>,
        seen: &SeenOutcomes,
        (length, fails): (usize, bool),
        start: Instant,
    ) -> CrossCheck {
        let differs = threads.first(CROSS_CHECKS, |nth, executor, build| {
            // Half of them evenly, half by priorities, which come to other schedules. Of each half, one half keeps the
            // order in which tasks that are alike begin.
            let in_order = nth % 4 < 2;
            let draw = || RandomRun::new(nth, (nth % 2 == 1).then_some(3), length).in_order(in_order);
            let mut choice = draw();
            let mut run = executor.run(&self.setting, left_out, build, &mut choice, &mut |_, _| {});
            let failed = matches!(run.verdict, Verdict::Failed(_));
            if nth == 0 || failed && !fails {
                let again = executor.run(&self.setting, left_out, build, &mut draw(), &mut |_, _| {});
                run.verdict = repeated(run.verdict, run.steps, again);
            }
            let schedule = || Schedule { left_out: left_out.to_vec(), moves: choice.moves.clone() };
            if let Verdict::Failed(cause) = run.verdict {
                let schedule = schedule();
                if cause.kind == FailureKind::Nondeterminism {
                    return Some(CrossCheck::Nondeterministic(Box::new(cause.by(schedule))));
                }
                if !fails {
                    let shown = format!("schedule {schedule} fails, and the reduced search had no failure");
                    return Some(CrossCheck::Differs { shown, failure: Some(cause.by(schedule)) });
                }
            }
            // With the names of tasks that are alike exchanged, what they came to is another outcome, which stands for one
            // that was seen.
            let comparable = in_order || !run.alike;
            if let Some(outcome) = run.outcome.filter(|it| comparable && !seen.contains(it)) {
                let shown = format!(
                    "schedule {} comes to an outcome that the reduced search had not: {outcome}",
                    schedule()
                );
                return Some(CrossCheck::Differs { shown, failure: None });
            }
            self.is_late(nth, start).map(CrossCheck::CutShort)
        });
        differs.unwrap_or(CrossCheck::Agrees)
    }
}
