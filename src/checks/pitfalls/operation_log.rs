//! What a program records while it runs, and the two checks that judge it: was there an order, and does what is
//! left behind agree with what was answered?

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::backend::chat::{ChatContext, ChatContextDTO};
use crate::backend::session::SessionError;
use crate::checks::spec::{Answer, Call, Context, Log, Recording};
use crate::checks::{invariants, sessions};
use lockyard_explore::{Shared, Violated};

/// Who asked what of which session, and what was answered.
#[derive(Clone)]
pub(super) struct OperationLog(Arc<Inner>);

struct Inner {
    /// Asking and answering, as the explorer sees it: which came first is what a history is judged by.
    order: Shared,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    now: u64,
    /// One for each operation.
    logs: Vec<Log>,
    given: Vec<(u32, Context)>,
}

impl Written {
    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }
}

impl OperationLog {
    /// A log of what happens to these sessions.
    pub(super) fn of(sessions: &[ChatContext]) -> Self {
        let given = (0..).zip(sessions).map(|(key, it)| (key, Context::from(&ChatContextDTO::from(it))));
        let written = Written { given: given.collect(), ..Written::default() };
        Self(Arc::new(Inner { order: Shared::default(), written: Mutex::new(written) }))
    }

    /// Invokes, and records the answer. If this is dropped on the way, the answer is unknown.
    pub(super) async fn ask(
        &self,
        process: u64,
        key: u32,
        call: Call,
        answer: impl Future<Output = Result<Answer, SessionError>>,
    ) {
        self.0.order.step("request", false).await;
        let (at, ticket) = {
            let mut written = self.0.written.lock();
            let now = written.tick();
            let mut log = Log::new(process, 1);
            let ticket = log.invoke(now, key, call);
            written.logs.push(log);
            (written.logs.len() - 1, ticket)
        };
        let answer = answer.await;
        self.0.order.touch(true);
        let mut written = self.0.written.lock();
        let now = written.tick();
        let log = &mut written.logs[at];
        match answer {
            Ok(answer) => log.ok(ticket, now, answer),
            Err(SessionError::NotFound { .. }) => log.ok(ticket, now, Answer::Gone),
            Err(error) if error.is_of_unknown_outcome() => log.info(ticket),
            Err(_) => log.fail(ticket),
        }
    }

    /// Records what a client is notified of without having asked.
    pub(super) fn notified(&self, process: u64, key: u32, call: Call, answer: Answer) {
        self.0.order.touch(true);
        let mut written = self.0.written.lock();
        let mut log = Log::new(process, 1);
        let ticket = log.invoke(written.tick(), key, call);
        log.ok(ticket, written.tick(), answer);
        written.logs.push(log);
    }

    /// All that was noted. Once.
    pub(super) fn recording(&self) -> Recording {
        let mut written = self.0.written.lock();
        let mut recording = Recording::new(
            std::mem::take(&mut written.given).into_iter().map(|(key, context)| context.given(key)),
        );
        std::mem::take(&mut written.logs).into_iter().for_each(|log| recording.add(log));
        recording
    }
}

/// Whether one operation at a time could have been answered so.
pub(super) fn history(recording: &Recording) -> Result<(), Violated> {
    sessions::history(recording, "no linearization explains these answers")
}

/// Sessions as they are in the end, by their numbers.
pub(super) type Left = BTreeMap<u32, ChatContext>;

/// Whether memory and store agree with each other and with what was answered.
pub(super) fn hold(recording: &Recording, memory: &Left, store: &Left) -> Result<(), Violated> {
    let [memory, store] = [memory, store].map(|left| left.iter().map(|(key, it)| (*key, it)).collect());
    let mut findings = sessions::in_memory(recording, &memory);
    findings.extend(invariants::stored(recording, &memory, &store));
    sessions::none(findings)
}
