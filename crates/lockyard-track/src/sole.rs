//! The one hold of a strand that has no other, noted without locking anything.
//!
//! Most acquisitions find their lock free while their task holds nothing, and end before the task takes a second one or is
//! suspended. The thread that runs the strand notes such a hold here by plain stores. The list of holds has a lock, and
//! whoever locks it, this strand or a search, first moves there what is here: so all others know the list alone.
//!
//! Why nobody sees half of a hold: only the thread that runs the strand fills this, and only while it is empty; it is emptied
//! under the lock of the list only. The number is stored last, released, and read first, acquired.

use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam_utils::atomic::AtomicCell;
use lockyard_lock::LockClass;
use lockyard_lock::sync::AtomicU64;

use super::clock::Ticks;
use super::hold::{Acquisition, Hold};
use super::mode::{Mode, Rule};
use super::order::LockUse;

/// Set in the numbers of these holds, which are counted apart from those of the list.
const SOLE: u64 = 1 << 63;

/// How a hold was taken, in one number: the mode, the rule, four facts, and from here on how many permits.
const PERMITS: u32 = 32;

/// A hold, or none.
pub(super) struct SoleHold {
    /// 0 while there is none.
    number: AtomicU64,
    /// So many there were.
    made: AtomicU64,
    lock: AtomicU64,
    class: AtomicCell<Option<&'static LockClass>>,
    place: AtomicCell<Option<&'static Location<'static>>>,
    how: AtomicU64,
    granted: AtomicU64,
}

impl SoleHold {
    pub(super) fn new() -> Self {
        Self {
            number: AtomicU64::new(0),
            made: AtomicU64::new(0),
            lock: AtomicU64::new(0),
            class: AtomicCell::new(None),
            place: AtomicCell::new(None),
            how: AtomicU64::new(0),
            granted: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.number.load(Acquire) == 0
    }

    /// Notes a hold; its number. Called by the thread that runs the strand, while there is none.
    #[inline]
    pub(super) fn fill(&self, taken: &LockUse, blocks: bool, granted: Ticks) -> u64 {
        let number = self.made.load(Relaxed) + 1;
        self.made.store(number, Relaxed);
        self.lock.store(taken.lock, Relaxed);
        self.class.store(Some(taken.class));
        self.place.store(Some(taken.place));
        self.how.store(encoded(taken, blocks), Relaxed);
        self.granted.store(granted, Relaxed);
        // Last: who sees the number sees all of it.
        self.number.store(number | SOLE, Release);
        number | SOLE
    }

    /// Empties it. The lock of the strand's list is held.
    #[inline]
    pub(super) fn take(&self) -> Option<Hold> {
        let number = self.number.load(Acquire);
        let hold = self.read(number)?;
        // Released, so that the thread which fills it anew has seen what was done about this one.
        self.number.store(0, Release);
        Some(hold)
    }

    /// Empties it if this hold is here. The lock of the strand's list is held.
    #[inline]
    pub(super) fn take_numbered(&self, number: u64) -> Option<Hold> {
        (self.number.load(Acquire) == number).then(|| self.take()).flatten()
    }

    #[inline]
    fn read(&self, number: u64) -> Option<Hold> {
        if number == 0 {
            return None;
        }
        let how = self.how.load(Relaxed);
        let (mode, rule) = decoded(how)?;
        let taken = LockUse {
            lock: self.lock.load(Relaxed),
            class: self.class.load()?,
            mode,
            rule,
            place: self.place.load()?,
            // Nothing of the strand waited then, so no branch of it did.
            sequence: true,
            tried: how & TRIED != 0,
            movable: how & MOVABLE != 0,
            private: how & PRIVATE != 0,
        };
        Some(Hold {
            number,
            taken,
            blocks: how & BLOCKS != 0,
            granted: self.granted.load(Relaxed),
            waited: Acquisition::default(),
            across: false,
            is_hazard: false,
        })
    }
}

const TRIED: u64 = 1 << 8;
const MOVABLE: u64 = 1 << 9;
const PRIVATE: u64 = 1 << 10;
const BLOCKS: u64 = 1 << 11;

#[inline]
fn encoded(taken: &LockUse, blocks: bool) -> u64 {
    let permits = if let Mode::Permits(permits) = taken.mode { permits } else { 0 };
    let flag = |is: bool, flag| if is { flag } else { 0 };
    taken.mode.number()
        | (taken.rule as u64) << 4
        | flag(taken.tried, TRIED)
        | flag(taken.movable, MOVABLE)
        | flag(taken.private, PRIVATE)
        | flag(blocks, BLOCKS)
        | u64::from(permits) << PERMITS
}

#[inline]
fn decoded(how: u64) -> Option<(Mode, Rule)> {
    let mode = match how & 0xf {
        0 => Mode::Look,
        1 => Mode::Read,
        2 => Mode::Write,
        3 => Mode::Permits((how >> PERMITS) as u32),
        _ => return None,
    };
    let rule = [Rule::Fifo, Rule::WritersFirst, Rule::AnyOrder]
        .into_iter()
        .find(|rule| *rule as u64 == how >> 4 & 0xf);
    Some((mode, rule?))
}

#[cfg(test)]
mod tests {
    use super::*;

