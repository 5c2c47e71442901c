//! The search for an order: can these operations have happened one at a time, each where it may come?
//!
//! The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993): take any operation that was
//! called before the first return among those left, see whether the object can answer so, and continue with the rest. It
//! remembers dead ends as Lowe does ("Testing for linearizability", 2017): which operations were taken, and the state
//! they left, is all that matters for what is left. What keeps it fast:
//!
//! - Only dead ends are remembered. What was taken is known by a hash that costs one operation a step, and spelled out
//!   only where that hash was met before: a history without trouble costs no memory at all.
//! - A read that fits is taken at once: whatever order explains the rest, the read can be put first in it. One that
//!   says what was not known is an exception, for it may be meant for later.
//! - A change is taken when it must be: that whose return is first, or, where that one does not fit, one after which it
//!   does. A change that is taken early is soon written over, and its value missed by a read that is called later.
//! - What must still be seen is not written over for the last time, where answers say which state they are from.
//! - An operation of unknown outcome is taken last, and only if the next one notices: if the next leads to the same
//!   state without it, so does an order without it, and that one keeps it in hand. For the same reason a run of them never
//!   comes back to a state that it was in. Those that ask the same are interchangeable, so the one called first stands for
//!   all of them.

mod chain;
mod dead_ends;
mod demand;
mod limit;
mod precedence;
mod span;

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;

pub use limit::Limit;
pub(crate) use span::{Span, spans};

use dead_ends::DeadEnds;
use demand::Demand;
use precedence::{Precedence, ProgramOrder, RealTime};

/// Which orders count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Each operation takes effect between its call and its return (Herlihy and Wing, 1990).
    #[default]
    Linearizable,
    /// Each process's operations take effect in its own order, whatever other processes have seen meanwhile.
    Sequential,
}

/// What a search found. Operations are named by the places in their spans.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An order that explains all answers, without those of unknown outcome that it does not need.
    Order(Vec<usize>),
    /// There is none. Up to the return of this operation there was one.
    Stuck(usize),
    /// The time is up.
    Unknown,
}

/// So many places of what was taken are spelled out and compared in about the time of a question.
const PLACES_PER_STEP: u64 = 16;

/// Searches an order of operations, given in the order of their calls. `step` is the state after one of them, if it can
/// come next; `needs` the only state that gives its answer, and `makes` the only one that it leads to, if there is one.
pub(crate) fn search<S: Clone + Eq + Hash>(
    spans: &[Span],
    consistency: Consistency,
    initial: S,
    step: impl Fn(&S, usize) -> Option<S>,
    (needs, makes): (impl Fn(usize) -> Option<S>, impl Fn(usize) -> Option<S>),
    limit: &mut Limit,
) -> Outcome {
    match consistency {
        Consistency::Linearizable => {
            let demand = Demand::new(spans, &initial, needs, makes);
            Search::<S, _, RealTime>::new(spans, initial, step, demand).run(limit)
        }
        Consistency::Sequential => {
            // Real time parts none of these: whatever may bring a state about may do so before it is seen.
            let at_once: Vec<_> = spans.iter().map(|span| Span { call: 0, ..*span }).collect();
            let demand = Demand::new(&at_once, &initial, needs, makes);
            Search::<S, _, ProgramOrder>::new(spans, initial, step, demand).run(limit)
        }
    }
}

/// What can be taken next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// A read that fits, by its place in `Search::done`: there is no need to try anything else.
    Read(usize),
    Change(usize),
    /// The next of a group of interchangeable operations of unknown outcome.
    Pending(usize),
}

/// A step on the way, with what it takes to go back.
struct Step<S> {
    choice: Choice,
    before: S,
}

/// Interchangeable operations of unknown outcome, in the order of their calls.
struct Group {
    spans: Vec<Span>,
    used: usize,
}

struct Search<S, F, P> {
    step: F,
    /// The operations that returned, in the order of their calls.
    done: Vec<Span>,
    precedence: P,
    demand: Demand<S>,
    groups: Vec<Group>,
    /// The groups of which some were taken, and how many, by group.
    used: Vec<(u32, u32)>,
    state: S,
    path: Vec<Step<S>>,
    /// What was tried last from here, in vain.
    tried: Option<Choice>,
    /// What was taken of `done`, as the exclusive or of a random number for each.
    taken: u64,
    dead_ends: DeadEnds<(S, Option<S>)>,
    /// The return that no order has got past, with its operation: the last one of all that ever had to come next.
    stuck: Cell<Option<(usize, usize)>>,
    /// What can come next; kept for its memory.
    open: Vec<usize>,
    /// What was done since the limit last heard of it: questions to the specification, and places spelled out.
    work: Cell<u64>,
}

