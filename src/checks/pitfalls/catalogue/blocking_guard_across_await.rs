//! The guard of a lock that blocks is kept across an await. A waiter for the lock meanwhile blocks a thread of the
//! runtime; with one worker, the thread that would have to resume the holder. Fixed: the guard is dropped before the await.
//!
//! Generic code cannot do it, for such a guard is not `Send`; a task on a local set can, and so can one whose lint is off.

use std::rc::Rc;

use crate::backend::session::SESSION;
use lockyard_lock::{LockOf, ParkingLotMutex, SharedLock};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, turns};
use crate::checks::pitfalls::{Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "blocking-guard-across-await",
    class: "blocked thread",
    about: "the guard of a blocking lock is held across an await, on one worker",
    met: "clippy::await_holding_lock; the first page of tokio's tutorial on shared state",
    trials: &[Trial::Live(TrackedProgram { kind: Kind::GuardAcrossAwait, program: tasks })],
};

type Session = Rc<LockOf<Tracked<ParkingLotMutex>, Vec<u32>>>;

async fn append_what_the_model_says(session: Session, variant: Variant) {
    let mut messages = session.write().await;
    messages.push(1);
    match variant {
        Variant::Wrong => {
            turns().await; // the model answers
            messages.push(2);
        }
        Variant::Right => {
            drop(messages);
            turns().await;
            session.write().await.push(2);
        }
    }
}

fn tasks(variant: Variant) -> PitfallProgram {
    let session: Session = Rc::new(SharedLock::new(&SESSION, Vec::new()));
    let read = session.clone();
    PitfallProgram::new()
        .part("speaker", append_what_the_model_says(session, variant))
        .part("reader", async move { drop(read.read().await) })
}
