//! The yield points of a run: where its tasks stand, and from which of them they can go on.

use std::task::Waker;

use lockyard_evidence::Action;

use super::footprint::Object;
use super::guest::turn_waker::TurnWaker;
use super::lock_state::LockRequest;
use super::next_step::{NextStep, YieldPoint};
use super::place::Place;
use super::run_state::RunState;
use super::schedule::FOREIGN;

impl RunState {
    /// The task at work goes on from this of its yield points. Returns the waker to call, where it is not the task's own.
    #[inline]
    pub(super) fn go_on_from(&mut self, point: u8) -> Option<Waker> {
        if point == FOREIGN {
            self.touch(Object::FOREIGN, true);
            return None;
        }
        let points = &self.yield_points[self.task];
        // What it waits for elsewhere may have become free: that is part of the footprint, too.
        let at = usize::from(point);
        for (nth, other) in points.iter().enumerate() {
            match other.want {
                // What a look has touched is known when the step ends.
                NextStep::Lock { lock_state, write, looks, .. } => {
                    let write = write && !(looks && nth == at);
                    self.footprint.touch(self.lock_states[lock_state].object, write);
                }
                NextStep::Wake(ask) => self.footprint.touch(ask.object(), ask.write),
                NextStep::Timer(_) => self.footprint.touch(Object::CLOCK, true),
                NextStep::Over(task) => {
                    if let Some(life) = self.guest.lives.get(task).and_then(|life| life.object) {
                        self.footprint.touch(life, false);
                    }
                }
                NextStep::Go(_) | NextStep::Call(_) | NextStep::Tick | NextStep::Start | NextStep::Ask(_) => {
                }
            }
        }
        let YieldPoint { ticket, want, place, .. } = points[at];
        if want == NextStep::Start {
            // No future stands there.
            self.yield_points[self.task].remove(at);
            self.note(Action::Resume, Some("start"), None, place);
            return None;
        }
        self.fired = Some(ticket);
        points[at].waker.clone()
    }

    /// Whether it is a timer at this yield point of the task at work that puts the clock forward.
    #[inline]
    pub(super) fn fires(&self, point: u8) -> bool {
        let point = self.yield_points[self.task].get(usize::from(point));
        point.is_some_and(|point| match point.want {
            NextStep::Timer(deadline) => deadline > self.guest.now,
            _ => false,
        })
    }

    /// Puts the task at work before its next step.
    #[inline]
    pub(super) fn add_yield_point(&mut self, want: NextStep, place: Place, waker: &Waker) -> u32 {
        let ticket = self.ticket();
        let waker = self.waker_of_another(waker);
        let point = YieldPoint { ticket, want, place, waker, unpolled: false, since: self.clock, turn: None };
        if self.yield_points.len() <= self.task {
            self.yield_points.resize_with(self.task + 1, Vec::new);
        }
        self.yield_points[self.task].push(point);
        ticket
    }

    /// A yield point that was not chosen is polled: it keeps the waker that was given last, and may go on again.
    #[inline]
    pub(super) fn polled(&mut self, ticket: u32, waker: &Waker) {
        let by = self.waker_of_another(waker);
        if let Some(point) = self.own_yield_point(ticket) {
            point.unpolled = false;
            point.waker = by;
        } else {
            self.adopt_yield_point(ticket, by);
        }
    }

    /// What stands there has moved from one task to another, and is polled by that from now on.
    #[cold]
    fn adopt_yield_point(&mut self, ticket: u32, waker: Option<Waker>) {
        if let Some((_, point)) = self.remove_yield_point(ticket) {
            let task = self.task;
            self.yield_points[task].push(YieldPoint { unpolled: false, waker, ..point });
        }
    }

    /// After a step of the task at work: whether it has polled what it was to go on from. What it has not waits until it
    /// does; the wake-up is used up, as with a lock that was granted to a future which is not polled.
    pub(super) fn end_step(&mut self) {
        let task = self.task;
        if let Some(ticket) = self.fired.take()
            && let Some(point) = self.yield_points[task].iter_mut().find(|point| point.ticket == ticket)
        {
            point.unpolled = true;
            // The first thing that could happen to it, and its task had left it by then: it was polled once and has not begun,
            // while the real thing begins with its first poll. Where its task stood with it for a while, some schedule began it.
            let never_stood = point.since == self.guest.last_step(task);
            if matches!(point.want, NextStep::Ask(_)) && never_stood {
                self.guest.left.get_or_insert((task, point.place));
            }
        }
        self.guest.stepped(task, self.clock);
    }

    /// Removes a yield point; it and its task, if it was there.
    #[inline]
    pub(super) fn remove_yield_point(&mut self, ticket: u32) -> Option<(usize, YieldPoint)> {
        // The task at work removes its own, mostly.
        let task = self.task;
        if let Some(points) = self.yield_points.get_mut(task)
            && let Some(at) = points.iter().position(|point| point.ticket == ticket)
        {
            return Some((task, points.remove(at)));
        }
        let found = self.yield_points.iter_mut().enumerate().find_map(|(task, points)| {
            let at = points.iter().position(|point| point.ticket == ticket)?;
            Some((task, points.remove(at)))
        });
        // Which of its yield points another task goes on from is counted anew: no step may change places with this one.
        self.footprint.ordered |= found.is_some() && self.stepping;
        found
    }

    /// The yield point of this ticket, if the task at work has it.
    #[inline]
    pub(super) fn own_yield_point(&mut self, ticket: u32) -> Option<&mut YieldPoint> {
        self.yield_points.get_mut(self.task)?.iter_mut().find(|point| point.ticket == ticket)
    }

    /// A copy of this waker, where it is not that of the task at work.
    #[inline]
    pub(super) fn waker_of_another(&self, waker: &Waker) -> Option<Waker> {
        (waker.data().addr() != self.own_waker).then(|| waker.clone())
    }

    /// Whether the task may go on from this yield point.
    #[inline]
    pub(super) fn is_open(&self, task: usize, point: &YieldPoint) -> bool {
        if point.unpolled {
            return false;
        }
        match point.want {
            NextStep::Go(_) | NextStep::Call(_) | NextStep::Start | NextStep::Ask(_) => true,
            NextStep::Wake(_) => point.turn.as_ref().is_some_and(TurnWaker::is_woken),
            NextStep::Over(other) => self.guest.is_over(other),
            // One that is yet to come fires by rules of its own: see `enabled`.
            NextStep::Timer(deadline) => deadline <= self.guest.now,
            NextStep::Tick => self.ticks_left > 0 || !self.background[task],
            NextStep::Lock { lock_state, write, queued, .. } => {
                let lock_state = &self.lock_states[lock_state];
                let asks_only = lock_state.model.queues() && !queued;
                let request = LockRequest::new(task, point.ticket, write, point.place);
                asks_only || lock_state.admits(&request) || lock_state.may_claim(point.ticket)
            }
        }
    }
}
