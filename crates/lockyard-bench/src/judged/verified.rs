//! What judged slices have come to, slice by slice and in all.

use std::collections::BTreeMap;
use std::time::Duration;

use lockyard_history::Verdict;
use serde::{Deserialize, Serialize};

use crate::record::{self, Finding, FindingKind, Severity, Violation};
use crate::system::Broken;

/// How long judging one slice may take.
pub(super) const BUDGET: Duration = Duration::from_secs(2);

/// Of one kind of fault so many drawings are kept.
const MOST_VIOLATIONS: usize = 3;

/// What came of one slice.
pub(crate) struct JudgedSlice {
    /// Operations that were asked.
    pub(super) invoked: u64,
    pub(super) verdict: Verdict,
    /// What judged it panicked, with these words: then the verdict is unknown.
    pub(super) panic: Option<String>,
    /// Rules of the system that did not hold when it was over.
    pub(super) broken: Vec<Broken>,
}

/// What all judged slices of a subject have come to.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Verified {
    slices: usize,
    operations: u64,
    undecided: usize,
    violations: Vec<Violation>,
    findings: Vec<Finding>,
    /// By kind and rule, how many findings were like one that is kept.
    more: BTreeMap<String, usize>,
}

impl Verified {
    /// Adds what came of a slice.
    pub(crate) fn add(&mut self, slice: JudgedSlice) {
        // A slice in which nothing was written down proves nothing of the answers.
        self.slices += usize::from(slice.invoked > 0);
        self.operations += slice.invoked;
        match slice.verdict {
            Verdict::Linearizable => {}
            Verdict::Unknown => self.undecided += 1,
            Verdict::Violation(violation) => {
                self.keep(no_order(&violation));
                if self.violations.len() < MOST_VIOLATIONS {
                    self.violations.push(violation);
                }
            }
        }
        if let Some(message) = slice.panic {
            self.keep(judge_panicked(message));
        }
        for broken in slice.broken {
            self.keep(after_the_run(broken));
        }
    }

    /// Adds what came of it in another process.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.slices += other.slices;
        self.operations += other.operations;
        self.undecided += other.undecided;
        self.violations
            .extend(other.violations.iter().take(MOST_VIOLATIONS - self.violations.len()).cloned());
        other.findings.iter().cloned().for_each(|finding| self.keep(finding));
        for (kind, more) in &other.more {
            *self.more.entry(kind.clone()).or_default() += more;
        }
    }

    fn keep(&mut self, finding: Finding) {
        if self.findings.iter().any(|known| known.name() == finding.name()) {
            *self.more.entry(finding.name().to_owned()).or_default() += 1;
        } else {
            self.findings.push(finding);
        }
    }

    /// What the record says of it; nothing if there was no slice.
    pub(crate) fn verification(&self) -> Option<record::Verification> {
        let linearizable = if !self.violations.is_empty() {
            Some(false)
        } else if self.undecided > 0 {
            None
        } else {
            Some(true)
        };
        (self.slices > 0).then_some(record::Verification {
            operations_checked: Some(self.operations),
            linearizable,
            deadlocks: None,
            order_inversions: None,
            starvations: None,
        })
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.violations.clone()
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> {
        let undecided = (self.undecided > 0).then(|| Finding {
            kind: FindingKind::NotDecided,
            rule: None,
            severity: Severity::Warning,
            message: format!(
                "{} of {} histories were not decided within {} s each: their linearizability is unknown",
                self.undecided,
                self.slices,
                BUDGET.as_secs(),
            ),
            places: Vec::new(),
            tasks: Vec::new(),
            edges: Vec::new(),
        });
        let counted = |finding: &Finding| {
            let more = self.more.get(finding.name()).map(|more| format!("; {more} more of this kind"));
            Finding { message: finding.message.clone() + &more.unwrap_or_default(), ..finding.clone() }
        };
        self.findings.iter().map(counted).chain(undecided)
    }
}

fn no_order(violation: &Violation) -> Finding {
    let impossible = &violation.operations[violation.impossible];
    let should = match &*violation.expected {
        [] => String::new(),
        expected => format!(", where it should have been {}", expected.join(" or ")),
    };
    let mut places: Vec<_> = violation.operations.iter().map(|bar| bar.f.clone()).collect();
    places.sort();
    places.dedup();
    Finding {
        kind: FindingKind::NotLinearizable,
        rule: None,
        severity: Severity::Error,
        message: format!(
            "no linearization of {} operations on {}: {} of them was answered “{}”{should}",
            violation.operations.len(),
            violation.key,
            impossible.f,
            impossible.what,
        ),
        places,
        tasks: violation.operations.iter().map(|bar| format!("task {}: {}", bar.process, bar.what)).collect(),
        edges: Vec::new(),
    }
}

/// What judges a system is wrong: nothing is known of the system, and nobody shall believe that it is right.
fn judge_panicked(message: String) -> Finding {
    Finding {
        kind: FindingKind::Panic,
        rule: None,
        severity: Severity::Error,
        message,
        places: vec!["the specification".to_owned()],
        tasks: Vec::new(),
        edges: Vec::new(),
    }
}

/// What did not hold when a run was over.
fn after_the_run(broken: Broken) -> Finding {
    Finding {
        kind: FindingKind::Invariant,
        rule: Some(broken.rule.to_owned()),
        severity: Severity::Error,
        message: format!("after the run, {}", broken.message),
        places: vec![broken.place],
        tasks: Vec::new(),
        edges: Vec::new(),
    }
}
