//! What conclusions need to know of workloads and subjects, apart from their types.

use std::time::Duration;

use crate::clients::ClientSlice;
use crate::plan::Terms;
use crate::record::{Factors, Point, ServerGroup, StrategySummary};
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
    /// Of a workload of whose clients this machine has these.
    pub(crate) fn of<W: Workload>(workload: &W, clients: ClientSlice) -> Self {
        Self {
            name: workload.name().to_owned(),
            operations: W::OPERATIONS,
            shape: clients.shape(&workload.shape()),
            point: workload.point(),
        }
    }
}

/// A subject, as far as conclusions know it.
#[derive(Clone, Debug)]
pub(crate) struct SubjectFacts {
    pub(crate) name: String,
    pub(crate) about: Option<String>,
    pub(crate) factors: Option<Factors>,
    /// The subject that it is held against besides, because all but one thing is equal.
    pub(crate) compared_with: Option<String>,
    /// The servers that stand behind it, where it says so.
    pub(crate) servers: Option<ServerGroup>,
    /// Whether it is there for an ablation alone.
    pub(crate) ablation_only: bool,
    /// Whether it stands outside this process, so that nothing is known that tasks cannot see.
    pub(crate) outside: bool,
}

impl SubjectFacts {
    pub(crate) fn of<W: Workload>(subject: &Subject<W>) -> Self {
        Self {
            name: subject.name().to_owned(),
            about: subject.says_about().map(str::to_owned),
            factors: subject.factors().cloned(),
            compared_with: subject.is_compared_with().map(str::to_owned),
            servers: subject.servers().cloned(),
            ablation_only: subject.is_ablation_only(),
            outside: subject.is_outside(),
        }
    }

    /// What the record says of it.
    pub(crate) fn summary(&self) -> StrategySummary {
        StrategySummary {
            name: self.name.clone(),
            about: self.about.clone(),
            factors: self.factors.clone(),
            compared_with: self.compared_with.clone(),
            servers: self.servers.clone(),
            ablation_only: self.ablation_only,
        }
    }

    /// One of which nothing but the name is known.
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            about: None,
            factors: None,
            compared_with: None,
            servers: None,
            ablation_only: false,
            outside: false,
        }
    }
}

/// What is concluded about, and how surely.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) terms: &'a Terms,
    pub(crate) subjects: &'a [SubjectFacts],
    /// For how long each was to be measured under each workload; `None` where that is not what is recorded.
    pub(crate) duration: Option<Duration>,
}