    static CLASS: LockClass = LockClass::new("class");

    fn taken(mode: Mode, rule: Rule) -> LockUse {
        LockUse::new(7, &CLASS, mode, rule, Location::caller())
    }

    #[test]
    fn a_hold_comes_out_as_it_went_in() {
        let sole = SoleHold::new();
        assert!(sole.is_empty() && sole.take().is_none());
        for mode in [Mode::Look, Mode::Read, Mode::Write, Mode::Permits(1), Mode::Permits(u32::MAX)] {
            for rule in [Rule::Fifo, Rule::WritersFirst, Rule::AnyOrder] {
                for flags in 0..16 {
                    let [tried, movable, private, blocks] = [1, 2, 4, 8].map(|flag| flags & flag != 0);
                    let asked = LockUse { tried, movable, private, ..taken(mode, rule) };
                    let number = sole.fill(&asked, blocks, 5);
                    assert!(!sole.is_empty());
                    let hold = sole.take().unwrap();
                    assert_eq!((hold.number, hold.blocks, hold.granted), (number, blocks, 5));
                    assert_eq!((hold.taken.mode, hold.taken.rule, hold.taken.lock), (mode, rule, 7));
                    assert_eq!(
                        (hold.taken.tried, hold.taken.movable, hold.taken.private),
                        (tried, movable, private)
                    );
                    assert!(std::ptr::eq(hold.taken.place, asked.place));
                    assert!(sole.is_empty());
                }
            }
        }
    }

    #[test]
    fn only_the_hold_that_is_meant_is_taken_out() {
        let sole = SoleHold::new();
        let first = sole.fill(&taken(Mode::Write, Rule::Fifo), false, 1);
        assert!(sole.take_numbered(first).is_some() && sole.take_numbered(first).is_none());
        let second = sole.fill(&taken(Mode::Write, Rule::Fifo), false, 1);
        assert_ne!(first, second);
        assert!(sole.take_numbered(first).is_none() && sole.take_numbered(second).is_some());
    }

    /// One thread fills it and another one takes out whatever it finds: each hold comes out once and whole.
    #[test]
    fn a_hold_is_never_seen_in_part() {
        const HOLDS: u64 = 20_000;
        let (sole, list) = (SoleHold::new(), lockyard_lock::sync::Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let look = scope.spawn(|| {
                let mut seen = 0;
                while seen < HOLDS {
                    let mut list = list.lock();
                    list.extend(sole.take());
                    seen = list.len() as u64;
                }
            });
            for nth in 1..=HOLDS {
                while !sole.is_empty() {
                    std::hint::spin_loop();
                }
                let asked = LockUse { lock: nth, ..taken(Mode::Permits(nth as u32), Rule::Fifo) };
                sole.fill(&asked, false, nth);
            }
            look.join().unwrap();
        });
        for (at, hold) in list.into_inner().iter().enumerate() {
            let nth = at as u64 + 1;
            assert_eq!((hold.taken.lock, hold.granted, hold.number), (nth, nth, nth | SOLE));
            assert_eq!(hold.taken.mode, Mode::Permits(nth as u32));
        }
    }
}
