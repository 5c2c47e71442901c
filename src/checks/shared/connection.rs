//! A connection to the model of the database: how statements are executed, and how they are lost.

use std::future::poll_fn;
use std::panic::Location;
use std::task::Poll;
use std::time::Duration;

use lockyard_explore::annotate;
use lockyard_explore::guest::{Turn, choose};

use crate::backend::chat::ContextId;
use crate::backend::shared::{Database, DatabaseError, Statement};

use super::database::{ModelDatabase, in_background};
use super::tables::{Effect, LockEntry, Row, Tables};

/// A connection.
pub struct ModelConnection {
    pub(super) database: ModelDatabase,
    /// Its transaction, if it is in one.
    transaction: Option<OpenTransaction>,
}

/// A transaction under way.
struct OpenTransaction {
    number: u64,
    /// What it has changed: the row, or none where it was deleted.
    changed: Vec<(ContextId, Option<Row>)>,
}

/// What becomes of something that is sent: in traces `lost: 0 of 3` and so on.
enum Delivery {
    Executed,
    Never,
    Later,
}

/// `clock_timestamp()`: who does not ask for it does not depend on it.
pub(super) type Now<'a> = &'a dyn Fn() -> Duration;

/// What a change does to a row, if its WHERE finds it: the effect, and the answer.
pub(super) trait Evaluate<R>: Fn(&Row, Now<'_>) -> Option<(Effect, R)> + Send + 'static {}

impl<R, F: Fn(&Row, Now<'_>) -> Option<(Effect, R)> + Send + 'static> Evaluate<R> for F {}

impl ModelConnection {
    pub(super) fn new(database: ModelDatabase) -> Self {
        Self { database, transaction: None }
    }

    /// Counts a statement as executed.
    pub(super) fn count(&self, statement: Statement) {
        self.database.tables().executed.push(statement);
    }

    /// A plain look at the committed row, or at this transaction's own. A step.
    pub(super) async fn snapshot(&mut self, id: ContextId, what: &'static str) -> Option<Row> {
        self.database.rows().step(what, false).await;
        let row = self.visible(&self.database.tables(), id);
        annotate(|| match &row {
            Some(row) => format!("version {}, body {:?}", row.session.version, row.session.body),
            None => "no row".to_owned(),
        });
        row
    }

    /// The row as it is in the step at work, for what a statement returns of a row that it has locked.
    pub(super) fn current(&self, id: ContextId) -> Option<Row> {
        self.database.rows().atomic(false);
        self.visible(&self.database.tables(), id)
    }

    /// The row as a statement sees it that begins now.
    fn visible(&self, tables: &Tables, id: ContextId) -> Option<Row> {
        let own = self.transaction.iter().flat_map(|it| &it.changed).rfind(|(changed, _)| *changed == id);
        own.map_or_else(|| tables.rows.get(&id).cloned(), |(_, row)| row.clone())
    }

    /// Inserts a row unless there is one; whether there was none. A step.
    pub(super) async fn insert(&mut self, id: ContextId, row: Row) -> bool {
        self.database.rows().step(Statement::Create.name(), true).await;
        let mut tables = self.database.tables();
        let is_new = self.visible(&tables, id).is_none();
        match &mut self.transaction {
            _ if !is_new => {}
            Some(transaction) => transaction.changed.push((id, Some(row))),
            None => tables.store(id, Some(row)),
        }
        is_new
    }

    /// Locks the row of a session and changes it, as `evaluate` says of the newest version; the answer, or nothing if it is
    /// not found.
    pub(super) async fn modify<R: Send + 'static>(
        &mut self,
        statement: Statement,
        id: ContextId,
        evaluate: impl Evaluate<R>,
    ) -> Result<Option<R>, DatabaseError> {
        self.count(statement);
        let turn = Turn::new(self.database.locks(), statement.name(), true, Location::caller());
        self.modify_by(turn, statement, id, evaluate, true).await
    }

    async fn modify_by<R: Send + 'static>(
        &mut self,
        mut turn: Turn,
        statement: Statement,
        id: ContextId,
        evaluate: impl Evaluate<R>,
        may_be_lost: bool,
    ) -> Result<Option<R>, DatabaseError> {
        let number = match &self.transaction {
            Some(transaction) => transaction.number,
            None => self.next_transaction(),
        };
        // What it may be lost as, in a transaction of its own.
        let may_be_lost = may_be_lost && self.transaction.is_none();
        let mut evaluate = Some(evaluate);
        let mut planned: Option<(Row, (Effect, R))> = None;
        let found = poll_fn(|context| {
            turn.poll(context, |context| {
                let Some(evaluation) = &evaluate else { return Poll::Ready(Ok(None)) };
                let database = self.database.clone();
                database.rows().atomic(false);
                if planned.is_none() && may_be_lost {
                    match deliver(&database) {
                        Delivery::Executed => {}
                        Delivery::Never => return Poll::Ready(Err(DatabaseError::Lost)),
                        Delivery::Later => {
                            if let Some(evaluation) = evaluate.take() {
                                execute_later(&database, statement, id, evaluation);
                            }
                            return Poll::Ready(Err(DatabaseError::Lost));
                        }
                    }
                }
                let mut tables = database.tables();
                let row = self.visible(&tables, id);
                // The row is found, or passed over, by the snapshot that the statement begins with; after a wait, once more by
                // the newest version, if there is another.
                let is_as_planned = planned.as_ref().is_some_and(|(before, _)| Some(before) == row.as_ref());
                if !is_as_planned {
                    let now = || database.time().database();
                    planned = row.and_then(|row| evaluation(&row, &now).map(|found| (row, found)));
                }
                if planned.is_none() {
                    return Poll::Ready(Ok(None));
                }
                if tables.row_locks.entry(id).or_default().poll_free(number, context).is_pending() {
                    annotate(|| "waits for the row".to_owned());
                    return Poll::Pending;
                }
                drop(tables);
                Poll::Ready(Ok(planned.take().map(|(_, found)| found)))
            })
        })
        .await?;
        let Some((effect, answer)) = found else {
            annotate(|| "no row".to_owned());
            return Ok(None);
        };
        annotate(|| effect.to_string());
        self.take_effect(number, id, effect);
        Ok(Some(answer))
    }

    /// Has a change take effect, in the step at work: in the transaction, or at once where there is none.
    fn take_effect(&mut self, number: u64, id: ContextId, effect: Effect) {
        let changed = match effect {
            Effect::Lock => None,
            Effect::Replace(row) => Some(Some(row)),
            Effect::Delete => Some(None),
        };
        let mut tables = self.database.tables();
        let Some(transaction) = &mut self.transaction else {
            if let Some(row) = changed {
                self.database.rows().atomic(true);
                tables.store(id, row);
            }
            return;
        };
        tables.row_locks.entry(id).or_default().holder = Some(number);
        transaction.changed.extend(changed.map(|row| (id, row)));
    }

    /// Waits for the advisory lock of a session, and keeps it until the transaction ends. One or two steps; `before` is called
    /// in the first.
    pub(super) async fn wait_for_advisory_lock(
        &mut self,
        id: ContextId,
        what: &'static str,
        mut before: impl FnMut(&Tables) + Send,
    ) {
        let (is_kept, number) = match &self.transaction {
            Some(transaction) => (true, transaction.number),
            // Let go of with the statement.
            None => (false, self.next_transaction()),
        };
        let mut turn = Turn::new(self.database.locks(), what, true, Location::caller());
        let mut is_first = true;
        poll_fn(|context| {
            turn.poll(context, |context| {
                let mut tables = self.database.tables();
                if std::mem::take(&mut is_first) {
                    before(&tables);
                }
                let lock = tables.advisory_locks.entry(id).or_default();
                let free = lock.poll_free(number, context);
                if free.is_ready() {
                    lock.holder = is_kept.then_some(number);
                } else {
                    annotate(|| "waits for the advisory lock".to_owned());
                }
                free
            })
        })
        .await;
    }

    pub(super) fn begin_transaction(&mut self) {
        let number = self.next_transaction();
        self.transaction = Some(OpenTransaction { number, changed: Vec::new() });
    }

    fn next_transaction(&self) -> u64 {
        let mut tables = self.database.tables();
        tables.transactions += 1;
        tables.transactions
    }

    /// Commits. A step.
    pub(super) async fn commit_transaction(&mut self) -> Result<(), DatabaseError> {
        self.database.locks().step(Statement::Commit.name(), true).await;
        let Some(transaction) = self.transaction.take() else { return Ok(()) };
        match deliver(&self.database) {
            Delivery::Executed => transaction.commit(&self.database),
            Delivery::Never => {
                transaction.release(&self.database);
                return Err(DatabaseError::Lost);
            }
            Delivery::Later => {
                // Until then it keeps its locks.
                let database = self.database.clone();
                in_background("lost commit", async move {
                    database.locks().step("the commit whose answer was lost", true).await;
                    transaction.commit(&database);
                });
                return Err(DatabaseError::Lost);
            }
        }
        Ok(())
    }

    /// Rolls back. A step.
    pub(super) async fn roll_back(&mut self) {
        self.database.locks().step(Statement::Rollback.name(), true).await;
        if let Some(transaction) = self.transaction.take() {
            transaction.release(&self.database);
        }
    }
}

