//! Systems compared under workloads: what is measured, what follows from it, and how it is told.
//!
//! | part | is |
//! | --- | --- |
//! | [`stats`] | means, paired ratios, effects of a factorial, the scalability law, verdicts: functions of numbers |
//! | [`record`] | **the** record of a run: one versioned type, written once, read by everything after it |
//! | [`gate`] | two records side by side: what changed, and whether it may pass |
//! | `report` | terminal, markdown, page, JUnit, SARIF: readers of the record, and of a diff of two |
//! | [`alloc`] | a counting allocator, for statements about memory; the only `unsafe` |

pub mod alloc;
pub mod gate;
pub mod record;
#[cfg(feature = "report")]
pub mod report;
pub mod stats;
