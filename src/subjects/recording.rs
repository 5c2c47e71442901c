//! The client of judged slices: asks what its steps say, and writes down what was asked and answered.
//!
//! It follows the client that is measured, question by question, and differs from it in three things. Each message says
//! which client sent it, so that it is distinguished from all others wherever it turns up. Every other page is of the newest messages, where
//! what was just written has to be. And it always asks again as soon as it is answered, also where the scenario has fixed
//! times: what is looked for is what happens when clients meet.

use std::time::Duration;

use lockyard_bench::Recorder;

use crate::backend::chat::{ContentPart, ContextId, Message, MessageDTO, NewMessage, Role, ToolDecision};
use crate::backend::service::{
    ActionDTO, DynChatService, MessagePage, RemoteFailure, ServiceError, UpdateContext,
};
use crate::backend::session::SessionError;
use crate::checks::spec::{Answer, Call, Context, Page, Sessions, Settings, Token};
use crate::workload::{Operation, Step};

use super::client::{Client, Writing};
use super::questions::{MODE, MODEL, Questions};

/// A message of a client begins with its token in so many hexadecimal digits.
const DIGITS: usize = 16;

/// Asks one step, and writes down how it went.
pub(super) async fn record(
    service: &dyn DynChatService,
    questions: &Questions,
    client: &mut Client,
    step: &Step,
    log: &mut Recorder<'_, Sessions>,
) {
    let task = client.task;
    if client.writing.totals.is_empty() {
        client.writing.totals = vec![questions.scenario.messages; questions.ids.len()];
    }
    Recording { service, questions, task, writing: &mut client.writing, log }.ask(step).await;
}

/// A client at work on one step.
struct Recording<'a, 'l> {
    service: &'a dyn DynChatService,
    questions: &'a Questions,
    task: usize,
    writing: &'a mut Writing,
    log: &'a mut Recorder<'l, Sessions>,
}

impl Recording<'_, '_> {
    async fn ask(&mut self, step: &Step) {
        let (key, service) = (step.session, self.service);
        let id = self.questions.ids[key as usize];
        match step.operation {
            Operation::GetContextState => {
                self.about(key, Call::State, service.state(id), |state| Answer::from(*state)).await;
            }
            Operation::GetContext => {
                let context =
                    self.about(key, Call::Context, service.context(id), |it| Answer::from(it)).await;
                if let Some(context) = context {
                    self.writing.totals[key as usize] = Context::from(&context).total;
                }
            }
            Operation::GetContextMessages => {
                let limit = self.questions.scenario.page;
                let newest = self.writing.totals[key as usize].saturating_sub(limit / 2);
                let offset = if step.salt.is_multiple_of(2) { newest } else { 0 };
                let page = MessagePage { branch: None, limit: limit as usize, offset: offset as usize };
                let (call, answered) = (Call::Page { offset, limit }, service.messages(id, page));
                let page =
                    self.about(key, call, answered, |page| Answer::Page(Page::of(page, sent_by))).await;
                if let Some(page) = page {
                    self.writing.totals[key as usize] = page.total as u32;
                }
            }
            Operation::ListContexts => {
                // Outside the specification: it may be behind. It is asked all the same, for whom it may disturb.
                drop(service.list(Some(id), self.questions.scenario.list_limit as usize).await);
            }
            Operation::AddContextMessage => {
                let (token, message) = self.message();
                let answered = service.append(id, message, None);
                let call = Call::Append(token);
                if let Some(put) = self.about(key, call, answered, |it| Answer::from(*it)).await {
                    self.writing.totals[key as usize] = put.id.0 + 1;
                }
            }
            Operation::UpdateContext => {
                let update = Questions::update(step);
                let call = Call::Update { change: Settings::from(&update), expected: None };
                let answered = service.update(id, UpdateContext { update, expected_version: None });
                self.about(key, call, answered, |version| Answer::changed(*version)).await;
            }
            Operation::CreateContext => self.create().await,
            Operation::DeleteContext => {
                if self.writing.left.is_empty() {
                    self.create().await;
                }
                if let Some((key, id)) = self.writing.left.pop() {
                    self.about(key, Call::Delete, service.delete(id), |()| Answer::Done).await;
                }
            }
            Operation::ApproveContextTools => self.decide(key, id, Vec::new()).await,
            Operation::SendMessageAction => self.converse(key, id, step).await,
            Operation::ApproveToolsAction => {
                if let Some(action) = self.resume(key, id, Vec::new()).await {
                    self.decide_all(key, id, action, step).await;
                }
            }
        }
    }

    /// Awaits one answer and writes down how it went.
    async fn about<T>(
        &mut self,
        key: u32,
        call: Call,
        answered: impl Future<Output = Result<T, ServiceError>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        self.within(None, key, call, answered, answer).await
    }

    /// The same of a client that goes away after `patience`.
    async fn within<T>(
        &mut self,
        patience: Option<Duration>,
        key: u32,
        call: Call,
        answered: impl Future<Output = Result<T, ServiceError>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        let ticket = self.log.invoke(key, call);
        let outcome = match patience {
            None => Some(answered.await),
            Some(patience) => tokio::time::timeout(patience, answered).await.ok(),
        };
        match outcome {
            Some(Ok(answered)) => {
                self.log.ok(ticket, answer(&answered));
                return Some(answered);
            }
            None => self.log.info(ticket),
            Some(Err(error)) => match outcome_of(&call, &error) {
                Outcome::Gone => self.log.ok(ticket, Answer::Gone),
                Outcome::DidNotHappen => self.log.fail(ticket),
                Outcome::Unknown => self.log.info(ticket),
            },
        }
        None
    }

