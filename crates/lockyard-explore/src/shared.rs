//! Something shared that is none of the model's own parts: how other code reports its accesses to the explorer.

use std::panic::Location;

use lockyard_evidence::Action;

use super::fault::InjectedFault;
use super::footprint::Object;
use super::next_step::NextStep;
use super::run_state;
use super::yield_point::YieldFuture;

/// Something shared: a flag, a table, a lock of one's own.
///
/// Code of one's own in an explored program has one of these for each thing that tasks share, and reports by it when the
/// thing is read and written. What is not reported is not seen, and orders that differ by it may not be tried.
#[derive(Clone, Debug)]
pub struct Shared {
    object: Object,
    /// Its number among all that the run has.
    pub(super) number: u32,
    /// The run that it was made in.
    pub(super) run: u64,
    /// What kind of thing it is.
    pub(super) kind: &'static str,
}

impl Default for Shared {
    fn default() -> Self {
        Self::new("shared object")
    }
}

impl Shared {
    /// Something shared of this kind, such as `mutex`: what it is called in wait cycles and traces of
    /// [guests](super::guest).
    pub fn new(kind: &'static str) -> Self {
        run_state::with(|state| {
            let number = state.object_number();
            Self { object: Object::nth(number), number, run: state.guest.run, kind }
        })
    }

    /// An access as a step of its own: any task may run before it. One that was to look and then changes the thing adds
    /// [`atomic(true)`](Self::atomic) in the same step.
    #[track_caller]
    pub fn step(&self, what: &'static str, write: bool) -> impl Future<Output = ()> + Send {
        let (object, place) = (self.object, Location::caller());
        async move {
            YieldFuture::new(NextStep::Go(Some(what)), place).await;
            run_state::with(|state| state.flash(object, write, place));
        }
    }

    /// An access within the step at work, which takes the thing and lets go of it.
    #[track_caller]
    pub fn touch(&self, write: bool) {
        let place = Location::caller();
        run_state::with(|state| state.flash(self.object, write, place));
    }

    /// An access within the step at work that takes nothing: of an atomic, or the end of what a table refers to.
    pub fn atomic(&self, write: bool) {
        run_state::with(|state| state.touch(self.object, write));
    }

    /// A change within the step at work that commutes with all others reported by this: whichever comes first, what is there
    /// afterwards is the same, and none looks at what was there before. A maximum or a sum is one, if its old value is not used.
    /// So their order is not varied; that between one of them and a look is.
    pub fn commutative(&self) {
        run_state::with(|state| state.touch_commutatively(self.object));
    }

    /// A call of something outside, as a step of its own that a schedule may have fail or be slow, as often as the
    /// [setting](super::Setting::faults) allows. `what` names it in counterexamples, such as `loads from the store`.
    ///
    /// The caller does what the answer says, in the same step; of a call that is slow the effect now, and then
    /// another [point](super::point_as) before the answer.
    #[track_caller]
    pub fn call(
        &self,
        what: &'static str,
        write: bool,
    ) -> impl Future<Output = InjectedFault> + Send + use<> {
        let (object, place) = (self.object, Location::caller());
        async move {
            YieldFuture::new(NextStep::Call(what), place).await;
            run_state::with(|state| {
                state.flash(object, write, place);
                let fault = std::mem::take(&mut state.fault);
                if fault != InjectedFault::None {
                    state.touch(Object::FAULTS, true);
                }
                state.note(Action::Call, Some(what), fault.words(), place);
                fault
            })
        }
    }
}
