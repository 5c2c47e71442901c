//! What the models must fail over: a model that holds over these holds over anything, and proves nothing.

mod torn;
mod unhelpful;

pub use torn::Torn;
pub use unhelpful::Unhelpful;
