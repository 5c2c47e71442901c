//! How much of each item is left in a shop, in two ways: as `docs/OWN_SERVICE.md` has it.

use std::collections::HashMap;
use tokio::sync::{Mutex, RwLock};

/// One lock around all of it.
pub struct Stock(Mutex<HashMap<u32, u64>>);

impl Stock {
    pub fn new(items: u32, of_each: u64) -> Self {
        Self(Mutex::new((0..items).map(|item| (item, of_each)).collect()))
    }

    pub async fn left(&self, item: u32) -> u64 {
        self.0.lock().await[&item]
    }

    /// Takes some, if there are so many.
    pub async fn take(&self, item: u32, some: u64) -> bool {
        let mut left = self.0.lock().await;
        let left = left.get_mut(&item).expect("an item");
        let enough = *left >= some;
        *left -= if enough { some } else { 0 };
        enough
    }
}

/// Reads share it, and whoever takes looks first.
pub struct SharedStock(RwLock<HashMap<u32, u64>>);

impl SharedStock {
    pub fn new(items: u32, of_each: u64) -> Self {
        Self(RwLock::new((0..items).map(|item| (item, of_each)).collect()))
    }

    pub async fn left(&self, item: u32) -> u64 {
        self.0.read().await[&item]
    }

    pub async fn take(&self, item: u32, some: u64) -> bool {
        let left = self.left(item).await;
        if left >= some {
            tokio::task::yield_now().await; // where yours asks somebody else
            self.0.write().await.insert(item, left - some);
        }
        left >= some
    }
}
