//! A recorder that anything may write to at any time: tests, servers, tasks that come and go.
//!
//! A [`Log`] belongs to one process that asks one thing at a time, and has no clock: that suits a driver, which knows its
//! clients. A test or a server has calls. So this one numbers the processes, reads the clock and pairs each answer with its
//! call, at the price of a lock that is taken twice for each operation, for a moment.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::files::Codec;
use super::judge::Judge;
use super::log::{Invocation, Log};
use super::recording::Recording;
use super::spec::SequentialSpec;
use super::verdict::Verdict;

/// Records what is asked of an object and what it answers, from any thread or task, and judges it by a specification.
///
/// Clones write to the same history. An operation that never ends, because its future was dropped, its thread panicked, or the
/// answer was lost, is of unknown outcome.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::thread;
///
/// use lockyard_history::{HistoryRecorder, ReferenceModel};
///
/// let next = AtomicU64::new(0);
/// let history = HistoryRecorder::new(ReferenceModel::new(0, |next: &mut u64, (): &()| {
///     *next += 1;
///     *next - 1
/// }));
/// thread::scope(|threads| {
///     for _ in 0..4 {
///         threads.spawn(|| history.call((), || next.fetch_add(1, Ordering::Relaxed)));
///     }
/// });
/// history.assert_linearizable();
/// ```
pub struct HistoryRecorder<S: SequentialSpec> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: SequentialSpec> {
    spec: S,
    begun: Instant,
    state: Mutex<State<S>>,
}

struct State<S: SequentialSpec> {
    /// One for each process.
    logs: Vec<Log<S>>,
    /// Processes that wait for no answer.
    idle: Vec<usize>,
    /// The names of keys, and their numbers.
    keys: HashMap<String, u32>,
    /// The time of the last event: no two have the same, for their order is known.
    last: u64,
    /// Rises with each history that is taken out: what began in an earlier one has no place in this one.
    history: u64,
}

/// How long [`HistoryRecorder::assert_linearizable`] looks for an order.
const BUDGET: Duration = Duration::from_secs(10);

/// The name of the key where there is one object.
const ONE_OBJECT: &str = "";

impl<S: SequentialSpec> Clone for HistoryRecorder<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<S: SequentialSpec> HistoryRecorder<S> {
    /// A recorder of objects that this specification is of.
    pub fn new(spec: S) -> Self {
        let state = State { logs: Vec::new(), idle: Vec::new(), keys: HashMap::new(), last: 0, history: 0 };
        Self { shared: Arc::new(Shared { spec, begun: Instant::now(), state: Mutex::new(state) }) }
    }

    /// Makes a call that returns when it is answered, and records both.
    pub fn call(&self, call: S::Call, make: impl FnOnce() -> S::Answer) -> S::Answer
    where
        S::Answer: Clone,
    {
        let pending = self.invoke(call);
        pending.answered(make())
    }

    /// Awaits the answer to a call, and records both. The call counts as made when this is polled first; if it is dropped before
    /// the answer, the outcome is unknown.
    pub async fn call_async(&self, call: S::Call, answer: impl Future<Output = S::Answer>) -> S::Answer
    where
        S::Answer: Clone,
    {
        let pending = self.invoke(call);
        pending.answered(answer.await)
    }

    /// Before something is asked, where there is one object.
    pub fn invoke(&self, call: S::Call) -> PendingOperation<S> {
        self.invoke_on(ONE_OBJECT, call)
    }

    /// Before something is asked of the object with this name. Each is judged alone.
    pub fn invoke_on(&self, key: &str, call: S::Call) -> PendingOperation<S> {
        let mut state = self.state();
        let known = state.keys.len() as u32;
        let key = state.keys.get(key).copied().unwrap_or_else(|| {
            state.keys.insert(key.to_owned(), known);
            known
        });
        // A process asks one thing at a time, so what is asked meanwhile is asked by another one.
        let process = state.idle.pop().unwrap_or_else(|| {
            let process = state.logs.len();
            state.logs.push(Log::new(process as u64, 0));
            process
        });
        let (time, history) = (state.now(self.shared.begun), state.history);
        let invocation = Some(state.logs[process].invoke(time, key, call));
        PendingOperation { recorder: self.clone(), history, process, invocation }
    }

