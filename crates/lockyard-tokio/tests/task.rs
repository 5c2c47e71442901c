//! Tasks and runtimes behave as tokio's own do: this source is the same in each mode.

extern crate lockyard_tokio as tokio;

#[cfg(feature = "track")]
#[path = "support/tracked.rs"]
mod tracked;

mod task {
    mod handles;
    mod local;
    mod runtimes;
    mod sets;
}

use std::future::pending;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A runtime of each kind.
fn each() -> [Runtime; 2] {
    [current_thread(), Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()]
}

/// Says when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Dropped {
    fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        // Who does not wait for it does not care.
        let _ = self.0.take().unwrap().send(());
    }
}

/// Never ends, and says when it is dropped.
async fn forever(dropped: Dropped) {
    let _dropped = dropped;
    pending::<()>().await;
}

#[cfg(feature = "track")]
#[test]
fn the_same_while_all_is_tracked() {
    tracked::again("the_same_while_all_is_tracked");
}
