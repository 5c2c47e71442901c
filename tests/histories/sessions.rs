//! Sessions for the agreement of checkers: the specification once more, told plainly with sets and maps, and a service
//! over the conversation itself that now and then answers from its past, forgets a change or makes it twice.

use std::collections::{BTreeMap, BTreeSet};

use lockyard::chat::{
    ChatContext, ChatContextDTO, ContextConfig, ContextId, ContextUpdate, Message, NewMessage, NewToolCall,
    Role, StateKind, Timestamp, ToolDecision, ToolResult,
};
use lockyard::verify::session::{Answer, Call, Context, Page, Sessions, Settings, Token};
use lockyard::verify::{History, Pairing};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::Plain;

/// What is known of a session, told plainly.
#[derive(Clone, Debug, Default)]
pub enum Known {
    #[default]
    Absent,
    Live(Live),
    Deleted,
}

#[derive(Clone, Debug)]
pub struct Live {
    version: u32,
    floating: bool,
    kinds: BTreeSet<StateKind>,
    totals: (u32, u32),
    settings: Settings,
    began: u32,
    tokens: BTreeMap<u32, Token>,
    unsure_from: u32,
}

/// Where a turn at work gets in one step: the arrows of the design's table, without those that are somebody's request.
fn step(from: StateKind) -> Vec<StateKind> {
    use StateKind as S;
    let mut to = match from {
        S::ProcessingUserMessage | S::ProcessingToolResults | S::GeneratingResponse => vec![S::AwaitingModel],
        S::AwaitingModel => vec![S::Streaming, S::ProcessingResponse, S::TransientFailure],
        S::Streaming => vec![S::Streaming, S::ProcessingResponse, S::TransientFailure],
        S::ProcessingResponse => vec![S::AwaitingToolApproval],
        S::ExecutingTools => vec![S::ProcessingToolResults, S::TransientFailure],
        S::TransientFailure => vec![S::AwaitingModel],
        S::Idle | S::AwaitingToolApproval | S::Failed => return vec![],
    };
    to.extend([S::Idle, S::Failed]);
    to
}

impl Live {
    fn works(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_working())
    }

    fn steps(&mut self, steps: u32) {
        for _ in 0..steps {
            self.kinds = self.kinds.iter().flat_map(|kind| step(*kind)).collect();
        }
    }

    fn any_steps(&mut self) {
        for _ in 0..20 {
            let more: Vec<_> = self.kinds.iter().flat_map(|kind| step(*kind)).collect();
            self.kinds.extend(more);
        }
    }

    fn reach(&mut self, version: u32) -> Option<()> {
        let steps = version.checked_sub(self.version)?;
        if steps > 0 {
            if self.floating { self.any_steps() } else { self.steps(steps) }
        }
        self.totals.1 += steps;
        (self.version, self.floating) = (version, false);
        (!self.kinds.is_empty()).then_some(())
    }

    fn is_in(&mut self, kinds: &[StateKind]) -> Option<()> {
        self.kinds.retain(|kind| kinds.contains(kind));
        (!self.kinds.is_empty()).then_some(())
    }

    /// In one of these now, or after some steps that nobody counts.
    fn comes_to(&mut self, kinds: &[StateKind]) -> Option<()> {
        if self.works() {
            self.floating = true;
            self.any_steps();
        }
        self.is_in(kinds)
    }

    fn has(&mut self, total: u32) -> Option<()> {
        let fits = self.totals.0 <= total && total <= self.totals.1;
        self.totals = (total, total);
        fits.then_some(())
    }

    fn shows(&mut self, context: &Context) -> Option<()> {
        self.reach(context.version)?;
        self.is_in(&[context.kind])?;
        self.has(context.total)?;
        (self.settings == context.settings).then_some(())
    }

    fn append(&mut self, token: Token, place: Option<u32>) {
        match place {
            Some(place) => drop(self.tokens.insert(place, token)),
            None => self.unsure_from = self.unsure_from.min(self.totals.0),
        }
        self.totals = (self.totals.0 + 1, self.totals.1 + 1);
    }

    fn sure_place(&self) -> Option<u32> {
        (self.totals.0 == self.totals.1 && !self.floating).then_some(self.totals.0)
    }

    fn set(&mut self, change: Settings) {
        let or = |new: u32, old: u32| if new == 0 { old } else { new };
        self.settings = Settings {
            model: or(change.model, self.settings.model),
            mode: or(change.mode, self.settings.mode),
            parameters: or(change.parameters, self.settings.parameters),
        };
    }

    fn answered(&mut self, call: &Call, answer: &Answer) -> Option<()> {
        const REST: [StateKind; 3] = [StateKind::Idle, StateKind::AwaitingToolApproval, StateKind::Failed];
        match (call, answer) {
            (Call::State, Answer::State { version, kind }) => {
                self.reach(*version)?;
                self.is_in(&[*kind])
            }
            (Call::Context, Answer::Context(context)) => self.shows(context),
            (Call::Ended { began }, Answer::Context(context)) => {
                self.shows(context)?;
                if self.began == *began { self.is_in(&REST) } else { Some(()) }
            }
            (Call::Page { offset, limit }, Answer::Page(page)) => {
                self.reach(page.version)?;
                self.has(page.total)?;
                let places: Vec<u32> =
                    (*offset..offset + limit).filter(|place| *place < page.total).collect();
                let token = |place: &u32| self.tokens.get(place).copied().unwrap_or_default();
                let due = places.iter().map(|place| (*place, token(place)));
                let unsure = places.last().is_some_and(|last| *last >= self.unsure_from);
                let due = Page::new(page.version, page.total, due);
                (page.count == due.count && (unsure || page.digest == due.digest)).then_some(())
            }
            (Call::Append(token), Answer::Appended { version, id }) => {
                self.reach(version - 1)?;
                self.version += 1;
                self.has(*id)?;
                self.append(*token, Some(*id));
                Some(())
            }
            (Call::Update { change, expected }, Answer::Changed(version)) => {
                self.reach(version - 1)?;
                let met = expected.is_none_or(|expected| expected == self.version);
                self.version += 1;
                self.set(*change);
                met.then_some(())
            }
            (Call::Decide, Answer::Changed(version)) => {
                self.reach(version - 1)?;
                self.version += 1;
                self.is_in(&[StateKind::AwaitingToolApproval])
            }
            (Call::Send(token), Answer::Turn { began, message: Some(id), .. }) => {
                self.reach(began - 1)?;
                self.is_in(&[StateKind::Idle, StateKind::Failed])?;
                self.begin(*token, Some(*id))
            }
            (Call::Resume, Answer::Turn { began, message: None, .. }) => {
                self.reach(began - 1)?;
                self.is_in(&[StateKind::AwaitingToolApproval])?;
                self.resume();
                Some(())
            }
            _ => None,
        }
    }

    fn begin(&mut self, token: Token, place: Option<u32>) -> Option<()> {
        self.version += 1;
        self.began = self.version;
        self.kinds = BTreeSet::from([StateKind::ProcessingUserMessage]);
        place.map_or(Some(()), |place| self.has(place))?;
        self.append(token, place);
        Some(())
    }

    fn resume(&mut self) {
        use StateKind as S;
        self.version += 1;
        self.began = self.version;
        self.totals.1 += 1;
        self.kinds = BTreeSet::from([S::AwaitingToolApproval, S::ExecutingTools, S::GeneratingResponse]);
    }

    fn unanswered(&mut self, call: &Call) -> Option<()> {
        match call {
            Call::Append(token) => {
                self.version += 1;
                let place = self.sure_place().filter(|_| !self.works());
                self.append(*token, place);
            }
            Call::Update { change, expected } => {
                expected.map_or(Some(()), |expected| self.reach(expected))?;
                self.version += 1;
                self.set(*change);
            }
            Call::Decide => {
                self.comes_to(&[StateKind::AwaitingToolApproval])?;
                self.version += 1;
            }
            Call::Send(token) => {
                self.comes_to(&[StateKind::Idle, StateKind::Failed])?;
                let place = self.sure_place();
                self.begin(*token, place)?;
            }
            Call::Resume => {
                self.comes_to(&[StateKind::AwaitingToolApproval])?;
                self.resume();
            }
            _ => return None,
        }
        Some(())
    }
}

