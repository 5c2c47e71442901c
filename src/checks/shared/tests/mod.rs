//! The guards, explored: that they hold, that what is wrong is found, and what the model below them does.

mod counts;
mod guards;
mod model;
mod pitfalls;
mod sessions;
