//! Scenarios as the driver takes them: what is asked, by how many tasks, and when.

use std::time::Duration;

use lockyard_bench::record;
use lockyard_bench::{Arrival, Group, Random, Workload, WorkloadShape};

use super::operation::Operation;
use super::scenario::{LlmProfile, Point, Scenario};
use super::trace::{Step, Trace};

/// Something moves on the board only when an operation ends, and a turn has so many replies and saves at most.
const REPLIES_OF_A_TURN: u32 = 40;

/// The endpoints as the driver knows them, each at its index.
const OPERATIONS: [lockyard_bench::Operation; Operation::COUNT] = {
    let mut operations = [lockyard_bench::Operation::read(""); Operation::COUNT];
    let mut nth = 0;
    while nth < Operation::COUNT {
        let operation = Operation::ALL[nth];
        operations[nth] = lockyard_bench::Operation {
            name: operation.name(),
            is_read: operation.is_read(),
            looks_up: operation.looks_up(),
        };
        nth += 1;
    }
    operations
};

impl Workload for Scenario {
    type Step = Step;

    const OPERATIONS: &'static [lockyard_bench::Operation] = &OPERATIONS;

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> String {
        self.about.clone()
    }

    fn shape(&self) -> WorkloadShape {
        let model = self.model.as_ref().map_or(Duration::ZERO, LlmProfile::longest_reply);
        WorkloadShape {
            workers: self.workers.get(),
            groups: self.groups.iter().map(|group| Group { tasks: group.tasks.get() }).collect(),
            arrival: match self.arrival {
                super::Arrival::Closed => Arrival::Closed,
                super::Arrival::Open(rate) => Arrival::Open { per_second: rate.per_second() },
            },
            slice: self.slice,
            is_slow: self.model.is_some(),
            patience: REPLIES_OF_A_TURN * (model + self.save),
        }
    }

    fn set(&mut self, setting: &str, value: &str) -> Result<(), String> {
        *self = self.with(setting, value).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn steps(&self, task: usize, random: &mut Random) -> Vec<Step> {
        Trace::generate(self, random.seed(), task as u32).steps().to_vec()
    }

    fn operation(step: &Step) -> usize {
        step.operation.index()
    }

    /// Where every task both reads and writes there are no readers and writers to count.
    fn point(&self) -> record::Point {
        let Point { workers, tasks, readers, writers, save_ms } = Scenario::point(self);
        let dedicated = readers + writers > 0;
        record::Point {
            workers,
            tasks,
            readers: dedicated.then_some(readers),
            writers: dedicated.then_some(writers),
            save_ms: Some(save_ms),
            ..record::Point::default()
        }
    }
}
