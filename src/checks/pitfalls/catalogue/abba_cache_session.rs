//! A request holds the cache while it locks a session, and a writer holds its session while it touches the cache. Fixed: it
//! lets go of the cache before it asks for the session, as every method of the real cache does.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::backend::session::{CACHE, SESSION};
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioMutex};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "abba-cache-session",
    class: "deadlock",
    about: "ABBA: the cache's lock is held while a session is locked, and a session's while the cache is locked",
    met: "the order that docs/LOCKING.md forbids; the commonest finding of kernel lockdep (I. Molnar, A. van de Ven, 2006)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR_MUTEX, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::Deadlock,
            program: |variant| tasks::<Tracked<TokioMutex>>(variant, turns),
        }),
    ],
};

type Session<F> = Arc<LockOf<F, u32>>;
type Cache<F> = LockOf<F, BTreeMap<u32, Session<F>>>;

/// Reads a session that is in the cache.
async fn read<F: LockFamily>(cache: Rc<Cache<F>>, id: u32, variant: Variant, yield_now: YieldFn) {
    let sessions = cache.write().await;
    let Some(session) = sessions.get(&id).cloned() else { return };
    let held = match variant {
        Variant::Wrong => Some(sessions),
        Variant::Right => {
            drop(sessions);
            None
        }
    };
    yield_now().await;
    let _seen = (*session.read().await, held);
}

/// Changes a session, and makes it the newest in the cache while it is still locked.
async fn write<F: LockFamily>(cache: Rc<Cache<F>>, id: u32, session: Session<F>, yield_now: YieldFn) {
    let mut held = session.write().await;
    *held += 1;
    yield_now().await;
    cache.write().await.insert(id, session.clone());
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let session: Session<F> = Arc::new(SharedLock::new(&SESSION, 0));
    let cache: Rc<Cache<F>> = Rc::new(SharedLock::new(&CACHE, BTreeMap::from([(7, session.clone())])));
    PitfallProgram::new()
        .part("reader", read::<F>(cache.clone(), 7, variant, yield_now))
        .part("writer", write::<F>(cache, 7, session, yield_now))
}
