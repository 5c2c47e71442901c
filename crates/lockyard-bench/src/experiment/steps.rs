//! What the tasks of a workload ask, drawn before any clock starts; and the workloads that ask nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::RunError;
use crate::random::Random;
use crate::slices::panic_message;
use crate::workload::{Workload, WorkloadShape};

/// The steps of each task, which is one of the workload's clients: client n draws from stream n + 1 of the seed, and stream 0 is what
/// all have in common.
pub(super) fn of_tasks<W: Workload>(
    workload: &W,
    clients: &[usize],
    shape: &WorkloadShape,
    seed: u64,
) -> Result<Vec<Arc<[W::Step]>>, RunError> {
    let refused = |reason: String| RunError::Workload { name: workload.name().to_owned(), reason };
    if shape.tasks() == 0 || shape.workers == 0 {
        return Err(refused("it needs a task and a worker at least".to_owned()));
    }
    let of_task = |task: usize| {
        let draw = || workload.steps(task, &mut Random::stream(seed, 1 + task as u64));
        let steps = catch_unwind(AssertUnwindSafe(draw)).map_err(|panic| {
            refused(format!("the steps of task {task} panicked: {}", panic_message(&*panic)))
        })?;
        if steps.is_empty() {
            return Err(refused(format!("task {task} has no steps, and each task needs one at least")));
        }
        if let Some(step) = steps.iter().find(|step| W::operation(step) >= W::OPERATIONS.len()) {
            let (operation, of) = (W::operation(step), W::OPERATIONS.len());
            return Err(refused(format!(
                "a step of task {task} is operation {operation}, and OPERATIONS has {of}, counted from 0"
            )));
        }
        Ok(steps.into())
    };
    clients.iter().copied().map(of_task).collect()
}
