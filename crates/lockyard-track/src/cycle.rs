//! The wait-for graph, as a function of values: does this wait close a cycle?
//!
//! Only strands that wait can be part of a deadlock. So the search walks from the one who asks to those who wait for it,
//! and on to those who wait for them, and looks whether it comes to a strand that the asker waits for. It is made when
//! a wait begins and only for a holder: a strand that holds nothing keeps none waiting and closes no cycle.
//! (R. C. Holt, "Some deadlock properties of computer systems", 1972: the graph of those who wait and what they hold.)

use std::collections::HashMap;

use super::mode::{Mode, Rule};

/// A lock, by number.
pub(super) type LockId = u64;
/// Something that runs in sequence, by number: a task, or a named scope in one.
pub(super) type StrandId = u64;

/// A strand's request for a lock that it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The number of this wait, used once.
    pub(super) wait: u64,
    pub(super) strand: StrandId,
    pub(super) lock: LockId,
    pub(super) mode: Mode,
    pub(super) rule: Rule,
    /// Its place in the lock's queue; nothing while it is not known to be queued.
    pub(super) place: Option<u64>,
    /// How many waits its strand has, with this one.
    pub(super) of: usize,
}

/// Why one waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitReason {
    /// The other has the lock.
    Holds(Mode),
    /// The other waits for the lock, too, and goes first.
    Before(Request),
}

/// One waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitEdge {
    pub(super) request: Request,
    pub(super) on: StrandId,
    pub(super) why: WaitReason,
}

/// A strand, at the moment.
#[derive(Debug, Default)]
pub(super) struct StrandState {
    /// What it holds, and those outside it that cannot go on before it ends.
    pub(super) holds: Vec<(LockId, Mode)>,
    /// What it waits for. More than one where branches cannot be distinguished.
    pub(super) waits: Vec<Request>,
}

/// What the search may ask about the moment.
pub(super) trait WaitGraph {
    /// What the strand holds and waits for.
    fn strand(&self, strand: StrandId) -> StrandState;
    /// The requests that are queued for the lock.
    fn queued(&self, lock: LockId) -> Vec<Request>;
}

/// The cycle that `asked` closes, beginning with it; each link waits on the strand of the next one. `None` if there is
/// none.
///
/// A strand with several waits at once is taken to wait only where all of them wait for members of the cycle: one of them
/// may be all that it needs.
pub(super) fn closed_by(asked: &Request, world: &impl WaitGraph) -> Option<Vec<WaitEdge>> {
    let mut queues = WaitQueues { asked, world, left: HashMap::new() };
    // All strands that cannot go on before the asker does, with the link that says why.
    let mut reached: HashMap<StrandId, Option<WaitEdge>> = HashMap::from([(asked.strand, None)]);
    let mut partly: HashMap<StrandId, Vec<WaitEdge>> = HashMap::new();
    let mut next = vec![asked.strand];
    while let Some(strand) = next.pop() {
        for link in queues.kept_waiting(strand) {
            // Before the test of `reached`: the asker is reached from the start, and it is its own wait, found
            // among those that a member keeps waiting, which closes the cycle.
            if link.request.wait == asked.wait {
                return Some(path(link, &reached));
            }
            let waiter = link.request.strand;
            if reached.contains_key(&waiter) {
                continue;
            }
            // A waiter with one wait is stuck by this link alone. With several, each may be all it needs (the OR
            // model of K. M. Chandy, J. Misra and L. M. Haas, "Distributed deadlock detection", 1983), so all must
            // be blocked.
            let mut first = link;
            if link.request.of > 1 {
                let links = partly.entry(waiter).or_default();
                // A request is taken out of its queue once per search, so the links counted here are of different
                // waits.
                links.push(link);
                if links.len() < link.request.of {
                    continue;
                }
                // Any of them leads back to the asker; the report shows one.
                first = links[0];
            }
            reached.insert(waiter, Some(first));
            next.push(waiter);
        }
    }
    None
}

/// The wait queues of the locks that were reached, each read once, without those that are known to be kept waiting: so
/// ten thousand in one queue are looked at once and not by each of them.
struct WaitQueues<'a, W> {
    asked: &'a Request,
    world: &'a W,
    left: HashMap<LockId, Vec<Request>>,
}

