//! A workload as it is run: one that has passed every check, so that no later code checks again.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::arrival::Arrival;
use super::mix::Mix;
use super::quantity::{Percent, between, scale};
use super::sweep::Sweep;

/// A workload: which operations, on which sessions, when, by how many tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name that records and reports use.
    pub name: String,
    /// One sentence on what it stands for.
    pub about: String,
    /// How many sessions there are.
    pub sessions: NonZeroU32,
    /// How many messages each session has at the start.
    pub messages: u32,
    /// How long each message is, in bytes.
    pub message_bytes: u32,
    /// How many sessions the cache has room for.
    pub capacity: NonZeroU32,
    /// The Zipf exponent by which sessions are drawn; 0 is uniform.
    pub zipf: f64,
    /// How many worker threads serve the tasks.
    pub workers: NonZeroU32,
    /// Which clients ask, in the order of task indices.
    pub groups: Vec<Group>,
    /// When they ask.
    pub arrival: Arrival,
    /// How long the store takes to save.
    pub save: Duration,
    /// Messages in one page of `get_context_messages`, 1 to 1,000.
    pub page: u32,
    /// Summaries in one page of `list_contexts`, 1 to 1,000.
    pub list_limit: u32,
    /// How long one timed slice of a round is.
    pub slice: Duration,
    /// Which sessions the writers write.
    pub writer_keys: WriterKeys,
    /// The share of turns dropped midway by their client.
    pub cancel: Percent,
    /// How the model answers; always there if a mix has a turn.
    pub model: Option<LlmProfile>,
    /// The sweeps that show most about it, each from what it is otherwise; they are run where they are asked for.
    pub sweeps: Vec<Sweep>,
    /// What it was read from, to be read again with another override.
    pub(super) origin: Origin,
}

/// What a scenario was read from. No part of what it is: two that ask the same are the same, wherever they were read.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) overrides: Vec<String>,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Tasks that do the same: draw operations from one mix.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What its tasks are.
    pub role: Role,
    /// How many they are.
    pub tasks: NonZeroU32,
    /// What they ask for.
    pub mix: Mix,
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads and writes, as clients do.
    Client,
    /// Only reads.
    Reader,
    /// Only writes.
    Writer,
}

/// Which sessions the writers write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriterKeys {
    /// Drawn as for everyone.
    Skewed,
    /// Writer i sticks to session i, modulo the sessions.
    Own,
}

/// How the model answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmProfile {
    /// Milliseconds until it begins to answer, before scaling.
    #[serde(deserialize_with = "between::<3_600_000, _>")]
    pub latency_ms: RangeInclusive<u32>,
    /// The factor on all its times, from 0 to 1: 0.01 runs them 1:100.
    #[serde(deserialize_with = "scale")]
    pub scale: f64,
    /// Chunks in a reply.
    #[serde(deserialize_with = "between::<1_000_000, _>")]
    pub chunks: RangeInclusive<u32>,
    /// Milliseconds between two chunks, before scaling.
    #[serde(deserialize_with = "between::<3_600_000, _>")]
    pub chunk_interval_ms: RangeInclusive<u32>,
    /// The share of replies that call tools.
    #[serde(default)]
    pub tool_calls_percent: Percent,
    /// The share of tool calls that are denied.
    #[serde(default)]
    pub deny_percent: Percent,
    /// The share of model calls that fail and may be tried again.
    #[serde(default)]
    pub transient_percent: Percent,
    /// The share of model calls that fail for good; with the transient ones at most 100.
    #[serde(default)]
    pub fatal_percent: Percent,
}

impl LlmProfile {
    /// Until it begins to answer, scaled.
    pub fn latency(&self) -> RangeInclusive<Duration> {
        self.scaled(*self.latency_ms.start())..=self.scaled(*self.latency_ms.end())
    }

    /// Between two chunks, scaled.
    pub fn chunk_interval(&self) -> RangeInclusive<Duration> {
        self.scaled(*self.chunk_interval_ms.start())..=self.scaled(*self.chunk_interval_ms.end())
    }

    /// The longest that one reply takes.
    pub fn longest_reply(&self) -> Duration {
        *self.latency().end() + *self.chunk_interval().end() * *self.chunks.end()
    }

    fn scaled(&self, millis: u32) -> Duration {
        Duration::from_millis(u64::from(millis)).mul_f64(self.scale)
    }
}

/// The numbers that distinguish the cells of one scenario in a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Worker threads.
    pub workers: u32,
    /// All tasks together.
    pub tasks: u32,
    /// Tasks that only read.
    pub readers: u32,
    /// Tasks that only write.
    pub writers: u32,
    /// How long the store takes to save, in milliseconds.
    pub save_ms: u64,
}

impl Scenario {
    /// How many tasks there are, of all roles.
    pub fn tasks(&self) -> u32 {
        self.groups.iter().map(|group| group.tasks.get()).sum()
    }

    /// How many tasks have `role`.
    pub fn tasks_of(&self, role: Role) -> u32 {
        self.groups.iter().filter(|group| group.role == role).map(|group| group.tasks.get()).sum()
    }

    /// The group of task `task_index` (from 0), and its index within the group.
    ///
    /// # Panics
    ///
    /// If there is no such task.
    pub fn group(&self, task_index: u32) -> (&Group, u32) {
        let mut index = task_index;
        for group in &self.groups {
            if index < group.tasks.get() {
                return (group, index);
            }
            index -= group.tasks.get();
        }
        panic!("task {task_index} of {}: indices start at 0", self.tasks());
    }

    /// The point this scenario is in a sweep.
    pub fn point(&self) -> Point {
        Point {
            workers: self.workers.get(),
            tasks: self.tasks(),
            readers: self.tasks_of(Role::Reader),
            writers: self.tasks_of(Role::Writer),
            save_ms: self.save.as_millis() as u64,
        }
    }
}
