//! Auto-save takes a session off the list of the unsaved before it has saved it. When the save fails, the list no longer
//! says that memory is newer than the store. Fixed: it comes off when the store has it, if it has not changed again.

use std::sync::Arc;

use crate::backend::session::Short;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Sessions, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "dirty-cleared-early",
    class: "durability",
    about: "a session is marked as saved before it is, and the save fails",
    met: "pages marked clean after a write-back that failed: A. Rebello et al., \"Can applications recover from \
          fsync failures?\", USENIX ATC 2020",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { faults: 1, ..Setting::default() },
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

#[derive(Default)]
struct ClearsFirst;

impl<E: SessionEnv> Steps<E> for ClearsFirst {
    async fn flush(all: &Arc<Sessions<E, Self>>) {
        let unsaved = all.tables.at(|tables| std::mem::take(&mut tables.unsaved)).await;
        for (entry, _) in unsaved.into_values() {
            let _failed = Self::save(all, &entry).await;
        }
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, ClearsFirst>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

/// A change that is acknowledged before it is stored, and an auto-save that fails.
fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    let clients = Clients::<E, S>::of(1, false).warm();
    clients.all.env.spoil_next_put();
    clients.append("writer", ClientPace::AT_ONCE).flush("auto-save", ClientPace::after(1)).fixture()
}
