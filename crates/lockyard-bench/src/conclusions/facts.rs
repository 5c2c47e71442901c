//! What conclusions need to know of workloads and subjects, apart from their types.

use crate::plan::Terms;
use crate::record::{Factors, Point};
use crate::subject::Subject;
use crate::workload::{Operation, Workload, WorkloadShape};

/// A workload, as far as conclusions know it.
#[derive(Clone, Debug)]
pub(crate) struct WorkloadFacts {
    pub(crate) name: String,
    pub(crate) operations: &'static [Operation],
    pub(crate) shape: WorkloadShape,
    pub(crate) point: Point,
}

impl WorkloadFacts {
    pub(crate) fn of<W: Workload>(workload: &W) -> Self {
        Self {
            name: workload.name().to_owned(),
            operations: W::OPERATIONS,
            shape: workload.shape(),
            point: workload.point(),
        }
    }
}

/// A subject, as far as conclusions know it.
#[derive(Clone, Debug)]
pub(crate) struct SubjectFacts {
    pub(crate) name: String,
    pub(crate) factors: Option<Factors>,
    /// Whether it stands outside this process, so that nothing is known that tasks cannot see.
    pub(crate) outside: bool,
}

impl SubjectFacts {
    pub(crate) fn of<W: Workload>(subject: &Subject<W>) -> Self {
        Self {
            name: subject.name().to_owned(),
            factors: subject.factors().cloned(),
            outside: subject.is_outside(),
        }
    }
}

/// What is concluded about, and how surely.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) terms: &'a Terms,
    pub(crate) subjects: &'a [SubjectFacts],
}
