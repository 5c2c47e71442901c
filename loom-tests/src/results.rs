//! The results of the models, in a form that is put beside those of other engines.

use lockyard_evidence::{
    Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport as Report,
};

use super::model::{ModelCheck, Mutant};

/// Names the file in which results are gathered, if they shall be: `lockyard verify --include` reads it.
const FILE: &str = "LOCKYARD_RESULTS";

/// What running a model came to.
pub struct Outcome {
    /// Executions explored.
    pub executions: u64,
    /// What it failed with.
    pub failure: Option<String>,
    /// How long it took.
    pub millis: u64,
}

/// Notes what came of a model.
pub fn note_model(model: &ModelCheck, outcome: &Outcome) {
    let ModelCheck { name, over, preemptions, min_executions } = *model;
    let counterexample = outcome.failure.clone().map(|message| Counterexample {
        message: format!("{message} (execution {})", outcome.executions),
        replay: format!("scripts/loom.sh {}", name.replace('-', "_")),
        ..Counterexample::default()
    });
    let result = ModelResult {
        model: name.to_owned(),
        strategy: over.to_owned(),
        represents: Vec::new(),
        engine: Engine::Loom,
        schedules: outcome.executions,
        min_schedules: min_executions,
        exhaustive: preemptions.is_none() && outcome.failure.is_none(),
        bound: preemptions.map(|most| format!("at most {most} preemptions")),
        assumption: None,
        unsound: None,
        holds: outcome.failure.is_none(),
        millis: outcome.millis,
        counterexample,
    };
    write(Report { models: vec![result], ..Report::default() });
}

/// Notes the result of a mutant.
pub fn note_mutant(mutant: &Mutant, caught: bool) {
    let (checks, none) = (vec![Check::Loom], Vec::new());
    let (caught_by, missed_by) = if caught { (checks.clone(), none) } else { (none, checks.clone()) };
    let result = PitfallResult {
        pitfall: mutant.name.to_owned(),
        class: mutant.class.to_owned(),
        expected: checks,
        caught_by,
        missed_by,
        not_run: vec![],
        false_positives: vec![],
    };
    write(Report { pitfalls: vec![result], ..Report::default() });
}

fn write(report: Report) {
    if let Some(file) = std::env::var_os(FILE) {
        report.merge_into(file.as_ref()).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }
}
