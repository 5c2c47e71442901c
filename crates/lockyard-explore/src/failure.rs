//! A run in which something did not hold, and of what kind that is.

use std::fmt;

use lockyard_evidence::Edge;

use super::schedule::Schedule;

/// The one list of kinds: variant, words, meaning.
macro_rules! kinds {
    ($($kind:ident $words:literal $meaning:literal)*) => {
        /// What kind of failure it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FailureKind {
            $(#[doc = $meaning] $kind,)*
        }

        impl FailureKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The kind in words.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)*
                }
            }
        }
    };
}

kinds! {
    Deadlock "deadlock"
        "No task can resume."
    Futurelock "futurelock"
        "No task can resume, and one of them holds back a future that was granted its lock or its wake-up, and does not poll it."
    Violation "violation"
        "A property does not hold."
    Panic "panic"
        "The program, or one of its properties, has panicked."
    Endless "endless"
        "The run has come to no end: a livelock, or more steps than the explorer takes."
    Nondeterminism "nondeterminism"
        "The same schedule did not lead to the same steps: something besides the schedule decides, such as the start branch of \
         an unbiased `select!`, the order of a `HashMap`, or time."
    BadProgram "bad program"
        "It is no program that can be explored; the message says why."
    BadSchedule "bad schedule"
        "The schedule is not one of this program."
}

impl FailureKind {
    /// Whether the program was run and did something wrong, rather than could not be explored.
    pub fn is_of_the_program(self) -> bool {
        !matches!(self, Self::Nondeterminism | Self::BadProgram | Self::BadSchedule)
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A run in which something did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// Which property: what says so and the first words of the message, up to what differs from run to run. A failure that
    /// is made small stays one of the same property.
    pub property: String,
    /// What did not hold.
    pub message: String,
    /// Of a deadlock or futurelock the wait cycle: who waits for whom, for which locks, where.
    pub edges: Vec<Edge>,
    /// The run.
    pub schedule: Schedule,
}

/// How a run failed, before it is known by which schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) kind: FailureKind,
    pub(super) property: String,
    pub(super) message: String,
    pub(super) edges: Vec<Edge>,
}

impl Cause {
    /// A failure of this kind, which `source` has noticed.
    pub(super) fn new(kind: FailureKind, source: &str, message: String) -> Self {
        let property = format!("{source}: {}", stem(&message));
        Self { kind, property, message, edges: Vec::new() }
    }

    pub(super) fn by(self, schedule: Schedule) -> Failure {
        let Self { kind, property, message, edges } = self;
        Failure { kind, property, message, edges, schedule }
    }
}

/// A message up to what differs from run to run: numbers, and what is quoted.
fn stem(message: &str) -> &str {
    let differs = |letter: char| letter.is_ascii_digit() || "\":`\n[{(".contains(letter);
    message.split(differs).next().unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_known_by_what_does_not_differ_from_run_to_run() {
        assert_eq!(stem("counted to 3 instead of 4"), "counted to");
        assert_eq!(stem("two are lost: \"one\""), "two are lost");
        assert_eq!(stem("no order explains\n1 ●"), "no order explains");
        assert_eq!(stem(""), "");
        let cause = |message: &str| Cause::new(FailureKind::Violation, "at_end 0", message.to_owned());
        assert_eq!(cause("counted to 3").property, cause("counted to 4").property);
        assert_ne!(cause("counted to 3").property, cause("left 3").property);
    }
}
