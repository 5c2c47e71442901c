//! What subjects keep in memory for each thing that they hold, as they count it.

use crate::error::RunError;
use crate::plan::Plan;
use crate::record::Memory;
use crate::subject::HeapUse;
use crate::workload::Workload;

/// The sizes at which it is counted: how the record's bytes are defined, and where tables have grown.
const ITEMS: u32 = 1_000;
const MANY_ITEMS: u32 = 100_000;

/// What the record says of each subject, in the order of the plan; nothing where not all of them can say.
pub(crate) fn of_subjects<W: Workload>(plan: &Plan<W>) -> Result<Option<Vec<Memory>>, RunError> {
    let mut memory = Vec::new();
    for subject in &plan.subjects {
        let Some((item, count)) = subject.heap_use() else { return Ok(None) };
        let fault = |fault| RunError::Subject { name: subject.name().to_owned(), fault };
        let Some(HeapUse { kept, peak }) = count(ITEMS, plan.seed).map_err(fault)? else { return Ok(None) };
        let many = if plan.many_items { count(MANY_ITEMS, plan.seed).map_err(fault)? } else { None };
        memory.push(Memory {
            item: Some(item.to_owned()),
            bytes_per_session: Some(kept),
            bytes_per_session_at_100k: many.map(|many| many.kept),
            peak_bytes_per_session: Some(peak),
            allocations_per_operation: None,
        });
    }
    Ok(Some(memory).filter(|memory| !memory.is_empty()))
}
