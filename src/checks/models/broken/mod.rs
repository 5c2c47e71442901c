//! What the models must fail over: a model that holds over these holds over anything, and proves nothing.

mod torn;

pub use torn::Torn;
