//! A barrier whose waits are reported.

use std::fmt;
use std::panic::Location;

use real::sync as tokio;
use real::sync::BarrierWaitResult;

use super::event::event;
use crate::resource::{Kind, Place, Resource};

/// tokio's [`Barrier`](real::sync::Barrier), at which tasks wait until there are enough.
pub struct Barrier {
    resource: Resource,
    inner: tokio::Barrier,
}

impl Barrier {
    /// A barrier that so many tasks pass together.
    #[track_caller]
    pub fn new(n: usize) -> Barrier {
        Self::made(n, Location::caller(), None)
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub fn named(name: &'static str, n: usize) -> Barrier {
        Self::made(n, Location::caller(), Some(name))
    }

    fn made(n: usize, at: Place, name: Option<&'static str>) -> Barrier {
        Self { resource: Resource::new(Kind::Barrier, at, name), inner: tokio::Barrier::new(n) }
    }

    /// Waits until there are enough. Cancelled, it still counts as one that came, as with tokio.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = BarrierWaitResult> {
        let at = Location::caller();
        async move { event(&self.resource, "wait", at, self.inner.wait()).await }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(f)
    }
}
