//! A vector whose clones share structure: a snapshot of a long conversation costs two reference counts, and what is
//! said next costs no copy.
//!
//! Items stand in chunks. A chunk is a log that only grows: its owner and all clones see the same one, each up to its
//! own length, and the first to append puts its item into the next slot. A clone that appends at a slot
//! that another has filled copies that one chunk. Changing an old item copies its chunk, while it is shared.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use lockyard_lock::sync::OnceLock;

/// Items in a chunk: large enough to make clones cheap, small enough to make copies cheap.
const CHUNK: usize = 16;

/// Slots are filled in order, and never emptied.
type Chunk<T> = [OnceLock<T>; CHUNK];

/// A vector that grows at its end and is cheap to clone, however long it is.
pub struct SharedVec<T> {
    /// Chunks that are full.
    full: Option<Arc<[Arc<Chunk<T>>]>>,
    /// The chunk that is being filled, if it has an item. Slots beyond the length are none of ours.
    last: Option<Arc<Chunk<T>>>,
    len: usize,
}

impl<T> SharedVec<T> {
    /// An empty vector.
    pub const fn new() -> Self {
        Self { full: None, last: None, len: 0 }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.len {
            return None;
        }
        let full = self.full.as_deref().unwrap_or_default();
        full.get(index / CHUNK).or(self.last.as_ref())?[index % CHUNK].get()
    }

    /// The newest item.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// All items, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        self.range(0, self.len)
    }

    /// At most `limit` items from `offset` on, in time proportional to the items given, however long the vector is.
    pub fn range(
        &self,
        offset: usize,
        limit: usize,
    ) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        let end = offset.saturating_add(limit).min(self.len);
        (offset.min(end)..end).map(|index| &self[index])
    }

    /// Where this vector may differ from what `older` holds there: a place that is not given holds the same item in
    /// both. In time proportional to the chunks, of which those that both share are passed over.
    pub fn changed_since<'a>(&'a self, older: &'a Self) -> impl Iterator<Item = usize> + use<'a, T> {
        (0..self.len.div_ceil(CHUNK)).flat_map(|at| {
            let shared = match (self.chunk(at), older.chunk(at)) {
                // Slots are never emptied or refilled while a chunk is shared, so each sees in it what the other does,
                // as far as both reach.
                (Some(own), Some(theirs)) if Arc::ptr_eq(own, theirs) => older.len,
                _ => 0,
            };
            (at * CHUNK).max(shared)..self.len.min((at + 1) * CHUNK)
        })
    }

    fn chunk(&self, at: usize) -> Option<&Arc<Chunk<T>>> {
        let full = self.full.as_deref().unwrap_or_default();
        full.get(at).or(self.last.as_ref().filter(|_| at == full.len()))
    }
}

impl<T: Clone> SharedVec<T> {
    /// Adds `item` at the end.
    pub fn push(&mut self, item: T) {
        let slot = self.len % CHUNK;
        let last = self.last.get_or_insert_with(|| Arc::new(std::array::from_fn(|_| OnceLock::new())));
        if let Err(item) = last[slot].set(item) {
            // Another has gone on from here: what stands there is theirs.
            let own = copy_of(last, slot);
            let empty = own[slot].set(item).is_ok();
            debug_assert!(empty, "a copy ends where we end");
            *last = Arc::new(own);
        }
        self.len += 1;
        if self.len.is_multiple_of(CHUNK) {
            let full = self.full.iter().flat_map(|full| full.iter().cloned()).chain(self.last.take());
            self.full = Some(full.collect());
        }
    }

    /// The item at `index`, to be changed. Copies the item's chunk first if a clone shares it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len {
            return None;
        }
        let (at, slot, frozen) = (index / CHUNK, index % CHUNK, self.len / CHUNK);
        let (chunk, filled) = if at < frozen {
            (self.full.as_mut().map(Arc::make_mut)?.get_mut(at)?, CHUNK)
        } else {
            (self.last.as_mut()?, self.len % CHUNK)
        };
        if Arc::get_mut(chunk).is_none() {
            *chunk = Arc::new(copy_of(chunk, filled));
        }
        Arc::get_mut(chunk)?[slot].get_mut()
    }
}

/// The first `filled` items of a chunk, in a chunk of their own.
fn copy_of<T: Clone>(chunk: &Chunk<T>, filled: usize) -> Chunk<T> {
    std::array::from_fn(|slot| if slot < filled { chunk[slot].clone() } else { OnceLock::new() })
}

impl<T> Clone for SharedVec<T> {
    fn clone(&self) -> Self {
        Self { full: self.full.clone(), last: self.last.clone(), len: self.len }
    }
}

impl<T: PartialEq> PartialEq for SharedVec<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for SharedVec<T> {}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Index<usize> for SharedVec<T> {
    type Output = T;

    /// # Panics
    /// If `index` is not below [`SharedVec::len`].
    fn index(&self, index: usize) -> &T {
        self.get(index).unwrap_or_else(|| panic!("index {index} of a vector of {} items", self.len()))
    }
}

