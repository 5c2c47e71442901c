//! `lockyard check`: a history against a sequential model, that of the sessions among them.

use std::sync::LazyLock;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Parser, ValueEnum};
use lockyard_bench::program::check::{self, CheckOptions, DecisionFn};
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::models::HistoryModel;
use lockyard_history::{Limit, Verdict};

use crate::checks::spec::{self, Sessions};

/// Check a history for linearizability: could its answers have come from one operation at a time?
///
/// A history is read as it is: JSON Lines, one JSON array, or EDN as Jepsen and Knossos write it; packed by gzip or not. Each
/// event is an object such as {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}. The type is invoke,
/// ok, fail (it did not happen) or info (the outcome is unknown, as is that of operations open at the end). Events of the
/// process "nemesis" are passed over. The order of the events counts, and times do not.
///
/// The verdict is printed as soon as it is known. Then a violation is made small, for two seconds at most: Ctrl-C ends that,
/// and keeps the verdict.
#[derive(Parser)]
pub(super) struct Args {
    #[command(flatten)]
    options: CheckOptions,

    /// The sequential specification of what it was recorded on.
    #[arg(long, value_enum)]
    model: Model,
}

/// What a history can be judged by.
#[derive(Clone, Copy)]
enum Model {
    BuiltIn(HistoryModel),
    Session,
}

/// Those that are built in, and the sessions.
static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    HistoryModel::value_variants().iter().copied().map(Model::BuiltIn).chain([Model::Session]).collect()
});

impl ValueEnum for Model {
    fn value_variants<'a>() -> &'a [Self] {
        &MODELS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::BuiltIn(model) => model.to_possible_value(),
            Self::Session => {
                let help = "The sessions of this backend, by the names of its endpoints";
                Some(PossibleValue::new("session").help(help))
            }
        }
    }
}

const BY_VERSIONS: DecisionFn<Sessions> = |history, limit: Limit| spec::decide(history, &limit);

/// Judges a history of sessions in memory.
pub(super) fn of_sessions(history: &[u8], budget: Duration) -> anyhow::Result<Verdict> {
    check::verdict(&Sessions, Some(BY_VERSIONS), history, budget)
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match args.model {
        Model::BuiltIn(model) => model.judge(&args.options),
        Model::Session => check::judge("session", &Sessions, Some(BY_VERSIONS), &args.options),
    }
}
