//! One wait for an event.

#[cfg(feature = "explore")]
use lockyard_explore::guest::Turn;
#[cfg(feature = "track")]
use lockyard_track as track;

use super::mode::Place;

/// One wait, which ends when this is dropped.
#[must_use]
pub(crate) struct Waiting {
    pub(super) what: &'static str,
    pub(super) at: Place,
    #[cfg(feature = "track")]
    pub(super) tracked: track::EventWait,
    #[cfg(feature = "explore")]
    pub(super) turn: Option<Turn>,
}
