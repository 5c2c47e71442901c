//! What is measured: a way to answer a workload, and what it may report of itself besides.

use std::fmt::Display;
use std::io::{self, Write};
use std::panic::Location;

use lockyard_history::{Codec, Given, Recording};

use crate::judged::Recorder;
use crate::slices::Meter;
use crate::workload::Workload;

/// One way to answer a workload: a service with these locks, a server elsewhere, a cache, a guard of an account.
///
/// Measured loops call it directly, type by type: nothing of what is asked is boxed.
pub trait System<W: Workload>: Send + Sync + 'static {
    /// What one task owns: a connection, what it has made, its own copy of something.
    type Client: Send + 'static;

    /// The client of the task with this index, made before the first slice.
    ///
    /// # Errors
    /// When there can be none.
    fn client(&self, task: usize) -> impl Future<Output = Result<Self::Client, Fault>> + Send;

    /// Does one step: begins each operation by [`Meter::begin`] and ends it by [`Meter::end`].
    fn call(
        &self,
        client: &mut Self::Client,
        step: &W::Step,
        meter: &mut Meter,
    ) -> impl Future<Output = ()> + Send;

    /// Undoes what a slice has left, so that the last one finds what the first one found. Not timed.
    ///
    /// # Errors
    /// What could not be undone; it is logged, and the run continues.
    fn reset(&self, _clients: &mut [&mut Self::Client]) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// What it has counted since it was set up. Asked between slices.
    fn counters(&self) -> impl Future<Output = Counters> + Send {
        async { Counters::default() }
    }

    /// Why it can be asked no more, if so: a server that has gone. Asked between slices.
    fn lost(&self) -> impl Future<Output = Option<Fault>> + Send {
        async { None }
    }
}

/// A system whose answers can be written down and judged.
pub trait Recorded<W: Workload>: System<W> {
    /// What its answers are judged by.
    type Spec: crate::judged::JudgedSpec;

    /// The specification, of a system that was set up as this one was.
    fn spec(&self) -> &Self::Spec;

    /// How a recording is written as a history, when one is requested: [`json_lines`] where the specification has a [`Codec`].
    /// `None` if its histories cannot be written.
    fn history_writer(&self) -> Option<HistoryWriter<Self::Spec>> {
        None
    }

    /// How it was before the first operation, each thing by its number: what is known to have been asked and answered
    /// before.
    fn given(&self) -> impl Future<Output = Result<Vec<Given<Self::Spec>>, Fault>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Does one step as [`call`](System::call) does, and writes down what was asked and answered instead of measuring it.
    fn record(
        &self,
        client: &mut Self::Client,
        step: &W::Step,
        log: &mut Recorder<'_, Self::Spec>,
    ) -> impl Future<Output = ()> + Send;

    /// What is asked once more when all tasks have their last answer, which `answers` hold, as a part of the history: what
    /// was lost is then missing from an answer.
    fn closing(
        &self,
        _clients: &mut [&mut Self::Client],
        _answers: &Recording<Self::Spec>,
        _log: &mut Recorder<'_, Self::Spec>,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// What the thing with this number is called in drawings and histories.
    fn name(&self, key: u32) -> String {
        format!("key {key}")
    }
}

/// Writes a recording by its specification; the function gives each key a name, by its number.
pub type HistoryWriter<S> = fn(&S, &Recording<S>, &mut dyn Write, &dyn Fn(u32) -> String) -> io::Result<()>;

/// Writes a recording as JSON Lines, as [`Recording::write_by`] does: a [`HistoryWriter`].
///
/// # Errors
/// What `out` says.
pub fn json_lines<S: Codec>(
    spec: &S,
    recording: &Recording<S>,
    mut out: &mut dyn Write,
    name: &dyn Fn(u32) -> String,
) -> io::Result<()> {
    recording.write_by(spec, &mut out, name)
}

/// A recorded system with rules for when all has ended: what no answer contradicts may be wrong all the same.
pub trait Settled<W: Workload>: Recorded<W> {
    /// Waits until nothing is at work any more, and returns which rules do not hold then.
    fn settled(&self, answers: &Recording<Self::Spec>) -> impl Future<Output = Vec<Broken>> + Send;
}

/// A rule of a system that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which rule, in a few words that do not change, such as `lost append`.
    pub rule: &'static str,
    /// What is wrong, and where.
    pub message: String,
    /// Where the rule is defined, or by what it is checked, as `file:line:column`.
    pub place: String,
}

impl Broken {
    /// A rule that is checked here, where this is called, and what is wrong.
    #[track_caller]
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), place: Location::caller().to_string() }
    }
}

/// What a system has counted since it was set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Of its cache, where it has one.
    pub cache: Option<CacheCounters>,
    /// Anything else, by name. Only rising numbers: what a run adds to each stands in the record.
    pub others: Vec<(&'static str, u64)>,
}

/// What a cache has counted since it was set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct CacheCounters {
    /// What was looked up and not there.
    pub misses: u64,
    /// What had to go for want of room.
    pub evictions: u64,
    /// How many of these were newcomers that were turned away.
    pub turned_away: u64,
}

/// Why a system could not be set up, reset or asked.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Fault {
    /// What is wrong, and what would help.
    pub reason: String,
    /// Where: an address, a file.
    pub place: Option<String>,
}

impl Fault {
    /// A fault for this reason.
    pub fn new(reason: impl Display) -> Self {
        Self { reason: reason.to_string(), place: None }
    }

    /// The same, at this address or in this file.
    #[must_use]
    pub fn at(self, place: impl Display) -> Self {
        Self { place: Some(place.to_string()), ..self }
    }
}
