//! A service made of the conversation itself, which now and then answers from its past, forgets a change or makes it
//! twice; and histories of it.

use lockyard::backend::chat::{
    ChatContext, ChatContextDTO, ContextConfig, ContextId, ContextUpdate, Message, NewMessage, NewToolCall,
    Role, StateKind, Timestamp, ToolDecision, ToolResult,
};
use lockyard::checks::spec::{Answer, Call, Context, Page, Sessions, Settings, Token};
use lockyard::history::{History, Pairing};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

fn token(message: &Message) -> Token {
    Token(message.text().parse().unwrap_or_default())
}

/// How a conversation looks to clients.
pub fn shown(context: &ChatContext) -> Context {
    Context::from(&ChatContextDTO::from(context))
}

/// The answer of a conversation to a look at it.
pub fn look(context: &ChatContext, call: &Call) -> Answer {
    match *call {
        Call::State => Answer::State { version: context.version().0 as u32, kind: context.state_kind() },
        Call::Page { offset, limit } => {
            let messages = context.page(None, limit as usize, offset as usize).unwrap();
            let messages = messages.map(|message| (message.id.0, token(message)));
            let total = context.message_count(None).unwrap() as u32;
            Answer::Page(Page::new(context.version().0 as u32, total, messages))
        }
        _ => Answer::Context(shown(context)),
    }
}

/// Makes a change, and answers it; nothing if it is refused.
pub fn change(context: &mut ChatContext, call: &Call) -> Option<Answer> {
    let version = context.version().0 as u32 + 1;
    let message = |token: &Token| NewMessage::text(Role::User, token.0.to_string());
    let answer = match call {
        Call::Append(token) => {
            let id = context.append(message(token), None).ok()?.0;
            Answer::Appended { version, id }
        }
        Call::Update { change, expected } => {
            let met = expected.is_none_or(|expected| expected + 1 == version);
            let mode = MODES.iter().find(|mode| Settings::number(mode) == change.mode);
            let mode = mode.map(|mode| (*mode).to_owned());
            context.update(&ContextUpdate { mode, ..ContextUpdate::default() }).ok()?;
            met.then_some(Answer::Changed(version))?
        }
        Call::Decide => {
            context.decide_tools(&decisions(context, 1)).ok()?;
            Answer::Changed(version)
        }
        Call::Send(token) => {
            let message = context.begin_turn(message(token)).ok()?.0;
            Answer::Turn { began: version, message: Some(message), after: shown(context) }
        }
        Call::Resume => {
            context.decide_tools(&decisions(context, 9)).ok()?;
            context.resume_after_approval().ok()?;
            Answer::Turn { began: version, message: None, after: shown(context) }
        }
        _ => return None,
    };
    context.touch(Timestamp(0));
    Some(answer)
}

fn decisions(context: &ChatContext, most: usize) -> Vec<ToolDecision> {
    let decide = |(nth, call): (usize, &lockyard::backend::chat::ToolCall)| ToolDecision {
        call_id: call.id.clone(),
        approve: nth == 0,
    };
    context.pending_calls().take(most).enumerate().map(decide).collect()
}

/// One step of the turn at work.
pub fn advance(context: &mut ChatContext, random: &mut ChaCha8Rng) {
    match context.state_kind() {
        StateKind::AwaitingModel => match random.random_range(0..4) {
            0 => context.start_stream().map(drop),
            1 => context.transient_failure("overloaded"),
            _ => context.full_response("well").map(drop),
        },
        StateKind::Streaming if random.random_bool(0.5) => context.append_chunks("well"),
        StateKind::Streaming => context.end_stream(),
        StateKind::ProcessingResponse => {
            let call = |id: &str| NewToolCall::new(id, "look_up", serde_json::Value::Null);
            let calls = if random.random_bool(0.4) { vec![call("a"), call("b")] } else { vec![] };
            context.finish_response(calls).map(drop)
        }
        StateKind::ExecutingTools => {
            let result = |call: &lockyard::backend::chat::ToolCall| ToolResult {
                call_id: call.id.clone(),
                output: String::new(),
                is_error: false,
            };
            let results = context.approved_calls().map(result).collect();
            context.complete_tools(results).map(drop)
        }
        StateKind::TransientFailure => context.retry().map(drop),
        _ => context.request_model(),
    }
    .unwrap();
    context.touch(Timestamp(0));
}

