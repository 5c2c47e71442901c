//! What the guards are made of here.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use uuid::Uuid;

use lockyard::backend::postgres::{BootClock, PostgresDatabase, PostgresOptions};
use lockyard::backend::session::Short;
use lockyard::backend::shared::{ClockTerm, CompareAndSet, HeldLease, Lease, Owner, SharedSession};
use lockyard_lock::TokioMutex;

use super::private_server::PrivateServer;

/// A table behind a lock of the shelf.
pub struct Table<T>(Mutex<T>);

impl<T: Send + 'static> Short<T> for Table<T> {
    type Tie = ();

    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.lock())
    }

    fn tie(&self) {}
}

pub type RealCompareAndSet = CompareAndSet<PostgresDatabase, Table<Option<Arc<SharedSession>>>>;
pub type RealLease = Lease<PostgresDatabase, TokioMutex, Table<Option<HeldLease>>, ClockTerm<BootClock>>;

/// Short, so that leases change hands while the test runs.
pub const TTL: Duration = Duration::from_millis(300);
const MARGIN: Duration = Duration::from_millis(100);

pub fn owner(number: u128) -> Owner {
    Owner(Uuid::from_u128(number))
}

pub async fn opened(server: &PrivateServer) -> PostgresDatabase {
    PostgresDatabase::open(&server.url("postgres"), PostgresOptions::default()).await.expect("it can be used")
}

/// The term of leases.
pub fn term() -> ClockTerm<BootClock> {
    ClockTerm::new(BootClock, TTL, MARGIN).expect("a margin that is less than the lease")
}
