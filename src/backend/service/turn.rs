//! The chat turn: drives the state machine against the model, one short write at a time.
//!
//! No lock is held while the model thinks, while a tool runs, or between two steps; what protects the turn meanwhile
//! is the session's *state*. A working state belongs to exactly one turn, for a second one is refused, and the turn
//! keeps a handle to the session, so the session it comes back to is the one it left.

use std::time::Duration;

use crate::backend::chat::{
    ChatContext, ChatError, IdempotencyKey, MessageId, NewMessage, NewToolCall, Receipt, StateKind,
    Timestamp, ToolCall, ToolDecision, ToolResult, Version, VersionCondition,
};
use crate::backend::session::{HeldSession, SessionError, Settle};

use super::batch::Batch;
use super::model::{ModelClient, ModelError, Prompt, Reply, ReplyStream, ToolRunner};
use super::watch::{TurnEvent, TurnWatch};

/// What runs turns: the model with its tools, and how streamed replies are gathered.
pub(super) struct TurnRunner<M> {
    pub(super) model: M,
    /// For how long streamed chunks are gathered before they are appended in one write.
    pub(super) batch_window: Duration,
}

impl<M: ModelClient + ToolRunner> TurnRunner<M> {
    /// Runs a turn from a user's message to idle, failed, or waiting for approval.
    pub(super) async fn send_message(
        &self,
        session: &dyn HeldSession,
        message: NewMessage,
        terms: &TurnTerms<'_>,
        watch: &dyn TurnWatch,
    ) -> Result<TurnStart, SessionError> {
        let mut turn = Turn { runner: self, session, watch, working: false };
        let begin = |context: &mut ChatContext| {
            terms.admit(context)?;
            let message = Some(context.begin_turn(message)?);
            context.remember(terms.key, message, terms.now);
            Ok(TurnStart { version: context.version().next(), message })
        };
        let began = turn.begin(terms.key, begin).await?;
        turn.converse().await?;
        Ok(began)
    }

    /// Decides tool calls and, once none is pending, continues the turn.
    pub(super) async fn approve_tools(
        &self,
        session: &dyn HeldSession,
        decisions: &[ToolDecision],
        terms: &TurnTerms<'_>,
        watch: &dyn TurnWatch,
    ) -> Result<TurnStart, SessionError> {
        let mut turn = Turn { runner: self, session, watch, working: false };
        let decide = |context: &mut ChatContext| {
            terms.admit(context)?;
            context.decide_tools(decisions)?;
            context.remember(terms.key, None, terms.now);
            let began = TurnStart { version: context.version().next(), message: None };
            if context.pending_calls().next().is_some() {
                return Ok((began, context.state_kind()));
            }
            Ok((began, context.resume_after_approval()?))
        };
        let (began, state) = turn.begin(terms.key, decide).await?;
        match state {
            StateKind::ExecutingTools => turn.execute_tools().await?,
            StateKind::GeneratingResponse => turn.converse().await?,
            _ => {}
        }
        Ok(began)
    }
}

/// The first change that a turn made: with it the session became the turn's.
#[derive(Clone, Copy)]
pub(super) struct TurnStart {
    pub(super) version: Version,
    /// The message that the change appended, if any.
    pub(super) message: Option<MessageId>,
}

/// What was answered when the turn began.
impl From<Receipt> for TurnStart {
    fn from(Receipt { version, message, .. }: Receipt) -> Self {
        Self { version, message }
    }
}

/// When a turn may begin.
pub(super) struct TurnTerms<'a> {
    pub(super) condition: &'a VersionCondition,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) now: Timestamp,
}

impl TurnTerms<'_> {
    fn admit(&self, context: &ChatContext) -> Result<(), ChatError> {
        // Before the condition: the first time has moved the context on.
        context.expect_new(self.key, self.now)?;
        context.require(self.condition)
    }
}

/// A turn at work.
struct Turn<'a, M> {
    runner: &'a TurnRunner<M>,
    session: &'a dyn HeldSession,
    watch: &'a dyn TurnWatch,
    /// Whether this turn has left the session in a working state. It is set inside the write guard, together with
    /// the state itself, so there is no moment at which the two disagree.
    working: bool,
}