impl<S: Clone + Eq + Hash, F: Fn(&S, usize) -> Option<S>, P: Precedence> Search<S, F, P> {
    fn new(spans: &[Span], initial: S, step: F, demand: Demand<S>) -> Self {
        // `partition` keeps the order of calls in both.
        let (done, pending): (Vec<Span>, Vec<Span>) = spans.iter().partition(|span| span.ret.is_some());
        Self {
            step,
            precedence: P::new(&done),
            demand,
            groups: grouped::<P>(pending),
            done,
            used: Vec::new(),
            state: initial,
            path: Vec::new(),
            tried: None,
            taken: 0,
            dead_ends: DeadEnds::new(),
            stuck: Cell::new(None),
            open: Vec::new(),
            work: Cell::new(0),
        }
    }

    fn run(mut self, limit: &mut Limit) -> Outcome {
        if let Some(at) = self.demand.hopeless() {
            return Outcome::Stuck(at);
        }
        // A search of a step or two would else be over before it ever looked at the clock.
        while limit.take_steps(1 + self.work.take(), self.path.is_empty()) {
            let Some(first) = self.precedence.first() else {
                return Outcome::Order(self.order());
            };
            // Over all ways tried: an order that reached further shows that the returns before were no obstacle. So
            // what it names in the end is the first return that no order could get past.
            let Span { at, ret, .. } = self.done[first];
            self.reach(ret.unwrap_or_default(), at);
            if let Some((choice, state)) = self.choose(first) {
                self.take(choice, state);
            } else if !self.give_up() {
                return Outcome::Stuck(self.stuck.get().map_or(self.done[first].at, |(_, at)| at));
            }
        }
        Outcome::Unknown
    }

    /// No order that was tried so far gets past the return of this operation, or of one that returned later.
    fn reach(&self, ret: usize, at: usize) {
        self.stuck.set(self.stuck.get().max(Some((ret, at))));
    }

    /// The order that was found.
    fn order(&self) -> Vec<usize> {
        let mut used = vec![0; self.groups.len()];
        let operation = |step: &Step<S>| match step.choice {
            Choice::Read(at) | Choice::Change(at) => self.done[at].at,
            Choice::Pending(group) => {
                used[group] += 1;
                self.groups[group].spans[used[group] - 1].at
            }
        };
        self.path.iter().map(operation).collect()
    }

    /// The next thing to try from here, where `first` must come soonest.
    fn choose(&mut self, first: usize) -> Option<(Choice, S)> {
        // What failed after a read fails without it, too: it changed nothing.
        if matches!(self.tried, Some(Choice::Read(_))) {
            return None;
        }
        let mut open = std::mem::take(&mut self.open);
        open.clear();
        self.precedence.open(&mut open);
        let chosen = self.choose_among(&mut open, first);
        self.open = open;
        chosen.or_else(|| self.choose_pending())
    }

    fn choose_among(&self, open: &mut Vec<usize>, first: usize) -> Option<(Choice, S)> {
        if self.tried.is_none() {
            // Reads first: one that fits can stand first in whatever order explains the rest.
            let mut reads = open.iter().filter(|&&at| self.done[at].read);
            let read = reads.find_map(|&at| {
                let next = self.fits(&self.done[at])?;
                (!self.done[at].learns || next == self.state).then_some((Choice::Read(at), next))
            });
            if read.is_some() {
                return read;
            }
        }
        let tried = match self.tried {
            None => None,
            Some(Choice::Change(at)) => Some(at),
            // All that returned was tried before the first of unknown outcome was.
            Some(Choice::Pending(_) | Choice::Read(_)) => return None,
        };
        open.retain(|&at| !self.done[at].read || self.done[at].learns);
        // The order of what is tried follows from the state alone, so that it is the same when the search comes back.
        let mut fitting: Vec<_> =
            open.iter().filter_map(|&at| Some((at, self.fits(&self.done[at])?))).collect();
        let must_come = fitting.iter().any(|(at, _)| *at == first);
        self.work.set(self.work.get() + if must_come { 0 } else { fitting.len() as u64 });
        fitting.sort_by_cached_key(|(at, next)| {
            let is_next =
                if must_come { *at == first } else { (self.step)(next, self.done[first].at).is_some() };
            let last = if is_next { 1 } else { 2 };
            // What is never seen goes before the next change that is.
            (if !is_next && self.demand.is_unwanted(next) { 0 } else { last }, self.precedence.rank(*at))
        });
        let place = |tried| fitting.iter().position(|(at, _)| *at == tried).unwrap_or(fitting.len());
        let from = tried.map_or(0, |tried| 1 + place(tried));
        fitting.into_iter().nth(from).map(|(at, next)| (Choice::Change(at), next))
    }

    /// All that returned before anything pending: a pending operation may be left out, so it is tried when nothing else
    /// explains what follows.
    fn choose_pending(&self) -> Option<(Choice, S)> {
        let from = if let Some(Choice::Pending(group)) = self.tried { group + 1 } else { 0 };
        (from..self.groups.len()).find_map(|group| {
            let Group { spans, used } = &self.groups[group];
            let next = spans.get(*used).filter(|span| self.precedence.may_have_begun(span))?;
            let next = self.fits(next)?;
            // It need not have happened, so it is of use only where it changes something, and to what was not so before.
            let mut run = self.path.iter().rev().map_while(|step| match step.choice {
                Choice::Pending(_) => Some(&step.before),
                Choice::Read(_) | Choice::Change(_) => None,
            });
            (next != self.state && run.all(|before| *before != next))
                .then_some((Choice::Pending(group), next))
        })
    }

