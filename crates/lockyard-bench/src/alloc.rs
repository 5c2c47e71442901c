//! A counting allocator: how many allocations a piece of code makes, and how many bytes it keeps.
//!
//! A program or test that wants to know installs it; everything else runs without it:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: lockyard_bench::alloc::CountingAllocator = lockyard_bench::alloc::CountingAllocator;
//!
//! let count = lockyard_bench::alloc::measure(|| vec![0_u8; 1_000]);
//! assert_eq!((count.allocations, count.bytes_kept), (1, 1_000));
//! ```
//!
//! Counting must not disturb what is measured. So each thread counts for itself, and the counts of the process stand
//! in shards, each on cache lines of its own. A thread has a shard to itself and writes it without atomic changes; the
//! last shard is for all threads for which there is none left.

// A global allocator cannot be written without unsafe code. This module is the crate's one exception.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The system's allocator, counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountingAllocator;

/// What a piece of code allocated on its thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AllocationCount {
    /// How often memory was asked for. Growing a block counts as asking.
    pub allocations: u64,
    /// Bytes still held at its end beyond those held at its start; below zero if it freed more than it took.
    pub bytes_kept: i64,
    /// The most bytes it held at once beyond those held at its start.
    pub bytes_peak: i64,
}

/// What all threads of the process have allocated so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessCount {
    /// How often memory was asked for.
    pub allocations: u64,
    /// Bytes held now.
    pub bytes_live: i64,
}

/// Counts what `work` allocates on the calling thread. What `work` returns is dropped after the count, so that
/// `bytes_kept` holds its size.
///
/// # Panics
/// If [`CountingAllocator`] is not the program's allocator: zero would be a false claim.
pub fn measure<T>(work: impl FnOnce() -> T) -> AllocationCount {
    assert!(
        is_installed(),
        "nothing counts: declare `#[global_allocator] static A: CountingAllocator` first"
    );
    let before = THREAD.with(Thread::count);
    THREAD.with(|thread| thread.bytes_peak.set(before.bytes_kept));
    let result = work();
    let after = THREAD.with(Thread::count);
    // A measurement around this one must still see the peak that came before.
    THREAD.with(|thread| thread.bytes_peak.set(after.bytes_peak.max(before.bytes_peak)));
    drop(result);
    AllocationCount {
        allocations: after.allocations - before.allocations,
        bytes_kept: after.bytes_kept - before.bytes_kept,
        bytes_peak: after.bytes_peak - before.bytes_kept,
    }
}

/// What the whole process has allocated; nothing if [`CountingAllocator`] is not its allocator. Exact only while no
/// other thread allocates.
pub fn process_count() -> Option<ProcessCount> {
    is_installed().then(|| ProcessCount {
        allocations: SHARDS.iter().map(|shard| shard.allocations.load(Relaxed)).sum(),
        bytes_live: SHARDS.iter().map(|shard| shard.bytes_live.load(Relaxed)).sum(),
    })
}

fn is_installed() -> bool {
    let before = THREAD.with(Thread::count).allocations;
    drop(black_box(Box::new(0_u8)));
    THREAD.with(Thread::count).allocations > before
}

/// 128 bytes, because some processors fetch cache lines in pairs.
#[repr(align(128))]
struct Shard {
    allocations: AtomicU64,
    bytes_live: AtomicI64,
}

static SHARDS: [Shard; 64] =
    [const { Shard { allocations: AtomicU64::new(0), bytes_live: AtomicI64::new(0) } }; 64];

/// The shard that threads share.
const SHARED: usize = SHARDS.len() - 1;

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// What one thread has allocated. Each number in a cell of its own: written one by one and read as a whole, they would
/// have to leave the processor's store buffer first, with every allocation.
struct Thread {
    allocations: Cell<u64>,
    bytes_kept: Cell<i64>,
    bytes_peak: Cell<i64>,
    shard: Cell<Option<usize>>,
}

thread_local! {
    // Initialized in place and with nothing to drop, so that using it allocates nothing and stays possible until the
    // thread is gone. An allocator that allocates would call itself without end.
    static THREAD: Thread = const {
        Thread {
            allocations: Cell::new(0),
            bytes_kept: Cell::new(0),
            bytes_peak: Cell::new(0),
            shard: Cell::new(None),
        }
    };
}

impl Thread {
    fn count(&self) -> AllocationCount {
        AllocationCount {
            allocations: self.allocations.get(),
            bytes_kept: self.bytes_kept.get(),
            bytes_peak: self.bytes_peak.get(),
        }
    }

    /// Counts, and says which shard counts, too.
    #[inline]
    fn add(&self, allocations: u64, bytes: i64) -> usize {
        self.allocations.set(self.allocations.get() + allocations);
        self.bytes_kept.set(self.bytes_kept.get() + bytes);
        self.bytes_peak.set(self.bytes_peak.get().max(self.bytes_kept.get()));
        self.shard.get().unwrap_or_else(|| {
            let index = THREADS.fetch_add(1, Relaxed).min(SHARED);
            self.shard.set(Some(index));
            index
        })
    }
}

#[inline]
fn count(allocations: u64, bytes: i64) {
    let index = THREAD.with(|thread| thread.add(allocations, bytes));
    let shard = &SHARDS[index];
    if index == SHARED {
        shard.allocations.fetch_add(allocations, Relaxed);
        shard.bytes_live.fetch_add(bytes, Relaxed);
    } else {
        shard.allocations.store(shard.allocations.load(Relaxed) + allocations, Relaxed);
        shard.bytes_live.store(shard.bytes_live.load(Relaxed) + bytes, Relaxed);
    }
}

/// No allocation is larger than `isize::MAX`, so the sign is right.
fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}

// SAFETY: every call is handed to `System` with the caller's own arguments, and its answer is handed back unchanged.
// The counting in between allocates nothing and cannot unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(1, signed(layout.size()));
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            count(1, signed(layout.size()));
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `realloc`, and `block` came from `System`, as all blocks here do.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            count(1, signed(new_size) - signed(layout.size()));
        }
        moved
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `block` came from `System`, as all blocks here do.
        unsafe { System.dealloc(block, layout) };
        count(0, -signed(layout.size()));
    }
}
