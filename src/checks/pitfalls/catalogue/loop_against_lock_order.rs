//! Save-all holds the registry while it locks one session after another; closing a session holds that session while
//! it is taken out of the registry. Each session that the loop passes is a chance to meet the one that is closed.
//! Fixed: the loop copies the handles and lets go of the registry before it locks the first session.
//!
//! In `abba-cache-session` a request wants one session; here the outer lock is shared and held for as long as the
//! loop takes.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "loop-against-lock-order",
    class: "deadlock",
    about: "a loop locks every session under the registry's lock, and a session that closes locks the registry",
    met: "openziti/ziti issue 4206: a scan locks a map and its values in the order opposite to all other calls, \
          and the controller stops",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::Deadlock,
            program: |variant| tasks::<Tracked<TokioRwLock>>(variant, turns),
        }),
    ],
};

static REGISTRY: LockClass = LockClass::new("registry");

/// The versions of a session in memory and in the store.
#[derive(Clone, Copy, Default)]
struct Versions {
    memory: u32,
    stored: u32,
}

type Session<F> = Arc<LockOf<F, Versions>>;
type Registry<F> = Rc<LockOf<F, BTreeMap<u32, Session<F>>>>;

async fn save<F: LockFamily>(session: &Session<F>, yield_now: YieldFn) {
    let mut versions = session.write().await;
    versions.stored = versions.memory;
    drop(versions);
    yield_now().await;
}

async fn save_all<F: LockFamily>(registry: Registry<F>, variant: Variant, yield_now: YieldFn) {
    let sessions = registry.read().await;
    match variant {
        Variant::Wrong => {
            for session in sessions.values() {
                save::<F>(session, yield_now).await;
            }
        }
        Variant::Right => {
            let handles: Vec<_> = sessions.values().cloned().collect();
            drop(sessions);
            for session in &handles {
                save::<F>(session, yield_now).await;
            }
        }
    }
}

async fn close<F: LockFamily>(registry: Registry<F>, id: u32, session: Session<F>, yield_now: YieldFn) {
    let mut versions = session.write().await;
    versions.stored = versions.memory;
    yield_now().await;
    // Still locked, so that no request can change it once it cannot be found.
    registry.write().await.remove(&id);
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let sessions: BTreeMap<u32, Session<F>> = (0..3)
        .map(|id| (id, Arc::new(SharedLock::new(&SESSION, Versions { memory: 1, stored: 0 }))))
        .collect();
    let last = sessions.iter().next_back().map(|(id, session)| (*id, session.clone()));
    let registry: Registry<F> = Rc::new(SharedLock::new(&REGISTRY, sessions));
    let program = PitfallProgram::new().part("save all", save_all::<F>(registry.clone(), variant, yield_now));
    last.into_iter().fold(program, |program, (id, session)| {
        program.part("close", close::<F>(registry.clone(), id, session, yield_now))
    })
}