impl<W: WaitGraph> WaitQueues<'_, W> {
    /// All that wait for `strand`, directly, and were not named before.
    fn kept_waiting(&mut self, strand: StrandId) -> Vec<WaitEdge> {
        let StrandState { holds, waits } = self.world.strand(strand);
        let mut links = Vec::new();
        // Edges to the holder: every request in the queue that this hold excludes, not the first alone. Two readers
        // behind one writer are both kept waiting by it.
        for (lock, mode) in holds {
            let waiting = self.take(lock, strand, |it| mode.excludes(it.mode));
            links.extend(waiting.map(|request| WaitEdge {
                request,
                on: strand,
                why: WaitReason::Holds(mode),
            }));
        }
        // What it waits for counts as well: those queued behind it there wait for it.
        for ahead in waits.iter().filter(|ahead| ahead.rule != Rule::AnyOrder) {
            let behind = self.take(ahead.lock, strand, |it| goes_before(ahead, it));
            links.extend(behind.map(|request| WaitEdge {
                request,
                on: strand,
                why: WaitReason::Before(*ahead),
            }));
        }
        links
    }

    /// Takes those out of the lock's queue that wait for `strand`: all but itself for which `waits` holds.
    fn take(
        &mut self,
        lock: LockId,
        strand: StrandId,
        waits: impl Fn(&Request) -> bool,
    ) -> impl Iterator<Item = Request> {
        // Extracted, not copied: what one member keeps waiting is not looked at again for the next, so the search
        // is linear in the requests. What does not wait for this strand remains for another member of the cycle.
        let queue = self.left.entry(lock).or_insert_with(|| self.world.queued(lock));
        let asked = self.asked;
        queue.extract_if(.., move |it| {
            // The asker's other waits lead nowhere new; this one closes the cycle if another strand keeps it waiting.
            let known = it.strand == asked.strand && it.wait != asked.wait;
            it.strand != strand && !known && waits(it)
        })
    }
}

/// Whether `first` must have had the lock before `second` can get it, by what the lock promises.
pub(super) fn goes_before(first: &Request, second: &Request) -> bool {
    // A reader behind a reader waits, if at all, for the writer between them, and there is a link for that.
    if !first.mode.excludes(second.mode) {
        return false;
    }
    match second.rule {
        // Without a place a request is not known to be queued: it is ordered neither before nor after the others.
        Rule::Fifo => matches!((first.place, second.place), (Some(first), Some(second)) if first < second),
        Rule::WritersFirst => first.place.is_some() && first.mode == Mode::Write && second.mode == Mode::Read,
        Rule::AnyOrder => false,
    }
}

