//! What is held at a moment, as a list that later moments share: to keep it costs no more than to point at it.

use std::collections::HashSet;
use std::sync::Arc;

use super::lock_use::LockUse;
use crate::cycle::LockId;
use crate::mode::Mode;

/// A lock that is held, on top of those taken before it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) taken: LockUse,
    below: Option<Arc<Held>>,
    /// The next one below of the same class.
    same_class: Option<Arc<Held>>,
    /// One hold of each kind in the list, the oldest: to the class graph the others of its kind say the same.
    kinds: Arc<[LockUse]>,
    /// A bit for each lock in the list, several for each bit: two lists without a bit in common have no lock in common.
    locks: u64,
    len: usize,
}

/// What is held when a lock is asked for.
pub(crate) struct HeldNow {
    pub(crate) held: Arc<Held>,
    /// A hash of all that is held, whatever the turn in which it was taken.
    pub(crate) holds: u64,
    /// Elements of the list that were made for it.
    pub(crate) built: usize,
    /// Who holds it, as it stands in reports.
    pub(crate) task: Arc<str>,
}

fn bit(lock: LockId) -> u64 {
    1 << (lock % 64)
}

/// Whether the class graph can distinguish the two.
fn same_kind(one: &LockUse, other: &LockUse) -> bool {
    one.class_id() == other.class_id()
        && (one.mode, one.rule, one.sequence, one.private)
            == (other.mode, other.rule, other.sequence, other.private)
}

impl Held {
    /// `taken` is held from now on, with all of `below`.
    pub(crate) fn push(taken: LockUse, below: Option<Arc<Self>>) -> Arc<Self> {
        let Some(under) = below else {
            let kinds = Arc::from([taken]);
            return Arc::new(Self {
                taken,
                below: None,
                same_class: None,
                kinds,
                locks: bit(taken.lock),
                len: 1,
            });
        };
        let mut kinds = under.kinds.clone();
        // Looked for only where there is one: under a thousand holds of another class the walk would be long.
        let has_class = kinds.iter().any(|it| it.class_id() == taken.class_id());
        let same_class = has_class.then(|| {
            let mut below = under.clone();
            while below.taken.class_id() != taken.class_id() {
                below = below.below.clone().expect("the list has a hold of every class among its kinds");
            }
            below
        });
        if !kinds.iter().any(|it| same_kind(it, &taken)) {
            kinds = kinds.iter().copied().chain([taken]).collect();
        }
        let (locks, len) = (under.locks | bit(taken.lock), under.len + 1);
        Arc::new(Self { taken, below: Some(under), same_class, kinds, locks, len })
    }

    /// From the newest to the oldest.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LockUse> {
        std::iter::successors(Some(self), |held| held.below.as_deref()).map(|held| &held.taken)
    }

    /// Those of one class, from the newest to the oldest.
    pub(super) fn of_class(&self, class: usize) -> impl Iterator<Item = &LockUse> {
        let has = self.kinds.iter().any(|it| it.class_id() == class);
        let mut newest = has.then_some(self);
        while let Some(held) = newest.filter(|held| held.taken.class_id() != class) {
            newest = held.below.as_deref();
        }
        std::iter::successors(newest, |held| held.same_class.as_deref()).map(|held| &held.taken)
    }

    pub(super) fn kinds(&self) -> &[LockUse] {
        &self.kinds
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The hold of this lock, of a known class.
    pub(super) fn find(&self, lock: LockId, class: usize) -> Option<&LockUse> {
        if self.locks & bit(lock) == 0 {
            return None;
        }
        self.of_class(class).find(|it| it.lock == lock)
    }

    /// Whether both can be held at the same time, each but for one lock of its own: whether no lock is in both that one
    /// of them keeps the other from having.
    ///
    /// What may be another branch's is no guard: it may not be there next time.
    pub(super) fn can_meet(&self, but: LockId, other: &Self, other_but: LockId) -> bool {
        if self.locks & other.locks == 0 {
            return true;
        }
        let (short, long) = if self.len <= other.len { (self, other) } else { (other, self) };
        let (short_but, long_but) = if self.len <= other.len { (but, other_but) } else { (other_but, but) };
        let is_guard = |it: &&LockUse, but| it.sequence && it.lock != but;
        let all: HashSet<(LockId, Mode)> =
            short.iter().filter(|it| is_guard(it, short_but)).map(|it| (it.lock, it.mode)).collect();
        let excluded = |it: &LockUse| {
            [Mode::Read, Mode::Write]
                .iter()
                .any(|mode| mode.excludes(it.mode) && all.contains(&(it.lock, *mode)))
        };
        !long.iter().filter(|it| is_guard(it, long_but)).any(excluded)
    }

    /// Whether every guard here, without `but`, is one there, without `other_but`. Long lists are compared only if one
    /// stands on the other, else `false`.
    pub(super) fn is_within(&self, but: LockId, other: &Self, other_but: LockId) -> bool {
        if self.len == 1 {
            return self.taken.lock == but;
        }
        let on_top = other.len.saturating_sub(self.len);
        let below =
            std::iter::successors(Some(other), |held| held.below.as_deref()).take(STACKED).nth(on_top);
        if but == other_but && below.is_some_and(|held| std::ptr::eq(held, self)) {
            return true;
        }
        self.len <= COMPARED
            && other.len <= COMPARED
            && self.iter().filter(|it| it.sequence && it.lock != but).all(|own| {
                other.iter().any(|it| it.lock == own.lock && it.lock != other_but && it.mode == own.mode)
            })
    }
}

/// So many elements further down a list is looked for.
const STACKED: usize = 64;

/// Lists are compared lock by lock up to this length: the work is its square.
const COMPARED: usize = 16;

impl Drop for Held {
    fn drop(&mut self) {
        // By turns and not one inside the other: a list of a hundred thousand would overflow the stack. The pointer
        // to the same class goes first, or it would be the last one to what stands below.
        self.same_class = None;
        let mut below = self.below.take();
        while let Some(mut held) = below.and_then(Arc::into_inner) {
            held.same_class = None;
            below = held.below.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use lockyard_lock::LockClass;

    use super::*;
    use crate::mode::Rule;

    static ENTRY: LockClass = LockClass::new("entry");

    #[test]
    fn a_list_of_a_million_ends_without_recursion() {
        let mut held = None;
        for lock in 0..1_000_000 {
            let taken = LockUse::new(lock, &ENTRY, Mode::Write, Rule::Fifo, Location::caller());
            held = Some(Held::push(taken, held));
        }
        let held = held.unwrap();
        assert_eq!((held.len(), held.kinds().len()), (1_000_000, 1));
        drop(held);
    }
}
