//! Several load machines that measure one thing together: the plan that all of them keep, what each has measured of it, and what
//! could be judged across their clocks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cell::Verification;
use super::environment::Environment;
use super::servers::ServerGroup;

/// The version of plans that this Lockyard writes, and the only one that it keeps.
pub const PLAN_VERSION: u32 = 1;

/// What several load machines do together: each takes a slice of the clients, and all begin at one time. Two runs are of one plan
/// if every field agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPlan {
    /// The version of this format.
    pub plan_version: u32,
    /// When all begin, in UTC.
    pub start: Timestamp,
    /// Into how many slices the clients are cut, one for each machine.
    pub slices: u32,
    /// How many clients there are, all slices together. The client with index `c` is in slice `c mod slices + 1`.
    pub clients: u32,
    /// The seed of all requests: a client asks what it would ask if one machine had all of them.
    pub seed: u64,
    /// What is asked: the name of a scenario.
    pub workload: String,
    /// The text of the scenario; null if the program knows it by its name.
    pub document: Option<String>,
    /// Settings laid over it, as they were given.
    pub settings: Vec<String>,
    /// What is asked of, by its name in reports.
    pub subject: String,
    /// Its servers; null if it says none.
    pub servers: Option<ServerGroup>,
    /// For how long it is measured, in milliseconds.
    pub duration_ms: u64,
    /// Whether histories are recorded and judged.
    pub verify: bool,
    /// By how much the clock of any machine may be off from the time that all of them mean, in nanoseconds, as whoever wrote the
    /// plan states; null if nothing is stated. Then nothing is judged across machines.
    pub clock_error_ns: Option<u64>,
    /// The version of the program, which all machines must run.
    pub version: String,
    /// The commit that it was built from; null for a build from a package.
    pub commit: Option<String>,
}

/// What one load machine has measured of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineRecord {
    /// Its slice, from 1 on.
    pub slice: u32,
    /// How many of the plan's clients it had.
    pub clients: u32,
    /// The machine, and its build.
    pub environment: Environment,
    /// Its clock beside that of a server; null if no server was asked for the time.
    pub clock: Option<ClockCheck>,
    /// Measured time, in seconds.
    pub seconds: f64,
    /// Operations answered in the measured time.
    pub operations: u64,
    /// Its rounds in their order.
    pub rounds: Vec<RoundSpan>,
    /// Latencies by operation, in nanoseconds: the upper end of each bucket of the histogram that holds any, and how many.
    pub histograms_ns: BTreeMap<String, Vec<[u64; 2]>>,
    /// What was judged of its history by itself, in its own clock; null if nothing was.
    pub verification: Option<Verification>,
    /// The file beside the record that has its share of the history of all machines; null if none was written.
    pub history: Option<String>,
}

/// When a round was measured, and what was done in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundSpan {
    /// From the start of the plan to the beginning of the round, by the machine's own clock, in nanoseconds.
    pub at_ns: u64,
    /// How long it took, in nanoseconds.
    pub elapsed_ns: u64,
    /// Operations answered in it.
    pub operations: u64,
}

/// The clock of a load machine beside that of a server, as the `Date` of its answers tells: whole seconds, of which many answers
/// make less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockCheck {
    /// The server.
    pub server: String,
    /// The least that the server's clock may be ahead of this machine's, in nanoseconds; below zero it is behind.
    pub ahead_min_ns: i64,
    /// The most that it may be ahead.
    pub ahead_max_ns: i64,
    /// How many answers were looked at.
    pub answers: u32,
}

/// What was judged of the histories of several machines together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcrossMachines {
    /// Operations that were judged together; null if none were.
    pub operations: Option<u64>,
    /// By how much each of their intervals was widened at both ends, in nanoseconds; null if none were judged.
    pub widened_ns: Option<u64>,
    /// Whether the widened history is linearizable: false is certain, and true says that no violation is larger than the clocks
    /// are sure; null if it was not judged, or not decided in time.
    pub linearizable: Option<bool>,
    /// Why nothing was judged; null if something was.
    pub not_judged: Option<String>,
}

impl LoadPlan {
    /// How many clients a slice has, counted from 1.
    #[must_use]
    pub fn clients_of(&self, slice: u32) -> u32 {
        (0..self.clients).filter(|client| client % self.slices.max(1) + 1 == slice).count() as u32
    }

    /// In which field two plans differ first; `None` if they are one.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Option<&'static str> {
        let fields = [
            ("start", self.start == other.start),
            ("slices", self.slices == other.slices),
            ("clients", self.clients == other.clients),
            ("seed", self.seed == other.seed),
            ("workload", (&self.workload, &self.document) == (&other.workload, &other.document)),
            ("settings", self.settings == other.settings),
            ("subject", self.subject == other.subject),
            ("servers", self.servers == other.servers),
            ("duration", self.duration_ms == other.duration_ms),
            ("clock error", self.clock_error_ns == other.clock_error_ns),
            ("version", (&self.version, &self.commit) == (&other.version, &other.commit)),
            ("plan", self == other),
        ];
        fields.into_iter().find(|(_, is_same)| !is_same).map(|(name, _)| name)
    }
}

impl ClockCheck {
    /// What was seen, in words.
    #[must_use]
    pub fn seen(&self) -> String {
        let ms = |ns: i64| {
            let ms = ns as f64 / 1e6;
            if ms < 0.0 { format!("{:.0} ms behind", -ms) } else { format!("{ms:.0} ms ahead") }
        };
        format!(
            "the clock of {} is between {} and {} of this one, by the Date of {} answers",
            self.server,
            ms(self.ahead_min_ns),
            ms(self.ahead_max_ns),
            self.answers
        )
    }

    /// Whether the two clocks are certainly further apart than this.
    #[must_use]
    pub fn exceeds(&self, error_ns: u64) -> bool {
        let error = i64::try_from(error_ns).unwrap_or(i64::MAX);
        self.ahead_min_ns > error || self.ahead_max_ns < -error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(ahead_min_ns: i64, ahead_max_ns: i64) -> ClockCheck {
        ClockCheck { server: "http://a:1".to_owned(), ahead_min_ns, ahead_max_ns, answers: 3 }
    }

    #[test]
    fn a_clock_is_said_as_it_was_seen() {
        assert_eq!(
            clock(-12_000_000, 3_000_000).seen(),
            "the clock of http://a:1 is between 12 ms behind and 3 ms ahead of this one, by the Date of 3 answers"
        );
    }

    #[test]
    fn only_what_is_certain_contradicts_a_stated_error() {
        assert!(!clock(-12, 3).exceeds(0), "it may be exact");
        assert!(clock(6, 30).exceeds(5) && clock(-30, -6).exceeds(5));
        assert!(!clock(5, 30).exceeds(5) && !clock(-30, -5).exceeds(5));
    }
}
