//! The checks, and how each tries a variant of a pitfall.

use std::panic::Location;
use std::time::Duration;

use lockyard_explore::{Complaint, Explorer, Limits, Program, Setting};

use super::live::Live;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The pitfall.
    Wrong,
    /// Its correct twin.
    Right,
}

/// What a check had to say against a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What kind of thing is wrong, in a word or two.
    pub kind: String,
    /// What happened, in a sentence.
    pub message: String,
    /// Where in the source, as `file:line:column`; never empty.
    pub places: Vec<String>,
    /// The tasks that take part.
    pub tasks: Vec<String>,
}

impl Alarm {
    /// The alarm of a check that was made where this is called, if it had something to say.
    #[track_caller]
    pub(super) fn unless(kind: &str, holds: Result<(), Complaint>) -> Option<Self> {
        let places = vec![Location::caller().to_string()];
        let alarm = |message| Self { kind: kind.to_owned(), message, places, tasks: Vec::new() };
        holds.err().map(alarm)
    }
}

/// A program for the explorer.
#[derive(Clone, Copy, Debug)]
pub struct Explored {
    /// What it is set in.
    pub setting: fn() -> Setting,
    /// Puts it together.
    pub program: fn(Variant, &mut Program),
}

/// How a check tries a pitfall.
#[derive(Clone, Copy, Debug)]
pub enum Trial {
    /// Every interleaving of a program.
    Explorer(Explored),
    /// A program over tracked locks on a real runtime.
    Live(Live),
    /// A program on a real runtime that writes down what was asked and answered, to be judged.
    History(fn(Variant) -> Option<Alarm>),
    /// What must hold of the system while a program runs and when it is over.
    Invariants(fn(Variant) -> Option<Alarm>),
    /// What a part promises: answers, counted acquisitions, recency, hit ratio.
    Contract(fn(Variant) -> Option<Alarm>),
    /// A loom model, which needs a build of its own.
    Loom,
    /// A shuttle model, which needs a build of its own.
    Shuttle,
}

/// Exploring a pitfall ends within milliseconds; only one that is broken itself comes to this.
const LONGEST_SEARCH: Duration = Duration::from_secs(20);

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
    pub fn alarms(&self, variant: Variant) -> Option<Alarm> {
        match self {
            Self::Explorer(explored) => explored.alarms(variant),
            Self::Live(live) => live.run(variant).alarm(live.kind),
            Self::History(judge) | Self::Invariants(judge) | Self::Contract(judge) => judge(variant),
            Self::Loom | Self::Shuttle => None,
        }
    }
}

impl Explored {
    /// The explorer that tries it.
    pub fn explorer(&self) -> Explorer {
        let limits = Limits { time: Some(LONGEST_SEARCH), ..Limits::default() };
        Explorer { limits, ..Explorer::new((self.setting)()) }
    }

    fn alarms(&self, variant: Variant) -> Option<Alarm> {
        let report = self.explorer().search(&|program| (self.program)(variant, program));
        let unfinished = report.bound.map(|bound| format!("the search did not come to its end: {bound}"));
        let (kind, message, schedule) = match (report.failure, unfinished) {
            (Some(failure), _) => (format!("{:?}", failure.kind), failure.message, Some(failure.schedule)),
            (None, Some(unfinished)) if variant == Variant::Right => ("bounded".to_owned(), unfinished, None),
            (None, _) => return None,
        };
        let places = schedule.map(|it| format!("schedule {it}")).into_iter().collect();
        Some(Alarm { kind: kind.to_lowercase(), message, places, tasks: Vec::new() })
    }
}
