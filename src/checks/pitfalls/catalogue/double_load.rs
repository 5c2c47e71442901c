//! Every miss loads, though a load of the same is under way: one hot session that falls out of the cache is read
//! from the store as often as it is asked for. Only one copy comes of it; the store pays. Fixed: one load for all.

use std::sync::Arc;

use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;
use lockyard_lock::SharedLock;

use crate::checks::pitfalls::clients::{ClientPace, Clients};
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Entry, Sessions, Slot, Steps};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "double-load",
    class: "contention",
    about: "concurrent misses of one session each load it (no single flight)",
    met: "the thundering herd of R. Nishtala et al., \"Scaling Memcache at Facebook\", NSDI 2013; what Go's \
          singleflight is for",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| match variant {
                Variant::Wrong => clients::<ModelEnv, EachForItself>().fixture().explore(program),
                Variant::Right => clients::<ModelEnv, CorrectSteps>().fixture().explore(program),
            },
        }),
        Trial::Contract(|variant| match variant {
            Variant::Wrong => one_load::<EachForItself>(),
            Variant::Right => one_load::<CorrectSteps>(),
        }),
    ],
};

/// Loads even if a load is under way, and takes what it brings only if no other was quicker.
#[derive(Default)]
struct EachForItself;

impl<E: SessionEnv> Steps<E> for EachForItself {
    async fn load(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> Result<(), SessionError> {
        if let Slot::Empty = entry.look().await {
            let loaded = all.fetch(entry.id).await?;
            let mut slot = entry.slot.write().await;
            if let Slot::Empty = *slot {
                *slot = Slot::Live(loaded);
            }
        }
        Ok(())
    }
}

fn clients<E: SessionEnv, S: Steps<E>>() -> Clients<E, S> {
    Clients::of(1, true).append("one", ClientPace::AT_ONCE).append("other", ClientPace::AT_ONCE)
}

fn one_load<S: Steps<Host>>() -> Option<Detection> {
    let clients = clients::<Host, S>();
    let all = clients.all.clone();
    let counted = clients.tasks().finally(async move {
        match all.env.loads() {
            1 => Ok(()),
            loads => Err(format!("misses of one session loaded it {loads} times: once is promised")),
        }
    });
    Detection::unless("loads", counted.play())
}
