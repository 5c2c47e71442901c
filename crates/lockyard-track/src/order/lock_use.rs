//! One lock, and how it was taken.

use std::panic::Location;

use lockyard_lock::LockClass;

use super::ids::mix;
use crate::cycle::LockId;
use crate::mode::{Mode, Rule};

/// One lock taken, or asked for.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with one another")]
pub(crate) struct LockUse {
    pub(crate) lock: LockId,
    pub(crate) class: &'static LockClass,
    pub(crate) mode: Mode,
    pub(crate) rule: Rule,
    pub(crate) place: &'static Location<'static>,
    /// It belongs to one sequence with what its strand does next. Otherwise it may be another branch's.
    pub(crate) sequence: bool,
    /// It was taken by trying: no wait, and so no order, stands behind it.
    pub(crate) tried: bool,
    /// Its guard or permit can be moved to another task, and may have been, unnoticed.
    pub(crate) movable: bool,
    /// No task but the one that made the lock had used it by then.
    pub(crate) private: bool,
}

/// What a static is known by.
pub(super) fn id<T>(of: &'static T) -> usize {
    std::ptr::from_ref(of).addr()
}

impl LockUse {
    pub(crate) fn new(
        lock: LockId,
        class: &'static LockClass,
        mode: Mode,
        rule: Rule,
        place: &'static Location<'static>,
    ) -> Self {
        Self { lock, class, mode, rule, place, sequence: true, tried: false, movable: false, private: false }
    }

    pub(crate) fn class_id(&self) -> usize {
        id(self.class)
    }

    /// All of it but the lock, as a number.
    #[inline]
    pub(crate) fn kind_hash(&self) -> u64 {
        let flags = u64::from(self.sequence) | u64::from(self.tried) << 1 | u64::from(self.private) << 2;
        mix(mix(id(self.class) as u64, id(self.place) as u64), flags | self.mode.number() << 3)
    }

    /// All of it, as a number.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        mix(self.kind_hash(), self.lock)
    }
}