impl Plain for Sessions {
    type Object = Known;

    fn after(object: &Known, call: &Call, answer: Option<&Answer>) -> Option<Known> {
        let new = |context: &Context| {
            Known::Live(Live {
                version: context.version,
                floating: false,
                kinds: BTreeSet::from([context.kind]),
                totals: (context.total, context.total),
                settings: context.settings,
                began: 0,
                tokens: BTreeMap::new(),
                unsure_from: u32::MAX,
            })
        };
        match (object, call, answer) {
            (Known::Live(_), _, Some(Answer::Gone)) => None,
            (_, Call::Given | Call::Create(_), Some(Answer::Gone)) => None,
            (gone, _, Some(Answer::Gone)) => Some(gone.clone()),
            (Known::Absent, Call::Given, Some(Answer::Context(context))) => Some(new(context)),
            (Known::Absent, Call::Create(settings), _) => {
                let (settings, kind) = (*settings, StateKind::Idle);
                Some(new(&Context { version: 1, total: 0, settings, kind }))
            }
            (Known::Live(_), Call::Delete, _) => Some(Known::Deleted),
            (Known::Live(live), call, answer) => {
                let mut live = live.clone();
                match answer {
                    Some(answer) => live.answered(call, answer)?,
                    None => live.unanswered(call)?,
                }
                Some(Known::Live(live))
            }
            _ => None,
        }
    }

    fn history(random: &mut ChaCha8Rng, most: usize) -> History<Self> {
        Story::new(random, most).tell()
    }
}

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
    let decide = |(nth, call): (usize, &lockyard::chat::ToolCall)| ToolDecision {
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
            let result = |call: &lockyard::chat::ToolCall| ToolResult {
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

enum Doing {
    Nothing,
    Asked(usize, Call),
    /// A turn at work: this will be answered, with how the session looks then.
    Turn(usize, Answer),
    Happened(Answer),
}

/// A history in the making.
struct Story<'r> {
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
    fn new(random: &'r mut ChaCha8Rng, most: usize) -> Self {
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

    fn tell(mut self) -> History<Sessions> {
        let cut = self.random.random_bool(0.1);
        let mut at = 0;
        while self.left > 0 || (!cut && self.doing.iter().any(|doing| !matches!(doing, Doing::Nothing))) {
            if self.random.random_bool(0.25) {
                at = self.random.random_range(0..self.doing.len());
            }
            let now = std::mem::replace(&mut self.doing[at], Doing::Nothing);
            self.doing[at] = self.go_on(at as u64, now);
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
        self.pairing.finish()
    }

    fn go_on(&mut self, process: u64, now: Doing) -> Doing {
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
            Doing::Happened(_) if self.random.random_bool(0.1) => self.give_up(process),
            Doing::Happened(answer) => {
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
