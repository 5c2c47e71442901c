//! What is asked of a system: which operations, when, and by how many tasks. Data, made before any clock starts.

use std::time::Duration;

use crate::random::Random;
use crate::record::Point;

/// What is asked of the systems that are compared. One value of it is one scenario.
///
/// Every system is asked the same: the steps of a task depend on the workload, the seed and the task alone. Two workloads are
/// equal if they ask the same: a point of a sweep that equals the workload itself is not measured a second time.
pub trait Workload: PartialEq + Send + Sync + 'static {
    /// One thing to do: a request, or a few that belong together.
    type Step: Send + Sync + 'static;

    /// What can be asked. An operation is identified by its index in this list.
    const OPERATIONS: &'static [Operation];

    /// The name that records and reports use.
    fn name(&self) -> &str;

    /// What it is, in a sentence, for the record; empty if there is nothing to say.
    fn about(&self) -> String {
        String::new()
    }

    /// Which tasks make requests, and when.
    fn shape(&self) -> WorkloadShape;

    /// Changes a setting, such as `tasks`, to this value; what sweeps and command lines do. A workload that comes of it
    /// must make sense as a whole. Unless said otherwise there are no settings.
    ///
    /// # Errors
    /// What is wrong with the setting or its value, and what would be right. The workload is then as it was.
    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        Err(format!("{} has no setting {setting}, so {value} changes nothing", self.name()))
    }

    /// What the task with this index does, walked round and round. Not to be empty.
    fn steps(&self, task: usize, random: &mut Random) -> Vec<Self::Step>;

    /// The operation that a step begins with: in an open loop its wait is counted, also where it could not be asked in
    /// time.
    fn operation(step: &Self::Step) -> usize;

    /// The numbers that distinguish the points of a sweep.
    fn point(&self) -> Point {
        let WorkloadShape { workers, groups, .. } = self.shape();
        let tasks = groups.iter().map(|group| group.tasks).sum();
        Point { workers, tasks, ..Point::default() }
    }
}

/// Something that can be asked of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name in records and reports.
    pub name: &'static str,
    /// Whether it leaves everything as it was.
    pub is_read: bool,
    /// Whether it looks something up in a cache first: hit ratios are reported for these.
    pub looks_up: bool,
}

impl Operation {
    /// An operation that leaves everything as it was.
    #[must_use]
    pub const fn read(name: &'static str) -> Self {
        Self { name, is_read: true, looks_up: false }
    }

    /// An operation that changes something.
    #[must_use]
    pub const fn write(name: &'static str) -> Self {
        Self { name, is_read: false, looks_up: false }
    }

    /// The same, which looks something up in a cache first.
    #[must_use]
    pub const fn looking_up(self) -> Self {
        Self { looks_up: true, ..self }
    }
}

/// Which tasks make requests, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadShape {
    /// Worker threads of the runtime that serves the tasks.
    pub workers: u32,
    /// The tasks, in the order of their indices: those of a group ask alike, so that they should get as much done.
    pub groups: Vec<Group>,
    /// When they ask.
    pub arrival: Arrival,
    /// How long one timed slice of a round is. Long against an operation: what is under way when it ends does not count.
    pub slice: Duration,
    /// Whether operations take so long that reading a clock for each costs nothing. Then each slice keeps all latencies.
    pub is_slow: bool,
    /// How long an operation may take by itself, so that nothing is called stuck before that.
    pub patience: Duration,
}

impl WorkloadShape {
    /// Tasks that all ask alike, each again as soon as it is answered, in slices of 20 ms.
    #[must_use]
    pub fn closed(workers: u32, tasks: u32) -> Self {
        Self {
            workers,
            groups: vec![Group { tasks }],
            arrival: Arrival::Closed,
            slice: Duration::from_millis(20),
            is_slow: false,
            patience: Duration::ZERO,
        }
    }

    /// How many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> u32 {
        self.groups.iter().map(|group| group.tasks).sum()
    }
}

/// Tasks that ask alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many they are.
    pub tasks: u32,
}

/// When operations are asked for.
///
/// A closed loop asks again once it is answered, so a slow answer thins out the questions and hides the wait of those that
/// were never asked ("coordinated omission", G. Tene). An open loop asks at times fixed in advance, and measures latency
/// from the time intended, however late the question really went out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// Closed loop: a task asks again as soon as it is answered.
    Closed,
    /// Open loop: the tasks together ask so often a second, at fixed intended times.
    Open {
        /// Operations a second, all tasks together. Above zero.
        per_second: f64,
    },
}

/// The times at which task `task` of `tasks` is to ask, in nanoseconds from the start of the slice; they do not end.
///
/// The tasks take turns, so that their questions together are evenly spaced. Each time is computed from its number rather
/// than from the time before, so that rounding never adds up.
///
/// # Panics
/// If there are no tasks.
pub fn intended_times(per_second: f64, tasks: u32, task: u32) -> impl Iterator<Item = u64> {
    let spacing_ns = 1e9 / per_second;
    let own = (u64::from(task)..).step_by(tasks as usize);
    own.map(move |number| (number as f64 * spacing_ns).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_take_turns_at_even_distances() {
        let times = |task| intended_times(1_000.0, 4, task).take(3).collect::<Vec<_>>();
        assert_eq!(times(0), [0, 4_000_000, 8_000_000]);
        assert_eq!(times(3), [3_000_000, 7_000_000, 11_000_000]);
    }

    #[test]
    fn rounding_does_not_add_up() {
        let last = intended_times(3.0, 1, 0).nth(3_000_000).unwrap();
        assert_eq!(last, 1_000_000_000_000_000);
    }
}
