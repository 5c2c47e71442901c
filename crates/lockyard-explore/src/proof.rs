//! What a search is worth that has found no failure.

use std::fmt;

/// What a search is worth that has found no failure: whether it is a proof, and if not, why.
///
/// ```
/// use lockyard_explore::{Explorer, Limits, Proof, Reduction, Setting, point};
///
/// let program = |program: &mut lockyard_explore::Program| {
///     for name in ["one", "other"] {
///         program.task(name).op("resume", async { point().await }).done();
///     }
/// };
/// let explorer = Explorer { reduction: Reduction::None, ..Explorer::new(Setting::default()) };
/// assert_eq!(explorer.search(&program).proof(), Proof::Exhaustive { assumption: None });
///
/// let limits = Limits { schedules: Some(1), ..Limits::default() };
/// let limited = Explorer { limits, ..explorer };
/// assert_eq!(limited.search(&program).proof(), Proof::Bounded("at most 1 schedules".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every schedule was run; or, under a reduction, one of each equivalence class, which is as good where the assumption
    /// holds. It was checked: random schedules without the reduction came to nothing that the search had not seen.
    Exhaustive {
        /// What the reduction assumes: [`ASSUMPTION`]. None without a reduction.
        assumption: Option<&'static str>,
    },
    /// Schedules were left out, for this reason.
    Bounded(String),
    /// There may be failures that the search cannot see, for this reason, however many schedules it has run. One that it
    /// has found is real all the same, but for a [nondeterministic](Unsound::Nondeterministic) program's.
    Unsound(Unsound),
}

/// What an exhaustive search under a reduction takes for granted.
pub const ASSUMPTION: &str = "every access to shared state is reported to the explorer";

/// So many random schedules without the reduction an exhaustive search under one is checked by.
pub(super) const CROSS_CHECKS: u64 = 1_000;

/// Why a search is unsound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// This task has waited for something that is no part of the explorer, such as a foreign lock, channel or timer: which
    /// step ends the wait, and what else it may change, is not known.
    ForeignWait {
        /// The task, by its number.
        task: usize,
        /// What it is called, if it has a name beside its number: a spawned one by where it was spawned.
        name: String,
    },
    /// A schedule without the reduction came to something that the search under it had not seen: tasks share something that
    /// is not reported to the explorer, or are not as alike as the program says.
    Unreported {
        /// What it came to, in words.
        shown: String,
    },
    /// This task has polled a future once and gone on without it, in one step. Here a future begins in a step of its own, and
    /// that one never did; a real one begins with its first poll, and has its place in a queue from then on.
    NotBegun {
        /// The task, by its number.
        task: usize,
        /// What it is called, if it has a name beside its number.
        name: String,
        /// Where the future was made.
        place: String,
    },
    /// The same schedule did not lead to the same steps.
    Nondeterministic,
}

/// A task by its number, with its name if it has one.
fn called(task: usize, name: &str) -> String {
    if name.is_empty() { format!("task {task}") } else { format!("task {task} `{name}`") }
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignWait { task, name } => {
                write!(f, "{} waited for an event that the explorer does not see", called(*task, name))
            }
            Self::Unreported { shown } => {
                write!(
                    f,
                    "tasks share something that is not reported to the explorer, or are not alike: {shown}"
                )
            }
            Self::NotBegun { task, name, place } => write!(
                f,
                "{} has polled the future of {place} once and gone on without it in the same step, so that it has not begun here",
                called(*task, name)
            ),
            Self::Nondeterministic => f.write_str("the program is not deterministic"),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhaustive { assumption: None } => f.write_str("exhaustive"),
            Self::Exhaustive { assumption: Some(assumption) } => write!(f, "exhaustive if {assumption}"),
            Self::Bounded(bound) => write!(f, "incomplete search: {bound}"),
            Self::Unsound(why) => write!(f, "unsound: {why}"),
        }
    }
}
