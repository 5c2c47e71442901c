//! What went wrong, and how can it be shown to a person? What every instrument finds, as data.
//!
//! Everything that finds something (tracker, explorer, checker, driver) says it in the words of this crate, and everything
//! that shows it (terminal, page, `JUnit`, SARIF) reads them. The crate knows nothing of either, and depends on nothing
//! unless a feature is on.
//!
//! ```
//! use lockyard_evidence::{Finding, FindingKind, Severity};
//!
//! let found = Finding {
//!     kind: FindingKind::Deadlock,
//!     rule: None,
//!     severity: Severity::Error,
//!     message: "task 3 holds cache and waits for entry, task 5 holds entry and waits for cache".to_owned(),
//!     places: vec!["src/cache.rs:118:29".to_owned(), "src/save.rs:74:13".to_owned()],
//!     tasks: vec!["task 3".to_owned(), "task 5".to_owned()],
//!     edges: Vec::new(),
//! };
//! assert!(found.is_error() && found.kind.is_deadly());
//! assert_eq!(found.kind.meaning(), "Tasks wait for each other in a cycle, and none of them can resume.");
//! ```
//!
//! - [`Finding`]: something that was found, of one of the closed list of [`FindingKind`]s.
//! - [`ModelResult`], [`Counterexample`]: what a search through interleavings came to, and the one that failed, as rows
//!   of [`Step`]s.
//! - [`Violation`]: operations that no order explains.
//! - [`Drawing`]: the one drawing of all three, as text and as a page: the cause, the wait-for graph of its [`Edge`]s
//!   ([`WaitForGraph`]), the steps of the tasks beside each other ([`Trace`]), the command that shows it again.
//! - [`PitfallResult`]: a known-bad variant, and which checks saw it.
//! - [`VerificationReport`]: all of a verification; [`holds`](VerificationReport::holds) is its verdict.
//!
//! | feature | gives |
//! | --- | --- |
//! | `serde` | reading and writing as JSON, of every version of the record |
//! | `schema` | the JSON Schema of what is written |
//! | `page` | drawings as HTML: a page of its own, or parts of another one, and the look that all pages have; some 13 kB of text |

mod counterexample;
mod drawing;
mod edge;
mod elide;
mod finding;
mod fold;
mod graph;
mod lanes;
mod layout;
#[cfg(feature = "page")]
mod page;
mod step;
mod trace;
mod verification;
mod violation;

pub use counterexample::Counterexample;
pub use drawing::Drawing;
pub use edge::Edge;
pub use finding::{Finding, FindingKind, Severity};
pub use graph::WaitForGraph;
#[cfg(feature = "page")]
pub use page::{Document, PageScript, PageVerdict, SCRIPT, STYLE, VerdictPage};
pub use step::{Action, Numbering, Step};
pub use trace::Trace;
pub use verification::{Check, Engine, ModelResult, PitfallResult, VerificationReport};
pub use violation::{
    HiddenOperations, HiddenOutcome, OperationGroup, OperationSpan, Process, Violation, WindowStart,
};

// The example of the README is compiled and run, so that it stays true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
