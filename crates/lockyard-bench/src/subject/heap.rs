//! What a subject keeps in memory, counted by making it with so many of what it holds.

use std::sync::Arc;

use crate::alloc;
use crate::workload::Workload;

use super::{HeapUse, Subject};

impl<W: Workload> Subject<W> {
    /// It keeps so much for each `item` as what `make` makes with so many of them does. Nothing is known where allocations are
    /// not counted.
    pub(crate) fn set_heap_use<T>(
        &mut self,
        item: &'static str,
        make: impl Fn(u32) -> T + Send + Sync + 'static,
    ) {
        let count = move |items: u32, _: u64| {
            Ok(alloc::process_count().map(|_| {
                let used = alloc::measure(|| make(items));
                let each = |bytes: f64| bytes / f64::from(items);
                HeapUse { kept: each(used.bytes_kept as f64), peak: each(used.bytes_peak as f64) }
            }))
        };
        self.heap_use = Some((item, Arc::new(count)));
    }
}