    /// The state after this operation, if it can come next and there is a point in that.
    fn fits(&self, span: &Span) -> Option<S> {
        self.work.set(self.work.get() + 1);
        let next = (self.step)(&self.state, span.at)?;
        if next != self.state
            && let Some(demander) = self.demand.in_vain_without(&self.state, span.at)
        {
            // This is where the order would have come to its end.
            self.reach(self.demand.returned(demander), demander);
            return None;
        }
        // Had this come out the same without the operation of unknown outcome right before it, that one could as well be
        // kept for later. Where both ways stayed open, each such operation would double the work.
        let unnoticed = self.path.last().is_some_and(|last| {
            matches!(last.choice, Choice::Pending(_))
                && (self.step)(&last.before, span.at).is_some_and(|without| without == next)
        });
        (!unnoticed).then_some(next)
    }

    fn take(&mut self, choice: Choice, next: S) {
        let before = std::mem::replace(&mut self.state, next);
        self.path.push(Step { choice, before });
        match choice {
            Choice::Read(at) | Choice::Change(at) => {
                self.precedence.take(at);
                self.demand.take(self.done[at].at);
                self.taken ^= random(at);
            }
            Choice::Pending(group) => {
                let Group { spans, used } = &self.groups[group];
                self.demand.take(spans[*used].at);
                self.count(group, 1);
            }
        }
        self.tried = None;
        if !self.dead_ends.is_empty() && self.is_dead_end() {
            self.go_back();
        }
    }

    fn is_dead_end(&self) -> bool {
        self.dead_ends.contains(self.taken, &self.here(), &self.used, || self.spelled_out())
    }

    /// The state, and the one before where that decides what may come next: after an operation of unknown outcome only what
    /// [notices](Self::fits) it.
    fn here(&self) -> (S, Option<S>) {
        let before = self.path.last().filter(|last| matches!(last.choice, Choice::Pending(_)));
        (self.state.clone(), before.map(|last| last.before.clone()))
    }

    fn spelled_out(&self) -> Box<[u32]> {
        let taken = self.precedence.taken();
        self.work.set(self.work.get() + taken.len() as u64 / PLACES_PER_STEP);
        taken
    }

    /// Nothing is left to try from here. False if this is where it all began.
    fn give_up(&mut self) -> bool {
        // After a read that is remembered one step further on.
        if !matches!(self.tried, Some(Choice::Read(_))) {
            // The set together with the state: the same operations in another order may have left another state,
            // from which the rest can be explained.
            self.dead_ends.insert(self.taken, &self.here(), &self.used, &self.spelled_out());
        }
        self.go_back()
    }

    fn go_back(&mut self) -> bool {
        // Last out, first in: what is left can only be put back as it was taken.
        let Some(Step { choice, before }) = self.path.pop() else { return false };
        match choice {
            Choice::Read(at) | Choice::Change(at) => {
                self.precedence.restore(at);
                self.demand.restore(self.done[at].at);
                self.taken ^= random(at);
            }
            Choice::Pending(group) => {
                self.count(group, -1);
                let Group { spans, used } = &self.groups[group];
                self.demand.restore(spans[*used].at);
            }
        }
        self.state = before;
        self.tried = Some(choice);
        true
    }

    /// One more or less of a group was taken.
    fn count(&mut self, group: usize, by: i32) {
        let used = &mut self.groups[group].used;
        *used = used.wrapping_add_signed(by as isize);
        let (group, used) = (group as u32, *used as u32);
        match self.used.binary_search_by_key(&group, |(group, _)| *group) {
            Ok(at) if used == 0 => drop(self.used.remove(at)),
            Ok(at) => self.used[at].1 = used,
            Err(at) => self.used.insert(at, (group, used)),
        }
    }
}

/// The operations of unknown outcome in groups. A read is of no account: it need not have happened, and changes nothing.
fn grouped<P: Precedence>(pending: Vec<Span>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut of_class: HashMap<u32, Vec<usize>> = HashMap::new();
    for span in pending.into_iter().filter(|span| !span.read || span.learns) {
        let alike = of_class.entry(span.class).or_default();
        if let Some(&group) = alike.iter().find(|&&at| P::are_interchangeable(&groups[at].spans[0], &span)) {
            groups[group].spans.push(span);
        } else {
            alike.push(groups.len());
            groups.push(Group { spans: vec![span], used: 0 });
        }
    }
    groups
}

/// A number for an operation, of which any two sets have different sums but by bad luck, which costs time and no truth
/// (Zobrist, "A new hashing method with application for game playing", 1970; the numbers are those of `SplitMix64`).
fn random(at: usize) -> u64 {
    let mut mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
