//! Something shared that is none of the model's own parts: how a part from elsewhere tells the explorer what it does.

use std::panic::Location;

use super::footprint::Object;
use super::point::Point;
use super::world::{self, Want};

/// Something shared: a flag, a table, a lock of one's own.
///
/// Whoever builds a part for an explored program has one of these for each thing that tasks share, and says by it when
/// the thing is read and written. What is not said is not seen, and orders that differ by it may not be tried.
#[derive(Debug)]
pub struct Shared(Object);

impl Default for Shared {
    fn default() -> Self {
        Self(world::with(world::World::object))
    }
}

impl Shared {
    /// An access as a step of its own: anybody may run before it.
    #[track_caller]
    pub fn step(&self, what: &'static str, write: bool) -> impl Future<Output = ()> + Send {
        let (object, place) = (self.0, Location::caller());
        async move {
            Point::new(Want::Go(what), place).await;
            world::with(|world| world.flash(object, write, place));
        }
    }

    /// An access within the step at work.
    #[track_caller]
    pub fn touch(&self, write: bool) {
        let place = Location::caller();
        world::with(|world| world.flash(self.0, write, place));
    }
}
