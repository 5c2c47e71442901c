//! What a server does from time to time: it says that it is there, gives signs of life for its turns, has leases last that are
//! asked for, and ends turns whose servers have gone.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use crate::backend::chat::{ChatContext, ChatError, ContextId};
use crate::backend::clock::Clock;
use crate::backend::session::{SessionError, Short};
use crate::backend::store::StoreError;

use super::super::directory::{Directory, ServerEntry};
use super::super::guard::{Guard, Renewal};
use super::super::stored_session::Token;
use super::change::How;
use super::entry::SharedEnv;
use super::rows;
use super::state::SharedSessions;

/// How many statements of upkeep are under way at once: fewer than connections, which requests need.
const WIDTH: usize = 4;

/// How often the end looks whether turns have been rolled back.
const GLANCE: Duration = Duration::from_millis(5);

/// Receipts are looked through, and sessions counted, once in so many rounds.
const ROUNDS: u32 = 16;

impl<E: SharedEnv> SharedSessions<E> {
    /// Does what is to be done every `interval`, until dropped: a future for the host to run beside the service. The interval is
    /// to be a third of the shorter one of turn deadline and lease, or less.
    pub async fn upkeep(&self, interval: Duration) {
        let mut round = 0;
        let mut spent = Duration::ZERO;
        loop {
            self.env.clock().sleep(interval.saturating_sub(spent)).await;
            let began = self.env.clock().monotonic();
            self.extend_turns().await;
            self.renew_leases().await;
            if let Err(error) = self.attend(round % ROUNDS == 0).await {
                // The log has the cause already, and the next round is soon.
                tracing::debug!(%error, "upkeep was not done in full");
            }
            round = round.wrapping_add(1);
            spent = self.env.clock().monotonic().saturating_sub(began);
        }
    }

    /// Announces the server, so that others know where to find it.
    ///
    /// # Errors
    /// The database was not asked, or refuses.
    pub async fn announce(&self) -> Result<(), StoreError> {
        let announced = self.connection().await?.announce(self.options.server.clone()).await;
        announced.map_err(|error| rows::failed("announce the server", &error))
    }

    /// The servers that have announced themselves within this time.
    ///
    /// # Errors
    /// The database was not asked, or refuses.
    pub async fn servers(&self, within: Duration) -> Result<Vec<ServerEntry>, StoreError> {
        let servers = self.connection().await?.servers(within).await;
        servers.map_err(|error| rows::failed("look for other servers", &error))
    }

    /// Waits until no turn of this server is at work any more, for so long at most. Then it gives up what is had for a time, and
    /// takes the server out of those there are: so that others need not wait when it ends.
    pub async fn leave(&self, patience: Duration) {
        let began = self.env.clock().monotonic();
        while self.turns.with(|turns| !turns.is_empty()) {
            if self.env.clock().monotonic().saturating_sub(began) > patience {
                tracing::warn!(
                    "turns are at work still; other servers end them when their deadlines have passed"
                );
                break;
            }
            self.env.clock().sleep(GLANCE).await;
        }
        self.release_leases().await;
        if let Ok(mut connection) = self.connection().await
            && let Err(error) = connection.leave(self.owner()).await
        {
            tracing::debug!(%error, "the server was not taken out");
        }
    }

    /// Puts off the deadlines of the turns that this server runs: as long as it lives, a model may think.
    async fn extend_turns(&self) {
        let turns: Vec<(Token, ContextId)> =
            self.turns.at(|turns| turns.iter().map(|(token, id)| (*token, *id)).collect()).await;
        let lasts = self.options.turn_deadline;
        stream::iter(turns)
            .for_each_concurrent(WIDTH, async |(token, id)| {
                // If it is not the session's any more, its next step finds that out.
                if let Ok(mut connection) = self.connection().await {
                    let _is_ours = connection.extend_turn(id, token, lasts).await;
                }
            })
            .await;
    }

    /// Has leases last that were asked for since the last round. The others expire.
    async fn renew_leases(&self) {
        let live = self.registry.at(|registry| registry.live()).await;
        let used = live.into_iter().filter(|entry| entry.was_used());
        let renewals = stream::iter(used).map(async |entry| self.guard().renew(&entry.local).await);
        let drifted = renewals
            .buffer_unordered(WIDTH)
            .any(async |renewal| matches!(renewal, Ok(Renewal::Drifted)))
            .await;
        if drifted {
            tracing::warn!(
                "this machine's clock and the database's have drifted apart by more than half of the lease's margin: all \
                 leases are given up"
            );
            self.release_leases().await;
        }
    }

    async fn release_leases(&self) {
        let live = self.registry.at(|registry| registry.live()).await;
        stream::iter(live)
            .for_each_concurrent(WIDTH, async |entry| {
                // What cannot be given up expires.
                let _released = self.guard().release(&entry.local).await;
            })
            .await;
    }

    /// What any server does for all of them.
    async fn attend(&self, thoroughly: bool) -> Result<(), SessionError> {
        self.noted(self.announce().await.map_err(SessionError::Index))?;
        let mut connection = self.connection().await.map_err(SessionError::Index)?;
        if thoroughly {
            let failed = |error| SessionError::Index(rows::failed("look for what is old", &error));
            connection.forget_receipts().await.map_err(failed)?;
            if self.options.limits.sessions < usize::MAX {
                let count = connection.count().await.map_err(failed)?;
                let max = u64::try_from(self.options.limits.sessions).unwrap_or(u64::MAX);
                self.is_full.store(count >= max, Relaxed);
            }
        }
        drop(connection);
        self.end_overdue_turns().await.map_err(SessionError::Index)
    }

    /// Ends turns whose deadlines have passed: their servers have gone, or cannot reach the database.
    ///
    /// # Errors
    /// The database was not asked, or refuses.
    pub async fn end_overdue_turns(&self) -> Result<(), StoreError> {
        let overdue = self.connection().await?.overdue_turns().await;
        for id in overdue.map_err(|error| rows::failed("look for overdue turns", &error))? {
            self.abandon_turn(id).await;
        }
        Ok(())
    }

    /// Ends a turn whose server has gone, unless another comes before, or it was only slow: the database looks at token and
    /// deadline once more. Of a session that another server has the lease of, that one does it.
    async fn abandon_turn(&self, id: ContextId) {
        let entry = self.entry(id).await;
        let cancel = &mut |context: &mut ChatContext| {
            let state = context.state_kind();
            if context.recover() { Ok(()) } else { Err(ChatError::Busy { state }) }
        };
        match self.change(&entry, How::Abandon, None, cancel).await {
            Ok(()) => tracing::warn!(%id, "the turn of a server that has gone was ended"),
            Err(error) => tracing::debug!(%id, %error, "an overdue turn was not ended"),
        }
    }
}
