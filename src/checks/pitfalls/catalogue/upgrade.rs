//! A read guard is kept while the write lock is asked for: the writer waits for its own read. Fixed: it lets go first and
//! looks again.

use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "upgrade",
    class: "deadlock",
    about: "a session is write-locked while the same request still holds its read lock",
    met: "`if let` over a read guard that lives to the end of its block (rust-lang/rust issue 131154, mended by edition 2024)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant).explore(program),
        }),
        Trial::Live(TrackedProgram { kind: Kind::Upgrade, program: tasks::<Tracked<TokioRwLock>> }),
    ],
};

type Session<F> = Rc<LockOf<F, Vec<u32>>>;

async fn append_to_empty<F: LockFamily>(session: Session<F>, variant: Variant) {
    let read = session.read().await;
    if !read.is_empty() {
        return;
    }
    match variant {
        Variant::Wrong => session.write().await.push(1),
        Variant::Right => {
            drop(read);
            let mut messages = session.write().await;
            if messages.is_empty() {
                messages.push(1);
            }
        }
    }
}

fn tasks<F: LockFamily>(variant: Variant) -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, Vec::new()));
    PitfallProgram::new()
        .part("one", append_to_empty::<F>(session.clone(), variant))
        .part("other", append_to_empty::<F>(session, variant))
}
