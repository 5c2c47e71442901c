//! The steps of one task, drawn before the clock starts, so that nothing is drawn while it runs.

use lockyard_bench::Random;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::Distribution;

use super::keys::Keys;
use super::operation::Operation;
use super::scenario::{Role, Scenario, WriterKeys};

/// One thing to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to ask.
    pub operation: Operation,
    /// The index of the session to ask it of; what an operation without a session makes of it, is up to the client.
    pub session: u32,
    /// Fresh randomness, for whatever else the operation needs drawn.
    pub salt: u32,
}

/// What one task asks, over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    steps: Box<[Step]>,
}

impl Trace {
    /// Steps before the trace begins again: enough for the skew to show, few enough to stay in the processor's cache. A
    /// power of two, so that the step of a number is a mask away.
    pub const LEN: usize = 4_096;

    /// The trace of task `task_index` of `scenario`: the same for the same seed, whatever serves it.
    ///
    /// # Panics
    ///
    /// If the scenario has no such task.
    pub fn generate(scenario: &Scenario, seed: u64, task_index: u32) -> Self {
        let (group, index) = scenario.group(task_index);
        let own = group.role == Role::Writer && scenario.writer_keys == WriterKeys::Own;
        let keys = Keys::new(scenario.sessions.get(), scenario.zipf, seed);
        let mut rng = Random::stream(seed, 1 + u64::from(task_index)); // the ranks are shuffled by stream 0

        // Systematic sampling: points evenly spaced over the mix, with a random start. Every operation occurs as often as
        // its share says, rounded up or down by chance; independent draws would give each task another mix.
        let start: f64 = rng.random();
        let point = |step: usize| (step as f64 + start) / Self::LEN as f64;
        let mut operations: Vec<_> = (0..Self::LEN).map(|step| group.mix.at(point(step))).collect();
        operations.shuffle(&mut rng);

        let step = |operation| Step {
            operation,
            session: if own { index % scenario.sessions } else { keys.sample(&mut rng) },
            salt: rng.random(),
        };
        Self { steps: operations.into_iter().map(step).collect() }
    }

    /// The step `number`, from 0; after [`LEN`](Self::LEN) steps the trace begins again.
    #[inline]
    pub fn step(&self, number: u64) -> &Step {
        &self.steps[number as usize & (Self::LEN - 1)]
    }

    /// One pass over the trace.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn load(name: &str, overrides: &[&str]) -> Scenario {
        Scenario::load(name, overrides).expect("a valid scenario")
    }

    #[test]
    fn a_trace_follows_from_seed_and_task() {
        let scenario = load("polling", &[]);
        let trace = Trace::generate(&scenario, 42, 3);
        assert_eq!(trace, Trace::generate(&scenario, 42, 3));
        assert_ne!(trace, Trace::generate(&scenario, 43, 3));
        assert_ne!(trace, Trace::generate(&scenario, 42, 4));
    }

    /// If this fails, every seed in every record has lost its meaning: do not adjust the values, find what changed.
    #[test]
    fn a_seed_means_the_same_steps_in_every_build() {
        let trace = Trace::generate(&load("polling", &[]), 42, 0);
        let first: Vec<_> = (0..3).map(|n| trace.step(n)).map(|s| (s.operation, s.session, s.salt)).collect();
        assert_eq!(
            first,
            [
                (Operation::GetContextState, 79, 1_703_694_964),
                (Operation::GetContextState, 256, 4_230_744_666),
                (Operation::GetContextState, 51, 1_598_645_600),
            ]
        );
    }

    #[test]
    fn every_task_has_the_mix_of_the_scenario() {
        for scenario in Scenario::builtins() {
            for task_index in 0..scenario.tasks() {
                let (group, _) = scenario.group(task_index);
                let trace = Trace::generate(&scenario, 7, task_index);
                for operation in Operation::ALL {
                    let found =
                        trace.steps().iter().filter(|step| step.operation == operation).count() as f64;
                    let expected = group.mix.share(operation) * Trace::LEN as f64;
                    assert!(
                        (found - expected).abs() < 1.0,
                        "{} task {task_index}: {operation} {found} times, not {expected}",
                        scenario.name
                    );
                }
            }
        }
    }

    /// The rarest share, one in 20,000 here, is less than one step of a trace. It must not be rounded away everywhere.
    #[test]
    fn a_rare_operation_occurs_in_its_share_of_the_tasks() {
        let rare = [
            "read_percent=100",
            "reads={get_context=0.005, get_context_state=99.995}",
            "tasks=400",
            "sessions=1",
        ];
        let scenario = load("polling", &rare);
        let of_task = |index| {
            let trace = Trace::generate(&scenario, 11, index);
            trace.steps().iter().filter(|step| step.operation == Operation::GetContext).count()
        };
        let found: usize = (0..400).map(of_task).sum();
        assert!((60..=104).contains(&found), "{found} of 82 expected"); // 4096 · 400 / 20000 = 82, deviation 8
    }

    #[test]
    fn writers_of_their_own_sessions_stick_to_them() {
        let scenario = load("streaming", &["sessions=7"]);
        let readers = scenario.tasks_of(Role::Reader);
        for writer in [0, 1, 6, 7, 99] {
            let trace = Trace::generate(&scenario, 5, readers + writer);
            assert!(trace.steps().iter().all(|step| step.session == writer % 7 && !step.operation.is_read()));
        }
        let sessions: BTreeSet<_> =
            Trace::generate(&scenario, 5, 0).steps().iter().map(|s| s.session).collect();
        assert_eq!(sessions.len(), 7, "readers are not bound");
    }

    #[test]
    fn all_tasks_agree_on_what_is_hot() {
        let scenario = load("polling", &["zipf=2"]);
        let hottest = Keys::new(1_000, 2.0, 9).by_rank()[0];
        for task_index in 0..4 {
            let trace = Trace::generate(&scenario, 9, task_index);
            let hot = trace.steps().iter().filter(|step| step.session == hottest).count();
            assert!(hot > Trace::LEN / 2, "{hot}"); // 1 / ζ(2) = 61 %
        }
    }

    #[test]
    fn a_trace_begins_again_after_its_end() {
        let trace = Trace::generate(&load("polling", &[]), 1, 0);
        assert_eq!(trace.step(Trace::LEN as u64 + 5), trace.step(5));
        assert_eq!(trace.step(u64::MAX), trace.step(Trace::LEN as u64 - 1));
    }
}
