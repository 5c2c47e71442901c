//! A load is shared by all who wait for it, and given up when none is left: why go on in vain? But all of them have
//! timeouts, and a slow load takes longer. Each round of retries begins it anew, and it never ends. Fixed: a load
//! that has begun is finished, with or without waiters, and the next to ask finds it done.
//!
//! The load is a task of its own already, unlike in `parked-single-flight`: it is ended by what was meant to save
//! work.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures_util::future::{Either, select};
use tokio::sync::watch;

use crate::backend::chat::ChatContext;
use crate::backend::session::{Env, Short};
use crate::backend::store::Store;
use crate::checks::explored::ModelEnv;
use lockyard_explore::{Setting, point_as};

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::{context, id};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "load-cancelled-by-timeouts",
    class: "cancellation",
    about: "callers whose timeouts are shorter than the load they share cancel it each time, and it never ends",
    met: "shared loads that end with a caller's timeout: anyproto/any-sync pull request 743, modal-labs/blobnet \
          pull request 53; kalbasit/ncps pull request 15",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant, ONE_TRY).explore(program),
        }),
        Trial::Contract(|variant| {
            Detection::unless("load never ends", tasks::<Host>(variant, MANY_TRIES).play())
        }),
    ],
};

/// The explorer has a timeout end at any await, so one try of each client is enough.
const ONE_TRY: usize = 1;
/// A load takes as long as so many timeouts.
const SLOWNESS: usize = 3;
/// Together far longer than a load.
const MANY_TRIES: usize = 3 * SLOWNESS;

/// What the last of those who wait does when it goes.
trait LastWaiter: Send + Sync + 'static {
    fn goes(flight: &mut Flight);
}

struct CancelsLoad;

impl LastWaiter for CancelsLoad {
    fn goes(flight: &mut Flight) {
        flight.under_way = None;
    }
}

struct LeavesLoad;

impl LastWaiter for LeavesLoad {
    fn goes(_: &mut Flight) {}
}

#[derive(Default)]
struct Flight {
    /// The number of the load whose session will be taken.
    under_way: Option<usize>,
    begun: usize,
    waiters: usize,
}

/// One session, loaded once for all who ask for it.
struct Loader<E: Env, L: LastWaiter> {
    env: E,
    flight: E::Short<Flight>,
    loaded: watch::Sender<Option<ChatContext>>,
    ended: AtomicUsize,
    _last: PhantomData<fn() -> L>,
}

/// One who waits.
struct Waiter<'a, E: Env, L: LastWaiter>(&'a Loader<E, L>);

impl<E: Env, L: LastWaiter> Drop for Waiter<'_, E, L> {
    fn drop(&mut self) {
        self.0.flight.with(|flight| {
            flight.waiters -= 1;
            if flight.waiters == 0 {
                L::goes(flight);
            }
        });
    }
}

impl<E: SessionEnv, L: LastWaiter> Loader<E, L> {
    fn over(env: E) -> Arc<Self> {
        let (flight, loaded) = (E::Short::new(Flight::default()), watch::Sender::new(None));
        Arc::new(Self { env, flight, loaded, ended: AtomicUsize::new(0), _last: PhantomData })
    }

    async fn get(self: &Arc<Self>) -> Option<ChatContext> {
        let mut loaded = self.loaded.subscribe();
        let join = |flight: &mut Flight| {
            flight.waiters += 1;
            if flight.under_way.is_some() {
                return None;
            }
            flight.begun += 1;
            flight.under_way = Some(flight.begun);
            flight.under_way
        };
        let first = self.flight.at(join).await;
        let _waiter = Waiter(self);
        if let Some(number) = first {
            self.env.spawn(self.clone().load(number));
        }
        loaded.wait_for(Option::is_some).await.ok()?.clone()
    }

    async fn load(self: Arc<Self>, number: usize) {
        let session = self.env.store().read(id(0)).await.ok().flatten();
        for _ in 1..SLOWNESS {
            E::yield_now().await;
        }
        point_as("goes on loading").await;
        if self.flight.at(|flight| flight.under_way == Some(number)).await {
            self.ended.fetch_add(1, Relaxed);
            self.loaded.send_replace(session);
        }
    }
}

/// Asks until it is answered, and each time no longer than its timeout.
async fn ask<E: SessionEnv, L: LastWaiter>(all: Arc<Loader<E, L>>, tries: usize) {
    for _ in 0..tries {
        let timeout = async {
            E::yield_now().await;
            point_as("times out").await;
        };
        // The timeout first: one that has ended ends the wait, even if the load has ended as well.
        if let Either::Right(_) = select(pin!(timeout), pin!(all.get())).await {
            return;
        }
        E::yield_now().await; // before it tries again
    }
}

fn tasks<E: SessionEnv>(variant: Variant, tries: usize) -> PitfallProgram {
    match variant {
        Variant::Wrong => clients::<E, CancelsLoad>(tries),
        Variant::Right => clients::<E, LeavesLoad>(tries),
    }
}

fn clients<E: SessionEnv, L: LastWaiter>(tries: usize) -> PitfallProgram {
    let all = Loader::<E, L>::over(E::over(vec![context(0)]));
    let program =
        PitfallProgram::new().part("one", ask(all.clone(), tries)).part("other", ask(all.clone(), tries));
    program.finally(async move {
        let (begun, ended) = (all.flight.with(|flight| flight.begun), all.ended.load(Relaxed));
        if begun == ended {
            return Ok(());
        }
        Err(format!(
            "loads begun: {begun}, ended: {ended}; the last caller to time out cancels the load it waits for"
        ))
    })
}
