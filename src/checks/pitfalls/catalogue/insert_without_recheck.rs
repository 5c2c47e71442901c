//! Misses are loaded one after another, but a caller that has waited for its turn does not look again: it loads what
//! is there already, and its copy replaces the one that others hold. Fixed: it looks again where it inserts.

use std::sync::Arc;

use crate::backend::chat::ContextId;
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;
use lockyard_lock::{AwaitFamily, LockClass, LockOf, SharedLock};

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Entry, Sessions, Slot, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "insert-without-recheck",
    class: "two copies",
    about: "a waiter for the right to load does not check again whether the session is loaded by now",
    met: "double-checked locking with one check (D. Schmidt, T. Harrison, \"Double-checked locking\", 1996, \
          explains why it is two)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

static LOADING: LockClass = LockClass::new("loading");

/// The right to load.
struct OneCheck<E: SessionEnv>(LockOf<E::Gate, ()>);

impl<E: SessionEnv> Default for OneCheck<E> {
    fn default() -> Self {
        Self(SharedLock::new(&LOADING, ()))
    }
}

impl<E: SessionEnv> Steps<E> for OneCheck<E> {
    async fn open(all: &Arc<Sessions<E, Self>>, id: ContextId) -> Result<Arc<Entry<E>>, SessionError> {
        if let Some(entry) = all.cached(id).await {
            return Ok(entry);
        }
        let _loading = E::Gate::hold(&all.steps.0).await;
        let entry = all.entry(id, Slot::Live(all.fetch(id).await?));
        Self::keep(all, &entry).await;
        Ok(entry)
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, OneCheck<E>>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(1, true)
        .append("first", ClientPace::AT_ONCE.holding(4))
        .append("second", ClientPace::AT_ONCE)
        .fixture()
}
