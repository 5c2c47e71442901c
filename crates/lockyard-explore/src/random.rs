//! Schedules at random, for programs too large to be searched: plain, or with priorities.
//!
//! PCT (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding
//! Bugs", 2010): every task has a priority, the highest that can go on does, and at `depth - 1` random moments the one
//! at work falls to the lowest. A fault that needs `depth` orderings among k steps of n tasks is hit in a run with a
//! probability of at least 1/(n·k^(depth−1)).

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::footprint::Footprint;
use super::schedule::Move;
use super::scheduler::Scheduler;

/// A random choice of schedules, each run with a seed of its own: the first with `seed`, then counting up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    /// The seed of the first run.
    pub seed: u64,
    /// How many runs.
    pub runs: u64,
    /// The depth of PCT; none to choose evenly.
    pub depth: Option<u32>,
}

/// One step in so many gives a task up or fails, where that is allowed.
const MISHAP_ONCE_IN: usize = 8;

/// One run.
pub(super) struct RandomRun {
    random: ChaCha8Rng,
    /// By task; none for choosing evenly.
    priorities: Option<Vec<u64>>,
    /// The steps at which the running task's priority drops.
    falls: Vec<usize>,
    lowest: u64,
    pub(super) moves: Vec<Move>,
    steady: Vec<Move>,
    /// What the steps have touched, in their order, as one number: it is there to be compared.
    touched: u64,
    /// Whether tasks that are alike begin in their order.
    in_order: bool,
    /// Draws the choices within steps: by itself, so that the other draws are the same with them and without.
    choices: u64,
}

impl RandomRun {
    /// `length` is how many steps a run takes, more or less.
    pub(super) fn new(seed: u64, depth: Option<u32>, length: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let falls = (1..depth.unwrap_or(1)).map(|_| random.random_range(0..length.max(1))).collect();
        Self {
            random,
            priorities: depth.map(|_| Vec::new()),
            falls,
            // Priorities are drawn from the upper half and falls count down from its lower end: each fall is below
            // every priority and every fall before it, as PCT asks.
            lowest: u64::MAX / 2,
            moves: Vec::with_capacity(length),
            steady: Vec::new(),
            touched: 0,
            in_order: false,
            choices: seed,
        }
    }

    /// The same draw, with tasks that are alike in their order.
    pub(super) fn in_order(self, in_order: bool) -> Self {
        Self { in_order, ..self }
    }

    /// Whether two runs of one seed were the same, step by step.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.moves == other.moves && self.touched == other.touched
    }

    fn mishaps(&mut self, moves: &[Move]) -> Option<Move> {
        let any = moves.iter().any(|found| found.kind.is_mishap());
        if !any || self.random.random_range(0..MISHAP_ONCE_IN) > 0 {
            return None;
        }
        let mishaps: Vec<_> = moves.iter().filter(|found| found.kind.is_mishap()).collect();
        Some(*mishaps[self.random.random_range(0..mishaps.len())])
    }
}

impl Scheduler for RandomRun {
    fn begins_in_order(&self) -> bool {
        self.in_order
    }

    fn known(&mut self, _: usize) -> Option<Move> {
        None
    }

    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move> {
        let mut chosen = self.mishaps(moves);
        if chosen.is_none() {
            self.steady.clear();
            self.steady.extend(moves.iter().filter(|found| !found.kind.is_mishap()));
            chosen = Some(match &mut self.priorities {
                None => self.steady[self.random.random_range(0..self.steady.len())],
                Some(priorities) => {
                    let most = self.steady.iter().map(|found| usize::from(found.task)).max().unwrap_or(0);
                    // Drawn as tasks appear, from the run's own generator: the order of appearance follows from the
                    // choices so far, so one seed gives one run.
                    while priorities.len() <= most {
                        priorities.push(self.random.random_range(u64::MAX / 2..u64::MAX));
                    }
                    let highest = |steady: &[Move], priorities: &[u64]| {
                        *steady
                            .iter()
                            .max_by_key(|found| priorities[usize::from(found.task)])
                            .expect("a task can go on")
                    };
                    let mut found = highest(&self.steady, priorities);
                    // The task that would go on falls, and the highest of the others goes on in this same step.
                    if self.falls.contains(&depth) {
                        self.lowest -= 1;
                        priorities[usize::from(found.task)] = self.lowest;
                        found = highest(&self.steady, priorities);
                    }
                    found
                }
            });
        }
        self.moves.extend(chosen);
        chosen
    }

    fn choice_seed(&mut self) -> Option<u64> {
        Some(self.choices)
    }

    fn chose(&mut self, _: usize, choice: Move, _: u8) -> bool {
        self.moves.push(choice);
        true
    }

    fn taken(&mut self, _: usize, _: usize, footprint: &Footprint) -> bool {
        self.touched = footprint.mixed_into(self.touched);
        true
    }
}
