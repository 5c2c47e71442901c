//! What can be found, as one closed list, and a finding as plain data.
//!
//! Instruments find different things in different ways, and readers must not care which of them spoke: a page, a table and
//! a gate know this list and nothing else. What a system's own invariants find is not on it, since no list can name the
//! invariants of systems that are yet to be written: that is kind [`Invariant`](FindingKind::Invariant), with the system's
//! name of what was broken as its rule.

use std::fmt;

use super::edge::Edge;

/// The one list of kinds: variant, words in JSON and in reports, meaning.
macro_rules! kinds {
    ($($kind:ident $words:literal $meaning:literal)*) => {
        /// What kind of thing was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum FindingKind {
            $(
                #[doc = $meaning]
                #[cfg_attr(feature = "serde", serde(rename = $words))]
                $kind,
            )*
        }

        impl FindingKind {
            /// Every kind: first what a tracker finds, then what a driver finds, then what systems find by themselves.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The words, as they stand in JSON and in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)*
                }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$kind => $meaning,)*
                }
            }
        }
    };
}

kinds! {
    Deadlock "deadlock"
        "Tasks wait for each other in a cycle, and none of them can resume."
    Upgrade "upgrade"
        "A task that holds a read lock waits to write, and so for its own read to end."
    RecursiveRead "recursive read"
        "A task takes a second read of a lock it reads already; a writer queued in between makes it wait indefinitely."
    SameTaskWait "same-task wait"
        "A task waits for a lock that it holds itself: it has locked twice, or one of its branches holds what another waits for."
    // D. Pacheco, E. Lunnikivi, Oxide RFD 609, "Futurelock", 2025.
    Futurelock "futurelock"
        "A branch of a task holds the lock, or was granted it, and is no longer polled by its task, which waits for it."
    OrderInversion "order inversion"
        "Locks were taken in orders that cannot all be kept: a deadlock that has not happened yet."
    GuardAcrossAwait "guard across await"
        "A guard of a blocking lock was held across an await: a waiter for it blocks a thread."
    BlockOn "block_on in runtime"
        "A runtime thread is blocked inside a poll by a wait for an async lock."
    Starvation "starvation"
        "A waiter was overtaken more often than its lock promises."
    GrantOrder "grant order"
        "A lock that promises FIFO order was granted out of order."
    LostWakeUp "lost wake-up"
        "A task waits for a lock that no task holds: its wake-up was lost."
    BrokenExclusion "broken exclusion"
        "A lock was granted to two at once that exclude each other."
    HeldAcrossAwait "held across await"
        "A lock was held across an await of something else: no error, but a cost in throughput."
    Errors "errors"
        "Operations failed."
    Unanswered "unanswered"
        "Operations had no answer, so that their outcome is unknown."
    TurnedAway "turned away"
        "A cache rejected new entries, which are loaded again at their next request."
    Imprecise "imprecise"
        "The interval of a measurement is so wide that the measurement is no result."
    FewWrites "few writes"
        "Writers did less than a tenth of the operations that readers did, task by task: throughput is that of readers."
    Stuck "stuck"
        "No operation completed any more, and those in flight did not end."
    Panic "panic"
        "A client or the system that it called panicked."
    ServerLost "server lost"
        "The server that was measured stopped answering."
    NotLinearizable "not linearizable"
        "No linearization of the operations explains all answers."
    NotDecided "not decided"
        "Linearizability was not decided in time."
    LateRounds "late rounds"
        "Rounds were not measured by all load machines at the same time, and are not in the throughput."
    ClockError "clock error"
        "The clock of a load machine is further off than its plan states."
    NotCounted "not counted"
        "Memory could not be counted, so it is unknown."
    Invariant "invariant"
        "An invariant of the system was violated; the rule names which."
}