impl Database for ModelDatabase {
    type Connection = ModelConnection;

    /// No step: nothing is asked of the database by it.
    async fn connect(&self) -> Result<ModelConnection, DatabaseError> {
        Ok(ModelConnection::new(self.clone()))
    }
}

impl Drop for ModelConnection {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            self.database.locks().atomic(true);
            transaction.release(&self.database);
        }
    }
}

impl OpenTransaction {
    fn commit(mut self, database: &ModelDatabase) {
        if !self.changed.is_empty() {
            database.rows().atomic(true);
        }
        let mut tables = database.tables();
        self.changed.drain(..).for_each(|(id, row)| tables.store(id, row));
        drop(tables);
        self.release(database);
    }

    fn release(self, database: &ModelDatabase) {
        let mut tables = database.tables();
        let Tables { row_locks, advisory_locks, .. } = &mut *tables;
        row_locks.values_mut().chain(advisory_locks.values_mut()).for_each(|it: &mut LockEntry| {
            it.release(self.number);
        });
    }
}

/// What becomes of a commit, or of a change that is one, which the step at work sends.
fn deliver(database: &ModelDatabase) -> Delivery {
    if database.tables().losses == 0 {
        database.losses().atomic(false);
        return Delivery::Executed;
    }
    let chosen = choose(3, "lost");
    database.losses().atomic(chosen > 0);
    if chosen > 0 {
        database.tables().losses -= 1;
    }
    [Delivery::Executed, Delivery::Never, Delivery::Later]
        .into_iter()
        .nth(chosen)
        .unwrap_or(Delivery::Executed)
}

/// Has a statement be executed that was sent, and whose connection is lost.
fn execute_later<R: Send + 'static>(
    database: &ModelDatabase,
    statement: Statement,
    id: ContextId,
    evaluate: impl Evaluate<R>,
) {
    let mut connection = ModelConnection::new(database.clone());
    let turn = Turn::new(database.locks(), "the statement whose answer was lost", true, Location::caller());
    in_background("lost statement", async move {
        let _nobody_hears = connection.modify_by(turn, statement, id, evaluate, false).await;
    });
}
