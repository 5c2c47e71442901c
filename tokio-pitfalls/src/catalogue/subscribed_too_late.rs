//! A receiver that is made after the first value waits for a change, and that value is none: to it, it is seen.
//!
//! Met in andymai/stackchan-kai, pull request 299 (with embassy's `Watch`, which is alike): the clock never synchronised
//! where the link was up before the task began.

use std::sync::Arc;

use tokio::sync::watch;

async fn connect(looks: bool) {
    let link = Arc::new(watch::Sender::new(false));
    let its = link.clone();
    let clock = tokio::spawn(async move {
        let mut receiver = its.subscribe();
        drop(its);
        if looks {
            receiver.wait_for(|is_up| *is_up).await.unwrap();
        } else {
            receiver.changed().await.unwrap();
        }
    });
    link.send_replace(true);
    clock.await.unwrap();
}

/// Waits for the next change.
pub async fn wrong() {
    connect(false).await;
}

/// Looks first.
pub async fn fixed() {
    connect(true).await;
}
