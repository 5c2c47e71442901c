//! A model of the database for the explorer: each statement is a step, or two where it has to wait.
//!
//! What it has of PostgreSQL under READ COMMITTED:
//!
//! - A statement finds rows by the snapshot that it takes when it begins. A row that does not satisfy its WHERE then is passed
//!   over, whatever another transaction is about to make of it.
//! - A statement that changes or locks a row waits while another transaction has it locked. If the row was changed meanwhile,
//!   its WHERE is evaluated again, on the newest version of that row; nothing else is read anew.
//! - Locks of rows, and advisory ones, are kept until the transaction ends. Waiters are granted them in any order.
//! - A transaction sees its own changes; others see them when it has committed, all at once.
//! - A connection may be lost while a commit, or a change that is a transaction of its own, is under way. Then it is never
//!   executed, or it is at any later time. Lost earlier, the transaction is rolled back, as it is when its task is dropped.
//!
//! What it has not: a transaction that a failed statement has made useless, for all guards end it then; several rows of heads that one statement changes; deadlocks among them; replicas; a crash of the database.
//! A statement that need not wait is one step, though a real one takes its snapshot, and takes effect, at two moments. For the
//! guards' own statements that is the same: what they do depends on the newest version of the one row that they lock, but
//! for a row that does not satisfy them yet, which they might as well have met earlier. Those of pitfalls that read more take
//! their snapshot in a [step of its own](super::ModelConnection).

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockyard_explore::Shared;
use lockyard_explore::guest::{SpawnOptions, spawn_with};

use crate::backend::chat::ContextId;
use crate::backend::shared::{NewSession, Statement, StoredSession};

use super::tables::{Row, Tables};
use super::time::ModelTime;

/// The model of the database.
#[derive(Clone)]
pub struct ModelDatabase(Arc<Inside>);

struct Inside {
    tables: Mutex<Tables>,
    time: ModelTime,
    rows: Shared,
    locks: Shared,
    losses: Shared,
    listeners: Mutex<Vec<Listener>>,
}

/// What a server does when it is notified.
type Listener = Arc<dyn Fn() + Send + Sync>;

impl ModelDatabase {
    /// An empty one by this clock, whose connections may be lost so often.
    pub fn new(time: ModelTime, losses: u32) -> Self {
        Self(Arc::new(Inside {
            tables: Mutex::new(Tables { losses, ..Tables::default() }),
            time,
            rows: Shared::new("rows"),
            locks: Shared::new("locks"),
            losses: Shared::new("losses"),
            listeners: Mutex::default(),
        }))
    }

    /// Puts a session into it, of version 1.
    pub fn insert(&self, id: ContextId, session: NewSession) {
        let _before = self.tables().rows.insert(id, Row::new(session));
    }

    /// What is committed of a session.
    pub fn committed(&self, id: ContextId) -> Option<StoredSession> {
        self.tables().rows.get(&id).map(Row::stored)
    }

    /// The statements that were executed, in order, and from now on none.
    pub fn take_executed(&self) -> Vec<Statement> {
        std::mem::take(&mut self.tables().executed)
    }

    /// `LISTEN`: what is done when a server hears of a change.
    pub(super) fn listen(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.listeners().push(Arc::new(listener));
    }

    /// `NOTIFY`: each server hears of it in a step of its own, some time later.
    pub(super) fn notify(&self) {
        for listener in self.listeners().iter().cloned() {
            in_background("notification", async move { listener() });
        }
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        // Poisoned only by a run that has failed already.
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clocks.
    pub(super) fn time(&self) -> &ModelTime {
        &self.0.time
    }

    /// What stands for the committed rows.
    pub(super) fn rows(&self) -> &Shared {
        &self.0.rows
    }

    /// What stands for all locks.
    pub(super) fn locks(&self) -> &Shared {
        &self.0.locks
    }

    /// What stands for how often connections may still be lost.
    pub(super) fn losses(&self) -> &Shared {
        &self.0.losses
    }
}

/// Has the database do something by itself, in steps that come at any time.
#[track_caller]
pub(super) fn in_background(name: &'static str, future: impl Future<Output = ()> + 'static) {
    let options = SpawnOptions { steady: true, ..SpawnOptions::default() };
    let _task = spawn_with(options, name, Location::caller(), future);
}
