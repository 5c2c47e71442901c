//! A permit is taken out of a pool by hand, and an early return does not put it back: the pool shrinks with each error.
//!
//! A pattern, wherever `forget` and `add_permits` stand far apart.

use tokio::sync::Semaphore;

async fn send(request: u32) -> Result<(), u32> {
    tokio::task::yield_now().await;
    if request == 0 { Err(request) } else { Ok(()) }
}

async fn by_hand(slots: &Semaphore, request: u32) -> Result<(), u32> {
    slots.acquire().await.unwrap().forget();
    send(request).await?;
    slots.add_permits(1);
    Ok(())
}

async fn by_guard(slots: &Semaphore, request: u32) -> Result<(), u32> {
    let _slot = slots.acquire().await.unwrap();
    send(request).await
}

/// Puts it back by hand.
pub async fn wrong() {
    let slots = Semaphore::new(1);
    assert!(by_hand(&slots, 0).await.is_err());
    assert!(by_hand(&slots, 1).await.is_ok());
}

/// The permit puts itself back.
pub async fn fixed() {
    let slots = Semaphore::new(1);
    assert!(by_guard(&slots, 0).await.is_err());
    assert!(by_guard(&slots, 1).await.is_ok());
}
