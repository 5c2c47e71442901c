//! A place is taken before the work and given back after it. Work that is dropped in between gives nothing back, and
//! after as many as there are places no request gets in. Fixed: a place is a guard that gives itself back.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::checks::explored::ModelEnv;
use lockyard_explore::{Setting, point};

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "permit-leak",
    class: "cancellation",
    about: "a permit is released by code that a dropped future never reaches",
    met: "a pool that counted connections up and, dropped, not down: bb8 issue 19",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { cancels: 1, ..Setting::default() },
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("permit leaked", tasks::<Host>(variant).play())),
    ],
};

const PLACES: usize = 2;

/// Asks the model, which so many may at a time.
async fn ask<E: SessionEnv>(places: Arc<Semaphore>, variant: Variant) {
    point().await;
    let Ok(place) = places.acquire().await else { return };
    match variant {
        Variant::Wrong => {
            place.forget();
            work::<E>().await;
            places.add_permits(1);
        }
        Variant::Right => {
            work::<E>().await;
            drop(place);
        }
    }
}

async fn work<E: SessionEnv>() {
    point().await;
    for _ in 0..2 {
        E::yield_now().await;
    }
}

fn tasks<E: SessionEnv>(variant: Variant) -> PitfallProgram {
    let places = Arc::new(Semaphore::new(PLACES));
    let program = PitfallProgram::new()
        .part("goes away", E::giving_up(ask::<E>(places.clone(), variant)))
        .part("stays", ask::<E>(places.clone(), variant));
    program.finally(async move {
        match places.available_permits() {
            PLACES => Ok(()),
            left => Err(format!("all tasks have ended, and {left} of {PLACES} permits are free")),
        }
    })
}
