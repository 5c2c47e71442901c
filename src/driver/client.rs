//! One task of a workload: asks the service what its trace says, and keeps its own log.

use std::sync::Arc;
use std::time::Duration;

use quanta::{Clock, Instant};
use rand::RngExt;

use crate::backend::chat::{ContextId, ContextUpdate, NewMessage, Role, ToolCall, ToolDecision};
use crate::backend::service::{
    ActionDTO, Answer, ChatService, CreateContext, DynChatService, MessagePage, ServiceError, UpdateContext,
};
use crate::workload::{Arrival, Model, Operation, Scenario, Step, Trace, arrival, random};

use super::population::Population;
use super::rival::Kind;
use super::samples::{Log, Sample};
use super::slice::Slice;
use super::watchdog::Board;

/// After this many operations a task lets the others on its worker have a turn: operations that never wait would keep
/// the worker for ever.
pub(super) const TURN: u64 = 64;

/// One operation of this many is timed where not all are. A prime, so that it goes through the whole trace in time.
const SAMPLED: u64 = 17;

/// What the clients of a scenario have in common, and never change.
pub(super) struct Questions {
    pub(super) ids: Arc<[ContextId]>,
    pub(super) text: String,
    pub(super) scenario: Scenario,
    /// By task.
    pub(super) traces: Vec<Trace>,
    pub(super) seed: u64,
    /// What is nearer than this is waited for by letting others run: timers of the runtime are a millisecond coarse.
    pub(super) near: Duration,
}

/// Twice what the runtime's timers may be late.
const NEAR: Duration = Duration::from_millis(2);

/// A wait is cut into steps of this length, because the end of the slice wakes nobody.
const LONGEST_STEP: Duration = Duration::from_millis(20);

impl Questions {
    pub(super) fn new(scenario: &Scenario, population: &Population, traces: Vec<Trace>, seed: u64) -> Self {
        let (ids, text) = (population.ids.clone(), population.text.clone());
        Self { ids, text, scenario: scenario.clone(), traces, seed, near: NEAR }
    }
}

/// One task, between slices and during one.
pub(super) struct Client {
    pub(super) index: usize,
    /// Operations begun since the run began.
    asked: u64,
    questions: Arc<Questions>,
    board: Arc<Board>,
    clock: Clock,
    pub(super) log: Log,
    /// Sessions that this client made and has not deleted.
    pub(super) made: Vec<ContextId>,
    /// The index of a session for each message that this slice put into it.
    pub(super) grown: Vec<u32>,
}

impl Client {
    pub(super) fn new(index: usize, questions: &Arc<Questions>, board: &Arc<Board>) -> Self {
        Self {
            index,
            asked: 0,
            questions: questions.clone(),
            board: board.clone(),
            clock: Clock::new(),
            log: Log::default(),
            made: Vec::new(),
            grown: Vec::new(),
        }
    }

    /// Asks until the slice is stopped, and keeps the latencies that `kind` says.
    ///
    /// One function for every kind: each copy of it would hold the endpoints of every strategy whole, and they are what
    /// the program's build takes its time for. To count down costs less than can be measured.
    pub(super) async fn run<S: ChatService>(&mut self, service: &S, slice: &Slice, kind: Kind) {
        let start = slice.begin().await;
        // Held here, so that asking counts no references: tasks would meet at that count with every operation.
        let questions = self.questions.clone();
        let trace = &questions.traces[self.index];
        let mut intended = intended_times(&questions.scenario, self.index, start).map(Iterator::peekable);
        let mut position = slice.position;
        let mut sampling = Sampling::new(kind, position + self.index as u64);
        let (index, board) = (self.index, self.board.clone());
        // One for the whole slice, and steps by reference: what is copied from future to future with every operation is
        // read before it is written out, and waits for that.
        let mut asking = Asking { client: self, questions: &questions, slice, timed: false, due: None };
        while !slice.is_over() {
            asking.due = intended.as_mut().and_then(|times| times.peek().copied());
            if let Some(due) = asking.due {
                board.idle(index, asking.client.asked);
                if !wait_until(due, slice, questions.near).await {
                    break;
                }
            }
            if let Some(times) = &mut intended {
                times.next();
            }
            let step = trace.step(position);
            position += 1;
            asking.timed = sampling.is_due();
            asking.ask(service, step).await;
            if position.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
        self.board.idle(self.index, self.asked);
        if kind != Kind::Bare {
            // What should have been asked by now has waited this long at least: left out, an overload would look like
            // a calm.
            let now = Instant::now();
            let steps = (position..).map(|position| trace.step(position));
            let unasked = intended.into_iter().flatten().take_while(|due| *due < now).zip(steps);
            let late = unasked.map(|(due, step)| Sample::new(step.operation, (now - due).as_nanos() as u64));
            self.log.samples.extend(late);
        }
    }
}

/// Which operations are timed.
struct Sampling {
    every: u64,
    /// Operations up to the next one that is timed.
    left: u64,
}

impl Sampling {
    /// `offset` lets tasks, and slices, begin at different places.
    fn new(kind: Kind, offset: u64) -> Self {
        let every = match kind {
            Kind::Bare => u64::MAX,
            Kind::Sampled => SAMPLED,
            Kind::Full => 1,
        };
        Self { every, left: every - offset % every }
    }