/// From the link that closes the cycle back to the asker.
fn path(closing: WaitEdge, reached: &HashMap<StrandId, Option<WaitEdge>>) -> Vec<WaitEdge> {
    let mut path = vec![closing];
    let mut at = closing.on;
    // The asker is the one entry without a link, so the walk ends there.
    while let Some(Some(link)) = reached.get(&at) {
        path.push(*link);
        at = link.on;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mode::{Read, Write};
    use Rule::{AnyOrder, Fifo, WritersFirst};

    #[derive(Default)]
    struct DrawnGraph {
        holds: Vec<(StrandId, LockId, Mode)>,
        waits: Vec<Request>,
    }

    impl WaitGraph for DrawnGraph {
        fn strand(&self, strand: StrandId) -> StrandState {
            let holds = self.holds.iter().filter(|it| it.0 == strand).map(|it| (it.1, it.2)).collect();
            StrandState { holds, waits: self.waits_of(strand).collect() }
        }

        fn queued(&self, lock: LockId) -> Vec<Request> {
            let waits = self.waits.iter().filter(|it| it.lock == lock);
            waits.map(|it| Request { of: self.waits_of(it.strand).count(), ..*it }).collect()
        }
    }

    impl DrawnGraph {
        fn holds(mut self, strand: StrandId, lock: LockId, mode: Mode) -> Self {
            self.holds.push((strand, lock, mode));
            self
        }

        fn waits(mut self, strand: StrandId, lock: LockId, mode: Mode, rule: Rule) -> Self {
            let wait = self.waits.len() as u64;
            self.waits.push(Request { wait, strand, lock, mode, rule, place: Some(wait), of: 1 });
            self
        }

        fn waits_of(&self, strand: StrandId) -> impl Iterator<Item = Request> {
            self.waits.iter().filter(move |it| it.strand == strand).copied()
        }

        /// Who waits for whom in the cycle that the last wait closes.
        fn cycle(&self) -> Option<Vec<(StrandId, StrandId)>> {
            let links = closed_by(self.waits.last().unwrap(), self)?;
            Some(links.iter().map(|link| (link.request.strand, link.on)).collect())
        }
    }

    const A: LockId = 10;
    const B: LockId = 11;
    const C: LockId = 12;

    #[test]
    fn two_that_wait_for_each_other_are_a_cycle() {
        let drawn = DrawnGraph::default().holds(1, A, Write).holds(2, B, Write);
        let drawn = drawn.waits(1, B, Write, AnyOrder);
        assert_eq!(drawn.cycle(), None);
        assert_eq!(drawn.waits(2, A, Write, AnyOrder).cycle(), Some(vec![(2, 1), (1, 2)]));
    }

    #[test]
    fn three_are_a_cycle_and_a_chain_is_none() {
        let drawn = DrawnGraph::default().holds(1, A, Write).holds(2, B, Write).holds(3, C, Write);
        let drawn = drawn.waits(1, B, Write, Fifo).waits(2, C, Write, Fifo);
        assert_eq!(drawn.cycle(), None);
        assert_eq!(drawn.waits(3, A, Write, Fifo).cycle(), Some(vec![(3, 1), (1, 2), (2, 3)]));
    }

    #[test]
    fn readers_do_not_keep_readers_waiting() {
        let drawn = DrawnGraph::default().holds(1, A, Read).holds(2, B, Read);
        assert_eq!(drawn.waits(1, B, Read, AnyOrder).waits(2, A, Read, AnyOrder).cycle(), None);
    }

    #[test]
    fn a_second_read_behind_a_writer_is_a_cycle_where_writers_are_waited_for() {
        for (rule, deadly) in [(Fifo, true), (WritersFirst, true), (AnyOrder, false)] {
            let drawn =
                DrawnGraph::default().holds(1, A, Read).waits(2, A, Write, rule).waits(1, A, Read, rule);
            assert_eq!(drawn.cycle(), deadly.then(|| vec![(1, 2), (2, 1)]), "{rule:?}");
        }
    }

    #[test]
    fn a_writer_queued_behind_a_reader_does_not_go_before_it() {
        let drawn = DrawnGraph::default().holds(1, B, Write).holds(3, A, Write);
        let drawn = drawn.waits(2, A, Read, Fifo).waits(1, A, Write, Fifo);
        assert_eq!(drawn.cycle(), None);
    }

    #[test]
    fn a_waiter_for_two_locks_at_once_may_need_only_one() {
        let drawn = DrawnGraph::default().holds(1, A, Write).holds(2, B, Write).holds(3, C, Write);
        let either = drawn.waits(1, C, Write, Fifo).waits(1, B, Write, Fifo).waits(2, A, Write, Fifo);
        assert_eq!(either.cycle(), None, "3 does not wait and will release C");
    }

    #[test]
    fn a_waiter_for_two_locks_of_the_cycle_is_in_it() {
        let drawn = DrawnGraph::default().holds(1, A, Write).holds(2, B, Write).holds(2, C, Write);
        let both = drawn.waits(1, C, Write, Fifo).waits(1, B, Write, Fifo).waits(2, A, Write, Fifo);
        assert!(both.cycle().is_some());
    }

    #[test]
    fn a_cycle_is_found_through_a_queue_of_many() {
        for first in [true, false] {
            let mut drawn = DrawnGraph::default().holds(1, A, Write).holds(2, B, Write);
            if first {
                drawn = drawn.waits(2, A, Write, Fifo);
            }
            for strand in 10..200 {
                drawn = drawn.waits(strand, A, if strand % 3 == 0 { Read } else { Write }, Fifo);
            }
            if !first {
                drawn = drawn.waits(2, A, Write, Fifo);
            }
            let cycle = drawn.waits(1, B, Write, Fifo).cycle().expect("a cycle");
            assert_eq!((cycle[0].0, cycle.last().map(|link| link.1)), (1, Some(1)), "{cycle:?}");
        }
    }

    #[test]
    fn what_one_holds_itself_is_no_cycle_of_tasks() {
        assert_eq!(DrawnGraph::default().holds(1, A, Write).waits(1, A, Write, Fifo).cycle(), None);
    }
}
