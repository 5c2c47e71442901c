//! Two sessions locked in the order in which a request names them: two requests that name them the other way round wait for
//! each other. Fixed: they are locked in one order, whatever was asked.

use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "two-sessions",
    class: "deadlock",
    about: "a message is copied from one session to another under both locks, taken in the order of the request",
    met: "Dijkstra's philosophers; every transfer between two accounts since (E. W. Dijkstra, EWD310, 1971)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::Live(TrackedProgram {
            kind: Kind::Deadlock,
            program: |variant| tasks::<Tracked<TokioRwLock>>(variant, turns),
        }),
    ],
};

type Sessions<F> = Rc<[LockOf<F, Vec<u32>>; 2]>;

async fn copy<F: LockFamily>(
    sessions: Sessions<F>,
    from: usize,
    to: usize,
    variant: Variant,
    yield_now: YieldFn,
) {
    match variant {
        Variant::Wrong => {
            let from = sessions[from].read().await;
            yield_now().await;
            sessions[to].write().await.extend(from.last().copied());
        }
        Variant::Right if from < to => {
            let from = sessions[from].read().await;
            yield_now().await;
            sessions[to].write().await.extend(from.last().copied());
        }
        Variant::Right => {
            let mut to = sessions[to].write().await;
            yield_now().await;
            to.extend(sessions[from].read().await.last().copied());
        }
    }
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let session = |message| SharedLock::new(&SESSION, vec![message]);
    let sessions: Sessions<F> = Rc::new([session(1), session(2)]);
    PitfallProgram::new()
        .part("from the first", copy::<F>(sessions.clone(), 0, 1, variant, yield_now))
        .part("from the second", copy::<F>(sessions, 1, 0, variant, yield_now))
}
