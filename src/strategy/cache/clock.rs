//! `clock`: a concurrent map for the hits, and a ring with a hand for the evictions.
//!
//! An exact LRU has to write down every hit, which makes each hit a change of something shared. Second chance keeps
//! one bit instead: a hit sets it, unless it is set already, and the hand that looks for a victim clears
//! it and passes on. What was used since the hand last came by stays; what was not goes. (F. J. Corbató, "A
//! paging experiment with the Multics system", 1968.)

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::Hasher;
use crate::backend::chat::ContextId;
use crate::backend::session::{Cache, CacheStats};
use lockyard_lock::sync::{ArcSwapOption, AtomicBool, HashMap, Mutex};

/// Second chance over a lock-free map.
///
/// Every change is made with the ring locked, so ring and map always have the same sessions. What is dropped ends after
/// the ring is released, and no pin of the map is held across an await.
///
/// The map frees its nodes in batches, some time after the last reader has gone: memory as small as a node may
/// wait for that, a session may not. So a node does not own its value for good: the caller that takes the node out takes the
/// value with it, at once.
pub struct Clock<V: Send + Sync + 'static> {
    map: HashMap<ContextId, Node<V>, Hasher>,
    ring: Mutex<Ring>,
}

struct Node<V> {
    /// Nothing, once it was taken out: a node may still be found for a moment after that.
    value: ArcSwapOption<V>,
    /// Where it stands on the ring, for as long as it is inside. Half a word, for there are as many nodes as sessions.
    place: u32,
    /// Found since the hand last came by. Only a hint of what is worth keeping: nothing is ordered by it.
    touched: AtomicBool,
}

/// Which session stands where, for the hand.
struct Ring {
    places: Vec<ContextId>,
    /// Empty places, left by removals. While there is one, nothing is evicted.
    free: Vec<u32>,
    hand: usize,
    capacity: usize,
    evictions: u64,
}

impl<V> Node<V> {
    /// Reads before it writes: a bit that is set already costs no writing to a line that all readers share.
    fn touch(&self) {
        // Relaxed on both: the bit hands over no data, and a mark lost to the hand costs at most one wrong
        // eviction.
        if !self.touched.load(Relaxed) {
            self.touched.store(true, Relaxed);
        }
    }
}

impl Ring {
    /// A place for `id`, and the session that is evicted from it. `spared` clears the bit of a session and says whether it was
    /// set.
    fn take_place(&mut self, id: ContextId, spared: impl Fn(&ContextId) -> bool) -> (u32, Option<ContextId>) {
        // Free places first. So the hand never moves while one is free, and never meets the id that a removal has
        // left there.
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = id;
            return (place, None);
        }
        if self.places.len() < self.capacity {
            self.places.push(id);
            return (short(self.places.len() - 1), None);
        }
        // After one whole turn every session has had a second chance, however fast the bits are set again.
        for _ in 0..self.places.len() {
            if !spared(&self.places[self.hand]) {
                break;
            }
            self.advance();
        }
        // The hand passes the newcomer, whose bit is not set yet: left there, it would evict it first.
        let place = self.hand;
        self.advance();
        self.evictions += 1;
        (short(place), Some(std::mem::replace(&mut self.places[place], id)))
    }

    fn advance(&mut self) {
        self.hand = (self.hand + 1) % self.places.len();
    }
}

fn short(place: usize) -> u32 {
    u32::try_from(place).expect("so many sessions have no room in memory")
}

impl<V: Send + Sync + 'static> Cache<V> for Clock<V> {
    fn new(capacity: NonZeroUsize) -> Self {
        let ring =
            Ring { places: Vec::new(), free: Vec::new(), hand: 0, capacity: capacity.get(), evictions: 0 };
        Self { map: HashMap::builder().hasher(Hasher::default()).build(), ring: Mutex::new(ring) }
    }

    async fn visit<R: Send>(&self, id: ContextId, look: impl FnOnce(&V) -> R + Send) -> Option<R> {
        let map = self.map.pin();
        // Found under a pin, the node stays allocated; its value may be gone already, and then this is a miss.
        let node = map.get(&id)?;
        node.touch();
        node.value.load().as_deref().map(look)
    }

    async fn get(&self, id: ContextId) -> Option<Arc<V>> {
        let map = self.map.pin();
        let node = map.get(&id)?;
        node.touch();
        node.value.load_full()
    }

    async fn insert(&self, id: ContextId, value: Arc<V>) {
        let map = self.map.pin();
        // From here on this is the only change: what `get` finds stays in the map until the ring is released.
        let mut ring = self.ring.lock();
        let ended = if let Some(node) = map.get(&id) {
            node.touch();
            node.value.swap(Some(value))
        } else {
            let spared =
                // One step reads and clears: with two, a hit between them would be cleared without having been
                // seen.
                |other: &ContextId| map.get(other).is_some_and(|node| node.touched.swap(false, Relaxed));
            let (place, displaced) = ring.take_place(id, spared);
            // Out before the newcomer is in: the map never holds more than there are places.
            let ended = displaced.and_then(|displaced| map.remove(&displaced)?.value.swap(None));
            let node =
                // Not touched: a newcomer has to be found once before the hand comes by, or it goes.
                Node { value: ArcSwapOption::new(Some(value)), place, touched: AtomicBool::new(false) };
            map.insert(id, node);
            ended
        };
        // The ring before the value: the value may be the last handle to a whole session, whose end must not keep
        // others from the ring.
        drop(ring);
        drop(ended);
    }

    async fn remove(&self, id: ContextId) {
        let map = self.map.pin();
        let mut ring = self.ring.lock();
        let ended = map.remove(&id).and_then(|node| {
            // The id stays at its place; it is overwritten before the hand can come to it.
            ring.free.push(node.place);
            node.value.swap(None)
        });
        drop(ring);
        drop(ended);
    }

    async fn stats(&self) -> CacheStats {
        let ring = self.ring.lock();
        CacheStats { len: ring.places.len() - ring.free.len(), evictions: ring.evictions, refused: 0 }
    }
}
