//! A lock that does not exclude, with a scheduling point at each of its moments.
//!
//! The properties must fail over it; one that holds here would hold anywhere and proves nothing.

use std::sync::Mutex;

use lockyard::lock::mutant::{self, Cells, TornCell};

use super::stage;

/// The family of locks that do not exclude.
pub type Torn = mutant::Torn<HandPolled>;

/// Values with scheduling points around them.
pub struct HandPolled;

impl Cells for HandPolled {
    type Cell<T: Clone + Send + Sync + 'static> = HandPolledCell<T>;
}

/// Such a value.
pub struct HandPolledCell<T>(Mutex<T>);

impl<T: Clone + Send + Sync + 'static> TornCell<T> for HandPolledCell<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn copy(&self) -> T {
        self.0.lock().unwrap().clone()
    }

    fn replace(&self, value: T) {
        *self.0.lock().unwrap() = value;
    }

    async fn before_copy(&self) {
        stage::point().await;
    }

    async fn after_copy(&self) {
        stage::point().await;
    }
}
