//! Requests that say to tracked locks which endpoint they ask.

use crate::backend::service::{Answer, Request, ServeBoxed, ServiceLayer};

/// Says for every request which endpoint it asks, so that its waits and holds are counted under that.
pub struct Labelled;

impl ServiceLayer for Labelled {
    fn call<'a, R, S>(&'a self, request: R, service: &'a S) -> Answer<'a, R::Answer>
    where
        R: Request + 'a,
        S: ServeBoxed<R> + ?Sized,
    {
        lockyard_track::label(R::OPERATION.name());
        service.serve_boxed(request)
    }
}
