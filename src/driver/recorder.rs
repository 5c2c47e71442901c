//! The client of verification slices: asks what its trace says, and writes down what was asked and answered.
//!
//! It follows the client that is measured, question by question, and differs from it in three things. Each message says
//! who sent it, so that it is told from all others wherever it turns up. Every other page is of the newest messages, where
//! what was just written has to be. And it always asks again as soon as it is answered, also where the scenario has fixed
//! times: what is looked for is what happens when clients meet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::backend::chat::{
    ContentPart, ContextId, ContextUpdate, Message, MessageDTO, NewMessage, Role, ToolCall, ToolDecision,
};
use crate::backend::service::{
    ActionDTO, CreateContext, DynChatService, Elsewhere, MessagePage, ServiceError, UpdateContext,
};
use crate::backend::session::SessionError;
use crate::checks::spec::{Answer, Call, Context, Log, Page, Settings, Token};
use crate::workload::{Operation, Step, random};

use super::client::{Questions, TURN, patience_of_a_client};
use super::slice::Slice;
use super::watchdog::Board;

/// What the sessions that clients make are set to.
const MODEL: &str = "simulated";
const MODE: &str = "chat";

/// A message of a client begins with its token in so many hexadecimal digits.
const DIGITS: usize = 16;

/// One task of a verification slice.
pub(super) struct Recorder {
    index: usize,
    asked: u64,
    questions: Arc<Questions>,
    board: Arc<Board>,
    service: Arc<dyn DynChatService>,
    pub(super) log: Log,
    /// From when on times count.
    epoch: Instant,
    /// Messages sent, and sessions asked for.
    sent: u64,
    tried: u32,
    /// Messages in each session of the scenario, as this client saw it last.
    totals: Vec<u32>,
    /// Sessions that this client made: all, and those it has not deleted, by their numbers.
    pub(super) made: Vec<(u32, ContextId)>,
    left: Vec<(u32, ContextId)>,
}

