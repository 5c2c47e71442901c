//! What a process writes down while it runs: one short record for each operation.
//!
//! Recording costs a push and a store. A log belongs to one process and is not shared, reads no clock (times are
//! the caller's, in nanoseconds from a moment that all processes share), and keeps what calls and answers hold: so these
//! should be small, and own nothing. How many bytes an operation takes is [`Log::BYTES_AN_OPERATION`].

use super::spec::SequentialSpec;

/// One operation, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<Call, Answer> {
    /// The time of the call.
    pub called: u64,
    /// The time of the answer; [`NEVER`] while it is open, and for good if its outcome is unknown.
    pub returned: u64,
    /// Of what: the number of the key.
    pub key: u32,
    /// What was asked.
    pub call: Call,
    /// What was answered, if that is known.
    pub answer: Option<Answer>,
}

/// When an operation without an answer returned.
pub const NEVER: u64 = u64::MAX;

/// The record of a specification's operation.
pub type RecordOf<S> = Record<<S as SequentialSpec>::Call, <S as SequentialSpec>::Answer>;

/// The log of one process, which asks one thing at a time.
#[derive(Debug)]
pub struct Log<S: SequentialSpec> {
    process: u64,
    records: Vec<RecordOf<S>>,
    /// How many did not happen.
    failed: usize,
    room: usize,
}

/// An operation that waits for its answer.
#[derive(Debug)]
#[must_use = "an operation whose ticket is dropped stays open: its outcome is unknown"]
pub struct Invocation(usize);

#[expect(clippy::needless_pass_by_value, reason = "a ticket is good for one answer")]
impl<S: SequentialSpec> Log<S> {
    /// What an operation takes in memory.
    pub const BYTES_AN_OPERATION: usize = size_of::<RecordOf<S>>();

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

    /// Before it is asked. `key` numbers the keys of the recording, from zero without great gaps; what is being created
    /// has a number of its own.
    #[inline]
    pub fn invoke(&mut self, time: u64, key: u32, call: S::Call) -> Invocation {
        self.records.push(Record { called: time, returned: NEVER, key, call, answer: None });
        Invocation(self.records.len() - 1)
    }

    /// Once it is answered. That there is no such thing is an answer, too, if the specification has one for it.
    #[inline]
    pub fn ok(&mut self, ticket: Invocation, time: u64, answer: S::Answer) {
        let Invocation(at) = ticket;
        let record = &mut self.records[at];
        (record.returned, record.answer) = (time, Some(answer));
    }

    /// It was refused: it did not happen, and nothing has changed.
    #[inline]
    pub fn fail(&mut self, ticket: Invocation) {
        let Invocation(at) = ticket;
        self.records.remove(at); // the last one, as a process asks one thing at a time
        self.failed += 1;
    }

    /// The outcome is unknown: it was given up, timed out, or may have happened in part.
    #[inline]
    pub fn info(&mut self, ticket: Invocation) {
        let Invocation(_) = ticket;
    }

    /// Whose it is, what it holds, and how many operations failed.
    pub(super) fn into_parts(self) -> (u64, Vec<RecordOf<S>>, usize) {
        (self.process, self.records, self.failed)
    }
}
