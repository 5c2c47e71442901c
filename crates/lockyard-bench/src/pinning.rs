//! Worker threads that stay on the CPUs given: for whoever wants to know on which cores a lock is contended.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Builder;

/// The CPUs that worker threads are pinned to: the first worker to the first, and round again where there are more workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinning {
    cpus: Arc<[u32]>,
}

/// Why threads cannot be pinned so.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinningError {
    /// The list is empty.
    #[error("no CPU to pin to: name one or more, such as 0,1")]
    Empty,
    /// This process may not run there, or there is no such CPU.
    #[error("CPU {cpu} cannot be pinned to: this process may use {}", listed(allowed))]
    NotThere {
        /// The first that cannot.
        cpu: u32,
        /// Those that can.
        allowed: BTreeSet<u32>,
    },
    /// Only Linux is known to let a thread say where it runs.
    #[error("threads cannot be pinned on this system")]
    Unsupported,
}

fn listed(cpus: &BTreeSet<u32>) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

impl Pinning {
    /// To these CPUs, in this order.
    ///
    /// # Errors
    /// [`PinningError`] if one of them is not there, or not for this process.
    pub fn new(cpus: &[u32]) -> Result<Self, PinningError> {
        let allowed = system::allowed().ok_or(PinningError::Unsupported)?;
        if cpus.is_empty() {
            return Err(PinningError::Empty);
        }
        match cpus.iter().find(|cpu| !allowed.contains(cpu)) {
            Some(&cpu) => Err(PinningError::NotThere { cpu, allowed }),
            None => Ok(Self { cpus: cpus.into() }),
        }
    }

    /// The CPUs, in their order.
    #[must_use]
    pub fn cpus(&self) -> &[u32] {
        &self.cpus
    }

    /// Has each thread of a runtime pinned as it starts.
    pub(crate) fn pin_threads_of(&self, builder: &mut Builder) {
        let (cpus, started) = (self.cpus.clone(), AtomicUsize::new(0));
        builder.on_thread_start(move || {
            // Relaxed: each thread takes a number of its own, and nothing else is handed over.
            let nth = started.fetch_add(1, Ordering::Relaxed);
            if !system::pin_this_thread(cpus[nth % cpus.len()]) {
                tracing::warn!(cpu = cpus[nth % cpus.len()], "a worker thread could not be pinned");
            }
        });
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeSet;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// The CPUs that this thread may run on.
    pub(super) fn allowed() -> Option<BTreeSet<u32>> {
        let set = sched_getaffinity(None).ok()?;
        Some((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).map(|cpu| cpu as u32).collect())
    }

    /// Whether this thread now runs there only.
    pub(super) fn pin_this_thread(cpu: u32) -> bool {
        let mut set = CpuSet::new();
        set.set(cpu as usize);
        sched_setaffinity(None, &set).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::collections::BTreeSet;

    pub(super) fn allowed() -> Option<BTreeSet<u32>> {
        None
    }

    pub(super) fn pin_this_thread(_: u32) -> bool {
        false
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_that_is_not_there_is_named_with_those_that_are() {
        let allowed = system::allowed().unwrap();
        let error = Pinning::new(&[1_000]).unwrap_err();
        assert_eq!(error, PinningError::NotThere { cpu: 1_000, allowed: allowed.clone() });
        let first = allowed.first().unwrap();
        assert!(
            error
                .to_string()
                .starts_with(&format!("CPU 1000 cannot be pinned to: this process may use {first}"))
        );
        assert_eq!(Pinning::new(&[]), Err(PinningError::Empty));
    }

    #[test]
    fn every_worker_runs_where_it_was_pinned() {
        let last = *system::allowed().unwrap().last().unwrap();
        let pinning = Pinning::new(&[last]).unwrap();
        let mut builder = Builder::new_multi_thread();
        pinning.pin_threads_of(builder.worker_threads(2));
        let runtime = builder.build().unwrap();
        let runs_on = runtime.block_on(runtime.spawn(async { system::allowed() })).unwrap();
        assert_eq!(runs_on, Some(BTreeSet::from([last])));
    }
}
