//! What the instruments find, as data: results of models and of pitfalls, and what shows a failure.
//!
//! Everything that finds something (tracker, explorer, checker, driver) says it in the words of this crate, and everything
//! that shows it (terminal, page, JUnit) reads them. The crate knows nothing of either.
//!
//! ```
//! use lockyard_evidence::{Check, PitfallResult, VerificationReport};
//!
//! let caught = PitfallResult {
//!     pitfall: "abba".to_owned(),
//!     class: "deadlock".to_owned(),
//!     expected: vec![Check::Explorer],
//!     caught_by: vec![Check::Explorer],
//!     missed_by: vec![],
//!     not_run: vec![],
//!     twin_alarms: vec![],
//! };
//! let report = VerificationReport { pitfalls: vec![caught], ..VerificationReport::default() };
//! assert!(report.holds());
//! ```

mod verification;

pub use verification::{Check, Counterexample, Engine, ModelResult, PitfallResult, VerificationReport};
