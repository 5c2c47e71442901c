//! The statements over a connection to PostgreSQL: their parameters, their answers, and what their errors mean.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::backend::chat::{ContextId, Version};
use crate::backend::shared::{
    Connection, CopyCheck, DatabaseError, Epoch, LeaseAnswer, NewSession, Owner, RequestReceipt,
    SharedSession, Statement, StoredSession, Token, TurnChange, TurnHold, Write, WriteCondition,
};

pub(super) type Answer<R> = Result<R, DatabaseError>;
pub(super) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection of the pool. Statements are prepared when they are sent first.
#[derive(Debug)]
pub struct PostgresConnection {
    /// Nothing once it is lost.
    client: Option<Object>,
    /// A statement was sent and not answered, or a transaction is open: it must not go back into the pool.
    in_use: bool,
    in_transaction: bool,
}

impl PostgresConnection {
    pub(super) fn new(client: Object) -> Self {
        Self { client: Some(client), in_use: false, in_transaction: false }
    }

    /// Sends a statement; its rows.
    pub(super) async fn query(&mut self, sql: &str, parameters: Parameters<'_>) -> Answer<Vec<Row>> {
        let Some(client) = &self.client else { return Err(DatabaseError::Lost) };
        let prepared = client.prepare_cached(sql).await.map_err(|error| nothing_sent(&error))?;
        // Until it is answered: if the caller goes away meanwhile, nobody may use this connection after it.
        self.in_use = true;
        let rows = client.query(&prepared, parameters).await;
        self.answered(rows)
    }

    /// Sends a statement that has neither parameters nor rows.
    async fn execute(&mut self, statement: Statement) -> Answer<()> {
        let Some(client) = &self.client else { return Err(DatabaseError::Lost) };
        self.in_use = true;
        let done = client.batch_execute(statement.sql()).await;
        self.answered(done)
    }

    fn answered<R>(&mut self, answer: Result<R, tokio_postgres::Error>) -> Answer<R> {
        match answer {
            Ok(answer) => {
                self.in_use = self.in_transaction;
                Ok(answer)
            }
            Err(error) => {
                let error = meaning(&error);
                // After a refusal outside a transaction it can be used again.
                self.in_use = self.in_transaction || error == DatabaseError::Lost;
                Err(error)
            }
        }
    }

    /// Sends a statement that answers at most one row.
    pub(super) async fn query_opt(&mut self, sql: &str, parameters: Parameters<'_>) -> Answer<Option<Row>> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }
}

impl Drop for PostgresConnection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take().filter(|_| self.in_use) {
            // Closed rather than handed on: the database rolls back what was open, and executes what it was sent.
            drop(Object::take(client));
        }
    }
}

/// What an error means for the statement that was sent.
fn meaning(error: &tokio_postgres::Error) -> DatabaseError {
    match error.as_db_error() {
        // Those end the connection, whatever it was about to do: a commit may have been made.
        Some(said)
            if [
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            ]
            .contains(said.code()) =>
        {
            DatabaseError::Lost
        }
        // The one thing that is unique and not given by the server itself.
        Some(said) if said.constraint() == Some("receipts_pkey") => DatabaseError::Repeated,
        Some(said) => DatabaseError::Refused(format!("{} ({})", said.message(), said.code().code())),
        None => DatabaseError::Lost,
    }
}

/// The same where the statement itself was not sent yet.
pub(super) fn nothing_sent(error: &tokio_postgres::Error) -> DatabaseError {
    match meaning(error) {
        DatabaseError::Lost => DatabaseError::Refused(error.to_string()),
        refused => refused,
    }
}

pub(super) fn version(row: &Row, column: usize) -> Version {
    Version(row.get::<_, i64>(column).unsigned_abs())
}

fn epoch(row: &Row, column: usize) -> Epoch {
    Epoch(row.get::<_, i64>(column).unsigned_abs())
}

