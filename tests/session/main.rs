//! The session manager, its caches and its stores.

#[macro_use]
#[path = "../support/presets.rs"]
mod presets;
#[path = "../support/mod.rs"]
mod support;

mod cache_contract;
mod cache_recency;
mod cancellation;
mod durability;
mod histories;
mod limits;
mod manager;
mod power_loss;
mod redb_damage;
mod redb_migration;
mod redb_rows;
mod redb_store;
mod state_word;
mod store_contract;
mod unreadable;
