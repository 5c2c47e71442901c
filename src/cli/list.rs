//! `lockyard list`: what can be named on the command line.

use std::fmt::Write;

use clap::{Parser, ValueEnum};
use serde::Serialize;
use serde_json::json;

use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::stdout::write_out;

use crate::checks::models::{ExploredLock, LOCK_ITSELF, MODELS, MinSchedules, ModelCheck};
use crate::checks::pitfalls::{PITFALLS, Pitfall};
use crate::strategy::{combinations, presets};
use crate::workload::Scenario;

/// List what can be named: strategies, scenarios, models and pitfalls.
#[derive(Parser)]
pub(super) struct Args {
    /// What to list; everything by default.
    #[arg(value_enum)]
    kind: Option<Kind>,

    /// How to print it. JSON is an array of objects with a `name`, and needs what to list.
    #[arg(long, value_enum, default_value_t = Format::Text, requires_if("json", "kind"))]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Strategies,
    Scenarios,
    Models,
    Pitfalls,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Something with a name.
#[derive(Serialize)]
struct Named {
    name: String,
    about: String,
    #[serde(flatten)]
    more: serde_json::Map<String, serde_json::Value>,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Strategies, Self::Scenarios, Self::Models, Self::Pitfalls];

    fn title(self) -> &'static str {
        match self {
            Self::Strategies => "strategies",
            Self::Scenarios => "scenarios",
            Self::Models => "models",
            Self::Pitfalls => "pitfalls",
        }
    }

    fn items(self) -> Vec<Named> {
        match self {
            Self::Strategies => presets().map(strategy).collect(),
            Self::Scenarios => Scenario::builtins().map(|scenario| scenario_named(&scenario)).collect(),
            Self::Models => MODELS.iter().map(model).chain(lock_itself()).collect(),
            Self::Pitfalls => PITFALLS.iter().map(|pitfall| pitfall_named(pitfall)).collect(),
        }
    }
}

fn strategy(preset: &crate::strategy::Preset) -> Named {
    let factors = preset.factors;
    let more = json!({
        "factors": {
            "session": factors.session.to_string(),
            "cache": factors.cache.to_string(),
            "dto": factors.dto.to_string(),
            "save": factors.save.to_string(),
            "state": factors.state.to_string(),
        },
        "is": factors.to_string(),
    });
    named(preset.name, preset.about, more)
}

fn scenario_named(scenario: &Scenario) -> Named {
    named(&scenario.name, &scenario.about, json!({ "point": scenario.point() }))
}

fn model(model: &ModelCheck) -> Named {
    let MinSchedules { under_lock, after_unlock } = model.min_schedules;
    let min_schedules = json!({ "under_lock": under_lock, "after_unlock": after_unlock });
    let more = json!({ "min_schedules": min_schedules, "quick": model.quick, "mutant": model.mutant_name() });
    named(model.name, model.about, more)
}

/// A search beside the models, where this program has locks of its own that yield.
fn lock_itself() -> Option<Named> {
    let locks: Vec<_> = ExploredLock::all().iter().map(|it| it.name).collect();
    let about = "a lock's own code, its waiters and its wakers, in every order of three tasks";
    (!locks.is_empty()).then(|| named(LOCK_ITSELF, about, json!({ "quick": true, "locks": locks })))
}

fn pitfall_named(pitfall: &Pitfall) -> Named {
    let more = json!({ "class": pitfall.class, "checks": pitfall.checks(), "met": pitfall.met });
    named(pitfall.name, pitfall.about, more)
}

fn named(name: &str, about: &str, more: serde_json::Value) -> Named {
    let serde_json::Value::Object(more) = more else { unreachable!("an object was written") };
    Named { name: name.to_owned(), about: about.to_owned(), more }
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match (args.format, args.kind) {
        (Format::Json, Some(kind)) => write_out(&serde_json::to_string_pretty(&kind.items())?)?,
        (_, kind) => {
            let kinds = kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
            write_out(&kinds.into_iter().map(text).collect::<Vec<_>>().join("\n"))?;
        }
    }
    Ok(Exit::Fine)
}

fn text(kind: Kind) -> String {
    let items = kind.items();
    let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = format!("{}:\n", kind.title());
    for Named { name, about, more } in items {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:width$}  {about}");
        if let Some(is) = more.get("is").and_then(serde_json::Value::as_str) {
            let _ = writeln!(text, "  {:width$}  {is}", "");
        }
    }
    if kind == Kind::Strategies {
        let _ = writeln!(text, "\n  others may be written out; built are, with dto=borrowed or dto=cloned:");
        for combination in combinations() {
            let _ = writeln!(text, "  {combination}");
        }
    }
    text
}
