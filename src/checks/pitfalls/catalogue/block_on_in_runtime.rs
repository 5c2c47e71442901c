//! A future is waited for by blocking, inside a task: `block_on` where there is no `async` at hand. The thread that is
//! blocked is the one that would have to run the lock's holder. Fixed: it awaits.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};

use crate::backend::session::SESSION;
use lockyard_lock::{LockOf, SharedLock, TokioMutex};
use lockyard_track::{Kind, Tracked};

use crate::checks::pitfalls::program::{PitfallProgram, turns};
use crate::checks::pitfalls::{Pitfall, TrackedProgram, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "block-on-in-runtime",
    class: "blocked thread",
    about: "a runtime thread blocks on an async lock whose holder it would have to poll",
    met: "futures::executor::block_on inside tokio tasks: tokio issue 2376 and many after it",
    trials: &[Trial::Live(TrackedProgram { kind: Kind::BlockOn, program: tasks })],
};

type Session = Rc<LockOf<Tracked<TokioMutex>, u32>>;

/// What people write, or take from a crate, when they have a future and no `async`.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

async fn hold(session: Session) {
    let mut held = session.write().await;
    turns().await;
    *held += 1;
}

async fn count(session: Session, variant: Variant) {
    match variant {
        Variant::Wrong => block_on(async { *session.write().await += 1 }),
        Variant::Right => *session.write().await += 1,
    }
}

fn tasks(variant: Variant) -> PitfallProgram {
    let session: Session = Rc::new(SharedLock::new(&SESSION, 0));
    PitfallProgram::new().part("holder", hold(session.clone())).part("blocks", count(session, variant))
}
