//! A subject over tracked locks: other types, set up by another factory that is given the tracker.

use std::sync::Arc;

use lockyard_track::Tracker;

use crate::judged::JudgedSystem;
use crate::system::{Fault, Settled, System};
use crate::workload::Workload;

use super::{Setup, Subject, measured};

impl<W: Workload> Subject<W> {
    /// It can be set up with tracked locks.
    pub(crate) fn set_tracked<T: System<W>>(
        &mut self,
        make: impl Fn(&Setup<'_, W>, &Tracker) -> Result<T, Fault> + Send + Sync + 'static,
    ) {
        self.tracked = Some(measured(Arc::new(with_tracker(make)), true));
    }

    /// The same, and what is tracked is judged, too.
    pub(crate) fn set_tracked_and_settled<T: Settled<W>>(
        &mut self,
        make: impl Fn(&Setup<'_, W>, &Tracker) -> Result<T, Fault> + Send + Sync + 'static,
    ) {
        let make = Arc::new(with_tracker(make));
        self.tracked = Some(measured(make.clone(), true));
        self.tracked_judged = Some(Arc::new(move |setup| Ok(JudgedSystem::settled(make(setup)?, setup))));
    }
}

/// A factory that is given the tracker of the runtime.
fn with_tracker<W: Workload, T>(
    make: impl Fn(&Setup<'_, W>, &Tracker) -> Result<T, Fault> + Send + Sync + 'static,
) -> impl Fn(&Setup<'_, W>) -> Result<T, Fault> + Send + Sync + 'static {
    move |setup| match setup.runtime().tracker() {
        Some(tracker) => make(setup, tracker),
        None => Err(Fault::new("a runtime without a tracker")),
    }
}
