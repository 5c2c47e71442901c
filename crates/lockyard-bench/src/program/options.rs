//! The options that every run has.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::plan::Latency;

use super::output::OutputOptions;

/// Options of every run.
#[derive(Args, Clone, Debug)]
pub struct RunOptions {
    /// For how long each strategy is measured under each scenario: 500ms, 10s, 2m.
    ///
    /// The measured time; setting up and warming up come on top. At least 5 rounds are measured, 24 where slices are a few
    /// milliseconds, and a run may end early once its intervals are tight: the heading of each table says what was measured where
    /// that is not what was asked. Slices of long operations last up to 2 s (0.7 s with `compare --quick`), so such a run takes at
    /// least five times that for each strategy.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,

    /// The seed of every trace and of the order of subjects: the same seed gives the same requests.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,

    /// Which latencies are recorded: those of one operation in seventeen, or all.
    ///
    /// Throughput is measured in slices of its own, without a clock. The cost of recording latencies is in the record, as
    /// `probe_effect`. Scenarios of long operations record all in any case.
    #[arg(long, value_enum, default_value_t = LatencyOption::Sampled)]
    pub latency: LatencyOption,

    /// Track every lock: its holders, its waiters, for how long and where in the source.
    ///
    /// A deadlock ends its strategy's run at once, and the record has the wait-for edges; a lock-order inversion is reported
    /// without any deadlock. Wait and hold times are in the record. Tracking has a cost, so throughput is that of tracked
    /// locks, for all strategies alike. For those that can be set up with tracked locks: see `list`.
    #[arg(long)]
    pub track: bool,

    /// Leave out the verification slices between the measured ones, whose histories are recorded and checked.
    ///
    /// They run over data of their own and take under a second for each strategy and scenario in memory, a few seconds
    /// with long operations.
    #[arg(long)]
    pub no_verify: bool,

    /// Where the record goes.
    #[command(flatten)]
    pub output: OutputOptions,
}

/// Which latencies are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LatencyOption {
    /// One in seventeen
    Sampled,
    /// Each
    Full,
}

impl LatencyOption {
    /// As it is written on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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

/// A positive time with its unit, for clap.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub fn duration(given: &str) -> Result<Duration, String> {
    let wanted = "write a time above zero with its unit, up to a day: 500ms, 10s, 2m";
    let parsed: jiff::SignedDuration = given.parse().map_err(|error| format!("{error}; {wanted}"))?;
    let duration = Duration::try_from(parsed).map_err(|_| format!("it is below zero; {wanted}"))?;
    if duration.is_zero() || duration > Duration::from_hours(24) {
        return Err(format!("it is out of range; {wanted}"));
    }
    Ok(duration)
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
