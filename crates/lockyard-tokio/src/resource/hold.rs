//! Something that is held: in a guard or a permit, beside tokio's own.

use std::marker::PhantomData;

#[cfg(feature = "explore")]
use lockyard_explore::Shared;
#[cfg(feature = "explore")]
use lockyard_explore::guest::Holding;
#[cfg(feature = "track")]
use lockyard_track as track;

#[cfg(feature = "explore")]
use super::mode::{Mode, Place};

/// Something is held until this is dropped.
#[must_use]
pub(crate) struct Hold<'a> {
    #[cfg(feature = "track")]
    tracked: track::Hold<'a>,
    #[cfg(feature = "explore")]
    /// On the heap: a guard is moved more often than a run is explored.
    explored: Option<Box<Explored>>,
    /// What is tracked borrows the resource.
    _of: PhantomData<&'a ()>,
}

/// What is held in an explored run. Permits of one acquisition may be held in parts.
#[cfg(feature = "explore")]
struct Explored {
    holding: Holding,
    shared: Shared,
    at: Place,
    also: Vec<Explored>,
}

#[cfg_attr(
    not(feature = "track"),
    expect(clippy::elidable_lifetime_names, reason = "what is tracked has it")
)]
impl<'a> Hold<'a> {
    #[cfg(feature = "track")]
    pub(super) fn tracked(tracked: track::Hold<'a>) -> Self {
        Self {
            tracked,
            #[cfg(feature = "explore")]
            explored: None,
            _of: PhantomData,
        }
    }

    pub(super) fn none() -> Self {
        Self {
            #[cfg(feature = "track")]
            tracked: track::Hold::untracked(),
            #[cfg(feature = "explore")]
            explored: None,
            _of: PhantomData,
        }
    }

    #[cfg(feature = "explore")]
    pub(super) fn explored(shared: &Shared, mode: Mode, at: Place) -> Self {
        let holding = Holding::new(shared, mode.as_str(), mode.excludes(), at);
        Self {
            #[cfg(feature = "track")]
            tracked: track::Hold::untracked(),
            explored: Some(Box::new(Explored { holding, shared: shared.clone(), at, also: Vec::new() })),
            _of: PhantomData,
        }
    }

    /// The same, in a guard that keeps what it is of.
    pub(crate) fn kept(self) -> Hold<'static> {
        Hold {
            #[cfg(feature = "track")]
            tracked: self.tracked.kept(),
            #[cfg(feature = "explore")]
            explored: self.explored,
            _of: PhantomData,
        }
    }

    /// It was held alone and is now held beside readers.
    pub(crate) fn downgrade(&mut self) {
        #[cfg(feature = "track")]
        self.tracked.change(track::Mode::Read);
        #[cfg(feature = "explore")]
        if let Some(explored) = &mut self.explored {
            explored.holding = Holding::new(&explored.shared, Mode::Read.as_str(), false, explored.at);
        }
    }

    /// The task at work has used what is held.
    #[inline]
    pub(crate) fn used(&self) {
        #[cfg(feature = "track")]
        self.tracked.used();
        #[cfg(feature = "explore")]
        if let Some(explored) = &self.explored {
            explored.holding.adopt();
        }
    }

    /// So many of its permits are held separately from now on.
    pub(crate) fn split(&mut self, n: usize) -> Self {
        let n = u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            #[cfg(feature = "track")]
            tracked: self.tracked.split(n),
            #[cfg(feature = "explore")]
            explored: self.explored.as_ref().map(|explored| {
                let (shared, at) = (explored.shared.clone(), explored.at);
                let holding = Holding::new(&shared, Mode::Permits(n).as_str(), true, at);
                Box::new(Explored { holding, shared, at, also: Vec::new() })
            }),
            _of: PhantomData,
        }
    }

    /// The permits of both are held as one from now on.
    pub(crate) fn merge(&mut self, other: Self) {
        #[cfg(feature = "explore")]
        let mut other = other;
        #[cfg(feature = "explore")]
        if let (Some(own), Some(other)) = (&mut self.explored, other.explored.take()) {
            own.also.push(*other);
        }
        #[cfg(feature = "track")]
        self.tracked.merge(other.tracked);
        #[cfg(not(feature = "track"))]
        let _ = other;
    }

    /// What is held is gone for good. The semaphore says how many permits are left.
    pub(crate) fn forget(self) {
        drop(self);
    }
}
