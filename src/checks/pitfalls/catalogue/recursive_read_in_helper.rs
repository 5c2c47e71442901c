//! Every public method takes a barrier for reading, so that a backup, which takes it for writing, finds nothing half
//! done. One public method calls another: it reads the barrier again, and a backup that has asked in between lets
//! neither go on. Fixed: the inner method has a private half, which is handed the outer one's guard.
//!
//! In `recursive-read` one function reads its data twice; here each function is right by itself, and the lock guards
//! no data that either looks at.

use std::ops::Deref;
use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "recursive-read-in-helper",
    class: "deadlock",
    about: "a method that holds a read lock calls another that takes it, with a writer queued in between",
    met: "lightningdevkit/rust-lightning issue 2000, in production, and pull request 2006; tursodatabase/turso \
          pull request 4509",
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

static BARRIER: LockClass = LockClass::new("barrier");

#[derive(Clone, Default)]
struct Session {
    messages: Vec<&'static str>,
    touched: u32,
}

struct Backend<F: LockFamily> {
    barrier: LockOf<F, ()>,
    session: LockOf<F, Session>,
}

impl<F: LockFamily> Backend<F> {
    async fn touch(&self) {
        let barrier = self.barrier.read().await;
        self.touch_inside(&barrier).await;
    }

    async fn touch_inside(&self, _barrier: &impl Deref<Target = ()>) {
        self.session.write().await.touched += 1;
    }

    async fn post(&self, message: &'static str, variant: Variant, yield_now: YieldFn) {
        let barrier = self.barrier.read().await;
        self.session.write().await.messages.push(message);
        yield_now().await;
        match variant {
            Variant::Wrong => self.touch().await,
            Variant::Right => self.touch_inside(&barrier).await,
        }
    }

    async fn back_up(&self) -> Session {
        let _barrier = self.barrier.write().await;
        self.session.read().await.clone()
    }
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let (barrier, session) = (SharedLock::new(&BARRIER, ()), SharedLock::new(&SESSION, Session::default()));
    let posts = Rc::new(Backend::<F> { barrier, session });
    let backs_up = posts.clone();
    PitfallProgram::new()
        .part("post", async move { posts.post("hello", variant, yield_now).await })
        .part("backup", async move { drop(backs_up.back_up().await) })
}
