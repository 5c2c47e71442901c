//! What is asked beside the guards' statements, over a connection to PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::backend::chat::ContextId;
use crate::backend::shared::{
    Directory, DirectoryStatement as Statement, Owner, ServerEntry, StoredReceipt, Text, Token,
};

use super::connection::{Answer, PostgresConnection, micros, number, version};

impl Directory for PostgresConnection {
    async fn list(&mut self, after: Option<ContextId>, limit: usize) -> Answer<Vec<Text>> {
        let after = after.map(|id| id.0);
        let rows = self.query(Statement::List.sql(), &[&after, &number(limit as u64)]).await?;
        Ok(rows.iter().map(|row| Arc::from(row.get::<_, &str>(0))).collect())
    }

    async fn count(&mut self) -> Answer<u64> {
        let rows = self.query(Statement::Count.sql(), &[]).await?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    async fn receipt(&mut self, key: Uuid) -> Answer<Option<StoredReceipt>> {
        let row = self.query_opt(Statement::Receipt.sql(), &[&key]).await?;
        Ok(row.map(|row| StoredReceipt {
            request: row.get(0),
            session: ContextId(row.get(1)),
            version: version(&row, 2),
            message: row.get::<_, Option<i64>>(3).and_then(|number| u32::try_from(number).ok()),
        }))
    }

    async fn forget_receipts(&mut self) -> Answer<u64> {
        let rows = self.query(Statement::ForgetReceipts.sql(), &[]).await?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    async fn extend_turn(&mut self, id: ContextId, token: Token, lasts: Duration) -> Answer<bool> {
        let sql = Statement::ExtendTurn.sql();
        Ok(self.query_opt(sql, &[&id.0, &token.0, &micros(lasts)]).await?.is_some())
    }

    async fn overdue_turns(&mut self) -> Answer<Vec<ContextId>> {
        let rows = self.query(Statement::OverdueTurns.sql(), &[]).await?;
        Ok(rows.iter().map(|row| ContextId(row.get(0))).collect())
    }

    async fn announce(&mut self, server: ServerEntry) -> Answer<()> {
        let ServerEntry { owner, url, version } = server;
        self.query(Statement::Announce.sql(), &[&owner.0, &url, &version]).await.map(|_| ())
    }

    async fn address(&mut self, owner: Owner) -> Answer<Option<String>> {
        let row = self.query_opt(Statement::Address.sql(), &[&owner.0]).await?;
        Ok(row.map(|row| row.get(0)))
    }

    async fn servers(&mut self, within: Duration) -> Answer<Vec<ServerEntry>> {
        let rows = self.query(Statement::Servers.sql(), &[&micros(within)]).await?;
        let entry = |row: &tokio_postgres::Row| ServerEntry {
            owner: Owner(row.get(0)),
            url: row.get(1),
            version: row.get(2),
        };
        Ok(rows.iter().map(entry).collect())
    }

    async fn leave(&mut self, owner: Owner) -> Answer<()> {
        self.query(Statement::Leave.sql(), &[&owner.0]).await.map(|_| ())
    }
}
