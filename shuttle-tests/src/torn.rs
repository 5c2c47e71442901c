//! A lock that does not exclude, both of whose moments shuttle sees: a model that needs exclusion must fail over it.

use lockyard::lock::mutant::{self, Cells, TornCell};
use parking_lot::Mutex;

/// The family of locks that do not exclude.
pub type Torn = mutant::Torn<ShuttleCells>;

/// Values behind shuttle's mutex.
#[derive(Debug)]
pub struct ShuttleCells;

impl Cells for ShuttleCells {
    type Cell<T: Clone + Send + Sync + 'static> = ShuttleCell<T>;
}

/// Such a value.
pub struct ShuttleCell<T>(Mutex<T>);

impl<T: Clone + Send + Sync + 'static> TornCell<T> for ShuttleCell<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn copy(&self) -> T {
        self.0.lock().clone()
    }

    fn replace(&self, value: T) {
        *self.0.lock() = value;
    }
}
