//! The chat turn, step by step: from a user's message to the model's last word.
//!
//! Each step is one short change, made under one write acquisition, and between two steps the context is whole: it
//! can be read, saved and appended to. A step first asks the state machine and checks what it was given; only then
//! does it edit, and no edit can fail. So a step succeeds whole or changes nothing.
//!
//! However a turn ends, the conversation stays one that a model accepts: every tool call has its result, if only one
//! that says why the tool did not answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::check_new_calls;
use super::size::{content_size, message_size, new_calls_size, results_size, text_size};
use super::{
    Approval, ChatContext, ChatError, ContentPart, Event, Machine, MessageId, NewMessage, NewToolCall, Role,
    State, StateKind, ToolCall, ToolCallId, ToolDecision, ToolResult,
};

/// What a turn must remember, because others may append messages and change the active branch while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turn {
    /// The branch that the turn, or the last one, began on.
    pub(super) branch: Arc<str>,
    /// The model's message at hand, from its first word until all its tool calls have results.
    pub(super) reply: Option<MessageId>,
}

impl Turn {
    pub(super) fn on(branch: &Arc<str>) -> Self {
        Self { branch: branch.clone(), reply: None }
    }
}

/// The steps of a turn.
impl ChatContext {
    /// Begins a turn on the active branch with a user's message. A failed context is reset first; any other that is
    /// not idle is busy.
    ///
    /// # Errors
    /// [`ChatError::NotFromUser`]; [`ChatError::Empty`], [`ChatError::UnsupportedUrl`], [`ChatError::TooLarge`] and
    /// [`ChatError::Full`] as for [`append`](Self::append); and [`ChatError::Busy`] while another turn is under way.
    pub fn begin_turn(&mut self, message: NewMessage) -> Result<MessageId, ChatError> {
        if message.role != Role::User {
            return Err(ChatError::NotFromUser { role: message.role });
        }
        message.check()?;
        self.admit_message("content", content_size(&message.content))?;
        let machine = match self.state() {
            State::Idle => self.machine.step(&Event::UserMessageSent)?,
            State::Failed { .. } => self.machine.step(&Event::Reset)?.step(&Event::UserMessageSent)?,
            busy => return Err(ChatError::Busy { state: busy.kind() }),
        };
        self.machine = machine;
        self.turn = Turn::on(&self.active_branch);
        Ok(self.append_in_turn(message))
    }

