//! Without the feature `explore` there is no explored run, and so no sleep of one.

use std::task::{Context, Poll};

use super::error::Elapsed;
use super::{Duration, Instant};
use crate::resource::Place;

/// There is none.
#[derive(Debug)]
pub(super) enum RunTimer {}

impl RunTimer {
    pub fn after(_: Duration, _: Place) -> Option<Self> {
        None
    }

    pub fn until(_: Instant, _: Place) -> Option<Self> {
        None
    }

    pub fn deadline(&self) -> Instant {
        match *self {}
    }

    pub fn is_elapsed(&self) -> bool {
        match *self {}
    }

    pub fn reset(&mut self, _: Instant) {
        match *self {}
    }

    pub fn poll(&mut self, _: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }

    pub fn poll_limit(&mut self, _: &mut Context<'_>) -> Poll<Elapsed> {
        match *self {}
    }
}
