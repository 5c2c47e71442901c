//! Where in the source something happens.

use std::panic::Location;

/// A place in the source.
pub(super) type Place = &'static Location<'static>;

/// Two moments of one step between which another thread could come, though no other task can here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoarseStep {
    /// Where something was let go of.
    pub released: &'static Location<'static>,
    /// Where something was taken after that, without an await in between.
    pub acquired: &'static Location<'static>,
}
