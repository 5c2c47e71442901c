//! The options that more than one verb takes, and every program of this kind has not.

use anyhow::Context;
use clap::Args;
use clap::builder::{StringValueParser, TypedValueParser};

use crate::strategy::Strategy;
use crate::workload::Scenario;
use lockyard_bench::program::options;
use lockyard_bench::{Share, ShareError};

use super::names::{self, offering};

/// Options of every run of scenarios, beside those of every run.
#[derive(Args)]
pub(super) struct ScenarioOptions {
    /// Overrides a field of every scenario: `tasks=16`, `zipf=0`, `reads.get_context=10`. May be given again.
    ///
    /// Fields are those of the scenarios' TOML files; a field of a table is written `table.field`. What results must
    /// make sense as a whole: percentages still add up to 100.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub(super) overrides: Vec<String>,

    /// Cancel this many per cent of all requests before their answer: their futures are dropped, after some polls or some
    /// time.
    ///
    /// They are counted as `unanswered`. Afterwards nothing may be stuck, leaked or lost, which the verification slices check.
    #[arg(long, value_name = "PERCENT", value_parser = part)]
    pub(super) cancel: Option<Share>,

    #[command(flatten)]
    pub(super) run: options::RunOptions,
}

/// A strategy, for clap: what is wrong with one is reported before anything runs. Presets are offered to shells, and any other may
/// be written out.
pub(super) fn strategy() -> impl TypedValueParser<Value = Strategy> {
    let parse = |given: &str| Strategy::parse(given).map_err(|error| error.to_string());
    offering(parse, names::strategies)
}

/// A scenario's name or file, for clap: it is loaded with what is laid over it, and the built-in ones are offered to shells.
pub(super) fn scenario_name() -> impl TypedValueParser<Value = String> {
    offering(StringValueParser::new(), names::scenarios)
}

/// Loads a built-in scenario, or a TOML file, with the overrides.
pub(super) fn scenario(name: &str, overrides: &[String]) -> anyhow::Result<Scenario> {
    Scenario::load(name, overrides).context("the scenario cannot be run")
}

/// A share below all, for clap: were every request cancelled, nothing would be measured.
fn part(given: &str) -> Result<Share, String> {
    let share: Share = given.parse().map_err(|error: ShareError| error.to_string())?;
    if share.percent() < 100.0 {
        Ok(share)
    } else {
        Err("a share of all must be below 100 per cent".to_owned())
    }
}
