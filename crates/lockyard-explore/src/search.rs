//! Depth-first through all schedules, by running the program anew for each.
//!
//! With **sleep sets** (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996): a step
//! that was tried from a state is not tried again after others which it might as well have come before, for all that they
//! would come to was seen when it was tried. Every run that is left out has one in its place that was tried before it and
//! has the same steps, the same end, and a history that is no easier to explain. What is cut short on the way is counted as
//! pruned.
//!
//! With **symmetry** (Ip and Dill, "Better Verification Through Symmetry", 1996): tasks that the program calls alike begin in
//! their order, for any other order is one of these with the names changed.
//!
//! A **choice within a step** is a state of its own behind it, in which nothing is possible but the values. Whichever is
//! chosen, it is one step: what it might as well have come before is what all its choices might, by what they touch together.
//!
//! A bound on switches cuts schedules that stand for others, so it is never combined with the reduction.

use super::footprint::Footprint;
use super::schedule::{Move, MoveKind};
use super::scheduler::Scheduler;

/// How schedules that differ by the order of independent steps alone are treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// All are run. Obviously right, and slow: what the other is tested against.
    None,
    /// One of them is run: of an answer and a question that may come in either order, the one in which the answer is first.
    /// That is right for properties which no earlier answer and no later question can mend, as linearizability is. Tasks
    /// that are [alike](super::TaskPlan::alike) begin in their order.
    #[default]
    SleepSets,
    /// As sleep sets, but questions may go before answers, too: what the tests show to be **unsound**.
    #[cfg(test)]
    ForgetsRealTime,
}

/// A state on the way, and what was tried from it.
#[derive(Clone, Default)]
struct Frame {
    moves: Vec<Move>,
    next: usize,
    /// How many of the moves this search tries: the others are of another part of it.
    end: usize,
    /// What need not be tried from here, and what it touches.
    sleep: Vec<(Move, Footprint)>,
    /// What those before `next` have touched, and the one at `next` so far: whatever is chosen in it.
    done: Vec<Footprint>,
    /// What the step that ends here has touched; none before it was taken.
    touched: Option<Footprint>,
    /// All that was possible here, those asleep included, as one number.
    enabled: u64,
    /// Switches on the way here.
    switches: usize,
}

