//! The logs of all processes brought together: the order of their events, and the history they make.

use std::collections::HashMap;
use std::ops::Range;

use super::history::{History, HistorySource};
use super::log::{Log, NEVER, Record, RecordOf};
use super::operation::Operation;
use super::spec::SequentialSpec;
use super::spec::{OperationOf, with_second};

/// The logs of all processes, and what is known to have been so before the first operation.
#[derive(Debug)]
pub struct Recording<S: SequentialSpec> {
    records: Vec<RecordOf<S>>,
    /// Whose they are: each process with the place of its first record, which the last of the one before precedes.
    processes: Vec<(u64, usize)>,
    failed: usize,
    given: usize,
}

/// What is known to have been so before the first operation: a call that could have been made of this key, and its
/// answer.
pub type Given<S> = (u32, <S as SequentialSpec>::Call, <S as SequentialSpec>::Answer);

/// The process that is said to have asked before the first operation.
pub(super) const NO_PROCESS: u64 = u32::MAX as u64;

impl<S: SequentialSpec> Default for Recording<S> {
    fn default() -> Self {
        Self::new([])
    }
}

impl<S: SequentialSpec> Recording<S> {
    /// A recording of keys of which so much is known before the first operation.
    pub fn new(given: impl IntoIterator<Item = Given<S>>) -> Self {
        Self::since(0, given)
    }

    /// The same of a recording that begins later than the clock: so much was known at this time.
    pub fn since(time: u64, given: impl IntoIterator<Item = Given<S>>) -> Self {
        let record =
            |(key, call, answer)| Record { called: time, returned: time, key, call, answer: Some(answer) };
        let records: Vec<_> = given.into_iter().map(record).collect();
        Self { given: records.len(), records, processes: vec![(NO_PROCESS, 0)], failed: 0 }
    }

    /// Takes over the log of a process.
    pub fn add(&mut self, log: Log<S>) {
        let (process, mut records, failed) = log.into_parts();
        self.processes.push((process, self.records.len()));
        self.records.append(&mut records);
        self.failed += failed;
    }

    /// Takes back every answer that came after this time: whatever it said, the outcome of its operation then counts as unknown. For
    /// a recording that others go on where it ends, and whose last answers may know of what they did.
    pub fn forget_answers_after(&mut self, time: u64) {
        for record in &mut self.records[self.given..] {
            if record.answer.is_some() && record.returned > time {
                (record.returned, record.answer) = (NEVER, None);
            }
        }
    }

    /// Operations invoked, those that failed included.
    pub fn invoked(&self) -> usize {
        self.records.len() - self.given + self.failed
    }

    /// All that was recorded, process by process, after what was given.
    pub fn records(&self) -> &[RecordOf<S>] {
        &self.records
    }

    /// The process that made the call of the record at this place.
    pub(super) fn process(&self, at: usize) -> u64 {
        let after = self.processes.partition_point(|(_, first)| *first <= at);
        self.processes[..after].last().map_or(NO_PROCESS, |(process, _)| *process)
    }

    /// The records of each process.
    fn by_process(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.processes.iter().skip(1).map(|(_, first)| *first).chain([self.records.len()]);
        self.processes.iter().zip(ends).map(|(&(_, first), end)| first..end)
    }

    /// All calls and returns in the order of time. Where the clock makes no difference, calls come first, so that
    /// operations of two processes overlap; those of one process keep their order.
    pub(super) fn events(&self) -> Vec<EventTime> {
        let mut events = Vec::with_capacity(2 * self.records.len());
        for records in self.by_process() {
            let mut last = (0, 0);
            let mut push = |time: u64, rank: u8, moment: EventTime| {
                last = if time > last.0 { (time, rank) } else { (last.0, rank.max(last.1)) };
                events.push((last, moment));
            };
            for at in records.clone() {
                let Record { called, returned, .. } = self.records[at];
                push(called, 0, EventTime { record: at, returns: false });
                // The outcome of a call without an answer is written before the next of its process, or at the end.
                let next = if at + 1 < records.end { self.records[at + 1].called } else { NEVER };
                push(returned.min(next), 1, EventTime { record: at, returns: true });
            }
        }
        events.sort_by_key(|&(time_and_rank, _)| time_and_rank);
        events.into_iter().map(|(_, moment)| moment).collect()
    }
}

/// A call or a return.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventTime {
    pub record: usize,
    pub returns: bool,
}

impl<S: SequentialSpec<Call: Clone, Answer: Clone>> Recording<S> {
    /// What was recorded, as a history. `name` gives each key, by its number, a name of its own.
    pub fn history(&self, name: impl Fn(u32) -> String) -> History<S> {
        self.history_of(|_| true, name)
    }

    /// The history of the operations that some of the [`records`](Self::records) belong to. Moments are those of the whole
    /// recording.
    pub fn history_of(
        &self,
        some: impl Fn(&RecordOf<S>) -> bool,
        name: impl Fn(u32) -> String,
    ) -> History<S> {
        let keys = self.records.iter().map(|record| record.key + 1).max().unwrap_or(0);
        History {
            operations: self.operations(some),
            keys: (0..keys).map(name).collect(),
            failed: Vec::new(),
            invoked: self.invoked(),
            source: HistorySource::default(),
        }
    }

    /// In the order of their calls. What [takes effect twice](SequentialSpec::second) is there twice.
    fn operations(&self, some: impl Fn(&RecordOf<S>) -> bool) -> Vec<OperationOf<S>> {
        let mut operations: Vec<OperationOf<S>> = Vec::new();
        let mut place_of = HashMap::new();
        for (moment, event) in (1..).zip(self.events()) {
            let record = &self.records[event.record];
            if !some(record) {
                continue;
            }
            if !event.returns {
                place_of.insert(event.record, operations.len());
                let (process, key) = (self.process(event.record), record.key as usize);
                let operation = Operation {
                    process,
                    key,
                    asked: record.call.clone(),
                    call: moment,
                    ret: None,
                    answer: None,
                };
                operations.push(operation);
            } else if let Some(answer) = &record.answer {
                let operation = &mut operations[place_of[&event.record]];
                (operation.ret, operation.answer) = (Some(moment), Some(answer.clone()));
            }
        }
        operations.into_iter().flat_map(with_second::<S>).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::specs::{Register, RegisterAnswer, RegisterCall, Value};

    use super::*;

    /// What was answered by then is known, and what was answered later is of unknown outcome; what was given is neither.
    #[test]
    fn answers_after_a_time_are_forgotten() {
        let given = (0, RegisterCall::Read, RegisterAnswer::Holds(Value::Null));
        let mut recording: Recording<Register> = Recording::since(50, [given]);
        let mut log = Log::new(0, 2);
        for (called, returned) in [(10, 20), (25, 31)] {
            let ticket = log.invoke(called, 0, RegisterCall::Read);
            log.ok(ticket, returned, RegisterAnswer::Holds(Value::Null));
        }
        recording.add(log);
        recording.forget_answers_after(30);
        let known: Vec<_> = recording.records().iter().map(|it| it.answer.is_some()).collect();
        assert_eq!((known, recording.invoked()), (vec![true, true, false], 2));
        assert_eq!(recording.records()[2].returned, NEVER);
    }
}