pub const MODES: [&str; 2] = ["chat", "plan"];

pub fn new_context(messages: u32) -> ChatContext {
    let id = ContextId("00000000-0000-0000-0000-000000000001".parse().unwrap());
    let mut context = ChatContext::new(id, ContextConfig::new("model", MODES[0]), Timestamp(0)).unwrap();
    for _ in 0..messages {
        context.append(NewMessage::text(Role::User, "before"), None).unwrap();
        context.touch(Timestamp(0));
    }
    context
}

/// What a process is at.
#[derive(Clone, Copy)]
enum Doing {
    Nothing,
    Asked(usize, Call),
    /// A turn at work: this will be answered, with how the session looks then.
    Turn(usize, Answer),
    Happened(Answer),
}

/// A history in the making.
pub struct Story<'r> {
    random: &'r mut ChaCha8Rng,
    left: usize,
    /// How often things go wrong.
    wrong: f64,
    pairing: Pairing<Sessions>,
    /// What each session was like, from the beginning to now; nothing once it was deleted.
    past: [Vec<Option<ChatContext>>; 2],
    doing: Vec<Doing>,
    /// Sessions whose turn was left at work.
    orphans: Vec<usize>,
    tokens: u64,
}

const KEYS: [&str; 2] = ["x", "y"];

impl<'r> Story<'r> {
    pub fn new(random: &'r mut ChaCha8Rng, most: usize) -> Self {
        let mut pairing = Pairing::<Sessions>::default();
        let past = KEYS.map(|key| {
            let mut context = new_context(random.random_range(0..2));
            if random.random_bool(0.5) {
                begin_a_conversation(&mut context, random);
            }
            pairing.invoke(99, Some(key), Call::Given).unwrap();
            pairing.ok(99, None, Answer::Context(shown(&context))).unwrap();
            vec![Some(context)]
        });
        Self {
            left: random.random_range(most / 2..=most),
            wrong: if random.random_bool(0.7) { 0.35 } else { 0.0 },
            doing: (0..random.random_range(1..=4)).map(|_| Doing::Nothing).collect(),
            random,
            pairing,
            past,
            orphans: Vec::new(),
            tokens: 0,
        }
    }

    pub fn build(mut self) -> History<Sessions> {
        let cut = self.random.random_bool(0.1);
        let mut at = 0;
        while self.left > 0 || (!cut && self.doing.iter().any(|doing| !matches!(doing, Doing::Nothing))) {
            if self.random.random_bool(0.25) {
                at = self.random.random_range(0..self.doing.len());
            }
            let now = std::mem::replace(&mut self.doing[at], Doing::Nothing);
            self.doing[at] = self.proceed(at as u64, now);
            if self.random.random_bool(0.3)
                && let Some(key) = self.orphans.pop()
                && let Some(Some(context)) = self.past[key].last()
            {
                let mut context = context.clone();
                if context.cancel().is_ok() {
                    context.touch(Timestamp(0));
                    self.past[key].push(Some(context));
                }
            }
        }
        self.pairing.finish().expect("every operation names its session")
    }

    fn proceed(&mut self, process: u64, now: Doing) -> Doing {
        match now {
            Doing::Nothing if self.left == 0 => Doing::Nothing,
            Doing::Nothing => {
                self.left -= 1;
                let key = usize::from(self.random.random_bool(0.1));
                let call = self.random_call();
                self.pairing.invoke(process, Some(KEYS[key]), call).unwrap();
                Doing::Asked(key, call)
            }
            Doing::Asked(..) if self.random.random_bool(0.03) => self.give_up(process),
            Doing::Asked(key, call) => self.happen(process, key, &call),
            Doing::Turn(key, answer) => self.turn(process, key, answer),
            Doing::Happened(answer) => {
                if self.random.random_bool(0.1) {
                    return self.give_up(process);
                }
                self.pairing.ok(process, None, answer).unwrap();
                Doing::Nothing
            }
        }
    }

