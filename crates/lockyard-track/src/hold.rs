//! The locks that a strand holds, and what it took to have them.

use std::sync::Arc;

use super::clock::Ticks;
use super::cycle::LockId;
use super::mode::Mode;
use super::order::{Held, IdMap, LockUse};

/// A lock that a strand holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) number: u64,
    pub(super) taken: LockUse,
    /// The family blocks: while it is held across an await, those who want it block the threads.
    pub(super) blocks: bool,
    pub(super) granted: Ticks,
    pub(super) waited: Acquisition,
    /// The strand has awaited something other than a lock meanwhile.
    pub(super) across: bool,
    /// The family blocks and the strand has awaited something meanwhile: a waiter for the lock blocks a thread.
    pub(super) is_hazard: bool,
}

/// What it took to have a lock. Nothing of it where the lock was free.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Acquisition {
    pub(super) queued_ns: u64,
    pub(super) woken_ns: u64,
    /// Others that came later and had the lock before.
    pub(super) overtaken: u64,
}

/// Where a hold stands among those of its strand.
pub(super) type HoldIndex = u32;

/// Past so many holds it is looked up, and not searched, whether a lock is among them.
const SEARCHED: usize = 32;

struct Slot {
    hold: Hold,
    older: Option<HoldIndex>,
    newer: Option<HoldIndex>,
    /// This hold on top of all older ones, once that was asked for.
    list: Option<Arc<Held>>,
}

/// The holds of a strand, from the oldest to the newest. To push and to remove one, wherever it stands, costs the same
/// for a thousand as for one.
#[derive(Default)]
pub(super) struct Holds {
    slots: Vec<Option<Slot>>,
    free: Vec<HoldIndex>,
    newest: Option<HoldIndex>,
    len: usize,
    /// The sum of the holds' hashes: the same in whatever turn they come and go.
    hash: u64,
    /// Some list has a hold in it that is no more, or not on top of what it should.
    stale: bool,
    /// What the lists are on top of.
    around: Option<Arc<Held>>,
    /// How often each lock is held, while there are so many holds that it pays.
    locks: Option<IdMap<LockId, u32>>,
}

impl Holds {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    #[inline]
    pub(super) fn newest(&self) -> Option<&Hold> {
        self.newest.and_then(|at| self.slots[at as usize].as_ref()).map(|slot| &slot.hold)
    }

    /// From the newest to the oldest.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Hold> {
        let slot = |at: HoldIndex| self.slots[at as usize].as_ref();
        let newest = self.newest.and_then(slot);
        std::iter::successors(newest, move |it| it.older.and_then(slot)).map(|slot| &slot.hold)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Hold> {
        self.slots.iter_mut().flatten().map(|slot| &mut slot.hold)
    }

    /// The hold that was given this place and number.
    pub(super) fn get(&self, at: HoldIndex, number: u64) -> Option<Hold> {
        let slot = self.slots.get(at as usize)?.as_ref()?;
        (slot.hold.number == number).then_some(slot.hold)
    }

    #[inline]
    pub(super) fn push(&mut self, hold: Hold) -> HoldIndex {
        let slot = Slot { hold, older: self.newest, newer: None, list: None };
        let at = if let Some(at) = self.free.pop() {
            self.slots[at as usize] = Some(slot);
            at
        } else {
            self.slots.push(Some(slot));
            self.slots.len() as HoldIndex - 1
        };
        if let Some(older) = self.newest.and_then(|it| self.slots[it as usize].as_mut()) {
            older.newer = Some(at);
        }
        self.newest = Some(at);
        self.len += 1;
        self.hash = self.hash.wrapping_add(hold.taken.hash());
        if let Some(locks) = &mut self.locks {
            *locks.entry(hold.taken.lock).or_default() += 1;
        }
        at
    }

    /// Where the hold of this number stands.
    pub(super) fn find(&self, number: u64) -> Option<HoldIndex> {
        let is = |slot: &Option<Slot>| slot.as_ref().is_some_and(|slot| slot.hold.number == number);
        self.slots.iter().position(is).map(|at| at as HoldIndex)
    }

    /// Takes the hold out that was given this place and number.
    #[inline]
    pub(super) fn remove(&mut self, at: HoldIndex, number: u64) -> Option<Hold> {
        let slot = self.slots.get_mut(at as usize)?.take_if(|slot| slot.hold.number == number)?;
        self.free.push(at);
        // Lists of newer holds have this one inside. They are made anew when one is asked for, not now:
        // releasing all in the order of taking would pay for each of them each time.
        self.stale |= slot.newer.is_some();
        match slot.newer.and_then(|it| self.slots[it as usize].as_mut()) {
            Some(newer) => newer.older = slot.older,
            None => self.newest = slot.older,
        }
        if let Some(older) = slot.older.and_then(|it| self.slots[it as usize].as_mut()) {
            older.newer = slot.newer;
        }
        self.len -= 1;
        self.hash = self.hash.wrapping_sub(slot.hold.taken.hash());
        if self.len == 0 {
            (self.stale, self.around, self.locks) = (false, None, None);
        } else if let Some(locks) = &mut self.locks
            && let Some(count) = locks.get_mut(&slot.hold.taken.lock)
        {
            *count -= 1;
            if *count == 0 {
                locks.remove(&slot.hold.taken.lock);
            }
        }
        Some(slot.hold)
    }

    /// What is held here may be another branch's than the one that asks next.
    pub(super) fn mark_ambiguous(&mut self) {
        self.hash = 0;
        for slot in self.slots.iter_mut().flatten() {
            self.stale |= slot.hold.taken.sequence;
            slot.hold.taken.sequence = false;
            self.hash = self.hash.wrapping_add(slot.hold.taken.hash());
        }
    }

    /// The hold of this lock that reads it, if any.
    pub(super) fn reading(&mut self, lock: LockId) -> Option<Hold> {
        if self.len > SEARCHED {
            let locks = self.locks.take().unwrap_or_else(|| {
                let mut locks = IdMap::default();
                self.iter().for_each(|hold| *locks.entry(hold.taken.lock).or_default() += 1);
                locks
            });
            let has = locks.contains_key(&lock);
            self.locks = Some(locks);
            if !has {
                return None;
            }
        }
        self.iter().find(|hold| hold.taken.lock == lock && hold.taken.mode == Mode::Read).copied()
    }

    /// All holds but those that have no order, such as looks and permits, as a list on top of `around`; and how many elements were made for it.
    pub(super) fn list(&mut self, around: Option<Arc<Held>>) -> (Option<Arc<Held>>, usize) {
        let same = match (&self.around, &around) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        if self.stale || !same {
            self.slots.iter_mut().flatten().for_each(|slot| slot.list = None);
            self.stale = false;
        }
        // Down to the newest hold that has its list, and up again.
        let mut missing = Vec::new();
        let mut at = self.newest;
        let mut list = around.clone();
        while let Some(slot) = at.and_then(|at| self.slots[at as usize].as_ref()) {
            if let Some(known) = &slot.list {
                list = Some(known.clone());
                break;
            }
            if slot.hold.taken.mode.is_ordered() {
                missing.extend(at);
            }
            at = slot.older;
        }
        let built = missing.len();
        for at in missing.into_iter().rev() {
            if let Some(slot) = &mut self.slots[at as usize] {
                let on_top = Held::push(slot.hold.taken, list);
                slot.list = Some(on_top.clone());
                list = Some(on_top);
            }
        }
        self.around = around;
        (list, built)
    }
}
