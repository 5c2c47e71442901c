//! A cache is invalidated while a load is under way. The load has read the store before the change and inserts what
//! it has read after the invalidation: the old text is back, and stays. Fixed: a load remembers how often its key had
//! been invalidated before it read the store, and inserts only if it has not been since.

use std::rc::Rc;

use crate::backend::session::CACHE;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioRwLock};

use crate::checks::pitfalls::kv_log::KvLog;
use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "stale-load-after-invalidate",
    class: "stale read",
    about: "a load that began before an invalidation inserts what it has read after it",
    met: "a loading cache that keeps the value from before its invalidation: google/guava issue 1881, open \
          since 2014; bitfaster/BitFaster.Caching issue 333",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::History(|variant| {
            Detection::unless("not linearizable", tasks::<TokioRwLock>(variant, turns).play())
        }),
    ],
};

static STORE: LockClass = LockClass::new("store");

/// The cache's one place.
#[derive(Clone, Default)]
struct Cached {
    text: Option<String>,
    invalidations: u32,
}

/// One text in a store, read through a cache.
struct ReadThrough<F: LockFamily> {
    cache: LockOf<F, Cached>,
    store: LockOf<F, String>,
    variant: Variant,
    yield_now: YieldFn,
}

impl<F: LockFamily> ReadThrough<F> {
    async fn get(&self) -> String {
        let invalidations = {
            let cached = self.cache.read().await;
            if let Some(text) = &cached.text {
                return text.clone();
            }
            // Before the store is read: a count that is taken later would miss an invalidation in between.
            cached.invalidations
        };
        let loaded = self.store.read().await.clone();
        (self.yield_now)().await;
        let mut cached = self.cache.write().await;
        let inserts = match self.variant {
            Variant::Wrong => true,
            Variant::Right => cached.invalidations == invalidations,
        };
        if inserts {
            cached.text = Some(loaded.clone());
        }
        loaded
    }

    async fn put(&self, text: &str) {
        text.clone_into(&mut *self.store.write().await);
        // After the store, so that a miss from here on loads the new text.
        let mut cached = self.cache.write().await;
        cached.text = None;
        cached.invalidations += 1;
    }
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let (cache, store) = (SharedLock::new(&CACHE, Cached::default()), SharedLock::new(&STORE, String::new()));
    let (all, log) = (Rc::new(ReadThrough::<F> { cache, store, variant, yield_now }), KvLog::default());
    let (reads, writes, last) = (all.clone(), all.clone(), all);
    let (read_log, write_log) = (log.clone(), log.clone());
    PitfallProgram::new()
        .part("reader", async move { read_log.get(0, "prompt", reads.get()).await })
        .part("writer", async move { write_log.put(1, "prompt", "new", writes.put("new")).await })
        .finally(async move {
            log.get(2, "prompt", last.get()).await;
            log.judge()
        })
}
