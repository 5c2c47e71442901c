//! One search on several threads: the tree of schedules is split where it is widest, whenever a thread has nothing to do
//! (work stealing on a depth-first search: Rao and Kumar, "Parallel Depth First Search", 1987).
//!
//! What is given away comes after all that its giver keeps, in the order of a search on one thread. So the parts are put
//! together in that order, up to the first that has ended the search: schedules, counts and the failure are those that one
//! thread would have come to, however many there are and however they are scheduled.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::execute::Executor;
use super::explorer::Explorer;
use super::program::Program;
use super::search::DepthFirst;
use super::traversal::{Traversal, Traversed};

/// Every so many schedules a thread looks whether another has nothing to do.
const LOOKS: u64 = 16;

/// What is known of a part.
enum Part {
    Waits(Box<DepthFirst>),
    IsSearched,
    Ended(Box<Traversed>),
}

/// The parts of a search, each with its number, in the order in which one thread would come to them.
struct Parts {
    all: Vec<(usize, Part)>,
    /// How many there were, by which they are numbered.
    count: usize,
    /// Why no part is searched any more, in words.
    bound: Option<String>,
}

impl Parts {
    fn place_of(&self, number: usize) -> usize {
        self.all.iter().position(|(other, _)| *other == number).expect("a part is never taken away")
    }

    /// The place of the first that has ended the search; behind the last if none has.
    fn first_that_stops(&self) -> usize {
        let stops = |(_, part): &(usize, Part)| matches!(part, Part::Ended(it) if it.stops);
        self.all.iter().position(stops).unwrap_or(self.all.len())
    }

    /// Whether nothing that this part comes to is asked for any more.
    fn is_needless(&self, number: usize) -> bool {
        self.bound.is_some() || self.place_of(number) > self.first_that_stops()
    }

    /// The first that waits and is needed.
    fn next(&mut self) -> Option<(usize, DepthFirst)> {
        let needed = if self.bound.is_some() { 0 } else { self.first_that_stops() };
        self.all[..needed].iter_mut().find_map(|(number, part)| {
            match std::mem::replace(part, Part::IsSearched) {
                Part::Waits(search) => Some((*number, *search)),
                other => {
                    *part = other;
                    None
                }
            }
        })
    }

    fn is_any_searched(&self) -> bool {
        self.all.iter().any(|(_, part)| matches!(part, Part::IsSearched))
    }

    fn ends(&mut self, number: usize, traversed: Traversed) {
        let place = self.place_of(number);
        self.all[place].1 = Part::Ended(Box::new(traversed));
    }
}

/// A search that several threads are at.
pub(super) struct ParallelSearch<'a> {
    explorer: &'a Explorer,
    left_out: &'a [usize],
    start: Instant,
    parts: Mutex<Parts>,
    changed: Condvar,
    /// How many threads wait for a part.
    idle: AtomicUsize,
    /// How many parts have ended the search.
    stops: AtomicUsize,
}

impl<'a> ParallelSearch<'a> {
    /// One of which a [leader](Self::lead) has all, and gives parts away.
    pub(super) fn new(explorer: &'a Explorer, left_out: &'a [usize], start: Instant) -> Self {
        let parts = Mutex::new(Parts { all: vec![(0, Part::IsSearched)], count: 1, bound: None });
        let (idle, stops) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { explorer, left_out, start, parts, changed: Condvar::new(), idle, stops }
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with what this thread has begun alone, then with other parts, until all are over; what one thread would have
    /// come to.
    pub(super) fn lead(
        &self,
        begun: Traversal<'_>,
        executor: &mut Executor,
        build: &dyn Fn(&mut Program),
    ) -> Traversed {
        self.go_on(0, begun, executor, build);
        self.help(executor, build);
        self.put_together()
    }

    /// Searches parts until all are over.
    pub(super) fn help(&self, executor: &mut Executor, build: &dyn Fn(&mut Program)) {
        while let Some((number, search)) = self.next() {
            self.go_on(number, Traversal::new(self.explorer, self.left_out, search), executor, build);
        }
    }

    /// The next part, once there is one.
    fn next(&self) -> Option<(usize, DepthFirst)> {
        let mut parts = self.parts();
        self.idle.fetch_add(1, Relaxed);
        let next = loop {
            let next = parts.next();
            if next.is_some() || !parts.is_any_searched() {
                break next;
            }
            parts = self.changed.wait(parts).unwrap_or_else(PoisonError::into_inner);
        };
        self.idle.fetch_sub(1, Relaxed);
        next
    }

    /// Searches a part from the schedule at hand on, and gives away of it what others ask for.
    fn go_on(
        &self,
        number: usize,
        mut traversal: Traversal<'_>,
        executor: &mut Executor,
        build: &dyn Fn(&mut Program),
    ) {
        let _panicked = Panicked { search: self, number };
        let (mut runs, mut stops) = (0, self.stops.load(Relaxed));
        while traversal.run(executor, build, &|_| true) && traversal.search.advance() {
            runs += 1;
            if let Some(bound) = self.explorer.is_late(runs, self.start) {
                self.parts().bound.get_or_insert(bound);
                break;
            }
            let known = std::mem::replace(&mut stops, self.stops.load(Relaxed));
            if stops != known && self.parts().is_needless(number) {
                break;
            }
            if runs.is_multiple_of(LOOKS) && self.idle.load(Relaxed) > 0 {
                self.give_away(number, &mut traversal.search);
            }
        }
        let traversed = traversal.end();
        let mut parts = self.parts();
        self.stops.fetch_add(usize::from(traversed.stops), Relaxed);
        parts.ends(number, traversed);
        self.changed.notify_all();
    }

    fn give_away(&self, number: usize, search: &mut DepthFirst) {
        let mut parts = self.parts();
        // One that waits is for whoever is idle.
        if parts.all.iter().any(|(_, part)| matches!(part, Part::Waits(_))) {
            return;
        }
        let Some(given) = search.split() else { return };
        let (place, new) = (parts.place_of(number), parts.count);
        parts.count += 1;
        parts.all.insert(place + 1, (new, Part::Waits(Box::new(given))));
        self.changed.notify_one();
    }

    fn put_together(&self) -> Traversed {
        let mut parts = self.parts();
        let needed = (parts.first_that_stops() + 1).min(parts.all.len());
        let ended = parts.all.drain(..needed).filter_map(|(_, part)| match part {
            Part::Ended(it) => Some(*it),
            _ => None,
        });
        let mut whole = ended.reduce(Traversed::and_then).expect("the leader has ended its own");
        if !whole.stops {
            whole.report.bound = parts.bound.take().or(whole.report.bound);
        }
        whole
    }
}

/// Ends a part whose thread panics, for the others wait for it.
struct Panicked<'a> {
    search: &'a ParallelSearch<'a>,
    number: usize,
}

impl Drop for Panicked<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut parts = self.search.parts();
            parts.bound.get_or_insert_with(|| "a thread has panicked".to_owned());
            parts.ends(self.number, Traversed::default());
            self.search.changed.notify_all();
        }
    }
}
