//! What a run records: one log for each process, one short record for each operation.
//!
//! Recording costs a push and a store. A log belongs to one process and is shared with nobody, reads no clock (times are
//! the caller's, in nanoseconds from a moment that all processes share), and keeps no text. How many bytes an operation
//! takes is [`Log::BYTES_AN_OPERATION`].

use std::io::{self, Write};

use serde_json::value::to_raw_value;

use lockyard_history::{Event, EventKind, Json};

use super::json;
use super::words::{Answer, Call, Context};

/// One operation, as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) called: u64,
    /// [`NEVER`] while it is open, and for ever if nobody knows what became of it.
    pub(super) returned: u64,
    pub(super) key: u32,
    pub(super) call: Call,
    pub(super) answer: Option<Answer>,
}

pub(super) const NEVER: u64 = u64::MAX;

/// The log of one process, which asks one thing at a time.
#[derive(Debug)]
pub struct Log {
    pub(super) process: u64,
    pub(super) records: Vec<Record>,
    /// How many did not happen.
    pub(super) failed: usize,
    room: usize,
}

/// An operation that waits for its answer.
#[derive(Debug)]
#[must_use = "an operation whose ticket is dropped stays open: its outcome is unknown"]
pub struct Ticket(usize);

#[expect(clippy::needless_pass_by_value, reason = "a ticket is good for one answer")]
impl Log {
    /// What an operation takes in memory.
    pub const BYTES_AN_OPERATION: usize = size_of::<Record>();

    /// A log with room for so many operations. More are kept all the same, at the price of growing.
    pub fn new(process: u64, room: usize) -> Self {
        Self { process, records: Vec::with_capacity(room), failed: 0, room }
    }

    /// Whose log it is.
    pub fn process(&self) -> u64 {
        self.process
    }

    /// Whether there is room for one more. A recording should end where there is none, for one that leaves out changes
    /// is of no use.
    pub fn has_room(&self) -> bool {
        self.records.len() < self.room
    }

    /// Operations so far, without those that failed.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Before it is asked. `key` numbers the sessions of the recording, from zero without great gaps; a session that is
    /// being created has a number that nobody else uses.
    #[inline]
    pub fn invoke(&mut self, time: u64, key: u32, call: Call) -> Ticket {
        self.records.push(Record { called: time, returned: NEVER, key, call, answer: None });
        Ticket(self.records.len() - 1)
    }

    /// Once it is answered; that there is no such session is an answer, too ([`Answer::Gone`]), but not to a turn: it may
    /// have begun before the session was deleted, so that is [`info`](Self::info).
    #[inline]
    pub fn ok(&mut self, ticket: Ticket, time: u64, answer: Answer) {
        let Ticket(at) = ticket;
        let record = &mut self.records[at];
        (record.returned, record.answer) = (time, Some(answer));
    }

    /// It was refused: it did not happen, and nothing has changed.
    #[inline]
    pub fn fail(&mut self, ticket: Ticket) {
        let Ticket(at) = ticket;
        self.records.remove(at); // the last one, as a process asks one thing at a time
        self.failed += 1;
    }

    /// Nobody knows: it was given up, timed out, or changed memory and could not be saved.
    #[inline]
    pub fn info(&mut self, ticket: Ticket) {
        let Ticket(_) = ticket;
    }
}

/// The logs of all processes, and how the sessions were before the first operation.
#[derive(Debug, Default)]
pub struct Recording {
    pub(super) records: Vec<Record>,
    /// Whose they are: each process with the place of its first record, which the last of the one before precedes.
    pub(super) processes: Vec<(u64, usize)>,
    failed: usize,
    given: usize,
}

/// The process that is said to have looked at the sessions before the first operation.
const NOBODY: u64 = u32::MAX as u64;

impl Recording {
    /// A recording of sessions that were so before the first operation, and after the last one before: each by its
    /// number.
    pub fn new(given: impl IntoIterator<Item = (u32, Context)>) -> Self {
        Self::since(0, given)
    }

