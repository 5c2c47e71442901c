//! A session is deleted from cache and store, and a holder still has it: its next save brings the session back.
//! Fixed: the session itself is marked as deleted.

use std::sync::Arc;

use crate::backend::chat::ContextId;
use crate::backend::session::{SessionError, Short};
use crate::backend::store::Store;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;
use lockyard_lock::AwaitFamily;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Sessions, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "late-save-after-delete",
    class: "unordered I/O",
    about: "a session is deleted, and a late save resurrects it",
    met: "what tombstones are for: without them Apache Cassandra's documentation expects deleted data to be \
          resurrected",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

/// Deletes it wherever it is looked for, but not where it is held.
#[derive(Default)]
struct LeavesNoWord;

impl<E: SessionEnv> Steps<E> for LeavesNoWord {
    async fn delete(all: &Arc<Sessions<E, Self>>, id: ContextId) -> Result<(), SessionError> {
        let entry = Self::open(all, id).await?;
        let _gate = E::Gate::hold(&entry.gate).await;
        all.tables.at(|tables| tables.forget(id)).await;
        all.env.store().delete(id).await.map_err(|source| SessionError::Store { id, source })
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, LeavesNoWord>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(1, true)
        .warm()
        .append("holder", ClientPace::AT_ONCE.holding(1))
        .delete("deleter", ClientPace::AT_ONCE)
        .fixture()
}
