//! A session is kept locked while the model thinks, so that no request changes it meanwhile: none can read it, either,
//! for as long as that takes. Fixed: it is unlocked, and locked again when the model has answered.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting, Shared, fail, point};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Tracked, Tracker};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "hold-across-model-call",
    class: "contention",
    about: "a session stays locked during a model call",
    met: "the guard held across an await that tokio's tutorial warns of (\"Shared state\"), with a model to wait for",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, any_order).explore(program),
        }),
        Trial::Contract(held_across_an_await),
    ],
};

type Session<F> = Rc<LockOf<F, Vec<&'static str>>>;

/// Whether a reader has asked for the session, and has not got it yet.
#[derive(Clone, Default)]
struct Asks(Rc<Cell<bool>>, Shared);

impl Asks {
    fn set(&self, asks: bool) {
        self.1.atomic(true);
        self.0.set(asks);
    }

    fn get(&self) -> bool {
        self.1.atomic(false);
        self.0.get()
    }
}

/// In the explorer the others may go on before the reader asks and while the model thinks, and the schedule says who.
fn any_order() -> LocalBoxFuture<'static, ()> {
    point().boxed_local()
}

/// A request that comes while it thinks should see something.
async fn model<F: LockFamily>(session: &Session<F>, asks: &Asks, yield_now: YieldFn) -> &'static str {
    yield_now().await;
    if asks.get() && session.try_read().is_none() {
        fail("a reader waits for the session during a model call");
    }
    "answer"
}

async fn read<F: LockFamily>(session: Session<F>, asks: Asks, yield_now: YieldFn) {
    yield_now().await;
    asks.set(true);
    let read = session.read().await;
    asks.set(false);
    drop(read);
}

async fn turn<F: LockFamily>(session: Session<F>, asks: Asks, variant: Variant, yield_now: YieldFn) {
    let mut messages = session.write().await;
    messages.push("question");
    match variant {
        Variant::Wrong => {
            let answer = model::<F>(&session, &asks, yield_now).await;
            messages.push(answer);
        }
        Variant::Right => {
            drop(messages);
            let answer = model::<F>(&session, &asks, yield_now).await;
            session.write().await.push(answer);
        }
    }
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let session: Session<F> = Rc::new(SharedLock::new(&SESSION, Vec::new()));
    let asks = Asks::default();
    PitfallProgram::new()
        .part("speaker", turn::<F>(session.clone(), asks.clone(), variant, yield_now))
        .part("reader", read::<F>(session, asks, yield_now))
}

/// What a tracker has seen of it: guards that lived across an await of something other than a lock.
fn held_across_an_await(variant: Variant) -> Option<Detection> {
    let tracker = Tracker::new();
    let program = tracker.within("set up", || tasks::<Tracked<TokioRwLock>>(variant, turns));
    let played = program.tracked(&tracker).play();
    let holds = tracker.across_awaits().into_iter().find(|hold| std::ptr::eq(hold.class, &raw const SESSION));
    let hold = holds.map(|hold| format!("a session locked at {} was held during a model call", hold.place));
    Detection::unless("held across await", hold.map_or(played, Err))
}
