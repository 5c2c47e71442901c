//! What the verbs that measure have in common: their plan, from options.

use std::sync::Arc;
use std::time::Duration;

use lockyard_bench::program::command_line;
use lockyard_bench::record::Change;
use lockyard_bench::stats::Confidence;
use lockyard_bench::{Ablated, LimitOf, Plan, Share, Subject, Terms, Turns};

use crate::strategy::{Factorial, REFERENCE, Strategy, check_tracked};
use crate::subjects::{self, Strategies};
use crate::workload::Scenario;

use super::build::BUILD;
use super::options::ScenarioOptions;

/// Nothing moving for this long is called stuck: long against any operation, short against a person's patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is measured, and what shows how much more the machine could do.
pub(super) struct Subjects {
    compared: Vec<Subject<Scenario>>,
    limit: Option<LimitOf<Scenario>>,
}

/// Strategies as subjects, with the limit for the same sessions. `combinations` are measured for an ablation alone.
pub(super) fn strategies(
    strategies: &[Strategy],
    combinations: &[Strategy],
    options: &ScenarioOptions,
) -> anyhow::Result<Subjects> {
    let all = Strategies::default().cancelling(options.cancel);
    let subject = |strategy: &Strategy| {
        if options.run.track {
            check_tracked(strategy.factors())?;
        }
        anyhow::Ok(all.subject(strategy)?)
    };
    let ranked = strategies.iter().map(subject);
    let others = combinations.iter().map(|strategy| Ok(subject(strategy)?.ablation_only()));
    let compared = ranked.chain(others).collect::<anyhow::Result<_>>()?;
    Ok(Subjects { compared, limit: Some(Arc::new(move |scenario| all.limit(scenario))) })
}

/// Servers as subjects: what the machines they run on could do is unknown here.
pub(super) fn servers(compared: Vec<Subject<Scenario>>) -> Subjects {
    Subjects { compared, limit: None }
}

/// A way between strategies, by the names under which they are measured.
pub(super) fn ablated(way: &Factorial, measured: &[Strategy]) -> Ablated {
    let change = |it: &crate::strategy::Change| Change {
        factor: it.factor.to_owned(),
        old: it.old.clone(),
        new: it.new.clone(),
    };
    let name = |corner: &Strategy| {
        let same = measured.iter().find(|it| it.factors() == corner.factors());
        same.unwrap_or(corner).name().to_owned()
    };
    Ablated {
        changes: way.changes().iter().map(change).collect(),
        corners: way.strategies().iter().map(name).collect(),
    }
}

/// A plan as the options of every run say, for what each verb adds.
pub(super) fn plan(
    subjects: Subjects,
    scenarios: Vec<Scenario>,
    margin: Share,
    options: &ScenarioOptions,
) -> Plan<Scenario> {
    let turns = Turns::asked();
    // What takes turns with another build is compared with that, and not with the machine.
    let alone = turns.is_none();
    let plan = Plan::new(subjects.compared, scenarios)
        .command(command_line())
        .build(BUILD)
        .harness(alone)
        .seed(options.run.seed)
        .latency(options.run.latency.into())
        .verify(!options.run.no_verify)
        .track(options.run.track)
        .terms(Terms { margin, confidence: Confidence::default(), reference: Some(REFERENCE.to_owned()) })
        .patience(PATIENCE);
    match turns {
        Some(turns) => plan.turns(turns),
        None => plan.limit(subjects.limit).limits(subjects::limits),
    }
}
