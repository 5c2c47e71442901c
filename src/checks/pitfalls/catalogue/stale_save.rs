//! What is to be saved is copied before it is one's turn to save: the first to copy and last to put overwrites what is
//! newer. Fixed: it is copied under the gate, so a later put is never older.

use std::sync::Arc;

use crate::backend::chat::Version;
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;
use lockyard_lock::AwaitFamily;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Entry, Sessions, Slot, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "stale-save",
    class: "unordered I/O",
    about: "a session is copied before its gate is taken, and the older copy is stored over the newer one",
    met: "the stale set of R. Nishtala et al., \"Scaling Memcache at Facebook\", NSDI 2013, which leases are there \
          to refuse",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

#[derive(Default)]
struct CopiesFirst;

impl<E: SessionEnv> Steps<E> for CopiesFirst {
    async fn save(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> Result<(), SessionError> {
        let copy = entry.look().await;
        if let Slot::Live(context) = &copy
            && context.version() == Version(1)
        {
            E::yield_now().await; // the thread of the first one is busy elsewhere
        }
        let _gate = E::Gate::hold(&entry.gate).await;
        all.put(entry, copy).await
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, CopiesFirst>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(1, true)
        .warm()
        .append("first", ClientPace::AT_ONCE)
        .append("second", ClientPace::AT_ONCE)
        .fixture()
}
