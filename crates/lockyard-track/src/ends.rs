//! What ends a wait: the release of a lock, permits that come back, something that is done by a handle, the end of a task.
//!
//! Who could end a wait, and whether all of those are known, is what distinguishes a deadlock from a wait that is merely
//! long. A lock is unlocked by its holder alone. Permits come back from those that have them. A message comes by one of the
//! channel's senders; those are values which move from task to task unseen, so each counts as owned by the task that used
//! it last, and by none that is known before it was used.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use lockyard_lock::sync::{AtomicUsize, Mutex};

use super::cycle::StrandId;
use super::name::Name;
use super::order::Progress;

/// What ends a wait for something.
pub(super) enum Ends {
    /// Each of its holders, by unlocking it.
    Unlock,
    /// Permits that come back, of so many in all.
    Permits(AtomicUsize),
    /// Something that is done by one of its handles.
    Handles(Handles),
    /// The end of a task.
    Task(AwaitedTask),
    /// Time, by itself.
    Time,
    /// Something that is not seen.
    Unseen,
}

/// A task whose end is waited for.
pub(super) struct AwaitedTask {
    pub(super) name: Name,
    pub(super) progress: Arc<Progress>,
}

impl Ends {
    /// Whether it is a lock, which its holders alone keep from others.
    pub(super) fn is_unlock(&self) -> bool {
        matches!(self, Self::Unlock)
    }

    /// Whether such a wait ends by itself, so that one who waits long is not stuck.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Time)
    }
}

/// Handles, and the tasks that own them as far as that is known.
pub(super) struct Handles {
    /// How many there are; nothing where that is not known, as of references to a `Notify`.
    live: Option<AtomicUsize>,
    owners: Mutex<BTreeMap<StrandId, u32>>,
}

impl Handles {
    /// None so far. `counted`: each of them will be noted.
    pub(super) fn new(counted: bool) -> Self {
        Self { live: counted.then(|| AtomicUsize::new(0)), owners: Mutex::default() }
    }

    pub(super) fn added(&self) {
        if let Some(live) = &self.live {
            live.fetch_add(1, SeqCst);
        }
    }

    /// One that `owner` had, if known, is no more.
    pub(super) fn removed(&self, owner: Option<StrandId>) {
        // The owner first: as long as the handle is counted and has no owner, whoever waits for it seems to wait for a task
        // that is not known, which is no deadlock.
        self.moved(owner, None);
        if let Some(live) = &self.live {
            live.fetch_sub(1, SeqCst);
        }
    }

    /// A handle has gone from one task to another.
    pub(super) fn moved(&self, from: Option<StrandId>, to: Option<StrandId>) {
        let mut owners = self.owners.lock();
        if let Some(from) = from
            && let Some(count) = owners.get_mut(&from)
        {
            *count -= 1;
            if *count == 0 {
                owners.remove(&from);
            }
        }
        if let Some(to) = to {
            *owners.entry(to).or_default() += 1;
        }
    }

    /// The owners, with how many handles each has, and how many handles there are.
    pub(super) fn owners(&self) -> (Vec<(StrandId, u32)>, u32) {
        let owners: Vec<_> = self.owners.lock().iter().map(|(owner, count)| (*owner, *count)).collect();
        let known = owners.iter().map(|(_, count)| count).sum();
        let live = self.live.as_ref().map_or(known, |live| live.load(SeqCst) as u32);
        (owners, live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_owned_by_the_task_that_used_it_last() {
        let handles = Handles::new(true);
        handles.added();
        handles.added();
        assert_eq!(handles.owners(), (vec![], 2), "none was used yet");
        handles.moved(None, Some(7));
        handles.moved(None, Some(8));
        handles.moved(Some(7), Some(8));
        assert_eq!(handles.owners(), (vec![(8, 2)], 2));
        handles.removed(Some(8));
        assert_eq!(handles.owners(), (vec![(8, 1)], 1));
    }

    #[test]
    fn of_handles_that_are_not_counted_there_are_as_many_as_are_known() {
        let handles = Handles::new(false);
        handles.added();
        handles.moved(None, Some(7));
        assert_eq!(handles.owners(), (vec![(7, 1)], 1));
    }
}
