//! The checks, and how each tries a variant of a pitfall.

use lockyard_explore::{Explorer, Failure, Limits, Program, Setting};

use super::detection::{Detection, Variant};
use super::tracked::TrackedProgram;

/// A program for the explorer.
#[derive(Clone, Copy, Debug)]
pub struct ExploredProgram {
    /// What it is set in.
    pub setting: fn() -> Setting,
    /// Puts it together.
    pub program: fn(Variant, &mut Program),
}

/// How a check tries a pitfall.
#[derive(Clone, Copy, Debug)]
pub enum Trial {
    /// Every interleaving of a program.
    Explorer(ExploredProgram),
    /// A program over tracked locks on a real runtime.
    Live(TrackedProgram),
    /// A program on a real runtime that writes down what was asked and answered, to be judged.
    History(fn(Variant) -> Option<Detection>),
    /// What must hold of the system while a program runs and when it is over.
    Invariants(fn(Variant) -> Option<Detection>),
    /// What a part promises: answers, counted acquisitions, recency, hit ratio.
    Contract(fn(Variant) -> Option<Detection>),
    /// A loom model, which needs a build of its own.
    Loom,
    /// A shuttle model, which needs a build of its own.
    Shuttle,
}

/// Exploring a pitfall takes some hundreds of schedules; only one that is broken itself comes to this. No time is set, since
/// what is found must not depend on the machine.
const MOST_SCHEDULES: u64 = 1 << 20;

impl Trial {
    /// The check's name, as it stands in records.
    pub fn check(&self) -> &'static str {
        match self {
            Self::Explorer(_) => "explorer",
            Self::Live(_) => "live",
            Self::History(_) => "history",
            Self::Invariants(_) => "invariants",
            Self::Contract(_) => "contract",
            Self::Loom => "loom",
            Self::Shuttle => "shuttle",
        }
    }

    /// Whether it can be tried without a build of its own.
    pub fn runs_here(&self) -> bool {
        !matches!(self, Self::Loom | Self::Shuttle)
    }

    /// Whether the program that it tries runs as programs run: on a real runtime, in an order that comes as it comes.
    pub fn is_at_run_time(&self) -> bool {
        self.runs_here() && !matches!(self, Self::Explorer(_))
    }

    /// What the check has to say against a variant. Nothing of checks that need a build of their own.
    pub fn alarms(&self, variant: Variant) -> Option<Detection> {
        match self {
            Self::Explorer(explored) => explored.alarms(variant),
            Self::Live(live) => live.run(variant).alarm(live.kind),
            Self::History(judge) | Self::Invariants(judge) | Self::Contract(judge) => judge(variant),
            Self::Loom | Self::Shuttle => None,
        }
    }
}

impl ExploredProgram {
    /// The explorer that tries it.
    pub fn explorer(&self) -> Explorer {
        let limits = Limits { schedules: Some(MOST_SCHEDULES), ..Limits::default() };
        Explorer { limits, ..Explorer::new((self.setting)()) }
    }

    fn alarms(&self, variant: Variant) -> Option<Detection> {
        let report = self.explorer().search(&|program| (self.program)(variant, program));
        let unfinished = report.bound.map(|bound| format!("incomplete search: {bound}"));
        // A program that could not be explored has shown nothing of the pitfall; the fixed one must be explored whole.
        let failure = report.failure.filter(|it| variant == Variant::Right || it.kind.is_of_the_program());
        let unfinished = unfinished.filter(|_| variant == Variant::Right);
        let tasks = Vec::new();
        match (failure, unfinished) {
            (Some(failure), _) => {
                let Failure { kind, message, edges, schedule, .. } = failure;
                let places = vec![format!("schedule {schedule}")];
                Some(Detection { kind: kind.to_string(), message, places, tasks, edges })
            }
            (None, Some(message)) => {
                let (kind, places, edges) = ("bounded".to_owned(), Vec::new(), Vec::new());
                Some(Detection { kind, message, places, tasks, edges })
            }
            (None, None) => None,
        }
    }
}
