//! What may come next: by real time, or by the order of each process alone.

use std::collections::HashMap;

use super::chain::Chains;
use super::span::Span;

/// Which operations can come next, given those that were taken. Operations are named by their places among those that
/// returned, which are in the order of their calls.
pub(super) trait Precedence {
    /// For these operations, all of which returned.
    fn new(done: &[Span]) -> Self;
    /// The operation that must be taken first or soon: its return is the first of those left. None if nothing is left.
    fn first(&self) -> Option<usize>;
    /// Those that can come next, whichever order they are in.
    fn open(&self, open: &mut Vec<usize>);
    /// How many operations are sure to come before those after this one: the further, the less is left.
    fn rank(&self, at: usize) -> usize;
    fn take(&mut self, at: usize);
    /// Undoes the last `take` that was not undone.
    fn restore(&mut self, at: usize);
    /// Whether this operation of unknown outcome may have happened by now.
    fn may_have_begun(&self, pending: &Span) -> bool;
    /// Whether of two operations of unknown outcome that ask the same the one called first can always stand for the other.
    fn are_interchangeable(one: &Span, other: &Span) -> bool;
    /// What was taken, in few words.
    fn taken(&self) -> Box<[u32]>;
}

/// Linearizability: what returned before another was called comes before it.
pub(super) struct RealTime {
    spans: Vec<(usize, usize)>,
    /// Places in the order of returns; and the other way round.
    by_return: Vec<usize>,
    return_of: Vec<usize>,
    /// What was not taken yet, by calls and by returns.
    calls: Chains,
    returns: Chains,
    /// By the number of operations taken: from there on, nothing was ever taken on this way.
    furthest: Vec<usize>,
}

impl RealTime {
    /// What was called after this had to wait for an operation that is left.
    fn limit(&self) -> usize {
        self.returns.first(0).map_or(usize::MAX, |rank| self.spans[self.by_return[rank]].1)
    }
}

impl Precedence for RealTime {
    fn new(done: &[Span]) -> Self {
        let spans: Vec<_> = done.iter().map(|span| (span.call, span.ret.unwrap_or(usize::MAX))).collect();
        let mut by_return: Vec<_> = spans.iter().enumerate().map(|(at, (_, ret))| (*ret, at)).collect();
        by_return.sort_unstable_by_key(|(ret, _)| *ret);
        let by_return: Vec<_> = by_return.into_iter().map(|(_, at)| at).collect();
        let mut return_of = vec![0; spans.len()];
        for (rank, &at) in by_return.iter().enumerate() {
            return_of[at] = rank;
        }
        let (calls, returns) = (Chains::one(spans.len()), Chains::one(spans.len()));
        Self { spans, by_return, return_of, calls, returns, furthest: vec![0] }
    }

    fn first(&self) -> Option<usize> {
        self.returns.first(0).map(|rank| self.by_return[rank])
    }

    fn open(&self, open: &mut Vec<usize>) {
        let limit = self.limit();
        // The rule of Wing and Gong: what was called after the first return that is left comes after that operation
        // in real time, and so does all behind it in the order of calls.
        let called = std::iter::successors(self.calls.first(0), |&at| self.calls.after(at));
        open.extend(called.take_while(|&at| self.spans[at].0 < limit));
    }

    fn rank(&self, at: usize) -> usize {
        self.return_of[at]
    }

    fn take(&mut self, at: usize) {
        // Out of both chains at once: with its return left in, `limit` would keep waiting for an operation that was
        // taken.
        self.calls.remove(at);
        self.returns.remove(self.return_of[at]);
        let furthest = self.furthest.last().copied().unwrap_or_default();
        self.furthest.push(furthest.max(at + 1));
    }

    fn restore(&mut self, at: usize) {
        self.calls.restore(at);
        self.returns.restore(self.return_of[at]);
        self.furthest.pop();
    }

    fn may_have_begun(&self, pending: &Span) -> bool {
        pending.call < self.limit()
    }

    fn are_interchangeable(one: &Span, other: &Span) -> bool {
        one.class == other.class
    }

    /// Up to where, and what was left out on the way: the few that were called before the last one taken.
    fn taken(&self) -> Box<[u32]> {
        let furthest = self.furthest.last().copied().unwrap_or_default();
        let left_out = std::iter::successors(self.calls.first(0), |&at| self.calls.after(at));
        let left_out = left_out.take_while(|&at| at < furthest).map(|at| at as u32);
        std::iter::once(furthest as u32).chain(left_out).collect()
    }
}

/// Sequential consistency: each process's operations in its own order, and nothing between processes (Lamport, "How to make
/// a multiprocessor computer that correctly executes multiprocess programs", 1979).
pub(super) struct ProgramOrder {
    /// By process: its operations, and how many were taken.
    lanes: Vec<Vec<usize>>,
    taken: Vec<u32>,
    lane_of: Vec<usize>,
    lane_of_process: HashMap<u64, usize>,
    calls: Vec<usize>,
    rank_of: Vec<usize>,
}

impl Precedence for ProgramOrder {
    fn new(done: &[Span]) -> Self {
        let mut lane_of_process = HashMap::new();
        let mut lanes: Vec<Vec<usize>> = Vec::new();
        let lane = |(at, span): (usize, &Span)| {
            let lane = *lane_of_process.entry(span.process).or_insert_with(|| {
                lanes.push(Vec::new());
                lanes.len() - 1
            });
            lanes[lane].push(at);
            lane
        };
        let lane_of = done.iter().enumerate().map(lane).collect();
        let mut by_return: Vec<_> = (0..done.len()).collect();
        by_return.sort_unstable_by_key(|&at| done[at].ret);
        let mut rank_of = vec![0; done.len()];
        by_return.iter().enumerate().for_each(|(rank, &at)| rank_of[at] = rank);
        let calls = done.iter().map(|span| span.call).collect();
        Self { taken: vec![0; lanes.len()], lanes, lane_of, lane_of_process, calls, rank_of }
    }

    fn first(&self) -> Option<usize> {
        let next = self.lanes.iter().zip(&self.taken).filter_map(|(lane, taken)| lane.get(*taken as usize));
        next.copied().min_by_key(|&at| self.rank_of[at])
    }

    fn open(&self, open: &mut Vec<usize>) {
        open.extend(self.lanes.iter().zip(&self.taken).filter_map(|(lane, taken)| lane.get(*taken as usize)));
    }

    fn rank(&self, at: usize) -> usize {
        self.rank_of[at]
    }

    fn take(&mut self, at: usize) {
        self.taken[self.lane_of[at]] += 1;
    }

    fn restore(&mut self, at: usize) {
        self.taken[self.lane_of[at]] -= 1;
    }

    /// Once all that its process asked before it was taken.
    fn may_have_begun(&self, pending: &Span) -> bool {
        let Some(&lane) = self.lane_of_process.get(&pending.process) else { return true };
        let next = self.lanes[lane].get(self.taken[lane] as usize);
        next.is_none_or(|&next| self.calls[next] > pending.call)
    }

    fn are_interchangeable(one: &Span, other: &Span) -> bool {
        one.class == other.class && one.process == other.process
    }

    fn taken(&self) -> Box<[u32]> {
        self.taken.as_slice().into()
    }
}