    /// The same of a recording that begins later than the clock: sessions were so at this time.
    pub fn since(time: u64, given: impl IntoIterator<Item = (u32, Context)>) -> Self {
        let given = given.into_iter();
        let records: Vec<_> = given.map(|(key, context)| given_record(time, key, context)).collect();
        Self { given: records.len(), records, processes: vec![(NOBODY, 0)], failed: 0 }
    }

    /// Takes over the log of a process.
    pub fn add(&mut self, mut log: Log) {
        self.processes.push((log.process, self.records.len()));
        self.records.append(&mut log.records);
        self.failed += log.failed;
    }

    /// Operations invoked, those that failed included.
    pub fn invoked(&self) -> usize {
        self.records.len() - self.given + self.failed
    }

    /// Who asked what a record tells of.
    pub(super) fn process(&self, at: usize) -> u64 {
        let after = self.processes.partition_point(|(_, first)| *first <= at);
        self.processes[..after].last().map_or(NOBODY, |(process, _)| *process)
    }

    /// The records of each process.
    pub(super) fn by_process(&self) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
        let ends = self.processes.iter().skip(1).map(|(_, first)| *first).chain([self.records.len()]);
        self.processes.iter().zip(ends).map(|(&(process, first), end)| (process, first..end))
    }
}

impl Recording {
    /// Writes it as JSON Lines, without what failed. `name` gives each session, by its number, a name of its own.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut impl Write, name: impl Fn(u32) -> String) -> io::Result<()> {
        let mut last = 0;
        for Moment { record: at, returns } in self.events() {
            let Record { called, returned, key, call, answer } = &self.records[at];
            let key = to_raw_value(&name(*key))?;
            let (kind, (value, result)) = match (returns, answer) {
                (false, _) => (EventKind::Invoke, (json::asked(call), None)),
                (true, Some(answer)) => (EventKind::Ok, json::answered(answer)),
                (true, None) => (EventKind::Info, (None, None)),
            };
            // Of what nobody answered there is no time; its line stands where its process goes on.
            let time = if !returns {
                *called
            } else if *returned == NEVER {
                last
            } else {
                *returned
            };
            last = time;
            let event = Event {
                process: self.process(at),
                kind,
                f: Some(json::name(call).into()),
                key: Json(Some(&key)),
                value: Json(value.as_deref()),
                result: Json(result.as_deref()),
                time: Some(time),
            };
            event.write(out)?;
        }
        Ok(())
    }
}

/// A call or a return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) record: usize,
    pub(super) returns: bool,
}

impl Recording {
    /// All calls and returns in the order of time. Where the clock makes no difference, calls come first, so that
    /// operations of two processes overlap; those of one process keep their order.
    pub(super) fn events(&self) -> Vec<Moment> {
        let mut events = Vec::with_capacity(2 * self.records.len());
        for (_, records) in self.by_process() {
            let mut last = (0, 0);
            let mut push = |time: u64, rank: u8, moment: Moment| {
                last = if time > last.0 { (time, rank) } else { (last.0, rank.max(last.1)) };
                events.push((last, moment));
            };
            for at in records.clone() {
                let Record { called, returned, .. } = self.records[at];
                push(called, 0, Moment { record: at, returns: false });
                // The outcome of what nobody answered is told when its process goes on, or in the end.
                let next = if at + 1 < records.end { self.records[at + 1].called } else { NEVER };
                push(returned.min(next), 1, Moment { record: at, returns: true });
            }
        }
        events.sort_by_key(|&(time_and_rank, _)| time_and_rank);
        events.into_iter().map(|(_, moment)| moment).collect()
    }
}

fn given_record(time: u64, key: u32, context: Context) -> Record {
    Record { called: time, returned: time, key, call: Call::Given, answer: Some(Answer::Context(context)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_takes_few_bytes() {
        const { assert!(Log::BYTES_AN_OPERATION <= 100) }
    }
}