    /// The model is being asked.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn request_model(&mut self) -> Result<(), ChatError> {
        self.fire(&Event::ModelRequestInitiated)
    }

    /// The model begins to answer: an empty message awaits its words. After a failed stream the same message is
    /// emptied, so that a retry repeats nothing.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow, [`ChatError::TooLarge`] and [`ChatError::Full`] where there
    /// is no room; nothing has changed then.
    pub fn start_stream(&mut self) -> Result<MessageId, ChatError> {
        let next = self.machine.step(&Event::StreamStarted)?;
        self.admit_reply(0)?;
        self.enter(next);
        Ok(self.begin_reply(Vec::new()))
    }

    /// More words of the answer, one chunk or a batch of them.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow, [`ChatError::TooLarge`] and [`ChatError::Full`] where there
    /// is no room; nothing has changed then.
    pub fn append_chunks(&mut self, text: &str) -> Result<(), ChatError> {
        let next = self.machine.step(&Event::Chunk)?;
        let reply = self.reply();
        self.admit_growth("content", message_size(&self.pool[reply]), text_size(text))?;
        self.pool.change(reply, |reply| reply.push_text(text));
        self.enter(next);
        Ok(())
    }

    /// The answer is complete.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn end_stream(&mut self) -> Result<(), ChatError> {
        self.fire(&Event::StreamEnded)
    }

    /// The model answered at once.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow, [`ChatError::TooLarge`] and [`ChatError::Full`] where there
    /// is no room; nothing has changed then.
    pub fn full_response(&mut self, text: impl Into<String>) -> Result<MessageId, ChatError> {
        let next = self.machine.step(&Event::FullResponse)?;
        let content = vec![ContentPart::Text { text: text.into() }];
        self.admit_reply(content_size(&content))?;
        self.enter(next);
        Ok(self.begin_reply(content))
    }

    /// The answer has been read. Without tool calls the turn is over; with them a person decides next, unless the
    /// turn has used up its rounds of tools: then it ends as failed.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where no answer was being read, and calls that are given twice; nothing has changed then.
    pub fn finish_response(&mut self, calls: Vec<NewToolCall>) -> Result<StateKind, ChatError> {
        let next = self.machine.step(&Event::Processed { tool_calls: !calls.is_empty() })?;
        refuse_repeated(calls.iter().map(|call| &call.id))?;
        check_new_calls(&calls)?;
        let reply = self.reply();
        self.admit_growth("tool_calls", message_size(&self.pool[reply]), new_calls_size(&calls))?;
        self.pool.change(reply, |reply| reply.tool_calls = calls.into_iter().map(ToolCall::from).collect());
        match next.state() {
            State::AwaitingToolApproval => {}
            State::Failed { error } => self.close_reply(|_| true, error),
            _ => self.turn.reply = None,
        }
        Ok(self.enter(next))
    }

    /// Approves or denies tool calls, whole or not at all. A decision may be repeated but not reversed. The state
    /// stays, even when no call is pending any more, until [`resume_after_approval`](Self::resume_after_approval).
    ///
    /// # Errors
    /// [`ChatError::NoApprovalAwaited`], and decisions on calls that are not there, or that reverse an earlier one; nothing has
    /// changed then.
    pub fn decide_tools(&mut self, decisions: &[ToolDecision]) -> Result<(), ChatError> {
        if *self.state() != State::AwaitingToolApproval {
            return Err(ChatError::NoApprovalAwaited { state: self.state_kind() });
        }
        let known: BTreeSet<_> = self.calls().iter().map(|call| &call.id).collect();
        refuse_unknown(decisions.iter().map(|decision| &decision.call_id), &known)?;

        let mut calls = self.calls().to_vec();
        for decision in decisions {
            for call in calls.iter_mut().filter(|call| call.id == decision.call_id) {
                if call.approval != Approval::Pending && call.approval != decision.approval() {
                    return Err(ChatError::AlreadyDecided {
                        call_id: call.id.clone(),
                        approval: call.approval,
                    });
                }
                call.approval = decision.approval();
            }
        }
        let reply = self.reply();
        self.pool.change(reply, |reply| reply.tool_calls = calls);
        Ok(())
    }

    /// The tool calls at hand that are undecided.
    pub fn pending_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls_with(Approval::Pending)
    }

    /// The tool calls at hand that may run.
    pub fn approved_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.calls_with(Approval::Approved)
    }

    /// Resumes once every call is decided: to the tools if any may run, else back to the model. The denied calls get
    /// results that say so.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where no decision is awaited, and calls that are still pending; nothing has changed then.
    pub fn resume_after_approval(&mut self) -> Result<StateKind, ChatError> {
        let any_approved = self.approved_calls().next().is_some();
        let next = self.machine.step(&Event::ApprovalsResolved { any_approved })?;
        let pending: Vec<_> = self.pending_calls().map(|call| call.id.clone()).collect();
        if !pending.is_empty() {
            return Err(ChatError::StillPending { calls: pending });
        }
        self.answer_calls(|call| call.approval == Approval::Denied, "denied by the user");
        if !any_approved {
            self.turn.reply = None;
        }
        Ok(self.enter(next))
    }

    /// The tools have answered: exactly one result for every approved call. Appends them as one message.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where no tools run, and results that are missing, given twice or of no call; nothing has changed then.
    pub fn complete_tools(&mut self, results: Vec<ToolResult>) -> Result<MessageId, ChatError> {
        let next = self.machine.step(&Event::ToolsCompleted)?;
        let approved: BTreeSet<_> = self.approved_calls().map(|call| &call.id).collect();
        refuse_unknown(results.iter().map(|result| &result.call_id), &approved)?;
        let answered = refuse_repeated(results.iter().map(|result| &result.call_id))?;
        let missing: Vec<_> = approved.difference(&answered).copied().cloned().collect();
        if !missing.is_empty() {
            return Err(ChatError::MissingToolResult { calls: missing });
        }
        self.admit_message("tool_results", results_size(&results))?;
        self.turn.reply = None;
        self.enter(next);
        Ok(self.append_results(results))
    }

    /// Something failed that may be tried again. Tools that were running get the error as their result, because the
    /// retry asks the model anew.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn transient_failure(&mut self, error: impl Into<String>) -> Result<(), ChatError> {
        let error = error.into();
        let why = format!("no result: {error}");
        let next = self.machine.step(&Event::TransientFailure { error })?;
        // A half-streamed answer stays at hand, for the retry to begin it again.
        if matches!(self.state(), State::ExecutingTools { .. }) {
            self.close_open_calls(&why);
        }
        self.enter(next);
        Ok(())
    }

    /// Asks the model again, or gives the turn up as failed after [`MAX_RETRIES`](super::MAX_RETRIES).
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn retry(&mut self) -> Result<StateKind, ChatError> {
        let next = self.machine.step(&Event::Retry)?;
        if matches!(next.state(), State::Failed { .. }) {
            self.turn.reply = None;
        }
        Ok(self.enter(next))
    }

    /// Ends the turn for good; the next one may begin at once.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn fail(&mut self, error: impl Into<String>) -> Result<(), ChatError> {
        let error = error.into();
        let why = format!("no result: {error}");
        let next = self.machine.step(&Event::FatalError { error })?;
        self.close_open_calls(&why);
        self.enter(next);
        Ok(())
    }

    /// Calls a turn off that is at work. A half-streamed answer keeps the words it has.
    ///
    /// # Errors
    /// [`ChatError::Illegal`] where the state has no such arrow; nothing has changed then.
    pub fn cancel(&mut self) -> Result<(), ChatError> {
        let next = self.machine.step(&Event::Cancelled)?;
        self.close_open_calls("no result: the turn was cancelled");
        self.enter(next);
        Ok(())
    }

    /// Cancels the turn of a context that was loaded in a working state: the task that worked on it is gone. Says
    /// whether there was one.
    pub fn recover(&mut self) -> bool {
        self.cancel().is_ok()
    }
}

