//! A lock that does not exclude, both of whose moments loom sees: a model that needs exclusion must fail over it.

use lockyard::lock::mutant::{self, Cells, TornCell};
use loom::sync::Mutex;

/// The family of locks that do not exclude.
pub type Torn = mutant::Torn<LoomCells>;

/// Values behind loom's mutex.
#[derive(Debug)]
pub struct LoomCells;

impl Cells for LoomCells {
    type Cell<T: Clone + Send + Sync + 'static> = LoomCell<T>;
}

/// Such a value.
pub struct LoomCell<T>(Mutex<T>);

impl<T: Clone + Send + Sync + 'static> TornCell<T> for LoomCell<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    fn copy(&self) -> T {
        self.0.lock().unwrap().clone()
    }

    fn replace(&self, value: T) {
        *self.0.lock().unwrap() = value;
    }
}
