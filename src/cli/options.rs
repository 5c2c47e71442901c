//! The options that more than one verb takes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::strategy::Strategy;
use crate::workload::Scenario;
use lockyard_bench::{Latency, Share, ShareError};

/// Options of every run.
#[derive(Args)]
pub(super) struct RunOptions {
    /// Overrides a field of every scenario: `tasks=16`, `zipf=0`, `reads.get_context=10`. May be given again.
    ///
    /// Fields are those of the scenarios' TOML files; a field of a table is written `table.field`. What results must
    /// make sense as a whole: percentages still add up to 100.
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub(super) overrides: Vec<String>,

    /// For how long each strategy is measured under each scenario: 500ms, 10s, 2m.
    ///
    /// The measured time; setting up and warming up come on top. At least 5 rounds are measured, 24 where slices are a few
    /// milliseconds, and a run may end early once its intervals are tight: the heading of each table says what was measured where
    /// that is not what was asked. Slices of whole chat turns last up to 2 s (0.7 s with `compare --quick`), so such a run takes at least
    /// five times that for each strategy.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<Duration>,

    /// The seed of every trace and of the order of subjects: the same seed gives the same requests.
    #[arg(long, default_value_t = 42)]
    pub(super) seed: u64,

    /// Which latencies are recorded: those of one operation in seventeen, or all.
    ///
    /// Throughput is measured in slices of its own, without a clock. The cost of recording latencies is in the record, as
    /// `probe_effect`. Scenarios with whole turns record all in any case.
    #[arg(long, value_enum, default_value_t = LatencyOption::Sampled)]
    pub(super) latency: LatencyOption,

    /// Track every lock: its holders, its waiters, for how long and where in the source.
    ///
    /// A deadlock ends its strategy's run at once, and the record has the wait-for edges; a lock-order inversion is reported
    /// without any deadlock. Wait and hold times are in the record. Tracking has a cost, so throughput is that of tracked
    /// locks, for all strategies alike. Presets only.
    #[arg(long)]
    pub(super) track: bool,

    /// Cancel this many per cent of all requests before their answer: their futures are dropped, after some polls or some
    /// time.
    ///
    /// They are counted as `unanswered`. Afterwards nothing may be stuck, leaked or lost, which the verification slices check.
    #[arg(long, value_name = "PERCENT", value_parser = part)]
    pub(super) cancel: Option<Share>,

    /// Leave out the verification slices between the measured ones, whose histories are recorded and checked.
    ///
    /// They run over sessions of their own and take under a second for each strategy and scenario in memory, a few seconds
    /// with whole turns.
    #[arg(long)]
    pub(super) no_verify: bool,

    /// The directory for run.json, index.html and summary.md.
    ///
    /// Created if it does not exist; an earlier run's files in it are replaced. run.json is written after every scenario, so
    /// that what was measured outlasts an error or the end of the machine. By default a new directory under
    /// reports/local, named after the time.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,

    /// What is printed on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Which latencies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LatencyOption {
    /// One in seventeen
    Sampled,
    /// Each
    Full,
}

impl LatencyOption {
    /// As it is written on the command line.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Full => "full",
        }
    }
}

impl From<LatencyOption> for Latency {
    fn from(option: LatencyOption) -> Self {
        match option {
            LatencyOption::Sampled => Self::Sampled,
            LatencyOption::Full => Self::Full,
        }
    }
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A verdict and tables for a terminal
    Text,
    /// The record, and nothing else
    Json,
    /// The summary, for a pull request
    Markdown,
    /// The page
    Html,
    /// Test cases, for a CI system
    Junit,
    /// Findings at their places in the source, for a code host
    Sarif,
}

/// A strategy, for clap: what is wrong with one is reported before anything runs.
pub(super) fn strategy(given: &str) -> Result<Strategy, String> {
    Strategy::parse(given).map_err(|error| error.to_string())
}

/// Loads a built-in scenario, or a TOML file, with the overrides.
pub(super) fn scenario(name: &str, overrides: &[String]) -> anyhow::Result<Scenario> {
    Scenario::load(name, overrides).context("the scenario cannot be run")
}

/// A positive time with its unit.
pub(super) fn duration(given: &str) -> Result<Duration, String> {
    let wanted = "write a time above zero with its unit, up to a day: 500ms, 10s, 2m";
    let parsed: jiff::SignedDuration = given.parse().map_err(|error| format!("{error}; {wanted}"))?;
    let duration = Duration::try_from(parsed).map_err(|_| format!("it is below zero; {wanted}"))?;
    if duration.is_zero() || duration > Duration::from_hours(24) {
        return Err(format!("it is out of range; {wanted}"));
    }
    Ok(duration)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in ["10", "0s", "-1s", "2d", "soon", ""] {
            assert!(duration(wrong).unwrap_err().contains("10s"), "{wrong}");
        }
    }
}