impl<T: Clone> FromIterator<T> for SharedVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut vec = Self::new();
        items.into_iter().for_each(|item| vec.push(item));
        vec
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Serialize> Serialize for SharedVec<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Deserialize<'de> + Clone> Deserialize<'de> for SharedVec<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Edit {
        Push(u8),
        Set(usize, u8),
        Snapshot,
    }

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let edit = prop_oneof![
            10 => any::<u8>().prop_map(Edit::Push),
            4 => (0..200_usize, any::<u8>()).prop_map(|(index, value)| Edit::Set(index, value)),
            1 => Just(Edit::Snapshot),
        ];
        prop::collection::vec(edit, 0..300)
    }

    proptest! {
        #[test]
        fn behaves_as_a_vec_and_its_clones_never_see_later_edits(edits in edits()) {
            let (mut shared, mut plain) = (SharedVec::new(), Vec::new());
            let mut snapshots = Vec::new();
            for edit in edits {
                match edit {
                    Edit::Push(value) => { shared.push(value); plain.push(value); }
                    Edit::Set(index, value) => {
                        let (ours, theirs) = (shared.get_mut(index), plain.get_mut(index));
                        prop_assert_eq!(ours.is_some(), theirs.is_some());
                        if let (Some(ours), Some(theirs)) = (ours, theirs) { *ours = value; *theirs = value; }
                    }
                    Edit::Snapshot => snapshots.push((shared.clone(), plain.clone())),
                }
            }
            snapshots.push((shared, plain));
            for (shared, plain) in snapshots {
                prop_assert_eq!(shared.len(), plain.len());
                prop_assert!(shared.iter().eq(&plain));
                prop_assert_eq!(shared.last(), plain.last());
                prop_assert_eq!(shared.get(plain.len()), None);
                prop_assert_eq!(&shared, &plain.into_iter().collect());
            }
        }

        #[test]
        fn a_range_is_the_page_of_a_vec(len in 0..200_usize, offset in 0..250_usize, limit in 0..250_usize) {
            let plain: Vec<usize> = (0..len).collect();
            let shared: SharedVec<usize> = plain.iter().copied().collect();
            prop_assert!(shared.range(offset, limit).eq(plain.iter().skip(offset).take(limit)));
            prop_assert!(shared.range(offset, usize::MAX).eq(plain.iter().skip(offset)));
        }

        #[test]
        fn what_has_changed_since_a_clone_is_named(edits in edits(), cut in 0..300_usize) {
            let mut shared: SharedVec<u8> = SharedVec::new();
            let mut older = shared.clone();
            for (at, edit) in edits.into_iter().enumerate() {
                if at == cut {
                    older = shared.clone();
                }
                match edit {
                    Edit::Push(value) => shared.push(value),
                    Edit::Set(index, value) => shared.get_mut(index).into_iter().for_each(|item| *item = value),
                    Edit::Snapshot => {}
                }
            }
            for (new, old) in [(&shared, &older), (&older, &shared)] {
                let named: Vec<usize> = new.changed_since(old).collect();
                prop_assert!(named.is_sorted() && named.iter().all(|at| *at < new.len()));
                for at in (0..new.len()).filter(|at| !named.contains(at)) {
                    prop_assert_eq!(new.get(at), old.get(at));
                }
            }
        }

        #[test]
        fn is_written_as_a_plain_sequence(plain in prop::collection::vec(any::<u8>(), 0..100)) {
            let shared: SharedVec<u8> = plain.iter().copied().collect();
            let json = serde_json::to_string(&shared).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&plain).unwrap());
            prop_assert_eq!(serde_json::from_str::<SharedVec<u8>>(&json).unwrap(), shared);
        }
    }

    /// How many items other vectors have, too. Counted in the items themselves.
    fn copied(items: &SharedVec<Arc<usize>>) -> usize {
        items.iter().filter(|item| Arc::strong_count(item) > 1).count()
    }

    #[test]
    fn a_clone_that_grows_copies_nothing() {
        let original: SharedVec<Arc<usize>> = (0..1_000).map(Arc::new).collect();
        let mut copy = original.clone();
        for more in 1_000..1_100 {
            copy.push(Arc::new(more));
        }
        assert_eq!((copied(&original), original.len(), copy.len()), (0, 1_000, 1_100));

        *copy.get_mut(0).unwrap() = Arc::new(7);
        assert_eq!(copied(&original), CHUNK - 1, "an edit copies its chunk and replaces its item");
    }

    #[test]
    fn what_was_appended_since_a_clone_is_all_that_is_named() {
        let mut vec: SharedVec<usize> = (0..1_000).collect();
        let older = vec.clone();
        for more in 1_000..1_003 {
            vec.push(more);
        }
        assert_eq!(vec.changed_since(&older).collect::<Vec<_>>(), [1_000, 1_001, 1_002]);
        assert_eq!(older.changed_since(&vec).count(), 0);
        *vec.get_mut(20).unwrap() = 7;
        assert_eq!(
            vec.changed_since(&older).collect::<Vec<_>>(),
            (16..32).chain(1_000..1_003).collect::<Vec<_>>()
        );
    }

    #[test]
    fn of_two_clones_that_append_the_second_copies_a_chunk() {
        let original: SharedVec<Arc<usize>> = (0..1_000).map(Arc::new).collect();
        let (mut first, mut second) = (original.clone(), original.clone());
        first.push(Arc::new(1));
        assert_eq!(copied(&original), 0);
        second.push(Arc::new(2));
        assert_eq!(copied(&original), 1_000 % CHUNK);
        assert_eq!((**first.last().unwrap(), **second.last().unwrap()), (1, 2));
    }

    /// Two threads append to clones of one vector at the same moment: each has its own item, in either order.
    #[test]
    fn two_threads_may_append_to_clones_of_one() {
        for len in 0..2 * CHUNK {
            let original: SharedVec<usize> = (0..len).collect();
            let start = std::sync::Barrier::new(2);
            let append = |item: usize| {
                let mut copy = original.clone();
                start.wait();
                copy.push(item);
                copy
            };
            std::thread::scope(|scope| {
                let (one, other) = (scope.spawn(|| append(1_001)), scope.spawn(|| append(1_002)));
                for (copy, item) in [(one, 1_001), (other, 1_002)] {
                    assert!(copy.join().unwrap().iter().copied().eq((0..len).chain([item])));
                }
            });
            assert_eq!(original.len(), len);
        }
    }
}
