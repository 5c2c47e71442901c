//! Clients of a small session manager, who take part in a program and note what they are answered.

use std::sync::Arc;

use crate::checks::sessions::context;
use crate::checks::spec::{Call, Token};

use super::fixture::Fixture;
use super::operation_log::OperationLog;
use super::program::PitfallProgram;
use super::session_env::SessionEnv;
use super::sessions::{Sessions, Steps};

/// How a client takes its time, in steps: nothing where every order is tried.
#[derive(Clone, Copy, Default)]
pub(super) struct ClientPace {
    /// Before it asks.
    pub(super) after: usize,
    /// Between taking hold of a session and changing it.
    pub(super) holding: usize,
}

impl ClientPace {
    pub(super) const AT_ONCE: Self = Self { after: 0, holding: 0 };

    pub(super) const fn after(after: usize) -> Self {
        Self { after, ..Self::AT_ONCE }
    }

    pub(super) const fn holding(self, holding: usize) -> Self {
        Self { holding, ..self }
    }
}

/// A program, while its clients are added.
pub(super) struct Clients<E: SessionEnv, S> {
    pub(super) all: Arc<Sessions<E, S>>,
    pub(super) log: OperationLog,
    sessions: u32,
    program: PitfallProgram,
    processes: u64,
}

impl<E: SessionEnv, S: Steps<E>> Clients<E, S> {
    /// Clients of a manager with room for one session, which knows so many.
    pub(super) fn of(sessions: u32, write_through: bool) -> Self {
        let given: Vec<_> = (0..sessions).map(context).collect();
        let all = Sessions::new(sessions, 1, write_through);
        Self { all, log: OperationLog::of(&given), sessions, program: PitfallProgram::new(), processes: 0 }
    }

    /// The first session is in the cache when they begin.
    pub(super) fn warm(self) -> Self {
        self.all.warm(0);
        self
    }

    /// Any task.
    pub(super) fn part(mut self, name: &str, does: impl Future<Output = ()> + 'static) -> Self {
        self.program = self.program.part(name, does);
        self
    }

    /// A client that appends its name to the first session.
    pub(super) fn append(mut self, name: &'static str, pace: ClientPace) -> Self {
        let (process, log, all) = (self.process(), self.log.clone(), self.all.clone());
        self.part(name, async move {
            wait::<E>(pace.after).await;
            let append = all.append(0, name, pace.holding);
            log.ask(process, 0, Call::Append(Token::of(name)), append).await;
        })
    }

    /// A client that reads the second session, which no check looks at, and then appends to the first.
    pub(super) fn pass_by(mut self, name: &'static str) -> Self {
        let (process, log, all) = (self.process(), self.log.clone(), self.all.clone());
        self.part(name, async move {
            let _seen = all.read(1).await.is_ok();
            log.ask(process, 0, Call::Append(Token::of(name)), all.append(0, name, 0)).await;
        })
    }

    /// A client that deletes the first session.
    pub(super) fn delete(mut self, name: &'static str, pace: ClientPace) -> Self {
        let (process, log, all) = (self.process(), self.log.clone(), self.all.clone());
        self.part(name, async move {
            wait::<E>(pace.after).await;
            log.ask(process, 0, Call::Delete, all.delete(0)).await;
        })
    }

    /// Auto-save, once.
    pub(super) fn flush(self, name: &'static str, pace: ClientPace) -> Self {
        let all = self.all.clone();
        self.part(name, async move {
            wait::<E>(pace.after).await;
            S::flush(&all).await;
        })
    }

    /// The program without its log.
    pub(super) fn tasks(self) -> PitfallProgram {
        self.program
    }

    /// The program with its log.
    pub(super) fn fixture(self) -> Fixture {
        let Self { all, log, sessions, program, .. } = self;
        Fixture::new(program, log, async move { all.left(sessions).await })
    }

    pub(super) fn process(&mut self) -> u64 {
        self.processes += 1;
        self.processes - 1
    }
}

async fn wait<E: SessionEnv>(steps: usize) {
    for _ in 0..steps {
        E::yield_now().await;
    }
}
