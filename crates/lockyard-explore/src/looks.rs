//! Looks: reads that begin and end within one step, whatever the lock.
//!
//! A reader of a lock that excludes readers changes the lock, for others find it taken. But no other task runs within a step:
//! if the reader is gone when the step ends, none can have found it, and it leaves what it came to. Such a step reads, as that
//! of a reader among readers does; only one that still has the lock at its end has changed it.

use super::footprint::Footprint;
use super::lock_state::{LockRequest, Look};
use super::run_state::RunState;

impl RunState {
    /// An access of a lock is asked for; whether it gets in. `looks` says that its holder changes nothing.
    #[inline]
    pub(super) fn touch_lock(&mut self, lock_state: usize, request: &LockRequest, looks: bool) -> bool {
        let lock = &self.lock_states[lock_state];
        let enters = lock.admits(request);
        // Who waits is overtaken by it, or follows it: then it is no matter of this step alone.
        let looks = looks && enters && lock.queue.is_empty();
        self.touch(lock.object, request.write && !looks);
        if looks && request.write && self.stepping {
            self.looks.push(Look { lock_state, ticket: request.ticket });
        }
        enters
    }

    /// An access has ended that was inside.
    #[inline]
    pub(super) fn touch_left_lock(&mut self, lock_state: usize, ticket: u32, write: bool) {
        let look = self.looks.iter().position(|look| look.ticket == ticket);
        if let Some(look) = look {
            self.looks.swap_remove(look);
        }
        self.touch(self.lock_states[lock_state].object, write && look.is_none());
    }

    /// What the step has touched, which ends here.
    pub(super) fn touched(&mut self) -> Footprint {
        for Look { lock_state, .. } in self.looks.drain(..) {
            self.footprint.touch(self.lock_states[lock_state].object, true);
        }
        self.footprint
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use lockyard_lock::LockClass;

    use super::super::footprint::Object;
    use super::super::lock_state::LockModel;
    use super::super::setting::Setting;
    use super::*;

    static CLASS: LockClass = LockClass::new("test");

    /// What a step touches in which a mutex is asked for, entered if it can be, and left if it `ends`.
    fn touched(state: &mut RunState, ticket: u32, looks: bool, ends: bool) -> Footprint {
        state.footprint = Footprint::default();
        let request = LockRequest::new(ticket as usize, ticket, true, Location::caller());
        if state.touch_lock(0, &request, looks) {
            state.lock_states[0].enter(request);
        } else {
            state.lock_states[0].wait(request);
        }
        if ends {
            state.lock_states[0].release(ticket);
            state.touch_left_lock(0, ticket, true);
        }
        state.touched()
    }

    fn a_mutex() -> (RunState, [Footprint; 2]) {
        let mut state = RunState::default();
        state.stepping = true;
        state.setting = Setting { lock: LockModel::FIFO_MUTEX, ..Setting::default() };
        state.new_lock_state(&CLASS);
        let of = |write| {
            let mut footprint = Footprint::default();
            footprint.touch(Object::nth(0), write);
            footprint
        };
        (state, [of(false), of(true)])
    }

    #[test]
    fn a_look_is_a_read_if_it_ends_with_its_step() {
        let (mut state, [read, write]) = a_mutex();
        assert_eq!(touched(&mut state, 1, true, true), read);
        assert_eq!(touched(&mut state, 2, false, true), write, "who may change it does not look");
        let both = touched(&mut state, 3, true, false);
        assert!(!both.may_go_before(&read, true), "it is inside still: {both:?}");
        state.footprint = Footprint::default();
        state.lock_states[0].release(3);
        state.touch_left_lock(0, 3, true);
        assert_eq!(state.touched(), write, "and it was seen inside");
    }

    #[test]
    fn a_look_that_has_to_queue_is_a_change() {
        let (mut state, [_, write]) = a_mutex();
        touched(&mut state, 1, true, false);
        assert_eq!(touched(&mut state, 2, true, false), write);
        state.lock_states[0].release(1);
        state.footprint = Footprint::default();
        let request = state.lock_states[0].queue[0];
        state.touch_lock(0, &request, true);
        assert_eq!(state.touched(), write, "it leaves the queue, which others see");
    }
}
