//! Locks of one kind are taken in the order in which a request names them, so that two requests can wait for each other.
//!
//! A pattern: a transfer between two accounts, and one back.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

type Accounts = Arc<BTreeMap<&'static str, Mutex<i64>>>;

async fn transfer(accounts: Accounts, mut names: [&'static str; 2], sorted: bool) {
    let [from, to] = names;
    if sorted {
        names.sort_unstable();
    }
    let mut locked = BTreeMap::new();
    for name in names {
        locked.insert(name, accounts[name].lock().await);
    }
    **locked.get_mut(from).unwrap() -= 10;
    **locked.get_mut(to).unwrap() += 10;
}

async fn there_and_back(sorted: bool) {
    let accounts = ["alice", "bob"].map(|name| (name, Mutex::new(100)));
    let accounts: Accounts = Arc::new(BTreeMap::from(accounts));
    let there = tokio::spawn(transfer(accounts.clone(), ["alice", "bob"], sorted));
    let back = tokio::spawn(transfer(accounts, ["bob", "alice"], sorted));
    there.await.unwrap();
    back.await.unwrap();
}

/// In the order of the request.
pub async fn wrong() {
    there_and_back(false).await;
}

/// In the order of the names.
pub async fn fixed() {
    there_and_back(true).await;
}
