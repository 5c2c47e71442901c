//! What shall be measured, for how long, and who is told about it meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use crate::strategy::{Factorial, Strategy};
use crate::workload::Scenario;
use lockyard_bench::record::Comparison;
use lockyard_bench::stats::Confidence;

use super::server::Server;
use super::sweep::Sweep;

/// What shall be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The command, as it shall stand in the record.
    pub command: String,
    /// The strategies; the first is the baseline.
    pub strategies: Vec<Strategy>,
    /// Servers to be asked over HTTP; where there are any, they are the rivals, and there are no strategies.
    pub servers: Vec<Server>,
    /// The scenarios, one after the other.
    pub scenarios: Vec<Scenario>,
    /// Ways between strategies whose changes are to be told apart; `strategies` hold all that stand on them.
    pub ablations: Vec<Factorial>,
    /// What is measured once the scenarios are: scenarios along which one setting varies.
    pub sweeps: Vec<Sweep>,
    /// Decides every trace and every order of rivals.
    pub seed: u64,
    /// How long each strategy is measured under each scenario at most.
    pub duration: Duration,
    /// The longest slice; scenarios with longer ones are cut to it.
    pub longest_slice: Duration,
    /// Which latencies are kept in the slices that keep any.
    pub latency: Latency,
    /// A scenario is done before its time when the interval of every throughput ratio reaches no further than this
    /// share to either side; 0 uses the time up.
    pub precision: f64,
    /// Whether memory is counted at 100,000 sessions, too, which takes seconds.
    pub many_sessions: bool,
    /// Whether slices between the measured ones are recorded and judged.
    pub verify: bool,
    /// Whether every lock is tracked: presets only, and slower than they are.
    pub track: bool,
    /// The share of all requests, from 0 to 1, whose client goes away before the answer.
    pub leave: Option<f64>,
    /// Where their histories shall be written as JSON Lines.
    pub history: Option<PathBuf>,
    /// Ratios within 1 ± this are no difference.
    pub margin: f64,
    /// How sure verdicts are.
    pub confidence: Confidence,
    /// Nothing moving for this long, on top of what the model may take, counts as stuck.
    pub patience: Duration,
}

/// Nothing yet, measured with the usual certainty.
impl Default for Plan {
    fn default() -> Self {
        Self {
            command: String::new(),
            strategies: Vec::new(),
            servers: Vec::new(),
            scenarios: Vec::new(),
            ablations: Vec::new(),
            sweeps: Vec::new(),
            seed: 42,
            duration: Duration::from_secs(4),
            longest_slice: Duration::MAX,
            latency: Latency::Sampled,
            precision: 0.0,
            many_sessions: false,
            verify: false,
            track: false,
            leave: None,
            history: None,
            margin: 0.005,
            confidence: Confidence::default(),
            patience: Duration::from_secs(10),
        }
    }
}

impl Plan {
    /// What one of `processes` processes has to measure, counted from 0: its share of the time, on questions and in orders
    /// of its own, and always to the end, because all are to count alike.
    ///
    /// # Panics
    /// If there are no processes.
    #[must_use]
    pub fn part(&self, nth: u32, processes: u32) -> Self {
        Self {
            seed: self.seed.wrapping_add(nth.into()),
            duration: self.duration / processes,
            precision: 0.0,
            ..self.clone()
        }
    }

    /// The names of the strategies, or of the servers, as given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.strategies.iter().map(Strategy::name).chain(self.servers.iter().map(Server::name))
    }
}

/// Which latencies are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    /// None: throughput alone is wanted.
    None,
    /// One in seventeen: hardly felt by what is measured.
    #[default]
    Sampled,
    /// Each.
    Full,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress<'a> {
    /// Rivals are being set up and warmed.
    Preparing {
        /// The scenario.
        scenario: &'a str,
        /// The strategy that is set up now.
        strategy: &'a str,
    },
    /// A server is being given its sessions.
    Filling {
        /// The server.
        server: &'a str,
        /// Sessions that are there.
        done: usize,
        /// Sessions in all.
        of: usize,
    },
    /// A round has ended.
    Round {
        /// The scenario.
        scenario: &'a str,
        /// Rounds that are done, over all scenarios.
        done: u32,
        /// Rounds in all.
        of: u32,
        /// Where the last strategy stands against the baseline by now; nothing if there is none, or no interval yet.
        standing: Option<Standing<'a>>,
    },
    /// A scenario has been measured.
    Measured {
        /// The scenario.
        scenario: &'a str,
        /// What can be said by now.
        comparisons: &'a [Comparison],
    },
}

/// What can be said of a candidate while it is being measured. Its interval narrows from round to round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The candidate.
    pub candidate: &'a str,
    /// The baseline.
    pub baseline: &'a str,
    /// Throughput, candidate ÷ baseline.
    pub ratio: f64,
    /// Lower and upper end of its interval.
    pub ci: [f64; 2],
}

/// Is told how a run gets on, between slices only.
pub trait Observer {
    /// The run has come this far.
    fn on(&mut self, progress: &Progress<'_>);
}

/// Nobody watches.
#[derive(Debug)]
pub struct Silent;

impl Observer for Silent {
    fn on(&mut self, _: &Progress<'_>) {}
}
