//! A session is evicted while a request holds it, and the next request loads it again: two copies live, and the one
//! that is saved last wipes out what was acknowledged to the other. Fixed: a live copy is found, cached or not.

use std::sync::Arc;

use crate::backend::chat::ContextId;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Entry, Sessions, Slot, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "two-live-copies",
    class: "two copies",
    about: "a session is evicted while a task holds it, and loaded a second time",
    met: "the change this project began with; what an identity map is for (M. Fowler, \"Patterns of Enterprise \
          Application Architecture\", 2002)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
        Trial::Invariants(|variant| fixture::<Host>(variant).invariants()),
    ],
};

/// What is not cached is taken for what does not live.
#[derive(Default)]
struct CacheIsAll;

impl<E: SessionEnv> Steps<E> for CacheIsAll {
    async fn find(all: &Arc<Sessions<E, Self>>, id: ContextId) -> Arc<Entry<E>> {
        all.entry(id, Slot::Empty)
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => clients::<E, CacheIsAll>(),
        Variant::Right => clients::<E, CorrectSteps>(),
    }
}

/// One client holds the session; another reads a second one, which evicts it, and comes for it as well.
fn clients<E: SessionEnv, S: Steps<E>>() -> Fixture {
    Clients::<E, S>::of(2, true)
        .warm()
        .append("holder", ClientPace::AT_ONCE.holding(4))
        .pass_by("passer-by")
        .fixture()
}