    /// Whether the next operation is timed.
    fn is_due(&mut self) -> bool {
        self.left -= 1;
        let due = self.left == 0;
        if due {
            self.left = self.every;
        }
        due
    }
}

/// When to ask, in an open loop; `None` in a closed one.
fn intended_times(
    scenario: &Scenario,
    task: usize,
    start: Instant,
) -> Option<impl Iterator<Item = Instant> + use<>> {
    let Arrival::Open(rate) = scenario.arrival else { return None };
    let offsets = arrival::intended_times(rate, scenario.tasks(), task as u32);
    Some(offsets.map(move |nanos| start + Duration::from_nanos(nanos)))
}

/// From when on a latency counts.
enum Start {
    /// From the question, by the raw counter of the client's clock.
    Asked(u64),
    /// From when it should have been asked.
    Due(Instant),
}

/// A client that is asking, and how it keeps the time.
struct Asking<'a> {
    client: &'a mut Client,
    questions: &'a Questions,
    slice: &'a Slice,
    /// Whether the latency is kept.
    timed: bool,
    /// The intended start of the first question in an open loop; the others follow from its answer.
    due: Option<Instant>,
}

impl Asking<'_> {
    async fn ask<S: ChatService>(&mut self, service: &S, step: &Step) {
        let questions = self.questions;
        let id = questions.ids[step.session as usize];
        match step.operation {
            Operation::GetContextState => {
                let start = self.begin(step.operation);
                let answer = service.get_context_state(id).await;
                self.end(step.operation, start, &answer);
            }
            Operation::GetContext => {
                let start = self.begin(step.operation);
                let answer = service.get_context(id).await;
                self.end(step.operation, start, &answer);
            }
            Operation::GetContextMessages => {
                let page = MessagePage { branch: None, limit: questions.scenario.page as usize, offset: 0 };
                let start = self.begin(step.operation);
                let answer = service.get_context_messages(id, page).await;
                self.end(step.operation, start, &answer);
            }
            Operation::ListContexts => {
                let limit = questions.scenario.list_limit as usize;
                let start = self.begin(step.operation);
                let answer = service.list_contexts(Some(id), limit).await;
                self.end(step.operation, start, &answer);
            }
            Operation::AddContextMessage => {
                let message = NewMessage::text(Role::User, questions.text.as_str());
                let start = self.begin(step.operation);
                let answer = service.add_context_message(id, message, None).await;
                self.end(step.operation, start, &answer);
                if answer.is_ok() {
                    self.client.grown.push(step.session);
                }
            }
            Operation::UpdateContext => {
                // Two modes in turn, so that an update always changes something.
                let mode = if step.salt.is_multiple_of(2) { "chat" } else { "plan" };
                let update = ContextUpdate { mode: Some(mode.to_owned()), ..ContextUpdate::default() };
                let request = UpdateContext { update, expected_version: None };
                let start = self.begin(step.operation);
                let answer = service.update_context(id, request).await;
                self.end(step.operation, start, &answer);
            }
            operation => self.ask_rarely(service, operation, id, *step).await,
        }
    }

    /// What takes so long, or is so rare, that a box for the answer does not show: so it is compiled once a strategy and
    /// not once more here.
    async fn ask_rarely(
        &mut self,
        service: &dyn DynChatService,
        operation: Operation,
        id: ContextId,
        step: Step,
    ) {
        match operation {
            Operation::CreateContext => self.create(service).await,
            Operation::DeleteContext => {
                // Only what this client made itself, so that the sessions others ask for stay.
                if self.client.made.is_empty() {
                    self.create(service).await;
                }
                if let Some(made) = self.client.made.pop() {
                    self.about(operation, service.delete(made)).await;
                }
            }
            Operation::ApproveContextTools => {
                self.about(operation, service.decide(id, Vec::new())).await;
            }
            Operation::SendMessageAction => {
                self.converse(service, id, step).await;
                self.client.grown.push(step.session);
            }
            Operation::ApproveToolsAction => {
                if let Some(action) = self.about(operation, service.resume(id, Vec::new(), &())).await {
                    self.decide_all(service, id, action, step).await;
                }
            }
            _ => unreachable!("a read, or a short write"),
        }
    }

    /// Awaits one answer and logs how it went; for what is asked in one place only, see [`begin`](Self::begin).
    async fn about<T>(&mut self, operation: Operation, call: Answer<'_, T>) -> Option<T> {
        let start = self.begin(operation);
        let answer = call.await;
        self.end(operation, start, &answer);
        answer.ok()
    }

    /// Notes that something is asked now. What is measured by the nanosecond is asked between this and
    /// [`end`](Self::end), with no future of our own around the service's.
    #[inline]
    fn begin(&mut self, operation: Operation) -> Option<Start> {
        let client = &mut *self.client;
        client.asked += 1;
        client.log.look_ups += u64::from(operation.looks_up());
        client.board.begin(client.index, client.asked, operation);
        let due = self.due.take();
        self.timed.then(|| due.map_or_else(|| Start::Asked(client.clock.raw()), Start::Due))
    }

    /// Logs how it went. What is answered after the end of the slice does not count as done, but its latency is kept: a
    /// stall would hide in the slices that it outlasts.
    #[inline]
    fn end<T>(&mut self, operation: Operation, start: Option<Start>, answer: &Result<T, ServiceError>) {
        if let (Some(start), Ok(_)) = (start, answer) {
            let clock = &self.client.clock;
            let nanos = match start {
                Start::Asked(start) => clock.delta_as_nanos(start, clock.raw()),
                Start::Due(due) => due.elapsed().as_nanos() as u64,
            };
            self.client.log.samples.push(Sample::new(operation, nanos));
        }
        if self.slice.is_over() {
            return;
        }
        let log = &mut self.client.log;
        match answer {
            Ok(answer) => {
                std::hint::black_box(answer);
                log.counts[operation.index()].done += 1;
            }
            Err(error) => log.failed(operation, error),
        }
    }

    async fn create(&mut self, service: &dyn DynChatService) {
        let request = CreateContext {
            model_id: "simulated".to_owned(),
            mode: "chat".to_owned(),
            system_prompt_id: None,
        };
        if let Some(id) = self.about(Operation::CreateContext, service.create(request)).await {
            self.client.made.push(id);
        }
    }

    /// A whole turn with the approvals it asks for. Some clients go away midway.
    async fn converse(&mut self, service: &dyn DynChatService, id: ContextId, step: Step) {
        let questions = self.questions;
        let mut draws = random::stream(questions.seed, u64::from(step.salt));
        let message = NewMessage::text(Role::User, questions.text.as_str());
        let turn = self.about(Operation::SendMessageAction, service.send(id, message, &()));
        let action = if draws.random_bool(questions.scenario.cancel.probability()) {
            let patience = patience_of_a_client(&questions.scenario).mul_f64(draws.random());
            tokio::time::timeout(patience, turn).await.unwrap_or(None)
        } else {
            turn.await
        };
        match action {
            Some(action) => self.decide_all(service, id, action, step).await,
            None => {
                // Refused, perhaps because a client that went away has left tool calls undecided: nobody else will.
                if let Ok(action) = service.resume(id, Vec::new(), &()).await {
                    self.decide_all(service, id, action, step).await;
                }
            }
        }
    }

    /// Decides tool calls until the turn asks for no more: at once, or one first and the others after.
    async fn decide_all(
        &mut self,
        service: &dyn DynChatService,
        id: ContextId,
        first: ActionDTO,
        step: Step,
    ) {
        let questions = self.questions;
        let mut draws = random::stream(questions.seed, u64::from(step.salt) ^ 1 << 32);
        let deny = questions.scenario.model.as_ref().map_or(0.0, |model| model.deny_percent.probability());
        let mut action = Some(first);
        while let Some(pending) =
            action.take().map(|action| action.pending_calls).filter(|calls| !calls.is_empty())
        {
            let decide =
                |call: ToolCall| ToolDecision { call_id: call.id, approve: !draws.random_bool(deny) };
            let mut decisions: Vec<_> = pending.into_iter().map(decide).collect();
            if decisions.len() > 1 {
                let one = vec![decisions.remove(0)];
                self.about(Operation::ApproveContextTools, service.decide(id, one)).await;
            }
            action = self.about(Operation::ApproveToolsAction, service.resume(id, decisions, &())).await;
        }
    }
}

/// How long a client that goes away has waited at most: as long as a reply takes at most.
pub(super) fn patience_of_a_client(scenario: &Scenario) -> Duration {
    scenario.model.as_ref().map_or(Duration::ZERO, Model::longest_reply)
}

/// Waits for an intended time; false when the slice ends before it.
async fn wait_until(due: Instant, slice: &Slice, near: Duration) -> bool {
    loop {
        if slice.is_over() {
            return false;
        }
        match due.checked_duration_since(Instant::now()) {
            None => return true,
            Some(far) if far > near => {
                tokio::time::sleep(far.saturating_sub(near / 2).min(LONGEST_STEP)).await;
            }
            Some(_) => tokio::task::yield_now().await,
        }
    }
}
