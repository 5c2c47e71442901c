//! A read inside a read of the same lock. A writer that comes in between waits for the first read, and the second one
//! waits for that writer. Fixed: what was read is handed on.

use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "recursive-read",
    class: "deadlock",
    about: "a session is read-locked again while read-locked, with a writer queued in between",
    met: "std::sync::RwLock::read, \"might deadlock\"; tokio::sync::RwLock, \"fairness\"; rayon and parking_lot issues",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::WRITERS_FIRST, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::RecursiveRead,
            program: |variant| tasks::<Tracked<TokioRwLock>>(variant, turns),
        }),
    ],
};

type Session<F> = Rc<LockOf<F, Vec<u32>>>;

async fn length<F: LockFamily>(session: &Session<F>) -> usize {
    session.read().await.len()
}

async fn summarize<F: LockFamily>(session: Session<F>, variant: Variant, yield_now: YieldFn) {
    let messages = session.read().await;
    yield_now().await;
    let length = match variant {
        Variant::Wrong => length::<F>(&session).await,
        Variant::Right => messages.len(),
    };
    let _summary = (messages.first().copied(), length);
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, vec![1, 2, 3]));
    let written = session.clone();
    PitfallProgram::new()
        .part("reader", summarize::<F>(session, variant, yield_now))
        .part("writer", async move { written.write().await.push(4) })
}
