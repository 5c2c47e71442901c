//! The guard of an entry of a sharded map is held while another key is written, which is in the same shard.
//!
//! Met in worldcoin/iris-mpc, issue 959, and pubky/pkdns, pull request 51 ("deadlocks freezing the whole server"), with
//! `DashMap`, whose shards block the thread. The same with shards that are tokio's locks.

use tokio::sync::RwLock;

struct Sharded {
    shards: [RwLock<Vec<(u32, u32)>>; 2],
}

impl Sharded {
    fn shard(&self, key: u32) -> &RwLock<Vec<(u32, u32)>> {
        &self.shards[key as usize % 2]
    }

    async fn insert(&self, key: u32, value: u32) {
        self.shard(key).write().await.push((key, value));
    }
}

fn map() -> Sharded {
    Sharded { shards: [RwLock::default(), RwLock::default()] }
}

/// The guard lives as long as what it gave.
pub async fn wrong() {
    let map = map();
    map.insert(1, 10).await;
    let shard = map.shard(1).read().await;
    for (_, value) in shard.iter() {
        map.insert(3, *value).await;
    }
}

/// The value is copied, and the guard gone.
pub async fn fixed() {
    let map = map();
    map.insert(1, 10).await;
    let values: Vec<_> = map.shard(1).read().await.iter().map(|(_, value)| *value).collect();
    for value in values {
        map.insert(3, value).await;
    }
}
