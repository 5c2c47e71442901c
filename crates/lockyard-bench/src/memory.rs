//! What subjects keep in memory for each thing that they hold, as they count it.

use crate::plan::Plan;
use crate::record::{Finding, FindingKind, Memory, Severity};
use crate::subject::{HeapUse, Subject};
use crate::system::Fault;
use crate::workload::Workload;

/// The sizes at which it is counted: how the record's bytes are defined, and where tables have grown.
const ITEMS: u32 = 1_000;
const MANY_ITEMS: u32 = 100_000;

/// What came of counting the memory of all subjects.
pub(crate) enum MemoryCount {
    /// What the record says of each, in the order of the plan.
    Counted(Vec<Memory>),
    /// Not all of them can say, or it was not looked at.
    Unknown,
    /// One of them could not be counted. That costs the memory of all, for it is compared, and nothing else.
    Failed {
        /// By its name.
        subject: String,
        finding: Finding,
    },
}

/// Counts the memory of every subject.
pub(crate) fn of_subjects<W: Workload>(plan: &Plan<W>) -> MemoryCount {
    let mut memory = Vec::new();
    for subject in &plan.subjects {
        match of_subject(plan, subject) {
            Ok(Some(counted)) => memory.push(counted),
            Ok(None) => return MemoryCount::Unknown,
            Err(fault) => return failed(subject.name(), fault),
        }
    }
    if memory.is_empty() { MemoryCount::Unknown } else { MemoryCount::Counted(memory) }
}

fn of_subject<W: Workload>(plan: &Plan<W>, subject: &Subject<W>) -> Result<Option<Memory>, Fault> {
    let Some((item, count)) = subject.heap_use() else { return Ok(None) };
    let Some(HeapUse { kept, peak }) = count(ITEMS, plan.seed)? else { return Ok(None) };
    // What is not ranked need not be known so well.
    let is_wanted = plan.many_items && !subject.is_ablation_only();
    let many = if is_wanted { count(MANY_ITEMS, plan.seed)? } else { None };
    Ok(Some(Memory {
        item: Some(item.to_owned()),
        bytes_per_session: Some(kept),
        bytes_per_session_at_100k: many.map(|many| many.kept),
        peak_bytes_per_session: Some(peak),
        allocations_per_operation: None,
    }))
}

fn failed(subject: &str, Fault { reason, place }: Fault) -> MemoryCount {
    let finding = Finding {
        kind: FindingKind::NotCounted,
        rule: None,
        severity: Severity::Warning,
        message: format!("the memory of {subject} could not be counted, so that of all is unknown: {reason}"),
        places: vec![place.unwrap_or_else(|| subject.to_owned())],
        tasks: Vec::new(),
        edges: Vec::new(),
    };
    MemoryCount::Failed { subject: subject.to_owned(), finding }
}