    fn message(&mut self) -> (Token, NewMessage) {
        self.writing.sent += 1;
        let token = Token((self.task as u64 + 1) << 32 | self.writing.sent);
        let text = format!("{:0DIGITS$x} {}", token.0, self.questions.text);
        (token, NewMessage::text(Role::User, text))
    }

    async fn create(&mut self) {
        // Numbers that no other client gives.
        let (given, clients) = (self.questions.ids.len(), self.questions.scenario.tasks());
        let key = (given + self.task) as u32 + clients * self.writing.tried;
        self.writing.tried += 1;
        let settings =
            Settings { model: Settings::number(MODEL), mode: Settings::number(MODE), parameters: 0 };
        let (call, answered) = (Call::Create(settings), self.service.create(Questions::new_session()));
        if let Some(id) = self.about(key, call, answered, |_| Answer::Done).await {
            self.writing.made.push((key, id));
            self.writing.left.push((key, id));
        }
    }

    async fn decide(&mut self, key: u32, id: ContextId, decisions: Vec<ToolDecision>) {
        let answered = self.service.decide(id, decisions);
        self.about(key, Call::Decide, answered, |version| Answer::changed(*version)).await;
    }

    async fn resume(&mut self, key: u32, id: ContextId, decisions: Vec<ToolDecision>) -> Option<ActionDTO> {
        let answered = self.service.resume(id, decisions, &());
        self.about(key, Call::Resume, answered, turn).await
    }

    /// A whole turn with the approvals it asks for. Some clients go away midway.
    async fn converse(&mut self, key: u32, id: ContextId, step: &Step) {
        let patience = self.questions.patience(step);
        let (token, message) = self.message();
        let answered = self.service.send(id, message, &());
        let action = match self.within(patience, key, Call::Send(token), answered, turn).await {
            // Refused, perhaps because a client that went away has left tool calls undecided: no other client will decide them.
            None => self.resume(key, id, Vec::new()).await,
            action => action,
        };
        if let Some(action) = action {
            self.decide_all(key, id, action, step).await;
        }
    }

    /// Decides tool calls until the turn asks for no more.
    async fn decide_all(&mut self, key: u32, id: ContextId, first: ActionDTO, step: &Step) {
        let mut decisions = self.questions.decisions(step);
        let mut pending = first.pending_calls;
        while let Some((first, rest)) = decisions.on(pending) {
            if let Some(first) = first {
                self.decide(key, id, vec![first]).await;
            }
            pending = self.resume(key, id, rest).await.map(|it| it.pending_calls).unwrap_or_default();
        }
    }
}

fn turn(action: &ActionDTO) -> Answer {
    Answer::turn(action.began, action.message, &action.context)
}

/// What an error says of what happened.
enum Outcome {
    Gone,
    DidNotHappen,
    Unknown,
}

fn outcome_of(call: &Call, error: &ServiceError) -> Outcome {
    let looks = matches!(call, Call::State | Call::Context | Call::Page { .. });
    match error {
        // A turn may have begun before the session was deleted.
        ServiceError::Session(SessionError::NotFound { .. })
            if matches!(call, Call::Send(_) | Call::Resume) =>
        {
            Outcome::Unknown
        }
        ServiceError::Session(SessionError::NotFound { .. }) => Outcome::Gone,
        ServiceError::Session(
            SessionError::Refused { .. }
            | SessionError::Capacity(_)
            | SessionError::Elsewhere { .. }
            | SessionError::BusyElsewhere { .. }
            | SessionError::Contended { .. },
        )
        | ServiceError::Invalid { .. }
        | ServiceError::KeyInUse
        | ServiceError::UnknownPrompt { .. }
        | ServiceError::RemoteFailure {
            outcome: RemoteFailure::Conflict | RemoteFailure::Refused | RemoteFailure::Unreachable,
            ..
        } => Outcome::DidNotHappen,
        // A look changes nothing, whatever became of it.
        _ if looks => Outcome::DidNotHappen,
        // Memory has changed already, or may have; or a turn has begun.
        ServiceError::Session(
            SessionError::Store { .. }
            | SessionError::Index(_)
            | SessionError::TurnLost { .. }
            | SessionError::RequestUnderWay { .. },
        )
        | ServiceError::Store(_)
        | ServiceError::RemoteFailure {
            outcome: RemoteFailure::Failed | RemoteFailure::Unanswered, ..
        } => Outcome::Unknown,
    }
}

/// What reports call the session of this number, whose id may be known.
pub(super) fn name_of(key: u32, id: Option<ContextId>) -> String {
    id.map_or_else(|| format!("session {key}"), |id| format!("session {id}"))
}

/// The token of a message that a recorder sent; of others that they are not.
pub(super) fn token_of(message: &Message) -> Token {
    if message.role == Role::User { token(&message.text()) } else { Token::FOREIGN }
}

/// The same of a message that was answered.
pub(super) fn sent_by(message: &MessageDTO) -> Token {
    match &message.content[..] {
        [ContentPart::Text { text }] if message.role == Role::User => token(text),
        _ => Token::FOREIGN,
    }
}

fn token(text: &str) -> Token {
    let digits = text.get(..DIGITS).filter(|_| text.as_bytes().get(DIGITS) == Some(&b' '));
    Token(digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default())
}
