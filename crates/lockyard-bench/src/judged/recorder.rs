//! What a system writes its questions and answers down in.

use std::time::Instant;

use lockyard_history::{Invocation, Judge, Log, SequentialSpec};

/// What answers of a system are judged by: a sequential specification that says how it is judged.
pub trait JudgedSpec:
    SequentialSpec<Call: Send + Sync, Answer: Send + Sync> + Judge + Send + Sync + 'static
{
}

impl<S> JudgedSpec for S where
    S: SequentialSpec<Call: Send + Sync, Answer: Send + Sync> + Judge + Send + Sync + 'static
{
}

/// The log of one task, with the clock that all tasks share.
pub struct Recorder<'a, S: SequentialSpec> {
    log: &'a mut Log<S>,
    epoch: Instant,
}

impl<'a, S: SequentialSpec> Recorder<'a, S> {
    pub(crate) fn new(log: &'a mut Log<S>, epoch: Instant) -> Self {
        Self { log, epoch }
    }

    /// Before it is asked, of the thing with this number. Things that the recording begins with are numbered from zero; one
    /// that is being made has a number of its own.
    pub fn invoke(&mut self, key: u32, call: S::Call) -> Invocation {
        let now = self.now();
        self.log.invoke(now, key, call)
    }

    /// Once it is answered.
    pub fn ok(&mut self, ticket: Invocation, answer: S::Answer) {
        let now = self.now();
        self.log.ok(ticket, now, answer);
    }

    /// It was refused: it did not happen, and nothing has changed.
    pub fn fail(&mut self, ticket: Invocation) {
        self.log.fail(ticket);
    }

    /// Its outcome is unknown.
    pub fn info(&mut self, ticket: Invocation) {
        self.log.info(ticket);
    }

    /// By the clock of the system: a bare time stamp counter may be read before what comes before it is done, and a few
    /// nanoseconds would make an order impossible that was possible.
    fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }
}
