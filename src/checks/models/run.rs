//! The models over the strategies, their mutants and the pitfalls: what ran, and what held.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::checks::pitfalls::{PITFALLS, Pitfall, Trial, Variant};
use lockyard_bench::record::{Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport};
use lockyard_explore::{Limits, Program, Proof, Report};
use tracing::subscriber::{DefaultGuard, NoSubscriber};

use super::custom_locks::{ExploredLock, LOCK_ITSELF};
use super::list::{MODELS, ModelCheck, StrategyModel};
use super::replay::counterexample;
use super::strategies::ModelledStrategy;
use super::target::{VerifyTarget, explorer};

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The models; all by default.
    pub models: Vec<&'static str>,
    /// The strategies, with what each is modelled as.
    pub strategies: Vec<ModelledStrategy>,
    /// The locks that are tried themselves.
    pub locks: Vec<ExploredLock>,
    /// Only the models that a quick run includes.
    pub quick: bool,
    /// How far one search may go. An interrupt ends the searches that are on, and none is begun after it.
    pub limits: Limits,
    /// How many searches at once.
    pub threads: NonZeroUsize,
}

/// A search that is over.
#[derive(Clone, Copy, Debug)]
pub struct SearchProgress<'a> {
    /// How many are over, with this one.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// What came of it.
    pub line: &'a str,
    /// Whether it found what it had to, and nothing else.
    pub passes: bool,
}

enum Job {
    Try(VerifyTarget),
    Lock(ExploredLock),
}

enum JobResult {
    Model(Box<ModelResult>, Vec<String>),
    Pitfall(PitfallResult),
}

impl JobResult {
    fn passes(&self) -> bool {
        match self {
            Self::Model(it, _) => it.passes(),
            Self::Pitfall(it) => it.passes(),
        }
    }
}

