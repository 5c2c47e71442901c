//! Whether a lock keeps what it promises when it grants: never a writer beside another holder.
//!
//! A hold is noted after the grant, and its end before the release. So two holds that overlap in the notes overlapped in
//! truth, and what is found here is certain. Readers write nothing that they share: a writer raises a flag, at which
//! readers look, so that a reader that comes beside a writer is always seen, and a second writer, too. A writer that comes
//! beside a reader finds no flag. It has to look through the holds of all strands, and does so in one grant of
//! [`ONE_IN`].

use std::sync::atomic::Ordering::{Acquire, Release};

use super::cycle::StrandId;
use super::lock::Lock;
use super::mode::Mode;
use super::order::LockUse;
use super::report;
use super::strand::Strand;

/// Grants to writers for one that looks at all holders.
pub(super) const ONE_IN: u64 = 64;

/// A hold of a strand begins, by its own count the `nth`.
#[inline]
pub(super) fn granted(lock: &Lock, strand: StrandId, taken: &LockUse, nth: u64) {
    // What the lock itself orders is enough here: a writer's release comes after its flag is lowered, and the next grant
    // after the release. So a strand that was granted in turn sees the flag down, and one that sees it up was granted
    // beside it.
    let writer = match taken.mode {
        Mode::Look | Mode::Permits(_) | Mode::Event => return,
        Mode::Read => lock.writer.load(Acquire),
        Mode::Write => {
            // Two steps for one: of two writers that a broken lock lets in at once both may see the flag down. Then the flag
            // is not their own when the first of them ends.
            let writer = lock.writer.load(Acquire);
            lock.writer.store(strand, Release);
            writer
        }
    };
    if writer != 0 {
        came_beside(lock, strand, taken, writer);
    } else if taken.mode == Mode::Write && nth.is_multiple_of(ONE_IN) {
        look(lock, strand, taken);
    }
}

/// A strand comes in beside a writer.
#[cold]
fn came_beside(lock: &Lock, strand: StrandId, taken: &LockUse, writer: StrandId) {
    let Some(strand) = Strand::of(strand) else { return };
    let other = Strand::of(writer);
    let title = other.as_ref().map_or_else(|| "a task that has ended".to_owned(), |it| it.title());
    let at = other.and_then(|it| it.hold_of(taken.lock)).map(|hold| hold.taken.place);
    report::broken_exclusion(lock, &strand, taken, &title, Mode::Write, at);
}

/// A hold of a strand ends, and is not released yet.
#[inline]
pub(super) fn released(lock: &Lock, strand: StrandId, mode: Mode) {
    if mode != Mode::Write {
        return;
    }
    // Only its own flag: of two writers the first to go must not lower that of the second.
    let writer = lock.writer.load(Acquire);
    if writer == strand {
        // Released with the lock, whose own unlock follows: nothing has to be seen any sooner.
        lock.writer.store(0, Release);
    } else if writer != 0 {
        raised_beside(lock, strand, writer);
    }
}

/// A writer ends, and another one has raised the flag meanwhile.
#[cold]
fn raised_beside(lock: &Lock, strand: StrandId, writer: StrandId) {
    let (Some(strand), Some(other)) = (Strand::of(strand), Strand::of(writer)) else { return };
    let Some(own) = strand.hold_of(lock.id) else { return };
    let at = other.hold_of(lock.id).map(|hold| hold.taken.place);
    report::broken_exclusion(lock, &strand, &own.taken, &other.title(), Mode::Write, at);
}

#[cold]
fn look(lock: &Lock, strand: StrandId, taken: &LockUse) {
    let Some(strand) = Strand::of(strand) else { return };
    for other in Strand::all() {
        if let Some(hold) = other.read_of(taken.lock) {
            let at = Some(hold.taken.place);
            report::broken_exclusion(lock, &strand, taken, &other.title(), Mode::Read, at);
            return;
        }
    }
}
