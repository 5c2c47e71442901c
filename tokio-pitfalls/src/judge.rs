//! What both checks make of both variants of a pitfall, as `lockyard verify --include` reads it.

use std::fmt;
use std::path::Path;

use lockyard_evidence::{Check, PitfallResult, VerificationReport};

use crate::explore::{Explored, explore};
use crate::track::{Tracked, track};
use crate::{PITFALLS, Pitfall};

/// Names the file in which results are gathered, if they shall be.
const RESULTS: &str = "LOCKYARD_RESULTS";

/// The verdict on one pitfall.
#[derive(Debug)]
pub struct Judged {
    /// For the report.
    pub result: PitfallResult,
    /// What was wrong with a verdict, in words.
    pub complaints: Vec<String>,
}

/// The pitfall of this name.
pub fn named(name: &str) -> &'static Pitfall {
    PITFALLS.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("there is no pitfall {name:?}"))
}

/// Runs the wrong variant under each check that must see it, and the fixed one under both.
pub fn judge(pitfall: &Pitfall) -> Judged {
    let mut result = PitfallResult {
        pitfall: pitfall.name.to_owned(),
        class: pitfall.class.to_owned(),
        expected: pitfall.expected(),
        caught_by: Vec::new(),
        missed_by: Vec::new(),
        not_run: Vec::new(),
        false_positives: Vec::new(),
    };
    let mut complaints = Vec::new();
    let mut wrong = |check, is_caught: bool, said: &dyn fmt::Debug| {
        if is_caught {
            result.caught_by.push(check);
        } else {
            result.missed_by.push(check);
            complaints.push(format!("missed by {}: {said:#?}", Check::as_str(check)));
        }
    };
    if let Some(kind) = pitfall.explored {
        let explored = explore(pitfall.wrong);
        wrong(Check::Explorer, explored.kind == Some(kind), &explored);
    }
    if let Some(kind) = pitfall.tracked {
        let tracked = track(pitfall.wrong);
        wrong(Check::Live, tracked.findings.iter().any(|it| it.kind == kind), &tracked);
    }
    let mut right = |check, is_silent: bool, said: &dyn fmt::Debug| {
        if !is_silent {
            result.false_positives.push(check);
            complaints.push(format!("not silent over the twin: {}: {said:#?}", Check::as_str(check)));
        }
    };
    let explored: Explored = explore(pitfall.fixed);
    right(Check::Explorer, explored.is_exhausted(), &explored);
    let tracked: Tracked = track(pitfall.fixed);
    right(Check::Live, tracked.findings.is_empty() && tracked.failure.is_none(), &tracked);
    Judged { result, complaints }
}

impl Judged {
    /// Adds it to the results, if they are gathered, and fails for what was wrong with it.
    ///
    /// # Panics
    /// If a check has missed it, or was not silent over its twin.
    pub fn hold(self) {
        if let Some(file) = std::env::var_os(RESULTS) {
            let report = VerificationReport { pitfalls: vec![self.result], ..VerificationReport::default() };
            report.merge_into(Path::new(&file)).unwrap_or_else(|error| panic!("{RESULTS}: {error}"));
        }
        assert!(self.complaints.is_empty(), "{}", self.complaints.join("\n"));
    }
}
