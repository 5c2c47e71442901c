//! A vector whose clones share structure, so that a snapshot of a long conversation costs little more than its newest
//! messages.
//!
//! Items fill a short tail; a full tail is frozen into a chunk behind an [`Arc`]. A clone copies the pointers to the
//! chunks and the tail, never the chunks themselves. Changing an old item copies its one chunk, and only while
//! somebody else shares it.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Items in a chunk: large enough to make clones cheap, small enough to make copy-on-write cheap.
const CHUNK: usize = 32;

/// A vector that grows at its end and is cheap to clone: `len / 32` reference counts and at most 31 items.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedVec<T> {
    /// Chunks of exactly [`CHUNK`] items.
    full: Vec<Arc<[T]>>,
    /// The newest items, always fewer than [`CHUNK`].
    tail: Vec<T>,
}

impl<T> SharedVec<T> {
    /// An empty vector.
    pub const fn new() -> Self {
        Self { full: Vec::new(), tail: Vec::new() }
    }

    /// Adds `item` at the end.
    pub fn push(&mut self, item: T) {
        self.tail.push(item);
        if self.tail.len() == CHUNK {
            self.full.push(self.tail.drain(..).collect());
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.frozen() + self.tail.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.frozen()),
        }
    }

    /// The newest item.
    pub fn last(&self) -> Option<&T> {
        self.iter().next_back()
    }

    /// All items, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        self.range(0, self.len())
    }

    /// At most `limit` items from `offset` on, in time proportional to the items given, however long the vector is.
    pub fn range(
        &self,
        offset: usize,
        limit: usize,
    ) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        let end = offset.saturating_add(limit).min(self.len());
        (offset.min(end)..end).map(|index| &self[index])
    }

    fn frozen(&self) -> usize {
        self.full.len() * CHUNK
    }
}

impl<T: Clone> SharedVec<T> {
    /// The item at `index`, to be changed. Copies the item's chunk first if a clone shares it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let frozen = self.frozen();
        match self.full.get_mut(index / CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).get_mut(index % CHUNK),
            None => self.tail.get_mut(index - frozen),
        }
    }
}

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

impl<T> FromIterator<T> for SharedVec<T> {
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for SharedVec<T> {
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
        fn is_written_as_a_plain_sequence(plain in prop::collection::vec(any::<u8>(), 0..100)) {
            let shared: SharedVec<u8> = plain.iter().copied().collect();
            let json = serde_json::to_string(&shared).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&plain).unwrap());
            prop_assert_eq!(serde_json::from_str::<SharedVec<u8>>(&json).unwrap(), shared);
        }
    }

    /// Counts in the item itself: an item in a shared chunk is never cloned, whatever happens behind it.
    #[test]
    fn a_clone_that_grows_copies_no_full_chunk() {
        let original: SharedVec<Arc<usize>> = (0..1_000).map(Arc::new).collect();
        let mut copy = original.clone();
        copy.push(Arc::new(1_000));
        let cloned = original.iter().filter(|item| Arc::strong_count(item) > 1).count();
        assert_eq!(cloned, 1_000 % CHUNK);

        *copy.get_mut(0).unwrap() = Arc::new(7);
        let cloned = original.iter().filter(|item| Arc::strong_count(item) > 1).count();
        assert_eq!(cloned, 1_000 % CHUNK + CHUNK - 1, "an edit copies its chunk and replaces its item");
    }
}
