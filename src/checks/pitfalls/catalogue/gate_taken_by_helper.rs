//! A rename holds the session's gate and calls `save`, which every other caller calls without it: `save` takes the
//! gate first of all, and waits for its own caller. From then on this session is never saved. Fixed: what is done under
//! the gate is a function of its own that is handed the guard's value, and cannot be called without it.

use std::rc::Rc;

use crate::backend::session::{GATE, SESSION};
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{AwaitFamily, LockOf, SharedLock, TokioMutex};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "gate-taken-by-helper",
    class: "deadlock",
    about: "a session's gate is held while a helper is called that takes the same gate",
    met: "openclaw/openclaw pull request 96000: writers that lock a transcript called from a turn that has it \
          locked; murmur-io/murmur pull request 680; with one permit, jdx/mise pull request 8976",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR_MUTEX, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant).explore(program),
        }),
        Trial::Live(TrackedProgram { kind: Kind::SameTaskWait, program: tasks::<Tracked<TokioMutex>> }),
    ],
};

struct Session<F: AwaitFamily> {
    title: LockOf<F, String>,
    /// Guards what is stored.
    gate: LockOf<F, String>,
}

impl<F: AwaitFamily> Session<F> {
    async fn save(&self) {
        let mut stored = F::hold(&self.gate).await;
        self.save_under_gate(&mut stored).await;
    }

    async fn save_under_gate(&self, stored: &mut String) {
        self.title.read().await.clone_into(stored);
    }

    /// No save may come between the change and its own.
    async fn rename(&self, title: &str, variant: Variant) {
        let mut stored = F::hold(&self.gate).await;
        title.clone_into(&mut *self.title.write().await);
        match variant {
            Variant::Wrong => self.save().await,
            Variant::Right => self.save_under_gate(&mut stored).await,
        }
    }
}

fn tasks<F: AwaitFamily>(variant: Variant) -> PitfallProgram {
    let (title, gate) = (SharedLock::new(&SESSION, String::new()), SharedLock::new(&GATE, String::new()));
    let session = Rc::new(Session::<F> { title, gate });
    let saved = session.clone();
    PitfallProgram::new()
        .part("rename", async move { session.rename("new", variant).await })
        .part("auto-save", async move { saved.save().await })
}