impl FindingKind {
    /// The kind of these words; `None` if no instrument finds such a thing.
    pub fn named(words: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == words)
    }

    /// Whether it is what a tracker of locks finds.
    ///
    /// ```
    /// use lockyard_evidence::FindingKind;
    ///
    /// assert!(FindingKind::Starvation.is_of_locks() && !FindingKind::Imprecise.is_of_locks());
    /// ```
    pub fn is_of_locks(self) -> bool {
        // They come first in the list.
        self <= Self::HeldAcrossAwait
    }

    /// Whether a task waits indefinitely if it is what it seems to be.
    pub fn is_deadly(self) -> bool {
        match self {
            Self::Deadlock
            | Self::Upgrade
            | Self::SameTaskWait
            | Self::Futurelock
            | Self::BlockOn
            | Self::LostWakeUp
            | Self::Stuck => true,
            Self::RecursiveRead
            | Self::OrderInversion
            | Self::GuardAcrossAwait
            | Self::Starvation
            | Self::GrantOrder
            | Self::BrokenExclusion
            | Self::HeldAcrossAwait
            | Self::Errors
            | Self::Unanswered
            | Self::TurnedAway
            | Self::Imprecise
            | Self::FewWrites
            | Self::Panic
            | Self::ServerLost
            | Self::NotLinearizable
            | Self::NotDecided
            | Self::LateRounds
            | Self::ClockError
            | Self::NotCounted
            | Self::Invariant => false,
        }
    }

    /// Whether those who take part form a cycle, each before the next.
    pub fn is_cycle(self) -> bool {
        matches!(self, Self::Deadlock | Self::Upgrade | Self::OrderInversion)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Severity {
    /// The code is wrong: it is left out of the ranking.
    Error,
    /// The measurements beside it may be unreliable.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Something that was found.
///
/// It is read in every version of the record. Before its schema 2 a kind was any text: what is no kind of
/// [`FindingKind`] was found by a system's invariants then, and is read as that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// The system's own name of what was broken, such as `lost append`; null unless the kind is `invariant`.
    pub rule: Option<String>,
    /// How much it matters.
    pub severity: Severity,
    /// What happened, in a sentence.
    pub message: String,
    /// Where in the source, as `file:line:column`. An error always has at least one place.
    pub places: Vec<String>,
    /// The tasks that took part.
    pub tasks: Vec<String>,
    /// The cycle, where there is one: each task waits for the next, and the last one for the first.
    pub edges: Vec<Edge>,
}

impl Finding {
    /// What was found in a word or two, as readers show it: the rule where there is one, else the words of the kind.
    pub fn name(&self) -> &str {
        self.rule.as_deref().unwrap_or(self.kind.as_str())
    }

    /// Whether it is an error: the speed of what it was found in does not count.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Kind and rule of what is called so: an instrument's kind by its words, anything else an invariant of that rule.
    ///
    /// ```
    /// use lockyard_evidence::{Finding, FindingKind};
    ///
    /// assert_eq!(Finding::called("deadlock"), (FindingKind::Deadlock, None));
    /// assert_eq!(Finding::called("lost append"), (FindingKind::Invariant, Some("lost append".to_owned())));
    /// ```
    pub fn called(name: &str) -> (FindingKind, Option<String>) {
        match FindingKind::named(name) {
            Some(kind) => (kind, None),
            None => (FindingKind::Invariant, Some(name.to_owned())),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Finding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// As it may have been written: with a kind that is any text, and without a rule.
        #[derive(serde::Deserialize)]
        struct Written {
            kind: String,
            #[serde(default)]
            rule: Option<String>,
            severity: Severity,
            message: String,
            places: Vec<String>,
            tasks: Vec<String>,
            #[serde(default)]
            edges: Vec<Edge>,
        }

        let Written { kind, rule, severity, message, places, tasks, edges } =
            Written::deserialize(deserializer)?;
        let (kind, named) = Self::called(&kind);
        Ok(Self { kind, rule: rule.or(named), severity, message, places, tasks, edges })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_found_by_its_words_and_means_something() {
        let words: BTreeSet<_> = FindingKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), FindingKind::ALL.len(), "no words twice");
        for &kind in FindingKind::ALL {
            assert_eq!(FindingKind::named(kind.as_str()), Some(kind));
            assert!(kind.meaning().ends_with('.') && !kind.meaning().contains(". "), "a sentence: {kind}");
        }
        assert_eq!(FindingKind::named("lost append"), None, "only a system knows what that is");
    }

    #[test]
    fn a_finding_is_called_by_its_rule_or_else_by_its_kind() {
        let of = |name| {
            let (kind, rule) = Finding::called(name);
            let (message, severity) = (String::new(), Severity::Error);
            Finding {
                kind,
                rule,
                severity,
                message,
                places: Vec::new(),
                tasks: Vec::new(),
                edges: Vec::new(),
            }
        };
        assert_eq!((of("deadlock").name(), of("deadlock").rule), ("deadlock", None));
        assert_eq!(
            (of("lost append").name(), of("lost append").kind),
            ("lost append", FindingKind::Invariant)
        );
        assert_eq!(of("invariant").name(), "invariant", "one that names no rule");
    }
}
