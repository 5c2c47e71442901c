//! How the sessions of a scenario are made, replaced and deleted: by the routes that clients have, too.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use futures_util::{StreamExt, stream};
use lockyard_bench::Fault;

use crate::backend::chat::{ChatContext, ContextId, IdempotencyKey, NewMessage};
use crate::backend::remote::Remote;
use crate::backend::service::{ChatService, CreateContext, RemoteFailure, Serve, ServiceError, request};
use crate::backend::session::SessionError;
use crate::checks::spec::Context;

use super::super::planned_sessions::PlannedSessions;
use super::{AT_ONCE, LOOK, LOOK_FOR_OTHERS, ServerSessions, in_time};

impl ServerSessions {
    /// Deletes the sessions that clients made, and puts new ones in the place of those that have grown.
    pub(in crate::subjects) async fn tidy(&self, made: Vec<ContextId>, grown: Vec<usize>) {
        let mut deleted =
            stream::iter(made).map(|id| self.delete(id, self.keeper.home(id))).buffer_unordered(AT_ONCE);
        while let Some(done) = deleted.next().await {
            if let Err(error) = done {
                tracing::warn!(%error, "a session made during a slice could not be deleted");
            }
        }
        // What other machines ask stays as it is: they would not know what stands in its place.
        let grown = if self.planned.is_some() { Vec::new() } else { grown };
        let grown = grown.into_iter().chain(self.stale.lock().clone()).collect::<BTreeSet<_>>();
        let replace = |index| self.replace(index, &self.population.contexts[index]);
        let mut replaced = stream::iter(grown).map(replace).buffer_unordered(AT_ONCE);
        while let Some(done) = replaced.next().await {
            if let Err(error) = done {
                tracing::warn!(%error, "a session could not be replaced");
            }
        }
    }

    /// Makes a session like this one, which stands for it from now on; of those that several machines share only the messages of this
    /// machine's own. All of it at one server: a group is not asked to agree on
    /// anything before it is measured.
    pub(super) async fn make(&self, index: usize, context: &ChatContext) -> Result<(), ServiceError> {
        let server = &self.keeper.servers()[self.keeper.home(context.id())];
        let config = context.config();
        let request = CreateContext {
            model_id: config.model_id.clone(),
            mode: config.mode.clone(),
            system_prompt_id: None,
        };
        let key = self.planned.map(|planned| planned.key(context.id()));
        let id = in_time(self.patience, self.create(server, request, key)).await?;
        self.keeper.alias(context.id(), id);
        if self.planned.is_some_and(|planned| !planned.is_own(index)) {
            return Ok(());
        }
        for message in context.pool().iter() {
            let message = NewMessage { role: message.role, content: message.content.clone() };
            in_time(self.patience, server.add_context_message(id, message, None)).await?;
        }
        Ok(())
    }

    /// Creates a session. Under a key another machine may be about to create it: then it is asked again.
    async fn create(
        &self,
        server: &Remote,
        body: CreateContext,
        key: Option<IdempotencyKey>,
    ) -> Result<ContextId, ServiceError> {
        loop {
            match server.serve(request::CreateContext { body: body.clone(), key }).await {
                Err(ServiceError::RemoteFailure { outcome: RemoteFailure::Conflict, .. })
                    if key.is_some() =>
                {
                    tokio::time::sleep(LOOK).await;
                }
                created => return created,
            }
        }
    }

    /// Waits until every session of a plan has the messages that it begins with, which other machines put there; and says how each is
    /// then. Until the plan starts nobody changes one that is whole.
    pub(super) async fn whole(&self, planned: &PlannedSessions) -> Result<Vec<(u32, Context)>, Fault> {
        loop {
            let now = self.contexts().await.map_err(Fault::new)?;
            let wanted = |key: u32| self.population.contexts[key as usize].pool().len() as u32;
            if let Some((key, context)) = now.iter().find(|(key, context)| context.total > wanted(*key)) {
                return Err(Fault::new(format_args!(
                    "session {} of the plan has {} messages before the start, and begins with {}: the plan was run before; write \
                     another one",
                    key,
                    context.total,
                    wanted(*key)
                )));
            }
            let whole: BTreeSet<u32> = now
                .iter()
                .filter(|(key, context)| context.total == wanted(*key))
                .map(|(key, _)| *key)
                .collect();
            let missing: Vec<u32> =
                (0..self.population.ids.len() as u32).filter(|key| !whole.contains(key)).collect();
            let Some(first) = missing.first() else { return Ok(now) };
            if SystemTime::now() >= planned.start {
                return Err(Fault::new(format_args!(
                    "{} sessions were not whole when the plan started, first one of slice {}: is that machine running? Write a plan \
                     that starts later, and start all machines before",
                    missing.len(),
                    planned.maker(*first as usize) + 1
                )));
            }
            tokio::time::sleep(LOOK_FOR_OTHERS).await;
        }
    }

    /// Puts a new session in the place of one that has grown.
    async fn replace(&self, index: usize, context: &ChatContext) -> Result<(), ServiceError> {
        let grown = self.keeper.named(context.id());
        self.stale.lock().insert(index);
        self.make(index, context).await?;
        self.stale.lock().remove(&index);
        self.delete(grown, self.keeper.home(context.id())).await
    }

    /// Deletes a session, as the servers call it: at this server, or where it is not known there at the first one that knows it.
    /// Those that are gone are not asked.
    pub(super) async fn delete(&self, id: ContextId, home: usize) -> Result<(), ServiceError> {
        let servers = self.keeper.servers();
        let from_home = (home..servers.len()).chain(0..home);
        for nth in from_home.filter(|nth| !self.states[*nth].gone.load(Relaxed)) {
            match in_time(self.patience, servers[nth].delete_context(id)).await {
                Err(ServiceError::Session(SessionError::NotFound { .. })) => {}
                done => return done,
            }
        }
        Ok(())
    }
}