fn clock(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A row of version, body, turn, owner, epoch, messages, settings; nothing where body, messages and settings are null.
fn stored(row: &Row) -> Option<StoredSession> {
    let body: Option<&str> = row.get(1);
    let messages: Option<Vec<&str>> = row.get(5);
    let (token, owner): (Option<Uuid>, Option<Uuid>) = (row.get(2), row.get(3));
    let turn = token.zip(owner).map(|(token, owner)| TurnHold { token: Token(token), owner: Owner(owner) });
    let messages = messages?.into_iter().map(Arc::from).collect();
    let settings = row.get::<_, Option<&str>>(6).map(Arc::from)?;
    let session =
        SharedSession { version: version(row, 0), body: Arc::from(body?), settings, messages, turn };
    Some(StoredSession { session, epoch: epoch(row, 4) })
}

/// The columns of a receipt: key, request, message.
fn columns(receipt: Option<RequestReceipt>) -> (Option<Uuid>, Option<Uuid>, Option<i64>) {
    let message = receipt.and_then(|receipt| receipt.message).map(i64::from);
    (receipt.map(|receipt| receipt.key), receipt.map(|receipt| receipt.request), message)
}

impl Connection for PostgresConnection {
    async fn begin(&mut self) -> Answer<()> {
        self.in_transaction = true;
        self.execute(Statement::Begin).await
    }

    async fn commit(&mut self) -> Answer<()> {
        self.in_transaction = false;
        self.execute(Statement::Commit).await
    }

    async fn rollback(&mut self) -> Answer<()> {
        self.in_transaction = false;
        self.execute(Statement::Rollback).await
    }

    async fn read(&mut self, id: ContextId) -> Answer<Option<StoredSession>> {
        Ok(self.query_opt(Statement::Read.sql(), &[&id.0]).await?.as_ref().and_then(stored))
    }

    async fn read_newer(&mut self, id: ContextId, known: Version) -> Answer<Option<CopyCheck>> {
        let row = self.query_opt(Statement::ReadNewer.sql(), &[&id.0, &number(known.0)]).await?;
        Ok(row.map(|row| stored(&row).map_or(CopyCheck::Current, CopyCheck::Stale)))
    }

    async fn lock(&mut self, id: ContextId) -> Answer<bool> {
        Ok(self.query_opt(Statement::Lock.sql(), &[&id.0]).await?.is_some())
    }

    async fn advisory_lock(&mut self, id: ContextId) -> Answer<()> {
        self.query(Statement::AdvisoryLock.sql(), &[&id.0]).await.map(|_| ())
    }

    async fn create(&mut self, id: ContextId, session: NewSession) -> Answer<bool> {
        let NewSession { body, settings, receipt } = session;
        let (key, request, message) = columns(receipt);
        let parameters: Parameters<'_> = &[&id.0, &&*body, &&*settings, &key, &request, &message];
        Ok(self.query_opt(Statement::Create.sql(), parameters).await?.is_some())
    }

    async fn write(
        &mut self,
        id: ContextId,
        condition: WriteCondition,
        write: Write,
    ) -> Answer<Option<Version>> {
        let (rule, demanded, token, owner, lasts) = match write.turn {
            TurnChange::Keep => ("keep", None, None, None, Duration::ZERO),
            TurnChange::Begin { turn, lasts, over } => {
                ("begin", over.map(|it| it.0), Some(turn.token.0), Some(turn.owner.0), lasts)
            }
            TurnChange::Step { token, lasts } => ("step", Some(token.0), Some(token.0), None, lasts),
            TurnChange::End { token } => ("end", Some(token.0), None, None, Duration::ZERO),
            TurnChange::Abandon { token } => ("abandon", Some(token.0), None, None, Duration::ZERO),
        };
        let numbers: Vec<i64> = write.messages.iter().map(|message| message.number.into()).collect();
        let bodies: Vec<&str> = write.messages.iter().map(|message| &*message.body).collect();
        let (key, request, message) = columns(write.receipt);
        let known = condition.version.map(|version| number(version.0));
        let under = condition.epoch.map(|epoch| number(epoch.0));
        let parameters: Parameters<'_> = &[
            &id.0,
            &&*write.body,
            &write.settings.as_deref(),
            &numbers,
            &bodies,
            &known,
            &under,
            &rule,
            &demanded,
            &token,
            &owner,
            &micros(lasts),
            &key,
            &request,
            &message,
        ];
        let row = self.query_opt(Statement::Write.sql(), parameters).await?;
        Ok(row.map(|row| version(&row, 0)))
    }

    async fn delete(&mut self, id: ContextId, condition: WriteCondition) -> Answer<bool> {
        let known = condition.version.map(|version| number(version.0));
        let under = condition.epoch.map(|epoch| number(epoch.0));
        Ok(self.query_opt(Statement::Delete.sql(), &[&id.0, &known, &under]).await?.is_some())
    }

    async fn take_lease(&mut self, id: ContextId, owner: Owner, ttl: Duration) -> Answer<LeaseAnswer> {
        let row = self.query_opt(Statement::TakeLease.sql(), &[&id.0, &owner.0, &micros(ttl)]).await?;
        Ok(row.map_or(LeaseAnswer::Gone, |row| match row.get::<_, Option<i64>>(0) {
            Some(taken) => LeaseAnswer::Taken { epoch: Epoch(taken.unsigned_abs()), at: clock(row.get(1)) },
            None => LeaseAnswer::Elsewhere(row.get::<_, Option<Uuid>>(2).map(Owner)),
        }))
    }

    async fn renew_lease(&mut self, id: ContextId, epoch: Epoch, ttl: Duration) -> Answer<Option<Duration>> {
        let row =
            self.query_opt(Statement::RenewLease.sql(), &[&id.0, &number(epoch.0), &micros(ttl)]).await?;
        Ok(row.map(|row| clock(row.get(0))))
    }

    async fn release_lease(&mut self, id: ContextId, epoch: Epoch) -> Answer<()> {
        self.query(Statement::ReleaseLease.sql(), &[&id.0, &number(epoch.0)]).await.map(|_| ())
    }
}