/// What the steps are made of. Nothing here can fail; each step has checked first.
impl ChatContext {
    fn fire(&mut self, event: &Event) -> Result<(), ChatError> {
        self.machine = self.machine.step(event)?;
        Ok(())
    }

    fn enter(&mut self, next: Machine) -> StateKind {
        self.machine = next;
        self.state_kind()
    }

    fn append_in_turn(&mut self, message: NewMessage) -> MessageId {
        let branch = self.branches.get_mut(&self.turn.branch).expect("branches are never removed");
        branch.append(&mut self.pool, message)
    }

    /// Sets the content of the reply at hand, and begins one where there is none.
    fn begin_reply(&mut self, content: Vec<ContentPart>) -> MessageId {
        let id = match self.turn.reply {
            Some(id) => id,
            None => self.append_in_turn(NewMessage::empty(Role::Assistant)),
        };
        self.pool.change(id, |reply| reply.content = content);
        self.turn.reply = Some(id);
        id
    }

    /// Refuses a reply for which there is no room; the one at hand would be put in its place.
    fn admit_reply(&self, size: usize) -> Result<(), ChatError> {
        match self.turn.reply {
            Some(_) => self.admit_growth("content", 0, size),
            None => self.admit_message("content", size),
        }
    }

    fn reply(&self) -> MessageId {
        self.turn.reply.expect("from the start of a response to its last tool result there is a reply")
    }

    fn calls(&self) -> &[ToolCall] {
        self.turn.reply.map_or(&[], |id| &self.pool[id].tool_calls)
    }

    fn calls_with(&self, approval: Approval) -> impl Iterator<Item = &ToolCall> {
        self.calls().iter().filter(move |call| call.approval == approval)
    }

    /// Closes the reply at hand; calls that still lack a result get `why` for one.
    fn close_open_calls(&mut self, why: &str) {
        // Before they run, no call has a result; once they run, the denied ones have.
        let running = matches!(self.state(), State::ExecutingTools { .. });
        self.close_reply(|call| !running || call.approval == Approval::Approved, why);
    }

    fn close_reply(&mut self, lacks_result: impl Fn(&ToolCall) -> bool, why: &str) {
        self.answer_calls(lacks_result, why);
        self.turn.reply = None;
    }

    /// Answers the chosen calls with an error that says `why`.
    fn answer_calls(&mut self, chosen: impl Fn(&ToolCall) -> bool, why: &str) {
        let results: Vec<_> = self
            .calls()
            .iter()
            .filter(|call| chosen(call))
            .map(|call| ToolResult { call_id: call.id.clone(), output: why.to_owned(), is_error: true })
            .collect();
        if !results.is_empty() {
            self.append_results(results);
        }
    }

    fn append_results(&mut self, results: Vec<ToolResult>) -> MessageId {
        let id = self.append_in_turn(NewMessage::empty(Role::Tool));
        self.pool.change(id, |message| message.tool_results = results);
        id
    }
}

fn refuse_unknown<'a>(
    given: impl Iterator<Item = &'a ToolCallId>,
    known: &BTreeSet<&'a ToolCallId>,
) -> Result<(), ChatError> {
    let unknown: Vec<_> = given.filter(|id| !known.contains(id)).cloned().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(ChatError::UnknownToolCall { given: unknown, known: known.iter().copied().cloned().collect() })
}

/// The ids as a set, if each stands there once.
fn refuse_repeated<'a>(
    ids: impl Iterator<Item = &'a ToolCallId>,
) -> Result<BTreeSet<&'a ToolCallId>, ChatError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(ChatError::RepeatedToolCall { call_id: id.clone() });
        }
    }
    Ok(seen)
}
