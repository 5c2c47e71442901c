//! A session is kept locked while the model thinks, so that nobody changes it meanwhile: nobody can read it, either,
//! for as long as that takes. The twin lets go, and comes back to the session when the model has answered.

use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting, fail};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Tracked, Tracker};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "hold-across-model-call",
    class: "contention",
    about: "a session stays locked during a model call",
    met: "the guard held across an await that tokio's tutorial warns of (\"Shared state\"), with a model to wait for",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::Contract(held_across_an_await),
    ],
};

type Session<F> = Rc<LockOf<F, Vec<&'static str>>>;

/// Whoever looks while it thinks should see something.
async fn model<F: LockFamily>(session: &Session<F>, yield_now: YieldFn) -> &'static str {
    yield_now().await;
    if session.try_read().is_none() {
        fail("no reader gets the session during a model call");
    }
    "answer"
}

async fn turn<F: LockFamily>(session: Session<F>, variant: Variant, yield_now: YieldFn) {
    let mut messages = session.write().await;
    messages.push("question");
    match variant {
        Variant::Wrong => {
            let answer = model::<F>(&session, yield_now).await;
            messages.push(answer);
        }
        Variant::Right => {
            drop(messages);
            let answer = model::<F>(&session, yield_now).await;
            session.write().await.push(answer);
        }
    }
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, Vec::new()));
    let read = session.clone();
    PitfallProgram::new()
        .part("speaker", turn::<F>(session, variant, yield_now))
        .part("reader", async move { drop(read.read().await) })
}

/// What a tracker has seen of it: guards that lived across an await of something other than a lock.
fn held_across_an_await(variant: Variant) -> Option<Detection> {
    let tracker = Tracker::new();
    let program = tracker.within("set up", || tasks::<Tracked<TokioRwLock>>(variant, turns));
    let played = program.tracked(&tracker).play();
    let holds = tracker.across_awaits().into_iter().find(|hold| std::ptr::eq(hold.class, &raw const SESSION));
    let told = holds.map(|hold| format!("a session locked at {} was held during a model call", hold.place));
    Detection::unless("held across await", told.map_or(played, Err))
}
