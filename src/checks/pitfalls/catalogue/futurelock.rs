//! `select!` turns away from a future that is queued for a lock, keeps it, and locks the same lock in its other arm. The
//! lock is handed to the future that is not polled any more. Fixed: the future is dropped before the lock is asked for.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt;

use crate::backend::session::SESSION;
use lockyard_lock::{LockOf, SharedLock, TokioMutex};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, turns};
use crate::checks::pitfalls::{Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "futurelock",
    class: "futurelock",
    about: "a future queued for a lock is kept and not polled, while its own task waits for the same lock",
    met: "D. Pacheco, E. Lunnikivi, \"Futurelock\", Oxide RFD 609, 2025: a control plane that hung",
    trials: &[Trial::Live(TrackedProgram { kind: Kind::Futurelock, program: tasks })],
};

type Session = Rc<LockOf<Tracked<TokioMutex>, u32>>;

async fn hold(session: Session) {
    let mut held = session.write().await;
    turns().await;
    *held += 1;
}

/// What `select!` does over a borrowed future when its other arm is ready first.
async fn give_up_waiting(session: Session, variant: Variant) {
    let mut first = async { *session.write().await += 1 }.boxed_local();
    let waits = poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending())).await;
    if waits {
        let kept = match variant {
            Variant::Wrong => Some(first),
            Variant::Right => {
                drop(first);
                None
            }
        };
        *session.write().await += 10;
        drop(kept);
    }
}

fn tasks(variant: Variant) -> PitfallProgram {
    let session: Session = Rc::new(SharedLock::new(&SESSION, 0));
    PitfallProgram::new()
        .part("holder", hold(session.clone()))
        .part("selects", give_up_waiting(session, variant))
}
