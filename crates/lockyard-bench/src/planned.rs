//! One machine's part of a plan that several load machines keep, and what a subject must know of it while it is set up.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::record::{ClockCheck, LoadPlan};

/// One machine's part of a plan.
#[derive(Clone, Debug)]
pub struct PlannedSlice {
    /// The plan.
    pub plan: LoadPlan,
    /// Which slice of the clients this machine has, from 1 on.
    pub slice: u32,
    /// Its clock beside that of a server, where one was asked.
    pub clock: Option<ClockCheck>,
    /// Where its share of the history of all machines is written; it is not recorded if there is nowhere.
    pub history: Option<PathBuf>,
}

/// What a subject that is set up for a plan must know of it.
#[derive(Clone, Copy, Debug)]
pub struct PlannedSetup<'a> {
    /// The plan, and which slice this is.
    pub planned: &'a PlannedSlice,
    /// When all machines have done everything, unless one is late.
    pub ends: SystemTime,
    /// Whose operations are recorded by what is set up; nothing if it is measured.
    pub judged: Option<JudgedScope>,
}

/// Whose operations are in a history that is recorded under a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgedScope {
    /// Those of this machine alone: what it asks, no other machine may ask. Judged at once, by this machine's clock.
    Own,
    /// Those of all machines, each of which records its own: they ask the same things. Judged when the records are merged, as far as
    /// clocks allow; nobody asks meanwhile what the machines' own histories are about.
    Common,
}