/// Moves in their order, as one number. Cheap, for it is made in every state; that two lists share a number would hide
/// nondeterminism from one comparison of many, and cannot make a sound program look otherwise.
fn fingerprint(moves: &[Move]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ moves.len() as u64;
    for &Move { task, stop, kind } in moves {
        let number = u64::from(task) << 16 | u64::from(stop) << 8 | kind as u64;
        hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The search.
pub(super) struct DepthFirst {
    reduction: Reduction,
    /// At most so many switches.
    switches: Option<usize>,
    frames: Vec<Frame>,
    /// How many of them are in use.
    depth: usize,
    /// What sleeps in the state that was reached last.
    asleep: Vec<(Move, Footprint)>,
    /// Something was left out for the bound.
    pub(super) cut: bool,
    /// Something was left out that slept.
    pub(super) slept: bool,
}

impl DepthFirst {
    pub(super) fn new(reduction: Reduction, switches: Option<usize>) -> Self {
        assert!(
            switches.is_none() || reduction == Reduction::None,
            "a bound on switches is unsound with a reduction"
        );
        Self {
            reduction,
            switches,
            frames: Vec::new(),
            depth: 0,
            asleep: Vec::new(),
            cut: false,
            slept: false,
        }
    }

    /// Goes on to the next schedule; false when there is none.
    pub(super) fn advance(&mut self) -> bool {
        // The next run begins anew: `taken` recomputes what sleeps when the run has replayed the prefix that is
        // kept.
        self.asleep.clear();
        while self.depth > 0 {
            let frame = &mut self.frames[self.depth - 1];
            // Deepest first. All that follows the step left here was tried, so the step itself goes into the sleep
            // sets of its siblings; its footprint is in `done` already.
            frame.next += 1;
            frame.touched = None;
            if frame.next < frame.end {
                return true;
            }
            self.depth -= 1;
        }
        false
    }

    /// Gives away the last part of what is left to try, to be searched by itself: all that comes after what is kept, and by far the
    /// most of it, as a rule. Nothing if there is no such part.
    pub(super) fn split(&mut self) -> Option<Self> {
        let at = (0..self.depth.saturating_sub(1)).find(|at| self.is_split_at(*at))?;
        let mut frames = self.frames[..=at].to_vec();
        for frame in &mut frames[..at] {
            frame.end = frame.next + 1;
        }
        let kept = &mut self.frames[at];
        kept.end = kept.next + 1;
        let given = &mut frames[at];
        (given.next, given.touched) = (kept.end, None);
        Some(Self { frames, depth: at + 1, asleep: Vec::new(), cut: false, slept: false, ..*self })
    }

    /// Whether other moves are left to try in this state, and what sleeps after each is known without those before it.
    fn is_split_at(&self, at: usize) -> bool {
        let chooses = |at: usize| self.frames[at].moves[0].kind == MoveKind::Choose;
        // What a step touches whose choices are still tried is not known yet.
        self.frames[at].next + 1 < self.frames[at].end && !chooses(at) && !chooses(at + 1)
    }

    /// Has the schedule at hand run once more, to see whether it is the same again.
    pub(super) fn repeat(&mut self) {
        self.asleep.clear();
    }

    /// The schedule at hand.
    pub(super) fn moves(&self) -> Vec<Move> {
        self.frames[..self.depth].iter().map(|frame| frame.moves[frame.next]).collect()
    }

    /// How many switches there are on the way to this depth.
    fn switches_to(&self, depth: usize) -> usize {
        let (switches, last) = self.switches_before(depth);
        let (Some(before), Some(last)) = (depth.checked_sub(2), last) else { return switches };
        // A switch is counted once it lies behind: the last step against the one before it.
        let before = &self.frames[before];
        switches + usize::from(before.moves[before.next].task != last.task)
    }

    fn switches_before(&self, depth: usize) -> (usize, Option<Move>) {
        match depth.checked_sub(1) {
            None => (0, None),
            Some(last) => {
                let frame = &self.frames[last];
                (frame.switches, Some(frame.moves[frame.next]))
            }
        }
    }
}

impl Scheduler for DepthFirst {
    fn begins_in_order(&self) -> bool {
        self.reduction != Reduction::None
    }

    fn known(&mut self, depth: usize) -> Option<Move> {
        (depth < self.depth).then(|| self.frames[depth].moves[self.frames[depth].next])
    }

    fn compares(&self, depth: usize) -> bool {
        // Where the search has just turned to another step. Each state becomes the last one of a prefix before the search
        // leaves it, so each with a choice is compared, and the others cost no look at what is possible.
        depth + 1 == self.depth
    }

    fn recognizes(&self, depth: usize, moves: &[Move]) -> bool {
        self.frames[depth].enabled == fingerprint(moves)
    }

    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move> {
        // A frame past `depth` is memory of an earlier run: reused, not dropped, and every field is set below.
        if self.frames.len() == depth {
            self.frames.push(Frame::default());
        }
        let (switches, (_, last)) = (self.switches_to(depth), self.switches_before(depth));
        let Self { frames, asleep, switches: bound, .. } = self;
        let frame = &mut frames[depth];
        // A sleeping step was tried from an earlier state of this run, and every step since is independent of it:
        // what follows it here was seen there. Without this filter the search is right and repeats itself.
        frame.moves.clear();
        frame.moves.extend(moves.iter().filter(|found| !asleep.iter().any(|(other, _)| other == *found)));
        self.slept |= frame.moves.len() < moves.len();
        // At the bound only the task that made the last step may go on. No other schedule stands for what is cut
        // off by that, so it is noted, and the search does not claim to be complete.
        if let (Some(bound), Some(last)) = (*bound, last)
            && switches >= bound
        {
            let all = frame.moves.len();
            frame.moves.retain(|found| found.task == last.task);
            self.cut |= frame.moves.len() < all;
        }
        // The frame is not counted as in use, so `advance` goes on with the step before it.
        if frame.moves.is_empty() {
            return None;
        }
        frame.sleep.clear();
        // Kept with the frame: the sleep set of each successor is made from it and from the siblings tried before.
        std::mem::swap(&mut frame.sleep, asleep);
        frame.done.clear();
        (frame.touched, frame.enabled) = (None, fingerprint(moves));
        (frame.next, frame.end, frame.switches) = (0, frame.moves.len(), switches);
        self.depth = depth + 1;
        Some(frame.moves[0])
    }

    fn choice(&self, depth: usize, nth: usize) -> Option<Move> {
        let frame = self.frames[..self.depth].get(depth + 1 + nth)?;
        Some(frame.moves[frame.next]).filter(|known| known.kind == MoveKind::Choose)
    }

    fn chose(&mut self, depth: usize, choice: Move, of: u8) -> bool {
        if depth < self.depth {
            let frame = &self.frames[depth];
            return frame.moves.len() == usize::from(of) && frame.moves[frame.next] == choice;
        }
        let switches = self.switches_to(depth);
        if self.frames.len() == depth {
            self.frames.push(Frame::default());
        }
        let frame = &mut self.frames[depth];
        frame.moves.clear();
        frame.moves.extend((0..of).map(|stop| Move { stop, ..choice }));
        frame.sleep.clear();
        frame.done.clear();
        frame.enabled = fingerprint(&frame.moves);
        (frame.next, frame.end) = (usize::from(choice.stop), frame.moves.len());
        (frame.touched, frame.switches) = (None, switches);
        self.depth = depth + 1;
        true
    }

    fn taken(&mut self, depth: usize, choices: usize, footprint: &Footprint) -> bool {
        // The step ends with its last choice. With other choices it may touch other things.
        let end = depth + choices;
        // A step that touches something else than when the same prefix was run before: then what was learned of the
        // prefix, the sleep sets included, says nothing about this run.
        if *self.frames[end].touched.get_or_insert(*footprint) != *footprint {
            return false;
        }
        // Steps of the replayed prefix bring nothing new: the sleep sets of their successors are in the frames.
        if end + 1 != self.depth || self.reduction == Reduction::None {
            return true;
        }
        let real_time = self.reduction == Reduction::SleepSets;
        let frame = &mut self.frames[depth];
        let taken = frame.moves[frame.next];
        // Independence must hold in the state where the step sleeps. The footprint was recorded in another, and is
        // the same here, since no step in between has written what it reads. Two steps of one task never change
        // places.
        let stays = |(other, touched): &(Move, Footprint)| {
            other.task != taken.task && touched.may_go_before(footprint, real_time)
        };
        self.asleep.clear();
        self.asleep.extend(frame.sleep.iter().filter(|known| stays(known)));
        // The tried siblings come first in `moves`, so the footprints pair with them.
        let done = frame.moves.iter().copied().zip(frame.done.iter().copied());
        self.asleep.extend(done.filter(|known| stays(known)));
        match frame.done.get_mut(frame.next) {
            // With other choices, or when the run is repeated.
            Some(touched) => touched.join(footprint),
            None => frame.done.push(*footprint),
        }
        true
    }
}

#[cfg(test)]
mod tests;
