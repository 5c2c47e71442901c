//! Which locks were held when another was asked for: the edges of a lock-order graph, for whoever looks for inversions.

use std::collections::BTreeSet;

use crate::place::Place;

/// One use of one lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockUse {
    /// What kind of lock it is, such as `mutex`.
    pub kind: &'static str,
    /// Which one, by its number in the run: the same in every run in which the same things are made in the same order.
    pub number: u32,
    /// How it is used, such as `write`.
    pub mode: &'static str,
    /// Where it was asked for.
    pub place: Place,
}

/// A task that held one lock has asked for another: what a search has seen is in [its report](crate::Report::orders).
///
/// ```
/// use std::panic::Location;
/// use std::task::Poll;
///
/// use lockyard_explore::guest::{self, Holding, Turn};
/// use lockyard_explore::{Shared, point};
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let (a, b) = (Shared::new("mutex"), Shared::new("mutex"));
///     let main = async move {
///         point().await;
///         let held = Holding::new(&a, "write", true, Location::caller());
///         let mut turn = Turn::lock(&b, "write", true, Location::caller());
///         std::future::poll_fn(|context| turn.poll(context, |_| Poll::Ready(()))).await;
///         drop(held);
///     };
///     program.task("main").op("main", main).done();
/// });
/// let order = report.orders.first().expect("one was held when the other was asked for");
/// assert_eq!((order.held.number, order.asked.number), (0, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockOrder {
    /// What it held.
    pub held: LockUse,
    /// What it has asked for.
    pub asked: LockUse,
}

/// So many that were noted of late are known without a look at all of them. A power of two.
const RECENT: usize = 64;

/// What tells one order from another, without a look at any text: a place or a mode that stands at two addresses is noted
/// twice, and is once in the set.
type Key = [usize; 6];

fn key(LockOrder { held, asked }: &LockOrder) -> Key {
    let place = |it: &LockUse| std::ptr::from_ref(it.place).addr();
    let mode = |it: &LockUse| it.mode.as_ptr().addr();
    [place(held), place(asked), mode(held), mode(asked), held.number as usize, asked.number as usize]
}

/// All that were noted. Most are noted in every run, so what was noted of late is looked at first.
#[derive(Default)]
pub(crate) struct LockOrders {
    recent: Vec<Key>,
    all: BTreeSet<LockOrder>,
}

impl LockOrders {
    pub(crate) fn note(&mut self, order: LockOrder) {
        if self.recent.is_empty() {
            self.recent.resize(RECENT, [0; 6]);
        }
        let key = key(&order);
        // Fibonacci hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4): the upper bits of a product.
        let sum = key.iter().fold(0_u64, |sum, part| sum.rotate_left(7) ^ *part as u64);
        let at = (sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - RECENT.ilog2())) as usize;
        if self.recent[at] != key {
            self.recent[at] = key;
            self.all.insert(order);
        }
    }

    /// All, and none is known any more.
    pub(crate) fn take(&mut self) -> BTreeSet<LockOrder> {
        self.recent.clear();
        std::mem::take(&mut self.all)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[test]
    fn an_order_is_in_the_set_once() {
        let mut orders = LockOrders::default();
        let place = Location::caller();
        let lock = |number| LockUse { kind: "mutex", number, mode: "write", place };
        for number in (0..200).chain(0..200) {
            orders.note(LockOrder { held: lock(0), asked: lock(number) });
        }
        assert_eq!(orders.take().len(), 200);
        orders.note(LockOrder { held: lock(0), asked: lock(1) });
        assert_eq!(orders.take().len(), 1, "and is noted anew after that");
    }
}