    fn give_up(&mut self, process: u64) -> Doing {
        self.pairing.info(process).unwrap();
        Doing::Nothing
    }

    fn random_call(&mut self) -> Call {
        self.tokens += 1;
        let token = Token(self.tokens);
        let mode = Settings::number(MODES[self.random.random_range(0..2)]);
        let change = Settings { mode, ..Settings::default() };
        let page =
            Call::Page { offset: self.random.random_range(0..2), limit: self.random.random_range(1..5) };
        match self.random.random_range(0..20) {
            0..3 => Call::State,
            3..6 => Call::Context,
            6..9 => page,
            9..12 => Call::Append(token),
            12..14 => Call::Update { change, expected: None },
            14 => Call::Update { change, expected: Some(self.random.random_range(0..4)) },
            15..18 => Call::Send(token),
            18 => {
                if self.random.random_bool(0.7) {
                    Call::Resume
                } else {
                    Call::Decide
                }
            }
            _ if self.random.random_bool(0.5) => Call::Delete,
            _ => Call::Resume,
        }
    }

    fn happen(&mut self, process: u64, key: usize, call: &Call) -> Doing {
        let past = &mut self.past[key];
        let wrong = self.random.random_bool(self.wrong);
        let seen = if wrong { self.random.random_range(0..past.len().max(2) - 1) } else { past.len() - 1 };
        let Some(mut context) = past[seen].clone() else { return Doing::Happened(Answer::Gone) };
        match call {
            Call::State | Call::Context | Call::Page { .. } => return Doing::Happened(look(&context, call)),
            Call::Delete => {
                past.push(None);
                return Doing::Happened(Answer::Done);
            }
            _ => {}
        }
        let Some(answer) = change(&mut context, call) else {
            self.pairing.fail(process).unwrap();
            return Doing::Nothing;
        };
        if wrong && self.random.random_bool(0.3) {
            if self.random.random_bool(0.5) {
                return Doing::Happened(answer); // forgotten
            }
            change(&mut context, call); // twice, if it can be
        }
        let works = context.state_kind().is_working();
        past.push(Some(context));
        if works && matches!(call, Call::Send(_) | Call::Resume) {
            Doing::Turn(key, answer)
        } else {
            Doing::Happened(self.ended(key, answer))
        }
    }

    fn turn(&mut self, process: u64, key: usize, answer: Answer) -> Doing {
        let Some(Some(context)) = self.past[key].last() else { return self.give_up(process) };
        let mut context = context.clone();
        if self.random.random_bool(0.08) {
            self.orphans.push(key);
            return self.give_up(process);
        }
        // Where something went wrong, others may have ended it.
        if context.state_kind().is_working() {
            advance(&mut context, self.random);
            self.past[key].push(Some(context.clone()));
        }
        if context.state_kind().is_working() {
            Doing::Turn(key, answer)
        } else {
            Doing::Happened(self.ended(key, answer))
        }
    }

    /// A turn is answered with how the session looks now.
    fn ended(&self, key: usize, answer: Answer) -> Answer {
        match (answer, self.past[key].last()) {
            (Answer::Turn { began, message, .. }, Some(Some(context))) => {
                Answer::Turn { began, message, after: shown(context) }
            }
            (answer, _) => answer,
        }
    }
}

/// Some way into a turn.
fn begin_a_conversation(context: &mut ChatContext, random: &mut ChaCha8Rng) {
    change(context, &Call::Send(Token::FOREIGN));
    for _ in 0..random.random_range(0..6) {
        if context.state_kind().is_working() {
            advance(context, random);
        }
    }
}