impl<M: ModelClient + ToolRunner> Turn<'_, M> {
    /// The first step, for the request of this key if it has one.
    async fn begin<R: Send>(
        &mut self,
        key: Option<IdempotencyKey>,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> Result<R, SessionError> {
        self.take_step(Settle::Acknowledged, key, change).await
    }

    async fn step<R: Send>(
        &mut self,
        settle: Settle,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> Result<R, SessionError> {
        self.take_step(settle, None, change).await
    }

    async fn take_step<R: Send>(
        &mut self,
        settle: Settle,
        key: Option<IdempotencyKey>,
        change: impl FnOnce(&mut ChatContext) -> Result<R, ChatError> + Clone + Send + Sync,
    ) -> Result<R, SessionError> {
        let mut done = None;
        let working = &mut self.working;
        let step = &mut |context: &mut ChatContext| {
            // A copy of it: where servers share the session it may be made anew, of what another has left.
            let result = change.clone()(context)?;
            let state = context.state_kind();
            *working = state.is_working();
            done = Some((result, TurnEvent::Step { state, version: context.version().next() }));
            Ok(())
        };
        self.session.change(settle, key, step).await?;
        let (result, step) = done.expect("a change that was made has a result");
        self.watch.saw(step);
        Ok(result)
    }

    /// Asks the model for its next word in the turn.
    async fn converse(&mut self) -> Result<(), SessionError> {
        let ask = |context: &mut ChatContext| {
            context.request_model()?;
            Ok(prompt(context))
        };
        let prompt = self.step(Settle::Later, ask).await?;
        self.answer(prompt).await
    }

    /// Lets the model answer, trying again after transient failures for as long as the state machine allows.
    async fn answer(&mut self, mut prompt: Prompt) -> Result<(), SessionError> {
        loop {
            let error = match self.listen(prompt).await? {
                Err(error) => error,
                Ok(tool_calls) => {
                    let finish = |context: &mut ChatContext| context.finish_response(tool_calls);
                    match blame_the_world(self.step(Settle::Acknowledged, finish).await)? {
                        Ok(_) => return Ok(()),
                        Err(error) => error,
                    }
                }
            };
            match self.recover(error).await? {
                Some(again) => prompt = again,
                None => return Ok(()),
            }
        }
    }

    /// One reply of the model, written into the conversation as it comes; the tools it wants to call.
    async fn listen(&mut self, prompt: Prompt) -> Result<Result<Vec<NewToolCall>, ModelError>, SessionError> {
        match self.runner.model.request(prompt).await {
            Ok(Reply::Full { text, tool_calls }) => {
                let answer = self.step(Settle::Later, |context| context.full_response(text.as_str())).await;
                if let Err(error) = blame_the_world(answer)? {
                    return Ok(Err(error));
                }
                self.watch.saw(TurnEvent::Text(&text));
                Ok(Ok(tool_calls))
            }
            Ok(Reply::Stream(stream)) => self.follow(stream).await,
            Err(error) => Ok(Err(error)),
        }
    }

    /// Follows a streamed reply: one short write for every batch of chunks.
    async fn follow(
        &mut self,
        mut stream: ReplyStream,
    ) -> Result<Result<Vec<NewToolCall>, ModelError>, SessionError> {
        if let Err(error) = blame_the_world(self.step(Settle::Later, ChatContext::start_stream).await)? {
            return Ok(Err(error));
        }
        let mut tool_calls = Vec::new();
        loop {
            let batch = Batch::gather(&mut stream, self.session, self.runner.batch_window).await;
            if !batch.text.is_empty() {
                let more = self.step(Settle::Later, |context| context.append_chunks(&batch.text)).await;
                if let Err(error) = blame_the_world(more)? {
                    return Ok(Err(error));
                }
                self.watch.saw(TurnEvent::Text(&batch.text));
            }
            tool_calls.extend(batch.tool_calls);
            match batch.ended {
                None => {}
                Some(Err(error)) => return Ok(Err(error)),
                Some(Ok(())) => {
                    self.step(Settle::Later, ChatContext::end_stream).await?;
                    return Ok(Ok(tool_calls));
                }
            }
        }
    }

    /// Runs the approved tools and gives the model their results.
    async fn execute_tools(&mut self) -> Result<(), SessionError> {
        let approved = |context: &ChatContext| context.approved_calls().cloned().collect::<Vec<_>>();
        let calls = self.session.read(approved).await?;
        let error = match self.run_all(&calls).await {
            Err(error) => error,
            Ok(results) => {
                let complete = |context: &mut ChatContext| context.complete_tools(results);
                match blame_the_world(self.step(Settle::Later, complete).await)? {
                    Ok(_) => return self.converse().await,
                    Err(error) => error,
                }
            }
        };
        match self.recover(error).await? {
            Some(prompt) => self.answer(prompt).await,
            None => Ok(()),
        }
    }

    async fn run_all(&self, calls: &[ToolCall]) -> Result<Vec<ToolResult>, ModelError> {
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            results.push(self.runner.model.run(call).await?);
        }
        Ok(results)
    }

    /// Notes a failure in the session. The prompt to continue with, unless the turn has ended as failed.
    async fn recover(&mut self, error: ModelError) -> Result<Option<Prompt>, SessionError> {
        let error = match error {
            ModelError::Transient(error) => error,
            ModelError::Fatal(error) => {
                self.step(Settle::Acknowledged, |context| context.fail(error)).await?;
                return Ok(None);
            }
        };
        self.step(Settle::Later, |context| context.transient_failure(error)).await?;
        let retry = |context: &mut ChatContext| {
            Ok(match context.retry()? {
                StateKind::Failed => None,
                _ => Some(prompt(context)),
            })
        };
        self.step(Settle::Acknowledged, retry).await
    }
}

/// A turn that is dropped at work, because its caller went away or a save failed, is rolled back in the background.
impl<M> Drop for Turn<'_, M> {
    fn drop(&mut self) {
        if self.working {
            self.session.roll_back();
        }
    }
}

/// A step that only takes down what the model or a tool said is refused for what they said: they have failed, for good,
/// and not the caller.
fn blame_the_world<R>(step: Result<R, SessionError>) -> Result<Result<R, ModelError>, SessionError> {
    match step {
        Err(SessionError::Refused { source, .. }) => Ok(Err(ModelError::Fatal(source.to_string()))),
        other => other.map(Ok),
    }
}

fn prompt(context: &ChatContext) -> Prompt {
    Prompt { context: context.clone() }
}
