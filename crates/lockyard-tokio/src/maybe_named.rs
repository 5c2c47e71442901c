//! A future that runs under a name where that is tracked, and else as it is.

use std::pin::Pin;
use std::task::{Context, Poll};

use lockyard_track::Scope;
use pin_project_lite::pin_project;

pin_project! {
    /// A future, which has a name if it is tracked.
    #[project = Projected]
    pub enum MaybeNamed<F> {
        /// Tracked.
        Yes {
            #[pin]
            future: Scope<F>
        },
        /// Not tracked.
        No {
            #[pin]
            future: F
        },
    }
}

impl<F: Future> Future for MaybeNamed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            Projected::Yes { future } => future.poll(cx),
            Projected::No { future } => future.poll(cx),
        }
    }
}
