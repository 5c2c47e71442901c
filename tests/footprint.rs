//! Bytes that are counted, against bytes that the system gives. A test of its own, because the resident size is the whole
//! process'.

use lockyard::bench::alloc::CountingAllocator;
use lockyard::strategy::{PRESETS, Strategy};
use lockyard::subjects::footprints;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What the allocator adds is a header and rounding, some tenths of it at most; pages that were taken and never touched are
/// on the other side. A count that missed what sessions are made of would be far outside.
#[cfg(target_os = "linux")]
#[test]
fn what_is_counted_is_what_the_system_gives() {
    let strategies: Vec<_> = PRESETS.iter().map(|preset| Strategy::parse(preset.name).unwrap()).collect();
    let found = footprints(&strategies, 2_000).unwrap().expect("both are known here");
    assert_eq!(found.len(), PRESETS.len());
    for footprint in found {
        let more = footprint.resident / footprint.counted;
        assert!(footprint.counted > 400.0 && 0.8 < more && more < 1.4, "{footprint:?}");
    }
}
