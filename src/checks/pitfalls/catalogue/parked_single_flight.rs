//! The first caller that misses loads for all, and its load is part of its own future. A caller whose task turns to
//! something else (`select!` over a borrowed future, a buffered stream) polls it no more: the load stands still, and
//! with it every caller that waits for it. Fixed: the load is a task of its own, and all callers wait for it alike.
//!
//! No lock is asked for twice here, as in `futurelock`: what stands still is the work that others wait for.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::watch;

use crate::backend::chat::ChatContext;
use crate::backend::session::{SESSION, Short};
use crate::backend::store::Store;
use crate::checks::explored::ModelEnv;
use lockyard_explore::{Program, Setting};
use lockyard_lock::{AwaitFamily, LockOf, SharedLock};

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::{context, id};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "parked-single-flight",
    class: "futurelock",
    about: "a single-flight load runs in the future of one caller, which stops polling it, and all others wait",
    met: "moka-rs/moka issue 240, a `get_with` that was polled once; risingwavelabs/risingwave pull request \
          3911, a lookup that was dropped while another one waited for it",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { stalls: 1, ..Setting::default() },
            program: |variant, program| match variant {
                Variant::Wrong => explored::<InFirstCaller<ModelEnv>>(program),
                Variant::Right => explored::<InOwnTask<ModelEnv>>(program),
            },
        }),
        Trial::Invariants(|variant| {
            let played = match variant {
                Variant::Wrong => parked::<InFirstCaller<Host>>(),
                Variant::Right => parked::<InOwnTask<Host>>(),
            };
            Detection::unless("stalled load", played.play())
        }),
    ],
};

/// One session, loaded once for all who ask for it.
trait SingleFlight: Sized + 'static {
    type Env: SessionEnv;

    fn over(env: Self::Env) -> Self;

    fn get(self: &Arc<Self>) -> impl Future<Output = Option<ChatContext>>;
}

async fn load<E: SessionEnv>(env: &E) -> Option<ChatContext> {
    env.store().read(id(0)).await.ok().flatten()
}

struct InFirstCaller<E: SessionEnv> {
    env: E,
    session: LockOf<E::Gate, Option<ChatContext>>,
}

impl<E: SessionEnv> SingleFlight for InFirstCaller<E> {
    type Env = E;

    fn over(env: E) -> Self {
        Self { env, session: SharedLock::new(&SESSION, None) }
    }

    async fn get(self: &Arc<Self>) -> Option<ChatContext> {
        let mut session = E::Gate::hold(&self.session).await;
        if session.is_none() {
            *session = load(&self.env).await;
        }
        session.clone()
    }
}

struct InOwnTask<E: SessionEnv> {
    env: E,
    begun: E::Short<bool>,
    loaded: watch::Sender<Option<ChatContext>>,
}

impl<E: SessionEnv> SingleFlight for InOwnTask<E> {
    type Env = E;

    fn over(env: E) -> Self {
        Self { env, begun: E::Short::new(false), loaded: watch::Sender::new(None) }
    }

    async fn get(self: &Arc<Self>) -> Option<ChatContext> {
        let mut loaded = self.loaded.subscribe();
        let is_first = self.begun.at(|begun| !std::mem::replace(begun, true)).await;
        if is_first {
            let all = self.clone();
            self.env.spawn(async move {
                let session = load(&all.env).await;
                all.loaded.send_replace(session);
            });
        }
        loaded.wait_for(Option::is_some).await.ok()?.clone()
    }
}

/// Any caller may be left unpolled at any await, and no other may have to wait for it.
fn explored<S: SingleFlight>(program: &mut Program) {
    let all = Arc::new(S::over(S::Env::over(vec![context(0)])));
    let tasks = ["one", "other"].into_iter().fold(PitfallProgram::new(), |tasks, name| {
        let all = all.clone();
        tasks.part(name, async move { drop(all.get().await) })
    });
    tasks.explore(program);
    program.at_end(|end| match end.held_up {
        0 => Ok(()),
        callers => Err(format!(
            "the caller that loads is stalled; callers that wait for its load indefinitely: {callers}"
        )),
    });
}

/// A caller that polls its lookup once, and is busy elsewhere for longer than any load takes before it does again.
fn parked<S: SingleFlight>() -> PitfallProgram {
    let all = Arc::new(S::over(S::Env::over(vec![context(0)])));
    let (reader, answered, meanwhile) = (all.clone(), Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let (answers, looks, seen) = (answered.clone(), answered, meanwhile.clone());
    PitfallProgram::new()
        .part("busy elsewhere", async move {
            let mut lookup = pin!(all.get());
            let first = poll_fn(|context| Poll::Ready(lookup.as_mut().poll(context).is_ready())).await;
            for _ in 0..4 {
                S::Env::yield_now().await; // each as long as a load
            }
            seen.set(looks.get());
            if !first {
                lookup.await;
            }
        })
        .part("reader", async move {
            answers.set(reader.get().await.is_some());
        })
        .finally(async move {
            if meanwhile.get() {
                return Ok(());
            }
            Err("the load stood still while the caller that began it was busy elsewhere, and so did its other caller"
                .to_owned())
        })
}
