//! Running a model in many drawn orders, and telling what came of it.

use std::env;
use std::sync::Arc;
use std::time::Instant;

use lockyard_evidence::{
    Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport as Report,
};

use super::schedules::{Schedules, Way};

/// Names the file in which results are gathered, if they shall be: `lockyard verify --include` reads it.
const RESULTS: &str = "LOCKYARD_RESULTS";
/// How many orders of each kind are drawn of a model, if not [`ITERATIONS`].
const ASKED: &str = "LOCKYARD_ITERATIONS";
/// The first seed, if not 1.
const SEED: &str = "LOCKYARD_SEED";
/// The one model or mutant to run, and in which orders: `NAME random:17`.
const REPLAY: &str = "LOCKYARD_REPLAY";

const ITERATIONS: usize = 2_000;
const DEPTH: usize = 3;

/// A model.
#[derive(Clone, Copy)]
pub struct ModelCheck {
    /// What it is called.
    pub name: &'static str,
    /// The strategy that it runs over.
    pub over: &'static str,
}

/// The mutant of a model: the same program over something that lacks what the model needs.
#[derive(Clone, Copy)]
pub struct Mutant {
    /// The model's name, and after a slash what is missing; or the name of the pitfall that it stands for.
    pub name: &'static str,
    /// The class of fault.
    pub class: &'static str,
    /// What is said when it fails: one of these.
    pub complaints: &'static [&'static str],
}

/// What came of a search.
struct SearchResult {
    runs: usize,
    millis: u64,
    failure: Option<(Schedules, String)>,
}

type Program = Arc<dyn Fn() + Send + Sync>;

impl ModelCheck {
    /// Runs `program` in many orders.
    ///
    /// # Panics
    /// As `program` does in one of them.
    pub fn check(self, program: impl Fn() + Send + Sync + 'static) {
        let Self { name, over } = self;
        let program: Program = Arc::new(program);
        // One model runs over several strategies: a replay names both.
        let title = format!("{name}@{over}");
        if replayed(&title, &program) {
            return;
        }
        let (asked, seed) = (number(ASKED, ITERATIONS), number(SEED, 1));
        let found = search(asked, seed as u64, &program);
        let bound = format!(
            "{} random orders and {} by PCT of depth {DEPTH}, from seed {seed}",
            found.runs.min(asked),
            found.runs.saturating_sub(asked),
        );
        let counterexample = found.failure.as_ref().map(|(schedules, message)| Counterexample {
            message: format!("{message} (seed {schedules})"),
            replay: format!("scripts/shuttle.sh --replay '{title}' {schedules}"),
            ..Counterexample::default()
        });
        let result = ModelResult {
            model: name.to_owned(),
            strategy: over.to_owned(),
            represents: Vec::new(),
            engine: Engine::Shuttle,
            schedules: found.runs as u64,
            min_schedules: 2 * asked as u64,
            exhaustive: false,
            bound: Some(bound.clone()),
            assumption: None,
            unsound: None,
            holds: counterexample.is_none(),
            millis: found.millis,
            counterexample: counterexample.clone(),
        };
        write(Report { models: vec![result], ..Report::default() });
        if let Some(Counterexample { message, replay, .. }) = counterexample {
            panic!("{title} fails: {message}\nTo see it again: {replay}");
        }
        println!("{title}: holds, {bound}, {} ms", found.millis);
    }
}

impl Mutant {
    /// Runs `program`, which must fail in some order for a reason given.
    ///
    /// # Panics
    /// When it holds in all that are drawn, or fails for another reason.
    pub fn must_fail(self, program: impl Fn() + Send + Sync + 'static) {
        let Self { name, class, complaints } = self;
        let program: Program = Arc::new(program);
        if replayed(name, &program) {
            return;
        }
        let SearchResult { runs, failure, .. } =
            search(number(ASKED, ITERATIONS), number(SEED, 1) as u64, &program);
        let said = failure.as_ref().map_or("nothing", |(_, said)| said);
        let caught = complaints.iter().any(|complaint| said.contains(complaint));
        let (checks, none) = (vec![Check::Shuttle], Vec::new());
        let (caught_by, missed_by) = if caught { (checks.clone(), none) } else { (none, checks.clone()) };
        let result = PitfallResult {
            pitfall: name.to_owned(),
            class: class.to_owned(),
            expected: checks,
            caught_by,
            missed_by,
            not_run: vec![],
            false_positives: vec![],
        };
        write(Report { pitfalls: vec![result], ..Report::default() });
        assert!(caught, "{name} was to fail saying one of {complaints:?}, and {runs} runs said: {said}");
        let schedules = failure.map_or_else(String::new, |(schedules, _)| schedules.to_string());
        println!(
            "{name}: fails as it must, in run {runs}; again: scripts/shuttle.sh --replay {name} {schedules}"
        );
    }
}

/// So many runs at random, then as many by PCT, up to the first that fails.
fn search(asked: usize, seed: u64, program: &Program) -> SearchResult {
    let start = Instant::now();
    let (mut runs, mut failure) = (0, None);
    for way in [Way::Random, Way::Pct(DEPTH)] {
        let mut schedules = Schedules { way, seed };
        let mut left = asked;
        while left > 0 && failure.is_none() {
            failure = schedules.run(program).err().map(|said| (schedules, said));
            runs += schedules.runs().min(left);
            left = left.saturating_sub(schedules.runs());
            schedules.seed += 1;
        }
    }
    SearchResult { runs, millis: start.elapsed().as_millis() as u64, failure }
}

/// Whether one is asked for again: then it runs, if it is this one.
fn replayed(title: &str, program: &Program) -> bool {
    let Ok(asked) = env::var(REPLAY) else { return false };
    let (name, schedules) =
        asked.rsplit_once(' ').unwrap_or_else(|| panic!("{REPLAY}: {asked:?} names no schedules"));
    if name == title {
        let schedules: Schedules = schedules.parse().unwrap_or_else(|wrong| panic!("{REPLAY}: {wrong}"));
        match schedules.run(program) {
            Ok(()) => println!("{title}: everything held in {schedules}"),
            Err(said) => panic!("{title} fails in {schedules}: {said}"),
        }
    }
    true
}

fn number(name: &str, otherwise: usize) -> usize {
    let given = env::var(name).ok();
    given
        .map_or(otherwise, |given| given.parse().unwrap_or_else(|_| panic!("{name}: {given:?} is no number")))
}

fn write(report: Report) {
    if let Some(file) = env::var_os(RESULTS) {
        report.merge_into(file.as_ref()).unwrap_or_else(|error| panic!("{RESULTS}: {error}"));
    }
}
