//! A lock that does not exclude, each of whose moments is a step that the explorer sees.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lockyard_explore::Shared;
use lockyard_lock::mutant::{self, Cells, TornCell};

/// The family of locks that do not exclude.
pub type Torn = mutant::Torn<Explored>;

/// Values that notify the explorer of what is done with them.
#[derive(Debug)]
pub struct Explored;

impl Cells for Explored {
    type Cell<T: Clone + Send + Sync + 'static> = ExploredCell<T>;
}

/// Such a value.
pub struct ExploredCell<T> {
    value: Mutex<T>,
    shared: Shared,
}

impl<T> ExploredCell<T> {
    fn value(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone + Send + Sync + 'static> TornCell<T> for ExploredCell<T> {
    fn new(value: T) -> Self {
        Self { value: Mutex::new(value), shared: Shared::default() }
    }

    fn copy(&self) -> T {
        self.shared.touch(false);
        self.value().clone()
    }

    fn replace(&self, value: T) {
        self.shared.touch(true);
        *self.value() = value;
    }

    fn before_copy(&self) -> impl Future<Output = ()> + Send {
        self.shared.step("copy what no lock guards", false)
    }

    fn after_copy(&self) -> impl Future<Output = ()> + Send {
        self.shared.step("change the copy", false)
    }
}