    /// What was recorded, and from now on another history. What is asked and not yet answered is of unknown outcome. The next
    /// history begins with the initial state of the specification, too: take one out where the object begins anew.
    pub fn take(&self) -> Recording<S> {
        let mut state = self.state();
        let mut recording = Recording::default();
        std::mem::take(&mut state.logs).into_iter().for_each(|log| recording.add(log));
        state.idle.clear();
        state.history += 1;
        recording
    }

    /// The name of the key with this number.
    pub fn key_name(&self, number: u32) -> String {
        let state = self.state();
        let found = state.keys.iter().find(|(_, known)| **known == number);
        found.map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
        // Nothing that may panic is done with the lock held, but for a clone or a drop of what is recorded.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Judge> HistoryRecorder<S> {
    /// Takes out what was recorded, and judges it; unknown if that takes longer than the budget.
    pub fn judge(&self, budget: Duration) -> Verdict {
        let recording = self.take();
        self.shared.spec.judge(&recording, budget, &|key| self.key_name(key))
    }

    /// Takes out what was recorded, which must have an order that explains all answers.
    ///
    /// # Panics
    /// With the drawing of a violation, if there is no such order; and if none was found within ten seconds.
    #[track_caller]
    pub fn assert_linearizable(&self) {
        match self.judge(BUDGET) {
            Verdict::Linearizable => {}
            Verdict::Violation(violation) => panic!("not linearizable\n{violation}"),
            Verdict::Unknown => {
                panic!("not decided within {BUDGET:?}: record less, or say which calls are reads")
            }
        }
    }
}

impl<S: Codec> HistoryRecorder<S> {
    /// Takes out what was recorded, and writes it as JSON Lines, as `lockyard check` reads them.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.take().write_by(&self.shared.spec, out, |key| self.key_name(key))
    }
}

impl<S: SequentialSpec> State<S> {
    /// Later than every event before, however coarse the clock: the lock has ordered them.
    fn now(&mut self, begun: Instant) -> u64 {
        self.last = (begun.elapsed().as_nanos() as u64).max(self.last + 1);
        self.last
    }
}

/// An operation that was asked and not yet answered. Dropped, its outcome is unknown.
#[must_use = "an operation that is dropped is of unknown outcome"]
pub struct PendingOperation<S: SequentialSpec> {
    recorder: HistoryRecorder<S>,
    history: u64,
    process: usize,
    /// Until it ends.
    invocation: Option<Invocation>,
}

impl<S: SequentialSpec> PendingOperation<S> {
    /// Once it is answered.
    pub fn ok(self, answer: S::Answer) {
        self.end(|log, invocation, time| log.ok(invocation, time, answer));
    }

    /// It was refused: it did not happen, and nothing has changed.
    pub fn fail(self) {
        self.end(|log, invocation, _| log.fail(invocation));
    }

    /// Its outcome is unknown, as if it were dropped.
    pub fn info(self) {
        drop(self);
    }

    fn answered(self, answer: S::Answer) -> S::Answer
    where
        S::Answer: Clone,
    {
        self.ok(answer.clone());
        answer
    }

    /// The process may ask again. After an unknown outcome it never does: what it asked may still happen.
    fn end(mut self, end: impl FnOnce(&mut Log<S>, Invocation, u64)) {
        let Some(invocation) = self.invocation.take() else { return };
        let mut state = self.recorder.state();
        if state.history == self.history {
            let time = state.now(self.recorder.shared.begun);
            end(&mut state.logs[self.process], invocation, time);
            state.idle.push(self.process);
        }
    }
}
