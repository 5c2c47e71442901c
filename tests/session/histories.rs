//! Every preset on real threads, recorded: whatever meets whatever, and whichever calls are cancelled, the history has
//! an order, and what must hold in the end holds.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use lockyard::backend::chat::{
    ContentPart, ContextId, ContextUpdate, Message, MessageDTO, ToolCall, ToolDecision,
};
use lockyard::backend::service::{DynBackend, ServiceError, SimulatorConfig, UpdateContext};
use lockyard::checks::invariants::{Sessions, appends, at_rest, stored, versions};
use lockyard::checks::spec::{Answer, Call, Context, Log, Page, Recording, Settings, Token};
use lockyard::history::Verdict;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::support::service::{page, request, service_of};
use crate::support::store::ScriptedStore;
use crate::support::{drained, user};

const SESSIONS: u32 = 3;
const CLIENTS: u64 = 8;
const QUESTIONS: u64 = 150;

struct Client {
    service: Arc<dyn DynBackend>,
    ids: Vec<ContextId>,
    log: Log,
    start: Instant,
    random: ChaCha8Rng,
}

/// What a text says of itself; nothing where the model wrote it.
fn token(text: &str) -> Token {
    Token(text.parse().unwrap_or_default())
}

fn of_message(message: &Message) -> Token {
    token(&message.text())
}

fn of_dto(message: &MessageDTO) -> Token {
    match &message.content[..] {
        [ContentPart::Text { text }] => token(text),
        _ => Token::FOREIGN,
    }
}

impl Client {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    async fn go(mut self, process: u64) -> Log {
        for nth in 0..QUESTIONS {
            let key = self.random.random_range(0..SESSIONS);
            let token = 1 + process * QUESTIONS + nth;
            let mode = if nth % 2 == 0 { "chat" } else { "plan" };
            let update = ContextUpdate { mode: Some(mode.to_owned()), ..ContextUpdate::default() };
            let call = match self.random.random_range(0..20) {
                0..4 => Call::State,
                4..7 => Call::Context,
                7..10 => Call::Page { offset: self.random.random_range(0..30), limit: 20 },
                10..14 => Call::Append(Token(token)),
                14..16 => Call::Update { change: Settings::from(&update), expected: None },
                16..18 => Call::Send(Token(token)),
                _ => Call::Resume,
            };
            let mut pending = self.ask(key, call, update.clone(), Vec::new()).await;
            while !pending.is_empty() {
                let decide = |call: ToolCall| ToolDecision { call_id: call.id, approve: nth % 3 > 0 };
                let decisions = pending.into_iter().map(decide).collect();
                pending = self.ask(key, Call::Resume, update.clone(), decisions).await;
            }
        }
        self.log
    }

    /// Asks, and writes down what was answered; the tool calls that then wait for a decision.
    async fn ask(
        &mut self,
        key: u32,
        call: Call,
        update: ContextUpdate,
        decisions: Vec<ToolDecision>,
    ) -> Vec<ToolCall> {
        let (service, id) = (self.service.clone(), self.ids[key as usize]);
        let ticket = self.log.invoke(self.now(), key, call);
        let mut pending = Vec::new();
        let asked = async {
            Ok(match call {
                Call::State => Answer::from(service.state(id).await?),
                Call::Context => Answer::from(&service.context(id).await?),
                Call::Page { offset, limit } => {
                    let found = service.messages(id, page(limit as usize, offset as usize)).await?;
                    Answer::Page(Page::of(&found, of_dto))
                }
                Call::Append(Token(token)) => {
                    service.append(id, user(&token.to_string()), None).await?.into()
                }
                Call::Update { .. } => {
                    let request = UpdateContext { update, expected_version: None };
                    Answer::changed(service.update(id, request).await?)
                }
                Call::Send(Token(token)) => {
                    let action = service.send(id, user(&token.to_string()), &()).await?;
                    pending = action.pending_calls;
                    Answer::turn(action.began, action.message, &action.context)
                }
                _ => {
                    let action = service.resume(id, decisions, &()).await?;
                    pending = action.pending_calls;
                    Answer::turn(action.began, action.message, &action.context)
                }
            })
        };
        let patience = if self.random.random_bool(0.05) { Duration::from_micros(300) } else { Duration::MAX };
        let answer: Option<Result<Answer, ServiceError>> = tokio::time::timeout(patience, asked).await.ok();
        match answer {
            Some(Ok(answer)) => self.log.ok(ticket, self.now(), answer),
            Some(Err(error)) if error.is_refusal() => self.log.fail(ticket),
            Some(Err(_)) | None => self.log.info(ticket),
        }
        pending
    }
}

async fn run(preset: &str, seed: u64) {
    let store = ScriptedStore::default();
    store.pauses.store(1, Relaxed);
    let model = SimulatorConfig {
        latency: Duration::ZERO..=Duration::from_micros(200),
        chunks: 1..=3,
        tool_calls: 0.3,
        transient_failures: 0.1,
        fatal_failures: 0.05,
        ..SimulatorConfig::default()
    };
    let service = service_of(preset, &store, 2, model);
    let mut ids = Vec::new();
    let mut given = Vec::new();
    for key in 0..SESSIONS {
        let id = service.create(request()).await.unwrap();
        given.push(Context::from(&service.context(id).await.unwrap()).given(key));
        ids.push(id);
    }
    let mut recording = Recording::new(given);
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for process in 0..CLIENTS {
        let random = ChaCha8Rng::seed_from_u64(seed * 100 + process);
        let log = Log::new(process, QUESTIONS as usize);
        clients.spawn(Client { service: service.clone(), ids: ids.clone(), log, start, random }.go(process));
    }
    for log in clients.join_all().await {
        recording.add(log);
    }
    let name = |key| format!("session {key}");
    match recording.judge(Duration::from_mins(1), name) {
        Verdict::Linearizable => {}
        Verdict::Violation(found) => panic!("{preset}, seed {seed}: no order explains\n{found}"),
        Verdict::Unknown => panic!("{preset}, seed {seed}: not judged in time"),
    }
    drained().await;
    assert_eq!(service.flush().await, []);
    let mut last = Vec::new();
    for id in &ids {
        last.push(service.whole(*id).await.unwrap());
    }
    let kept: Vec<_> = ids.iter().map(|id| store.stored(*id).unwrap()).collect();
    let last: Sessions<'_> = (0..).zip(&last).collect();
    let kept: Sessions<'_> = (0..).zip(&kept).collect();
    let findings = [
        appends(&recording, &last, of_message),
        versions(&recording, &last),
        at_rest(&last),
        stored(&recording, &last, &kept),
    ];
    assert_eq!(findings.concat(), [], "{preset}, seed {seed}");
}

fn its_histories_have_an_order(preset: &str) {
    for seed in 0..3 {
        let runtime = Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
        runtime.block_on(run(preset, seed));
    }
}

each_preset! { its_histories_have_an_order }