/// Runs a plan. `on_result` is called with every search that is over, in the order in which they end. After an interrupt the
/// report has those that were over by then, and says so.
///
/// # Panics
/// When a search does, which would be a fault of its own: a panic of the explored code is a failure that is reported.
pub fn run(plan: &Plan, on_result: &(dyn Fn(SearchProgress<'_>) + Sync)) -> VerificationReport {
    let chosen = |model: &&&ModelCheck| {
        if plan.models.is_empty() { !plan.quick || model.quick } else { plan.models.contains(&model.name) }
    };
    let all: Vec<&'static ModelCheck> = MODELS.iter().collect();
    let mut jobs = Vec::new();
    for model in all.iter().filter(chosen).copied() {
        let sound = |it: &ModelledStrategy| VerifyTarget::Sound(model, it.name.clone(), it.over);
        jobs.extend(plan.strategies.iter().map(sound).map(Job::Try));
        jobs.push(Job::Try(VerifyTarget::Mutant(model)));
    }
    if plan.models.is_empty() || plan.models.contains(&LOCK_ITSELF) {
        jobs.extend(plan.locks.iter().copied().map(Job::Lock));
    }
    if plan.models.is_empty() {
        jobs.extend(PITFALLS.iter().map(|pitfall| Job::Try(VerifyTarget::Pitfall(pitfall))));
    }
    let (next, ended, found) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..plan.threads.get() {
            scope.spawn(|| {
                let _silence = silence();
                while !plan.limits.is_interrupted() {
                    let nth = next.fetch_add(1, Relaxed);
                    let Some(job) = jobs.get(nth) else { break };
                    // What an interrupt has cut short has no result: it would look like a bound, or like a bug that is missed.
                    let result = match job {
                        Job::Try(subject) => {
                            let left = jobs.len() - nth;
                            try_out(subject, &plan.limits, threads_of_one(plan.threads, left))
                        }
                        Job::Lock(lock) => {
                            lock.result(&plan.limits).map(|it| JobResult::Model(Box::new(it), Vec::new()))
                        }
                    };
                    let Some(result) = result else { break };
                    let (done, of) = (ended.fetch_add(1, Relaxed) + 1, jobs.len());
                    on_result(SearchProgress { done, of, line: &one_line(&result), passes: result.passes() });
                    found.lock().expect("no thread panics with the lock held").push((nth, result));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no thread panics with the lock held");
    found.sort_by_key(|(nth, _)| *nth);
    // Not whether the signal came: what was all done when it came misses nothing.
    let interrupted = found.len() < jobs.len();
    let mut verification = VerificationReport { interrupted, ..VerificationReport::default() };
    for (_, result) in found {
        match result {
            JobResult::Model(mut result, coarse) => {
                let representative = plan.strategies.iter().find(|it| it.name == result.strategy);
                result.represents = representative.map(|it| it.represents.clone()).unwrap_or_default();
                verification.models.push(*result);
                verification.coarse_steps.extend(coarse);
            }
            JobResult::Pitfall(result) => verification.pitfalls.push(result),
        }
    }
    verification.coarse_steps.sort();
    verification.coarse_steps.dedup();
    verification
}

fn one_line(found: &JobResult) -> String {
    match found {
        JobResult::Model(it, _) => {
            let verdict = match (it.holds, &it.unsound) {
                (false, _) => "VIOLATION",
                (true, Some(_)) => "UNSOUND",
                (true, None) => "no violation",
            };
            format!(
                "{} over {}: {verdict}, {} schedules, {} ms",
                it.model, it.strategy, it.schedules, it.millis
            )
        }
        JobResult::Pitfall(it) => format!("{}: {}", it.pitfall, it.outcome()),
    }
}

/// While it lives, what a model's store is told to refuse is no event of this program, on this thread.
fn silence() -> DefaultGuard {
    tracing::subscriber::set_default(NoSubscriber::default())
}

/// How many threads one search has where so many are left to be begun, itself included: those that none of the others needs.
fn threads_of_one(threads: NonZeroUsize, left: usize) -> NonZeroUsize {
    NonZeroUsize::new(threads.get() / left.clamp(1, threads.get())).unwrap_or(NonZeroUsize::MIN)
}

/// Tries one; nothing if it was interrupted before it had a result.
fn try_out(subject: &VerifyTarget, limits: &Limits, threads: NonZeroUsize) -> Option<JobResult> {
    let is_cut_short =
        |report: &Report| report.failure.is_none() && report.bound.is_some() && limits.is_interrupted();
    Some(match subject {
        VerifyTarget::Sound(model, strategy, over) => {
            let explorer = explorer(model.setting(over), limits);
            let build = model.build(over);
            let report = explorer.search_parallel(threads, &|| {
                let (silence, build) = (silence(), model.build(over));
                move |program: &mut Program| {
                    let _silence = &silence;
                    build(program);
                }
            });
            if is_cut_short(&report) {
                return None;
            }
            let counterexample = report
                .failure
                .as_ref()
                .map(|failure| counterexample(subject, &explorer, failure, &build, limits));
            let coarse = report.coarse.iter().map(|step| {
                format!("unlocks at {}, and locks at {} in the same step", step.released, step.acquired)
            });
            let coarse = coarse.collect();
            JobResult::Model(Box::new(model_result(model, (strategy, over), &report, counterexample)), coarse)
        }
        VerifyTarget::Mutant(model) => {
            let (setting, build) = model.mutant();
            let mut result = nothing_found(&model.mutant_name(), model.mutant_class());
            let report = explorer(setting, limits).search(&*build);
            if is_cut_short(&report) {
                return None;
            }
            let caught = report.failure.is_some_and(|failure| failure.kind.is_of_the_program());
            result.expected.push(Check::Explorer);
            if caught { &mut result.caught_by } else { &mut result.missed_by }.push(Check::Explorer);
            JobResult::Pitfall(result)
        }
        VerifyTarget::Pitfall(pitfall) => JobResult::Pitfall(catch(pitfall)),
    })
}

fn nothing_found(pitfall: &str, class: &str) -> PitfallResult {
    PitfallResult {
        pitfall: pitfall.to_owned(),
        class: class.to_owned(),
        expected: Vec::new(),
        caught_by: Vec::new(),
        missed_by: Vec::new(),
        not_run: Vec::new(),
        false_positives: Vec::new(),
    }
}

/// Tries a pitfall, and the same put right, with every check that it names.
pub fn catch(pitfall: &Pitfall) -> PitfallResult {
    let mut result = nothing_found(pitfall.name, pitfall.class);
    for trial in pitfall.trials {
        let check = check_of(trial);
        result.expected.push(check);
        if !trial.runs_here() {
            result.not_run.push(check);
            continue;
        }
        let caught = trial.alarms(Variant::Wrong).is_some();
        if caught { &mut result.caught_by } else { &mut result.missed_by }.push(check);
        if trial.alarms(Variant::Right).is_some() {
            result.false_positives.push(check);
        }
    }
    result
}

fn check_of(trial: &Trial) -> Check {
    match trial {
        Trial::Explorer(_) => Check::Explorer,
        Trial::Live(_) => Check::Live,
        Trial::History(_) => Check::History,
        Trial::Invariants(_) => Check::Invariants,
        Trial::Contract(_) => Check::Contract,
        Trial::Loom => Check::Loom,
        Trial::Shuttle => Check::Shuttle,
    }
}

fn model_result(
    model: &ModelCheck,
    (strategy, over): (&str, &StrategyModel),
    report: &Report,
    counterexample: Option<Counterexample>,
) -> ModelResult {
    ModelResult {
        model: model.name.to_owned(),
        strategy: strategy.to_owned(),
        represents: Vec::new(),
        engine: Engine::Explorer,
        schedules: report.complete,
        min_schedules: model.min_schedules(over),
        exhaustive: report.exhaustive(),
        bound: report.bound.clone(),
        assumption: match report.proof() {
            Proof::Exhaustive { assumption } => assumption.map(str::to_owned),
            Proof::Bounded(_) | Proof::Unsound(_) => None,
        },
        unsound: report.unsound.as_ref().map(ToString::to_string),
        holds: report.failure.is_none(),
        millis: report.took.as_millis() as u64,
        counterexample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_the_threads_that_no_other_needs() {
        let eight = NonZeroUsize::new(8).unwrap();
        let of = |left| threads_of_one(eight, left).get();
        assert_eq!([100, 9, 8, 5, 4, 3, 2, 1].map(of), [1, 1, 1, 1, 2, 2, 4, 8]);
        assert_eq!(threads_of_one(NonZeroUsize::MIN, 1), NonZeroUsize::MIN);
    }
}