impl Recorder {
    /// A client that asks `service`, and writes down at most so many operations.
    pub(super) fn new(
        index: usize,
        questions: &Arc<Questions>,
        board: &Arc<Board>,
        service: &Arc<dyn DynChatService>,
        epoch: Instant,
        room: usize,
    ) -> Self {
        Self {
            index,
            asked: 0,
            questions: questions.clone(),
            board: board.clone(),
            service: service.clone(),
            log: Log::new(index as u64, room),
            epoch,
            sent: 0,
            tried: 0,
            totals: vec![questions.scenario.messages; questions.ids.len()],
            made: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Asks until the slice is stopped or the log is full.
    pub(super) async fn run(&mut self, slice: &Slice) {
        slice.begin().await;
        let questions = self.questions.clone();
        let mut position = slice.position;
        while !slice.is_over() && self.log.has_room() {
            let step = questions.traces[self.index].step(position);
            self.ask(&questions, *step).await;
            position += 1;
            if position.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
        self.board.idle(self.index, self.asked);
    }

    async fn ask(&mut self, questions: &Questions, step: Step) {
        let (key, service) = (step.session, self.service.clone());
        let id = questions.ids[key as usize];
        let operation = step.operation;
        match operation {
            Operation::GetContextState => {
                let answered = service.state(id);
                self.about(operation, key, Call::State, answered, |state| Answer::from(*state)).await;
            }
            Operation::GetContext => {
                let answered = service.context(id);
                let context =
                    self.about(operation, key, Call::Context, answered, |it| Answer::from(it)).await;
                if let Some(context) = context {
                    self.totals[key as usize] = Context::from(&context).total;
                }
            }
            Operation::GetContextMessages => {
                let limit = questions.scenario.page;
                let newest = self.totals[key as usize].saturating_sub(limit / 2);
                let offset = if step.salt.is_multiple_of(2) { newest } else { 0 };
                let page = MessagePage { branch: None, limit: limit as usize, offset: offset as usize };
                let (call, answered) = (Call::Page { offset, limit }, service.messages(id, page));
                let page = self
                    .about(operation, key, call, answered, |page| Answer::Page(Page::of(page, sent_by)))
                    .await;
                if let Some(page) = page {
                    self.totals[key as usize] = page.total as u32;
                }
            }
            Operation::ListContexts => {
                // Outside the specification: it may be behind. It is asked all the same, for whom it may disturb.
                self.begin(operation);
                drop(service.list(Some(id), questions.scenario.list_limit as usize).await);
            }
            Operation::AddContextMessage => {
                let (token, message) = self.message(questions);
                let answered = service.append(id, message, None);
                let call = Call::Append(token);
                if let Some(put) = self.about(operation, key, call, answered, |it| Answer::from(*it)).await {
                    self.totals[key as usize] = put.id.0 + 1;
                }
            }
            Operation::UpdateContext => {
                let mode = if step.salt.is_multiple_of(2) { MODE } else { "plan" };
                let update = ContextUpdate { mode: Some(mode.to_owned()), ..ContextUpdate::default() };
                let call = Call::Update { change: Settings::from(&update), expected: None };
                let answered = service.update(id, UpdateContext { update, expected_version: None });
                self.about(operation, key, call, answered, |version| Answer::changed(*version)).await;
            }
            Operation::CreateContext => self.create(questions).await,
            Operation::DeleteContext => {
                if self.left.is_empty() {
                    self.create(questions).await;
                }
                if let Some((key, id)) = self.left.pop() {
                    self.about(operation, key, Call::Delete, service.delete(id), |()| Answer::Done).await;
                }
            }
            Operation::ApproveContextTools => self.decide(key, id, Vec::new()).await,
            Operation::SendMessageAction => self.converse(questions, key, id, step).await,
            Operation::ApproveToolsAction => {
                if let Some(action) = self.resume(key, id, Vec::new()).await {
                    self.decide_all(questions, key, id, action, step).await;
                }
            }
        }
    }

    /// Awaits one answer and writes down how it went.
    async fn about<T>(
        &mut self,
        operation: Operation,
        key: u32,
        call: Call,
        answered: impl Future<Output = Result<T, ServiceError>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        self.within(None, operation, key, call, answered, answer).await
    }

    /// The same of a client that goes away after `patience`.
    async fn within<T>(
        &mut self,
        patience: Option<Duration>,
        operation: Operation,
        key: u32,
        call: Call,
        answered: impl Future<Output = Result<T, ServiceError>>,
        answer: impl FnOnce(&T) -> Answer,
    ) -> Option<T> {
        self.begin(operation);
        let ticket = self.log.invoke(self.now(), key, call);
        let outcome = match patience {
            None => Some(answered.await),
            Some(patience) => tokio::time::timeout(patience, answered).await.ok(),
        };
        let now = self.now();
        match outcome {
            Some(Ok(answered)) => {
                self.log.ok(ticket, now, answer(&answered));
                return Some(answered);
            }
            None => self.log.info(ticket),
            Some(Err(error)) => match outcome_of(&call, &error) {
                Outcome::Gone => self.log.ok(ticket, now, Answer::Gone),
                Outcome::DidNotHappen => self.log.fail(ticket),
                Outcome::Unknown => self.log.info(ticket),
            },
        }
        None
    }

    fn begin(&mut self, operation: Operation) {
        self.asked += 1;
        self.board.begin(self.index, self.asked, operation);
    }

    /// By the clock of the system: a bare time stamp counter may be read before what comes before it is done, and a few
    /// nanoseconds would make an order impossible that was possible.
    fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }

    fn message(&mut self, questions: &Questions) -> (Token, NewMessage) {
        self.sent += 1;
        let token = Token((self.index as u64 + 1) << 32 | self.sent);
        let text = format!("{:0DIGITS$x} {}", token.0, questions.text);
        (token, NewMessage::text(Role::User, text))
    }

    async fn create(&mut self, questions: &Questions) {
        // Numbers that no other client gives.
        let (given, clients) = (questions.ids.len(), questions.traces.len());
        let key = (given + self.index) as u32 + clients as u32 * self.tried;
        self.tried += 1;
        let settings =
            Settings { model: Settings::number(MODEL), mode: Settings::number(MODE), parameters: 0 };
        let request =
            CreateContext { model_id: MODEL.to_owned(), mode: MODE.to_owned(), system_prompt_id: None };
        let service = self.service.clone();
        let (call, answered) = (Call::Create(settings), service.create(request));
        if let Some(id) = self.about(Operation::CreateContext, key, call, answered, |_| Answer::Done).await {
            self.made.push((key, id));
            self.left.push((key, id));
        }
    }

    async fn decide(&mut self, key: u32, id: ContextId, decisions: Vec<ToolDecision>) {
        let service = self.service.clone();
        let answered = service.decide(id, decisions);
        let operation = Operation::ApproveContextTools;
        self.about(operation, key, Call::Decide, answered, |version| Answer::changed(*version)).await;
    }

    async fn resume(&mut self, key: u32, id: ContextId, decisions: Vec<ToolDecision>) -> Option<ActionDTO> {
        let service = self.service.clone();
        let answered = service.resume(id, decisions, &());
        self.about(Operation::ApproveToolsAction, key, Call::Resume, answered, turn).await
    }

    /// A whole turn with the approvals it asks for. Some clients go away midway.
    async fn converse(&mut self, questions: &Questions, key: u32, id: ContextId, step: Step) {
        let mut draws = random::stream(questions.seed, u64::from(step.salt));
        let goes_away = draws.random_bool(questions.scenario.cancel.probability());
        let longest = patience_of_a_client(&questions.scenario);
        let patience = goes_away.then(|| longest.mul_f64(draws.random()));
        let (token, message) = self.message(questions);
        let (operation, service) = (Operation::SendMessageAction, self.service.clone());
        let answered = service.send(id, message, &());
        let action = match self.within(patience, operation, key, Call::Send(token), answered, turn).await {
            // Refused, perhaps because a client that went away has left tool calls undecided: nobody else will.
            None => self.resume(key, id, Vec::new()).await,
            action => action,
        };
        if let Some(action) = action {
            self.decide_all(questions, key, id, action, step).await;
        }
    }

    /// Decides tool calls until the turn asks for no more: at once, or one first and the others after.
    async fn decide_all(
        &mut self,
        questions: &Questions,
        key: u32,
        id: ContextId,
        first: ActionDTO,
        step: Step,
    ) {
        let mut draws = random::stream(questions.seed, u64::from(step.salt) ^ 1 << 32);
        let deny = questions.scenario.model.as_ref().map_or(0.0, |model| model.deny_percent.probability());
        let mut pending = first.pending_calls;
        while !pending.is_empty() {
            let decide =
                |call: ToolCall| ToolDecision { call_id: call.id, approve: !draws.random_bool(deny) };
            let mut decisions: Vec<_> = pending.into_iter().map(decide).collect();
            if decisions.len() > 1 {
                let one = vec![decisions.remove(0)];
                self.decide(key, id, one).await;
            }
            pending = self.resume(key, id, decisions).await.map(|it| it.pending_calls).unwrap_or_default();
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
        ServiceError::Session(SessionError::Refused { .. })
        | ServiceError::Invalid { .. }
        | ServiceError::Elsewhere {
            outcome: Elsewhere::Conflict | Elsewhere::Refused | Elsewhere::Unreachable,
            ..
        } => Outcome::DidNotHappen,
        // A look changes nothing, whatever became of it.
        _ if looks => Outcome::DidNotHappen,
        // Memory has changed already, or may have.
        ServiceError::Session(SessionError::Store { .. })
        | ServiceError::Store(_)
        | ServiceError::Elsewhere { outcome: Elsewhere::Failed | Elsewhere::Unanswered, .. } => {
            Outcome::Unknown
        }
    }
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
