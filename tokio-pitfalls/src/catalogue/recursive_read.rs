//! A lock that is read already is read once more: a writer that queues between the two makes the second read wait for ever.
//!
//! Met in lightningdevkit/rust-lightning, pull request 2006 ("a user ended up hitting this deadlock in production"), and
//! as issue 2849 of tokio.

use std::sync::Arc;

use tokio::sync::RwLock;

async fn total(prices: &RwLock<Vec<u32>>) -> u32 {
    prices.read().await.iter().sum()
}

async fn report(again: bool) {
    let prices = Arc::new(RwLock::new(vec![1, 2]));
    let its = prices.clone();
    let adding = tokio::spawn(async move { its.write().await.push(3) });
    {
        let prices_now = prices.read().await;
        let sum: u32 = if again { total(&prices).await } else { prices_now.iter().sum() };
        assert!(sum == 3 || sum == 6);
    }
    adding.await.unwrap();
}

/// Calls what reads again.
pub async fn wrong() {
    report(true).await;
}

/// Goes on with what is read already.
pub async fn fixed() {
    report(false).await;
}
