//! The progress of a run, for observers.

use crate::record::{Comparison, Record};

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress<'a> {
    /// Subjects are being set up and warmed.
    Preparing {
        /// The workload.
        workload: &'a str,
        /// The subject that is set up now.
        subject: &'a str,
    },
    /// A subject is being given what it holds.
    Filling {
        /// The subject.
        subject: &'a str,
        /// Things that are there.
        done: usize,
        /// Things in all.
        of: usize,
    },
    /// A round has ended.
    Round {
        /// The workload.
        workload: &'a str,
        /// Rounds that are done, over all workloads.
        done: u32,
        /// Rounds in all.
        of: u32,
        /// Where the last subject stands against the baseline by now; nothing if there is none, or no interval yet.
        interim: Option<InterimRatio<'a>>,
    },
    /// A workload has been measured.
    Measured {
        /// The workload.
        workload: &'a str,
        /// What can be said by now.
        comparisons: &'a [Comparison],
    },
    /// Something has been measured that the record now holds. What comes later may fail, and the record that the run returns
    /// is lost then: so this is the moment to write it down.
    Recorded {
        /// All that was measured so far, marked as not finished.
        record: &'a Record,
    },
}

/// What can be said of a candidate while it is being measured. Its interval narrows from round to round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InterimRatio<'a> {
    /// The candidate.
    pub candidate: &'a str,
    /// The baseline.
    pub baseline: &'a str,
    /// Throughput, candidate ÷ baseline.
    pub ratio: f64,
    /// Lower and upper end of its interval.
    pub ci: [f64; 2],
}

/// Is notified of the progress of a run, between slices only.
pub trait Observer {
    /// The run has come this far.
    fn on(&mut self, progress: &Progress<'_>);
}

/// Ignores all progress.
#[derive(Debug)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn on(&mut self, _: &Progress<'_>) {}
}
