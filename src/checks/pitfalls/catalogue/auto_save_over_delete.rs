//! Auto-save copies all that is unsaved, and then stores one copy after another. A session that is deleted meanwhile is
//! stored again. Fixed: each session is looked at again when it is its turn.

use std::sync::Arc;

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
    name: "auto-save-over-delete",
    class: "unordered I/O",
    about: "auto-save stores a copy made earlier, and resurrects a session deleted in between",
    met: "editors whose autosave resurrects deleted files: atom/autosave issue 30, zed-industries/community issue 222",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

#[derive(Default)]
struct SavesCopies;

impl<E: SessionEnv> Steps<E> for SavesCopies {
    async fn flush(all: &Arc<Sessions<E, Self>>) {
        let mut copies = Vec::new();
        for entry in all.unsaved().await {
            let copy = entry.look().await;
            copies.push((entry, copy));
        }
        E::yield_now().await;
        for (entry, copy) in copies {
            let _gate = E::Gate::hold(&entry.gate).await;
            let _failed = all.put(&entry, copy).await;
        }
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, SavesCopies>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(1, false)
        .warm()
        .append("writer", ClientPace::AT_ONCE)
        .flush("auto-save", ClientPace::after(1))
        .delete("deleter", ClientPace::after(1))
        .fixture()
}
