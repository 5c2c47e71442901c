//! What a client asks of a chat service, step by step, and what it reports to the meter.

use std::hint::black_box;

use lockyard_bench::{Meter, Outcome};

use crate::backend::chat::{ContextId, NewMessage, Role};
use crate::backend::service::{
    ActionDTO, Answer, ChatService, DynChatService, MessagePage, ServiceError, UpdateContext,
};
use crate::workload::{Operation, Step};

use super::client::Client;
use super::questions::Questions;

/// Asks one step. What is measured by the nanosecond is asked directly, between a begin and an end of the meter, with no
/// future of our own around the service's.
pub(super) async fn ask<S: ChatService>(
    service: &S,
    questions: &Questions,
    client: &mut Client,
    step: &Step,
    meter: &mut Meter,
) {
    let id = questions.ids[step.session as usize];
    let nth = step.operation.index();
    match step.operation {
        Operation::GetContextState => {
            let start = meter.begin(nth);
            let answer = service.get_context_state(id).await;
            meter.end(start, outcome(&answer));
        }
        Operation::GetContext => {
            let start = meter.begin(nth);
            let answer = service.get_context(id).await;
            meter.end(start, outcome(&answer));
        }
        Operation::GetContextMessages => {
            let page = MessagePage { branch: None, limit: questions.scenario.page as usize, offset: 0 };
            let start = meter.begin(nth);
            let answer = service.get_context_messages(id, page).await;
            meter.end(start, outcome(&answer));
        }
        Operation::ListContexts => {
            let limit = questions.scenario.list_limit as usize;
            let start = meter.begin(nth);
            let answer = service.list_contexts(Some(id), limit).await;
            meter.end(start, outcome(&answer));
        }
        Operation::AddContextMessage => {
            let message = NewMessage::text(Role::User, questions.text.as_str());
            let start = meter.begin(nth);
            let answer = service.add_context_message(id, message, None).await;
            meter.end(start, outcome(&answer));
            if answer.is_ok() {
                client.grown.push(step.session);
            }
        }
        Operation::UpdateContext => {
            let request = UpdateContext { update: Questions::update(step), expected_version: None };
            let start = meter.begin(nth);
            let answer = service.update_context(id, request).await;
            meter.end(start, outcome(&answer));
        }
        _ => ColdOperations { service, questions, client, meter }.ask(step).await,
    }
}

/// How a request went. The answer is looked at, or the compiler could leave it out.
#[inline]
fn outcome<T>(answer: &Result<T, ServiceError>) -> Outcome<'_> {
    match answer {
        Ok(answer) => {
            black_box(answer);
            Outcome::Done
        }
        Err(error) if error.is_refusal() => Outcome::Refused,
        Err(error) if error.is_unanswered() => Outcome::Unknown(error),
        Err(error) => Outcome::Failed(error),
    }
}

/// What takes so long, or is so rare, that a box for the answer does not show: so it is compiled once, and not once more for
/// every strategy.
struct ColdOperations<'a> {
    service: &'a dyn DynChatService,
    questions: &'a Questions,
    client: &'a mut Client,
    meter: &'a mut Meter,
}

impl ColdOperations<'_> {
    async fn ask(&mut self, step: &Step) {
        let (id, operation) = (self.questions.ids[step.session as usize], step.operation);
        match operation {
            Operation::CreateContext => self.create().await,
            Operation::DeleteContext => {
                // Only what this client made itself, so that the sessions others ask for stay.
                if self.client.made.is_empty() {
                    self.create().await;
                }
                if let Some(made) = self.client.made.pop() {
                    self.about(operation, self.service.delete(made)).await;
                }
            }
            Operation::ApproveContextTools => {
                self.about(operation, self.service.decide(id, Vec::new())).await;
            }
            Operation::SendMessageAction => {
                self.converse(id, step).await;
                self.client.grown.push(step.session);
            }
            Operation::ApproveToolsAction => {
                let resumed = self.service.resume(id, Vec::new(), &());
                if let Some(action) = self.about(operation, resumed).await {
                    self.decide_all(id, action, step).await;
                }
            }
            _ => unreachable!("a read, or a short write"),
        }
    }

    /// Awaits one answer and reports its outcome to the meter.
    async fn about<T>(&mut self, operation: Operation, call: Answer<'_, T>) -> Option<T> {
        let start = self.meter.begin(operation.index());
        let answer = call.await;
        self.meter.end(start, outcome(&answer));
        answer.ok()
    }

    async fn create(&mut self) {
        let created = self.service.create(Questions::new_session());
        if let Some(id) = self.about(Operation::CreateContext, created).await {
            self.client.made.push(id);
        }
    }

    /// A whole turn with the approvals it asks for. Some clients go away midway.
    async fn converse(&mut self, id: ContextId, step: &Step) {
        let patience = self.questions.patience(step);
        let message = NewMessage::text(Role::User, self.questions.text.as_str());
        let service = self.service;
        let turn = self.about(Operation::SendMessageAction, service.send(id, message, &()));
        let action = match patience {
            Some(patience) => tokio::time::timeout(patience, turn).await.unwrap_or(None),
            None => turn.await,
        };
        match action {
            Some(action) => self.decide_all(id, action, step).await,
            None => {
                // Refused, perhaps because a client that went away has left tool calls undecided: no other client will decide them.
                if let Ok(action) = service.resume(id, Vec::new(), &()).await {
                    self.decide_all(id, action, step).await;
                }
            }
        }
    }

    /// Decides tool calls until the turn asks for no more.
    async fn decide_all(&mut self, id: ContextId, first: ActionDTO, step: &Step) {
        let mut decisions = self.questions.decisions(step);
        let mut pending = first.pending_calls;
        while let Some((first, rest)) = decisions.on(pending) {
            let service = self.service;
            if let Some(first) = first {
                self.about(Operation::ApproveContextTools, service.decide(id, vec![first])).await;
            }
            let resumed = service.resume(id, rest, &());
            let action = self.about(Operation::ApproveToolsAction, resumed).await;
            pending = action.map(|action| action.pending_calls).unwrap_or_default();
        }
    }
}
