//! A task that still reads waits to write, and so for itself.
//!
//! Met in tikv/tikv, pull request 1768: the read guard in the head of a `match` lives to the end of the `match`, in which the
//! lock was written (there with std's lock).

use tokio::sync::RwLock;

/// Reads in the head of the `match`.
pub async fn wrong() {
    let leader = RwLock::new(None);
    match leader.read().await.as_ref() {
        Some(leader) => assert_eq!(*leader, 1),
        None => *leader.write().await = Some(1),
    }
}

/// Has done with reading before it writes.
pub async fn fixed() {
    let leader = RwLock::new(None);
    let known: Option<u32> = *leader.read().await;
    match known {
        Some(leader) => assert_eq!(leader, 1),
        None => *leader.write().await = Some(1),
    }
}
