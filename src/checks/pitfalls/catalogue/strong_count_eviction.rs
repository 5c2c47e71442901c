//! Eviction first looks whether the session is held, by its count of references, and takes it out in a second step. In
//! between a request takes hold of it, and the next one loads a second copy. Fixed: both happen in one section, the only
//! one in which a request can take hold.

use std::sync::Arc;

use crate::backend::chat::ContextId;
use crate::backend::session::{SessionError, Short};
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{Entry, Sessions, Slot, Steps, Tables};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "strong-count-eviction",
    class: "check then act",
    about: "a session without holders is evicted, and by then a task holds it",
    met: "what std::sync::Arc::strong_count warns of: another thread may change the count before it is acted on",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

/// The oldest that the tables alone hold, if there is no room.
fn idle<E: SessionEnv>(tables: &Tables<E>, room: usize) -> Option<ContextId> {
    let idle = |entry: &&Arc<Entry<E>>| Arc::strong_count(entry) == 1;
    let found = tables.cached.iter().filter(|_| tables.cached.len() > room).find(idle);
    found.map(|entry| entry.id)
}

/// A held session stays in the cache, so no other table is needed.
async fn open<E: SessionEnv, S: Steps<E>>(
    all: &Arc<Sessions<E, S>>,
    id: ContextId,
) -> Result<Arc<Entry<E>>, SessionError> {
    let take_hold = |tables: &mut Tables<E>| {
        let held = tables.cached.iter().find(|entry| entry.id == id).cloned();
        let entry = held.unwrap_or_else(|| all.entry(id, Slot::Empty));
        tables.keep(&entry, usize::MAX);
        entry
    };
    let entry = all.tables.at(take_hold).await;
    S::load(all, &entry).await?;
    S::keep(all, &entry).await;
    Ok(entry)
}

#[derive(Default)]
struct AsksThenTakes;

impl<E: SessionEnv> Steps<E> for AsksThenTakes {
    async fn open(all: &Arc<Sessions<E, Self>>, id: ContextId) -> Result<Arc<Entry<E>>, SessionError> {
        open(all, id).await
    }

    async fn keep(all: &Arc<Sessions<E, Self>>, _: &Arc<Entry<E>>) {
        let Some(idle) = all.tables.at(|tables| idle(tables, all.room)).await else { return };
        E::yield_now().await;
        E::yield_now().await;
        all.tables.at(|tables| tables.forget(idle)).await;
    }
}

#[derive(Default)]
struct AsksAndTakes;

impl<E: SessionEnv> Steps<E> for AsksAndTakes {
    async fn open(all: &Arc<Sessions<E, Self>>, id: ContextId) -> Result<Arc<Entry<E>>, SessionError> {
        open(all, id).await
    }

    async fn keep(all: &Arc<Sessions<E, Self>>, _: &Arc<Entry<E>>) {
        let take = |tables: &mut Tables<E>| {
            if let Some(idle) = idle(tables, all.room) {
                tables.forget(idle);
            }
        };
        all.tables.at(take).await;
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, AsksThenTakes>(),
        Variant::Right => clients::<E, AsksAndTakes>(),
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(2, true)
        .warm()
        .append("holder", ClientPace::after(2).holding(4))
        .pass_by("passer-by")
        .fixture()
}
