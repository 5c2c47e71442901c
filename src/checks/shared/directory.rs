//! What stands around the guards, over the model: each is one look at the tables, or a change of one row.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use crate::backend::chat::ContextId;
use crate::backend::shared::{
    DatabaseError, Directory, DirectoryStatement, Owner, ServerEntry, Statement, StoredReceipt, Text, Token,
};

use super::connection::{ModelConnection, Now};
use super::tables::{Effect, Row};

type Answer<R> = Result<R, DatabaseError>;

impl ModelConnection {
    /// A look at all committed rows. A step.
    async fn look<R>(
        &self,
        statement: DirectoryStatement,
        look: impl FnOnce(&BTreeMap<ContextId, Row>) -> R,
    ) -> R {
        self.database.rows().step(statement.name(), false).await;
        look(&self.database.tables().rows)
    }
}

impl Directory for ModelConnection {
    async fn list(&mut self, after: Option<ContextId>, limit: usize) -> Answer<Vec<Text>> {
        let is_later = |id: &ContextId| after.is_none_or(|after| *id > after);
        Ok(self
            .look(DirectoryStatement::List, |rows| {
                let later = rows.iter().filter(|(id, _)| is_later(id));
                later.map(|(_, row)| row.session.body.clone()).take(limit).collect()
            })
            .await)
    }

    async fn count(&mut self) -> Answer<u64> {
        Ok(self.look(DirectoryStatement::Count, |rows| rows.len() as u64).await)
    }

    async fn receipt(&mut self, key: Uuid) -> Answer<Option<StoredReceipt>> {
        Ok(self
            .look(DirectoryStatement::Receipt, |rows| {
                rows.iter().find_map(|(id, row)| {
                    let (receipt, version) = row.receipts.iter().find(|(receipt, _)| receipt.key == key)?;
                    let (request, message) = (receipt.request, receipt.message);
                    Some(StoredReceipt { request, session: *id, version: *version, message })
                })
            })
            .await)
    }

    async fn forget_receipts(&mut self) -> Answer<u64> {
        // No day passes in a model.
        Ok(0)
    }

    async fn extend_turn(&mut self, id: ContextId, token: Token, lasts: Duration) -> Answer<bool> {
        let extends = move |row: &Row, now: Now<'_>| {
            let is_its = row.session.turn.is_some_and(|turn| turn.token == token);
            let turn_deadline = Some(now() + lasts);
            is_its.then(|| (Effect::Replace(Row { turn_deadline, ..row.clone() }), ()))
        };
        // Counted as what it is most like: one row is updated.
        Ok(self.modify(Statement::Write, id, extends).await?.is_some())
    }

    async fn overdue_turns(&mut self) -> Answer<Vec<ContextId>> {
        Ok(self
            .look(DirectoryStatement::OverdueTurns, |rows| {
                let now = self.database.time().database();
                let is_overdue = |row: &Row| row.turn_deadline.is_some_and(|deadline| deadline < now);
                rows.iter().filter(|(_, row)| is_overdue(row)).map(|(id, _)| *id).collect()
            })
            .await)
    }

    async fn announce(&mut self, _: ServerEntry) -> Answer<()> {
        Ok(())
    }

    async fn address(&mut self, _: Owner) -> Answer<Option<String>> {
        Ok(None)
    }

    async fn servers(&mut self, _: Duration) -> Answer<Vec<ServerEntry>> {
        Ok(Vec::new())
    }

    async fn leave(&mut self, _: Owner) -> Answer<()> {
        Ok(())
    }
}
