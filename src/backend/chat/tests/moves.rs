//! Everything that can be done to a context, as data, so that properties can be tried on any sequence of it.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::super::*;

/// One call of a method that changes the context.
#[derive(Debug, Clone)]
pub enum Move {
    Append(Role, String, Option<String>),
    SetSystemPrompt(String),
    Update(ContextUpdate),
    Fork(String, String),
    Touch(Timestamp),
    BeginTurn(Role, String),
    RequestModel,
    StartStream,
    AppendChunks(String),
    EndStream,
    FullResponse(String),
    /// As many calls, named `call 0`, `call 1` and so on.
    FinishResponse(usize),
    /// The nth call of the model's message and what is said to it.
    Decide(Vec<(usize, bool)>),
    Resume,
    /// Results for the nth calls.
    CompleteTools(Vec<usize>),
    /// Results for just the approved calls.
    CompleteApproved,
    TransientFailure(String),
    Retry,
    Fail(String),
    Cancel,
    Recover,
    /// The step that a turn takes next if all goes well, with that many tool calls if it is the model's.
    Advance(usize),
}

fn call_id(n: usize) -> ToolCallId {
    ToolCallId(format!("call {n}"))
}

fn result(call_id: ToolCallId) -> ToolResult {
    ToolResult { call_id, output: "an output".to_owned(), is_error: false }
}

impl Move {
    /// Every step of a turn, each in its plainest form.
    pub fn turn_steps() -> [Self; 15] {
        [
            Self::BeginTurn(Role::User, "a question".to_owned()),
            Self::RequestModel,
            Self::StartStream,
            Self::AppendChunks("words".to_owned()),
            Self::EndStream,
            Self::FullResponse("an answer".to_owned()),
            Self::FinishResponse(0),
            Self::FinishResponse(2),
            Self::Decide(vec![(0, true), (1, false)]),
            Self::Resume,
            Self::CompleteApproved,
            Self::TransientFailure("try again".to_owned()),
            Self::Retry,
            Self::Fail("give up".to_owned()),
            Self::Cancel,
        ]
    }

    pub fn apply(&self, context: &mut ChatContext) -> Result<(), ChatError> {
        match self.clone() {
            Self::Append(role, text, branch) => {
                context.append(NewMessage::text(role, text), branch.as_deref()).map(drop)
            }
            Self::SetSystemPrompt(text) => {
                context.set_system_prompt(text);
                Ok(())
            }
            Self::Update(update) => context.update(&update),
            Self::Fork(name, from) => context.fork_branch(&name, &from),
            Self::Touch(now) => {
                context.touch(now);
                Ok(())
            }
            Self::BeginTurn(role, text) => context.begin_turn(NewMessage::text(role, text)).map(drop),
            Self::RequestModel => context.request_model(),
            Self::StartStream => context.start_stream().map(drop),
            Self::AppendChunks(text) => context.append_chunks(&text),
            Self::EndStream => context.end_stream(),
            Self::FullResponse(text) => context.full_response(text).map(drop),
            Self::FinishResponse(calls) => {
                let call =
                    |n| NewToolCall { id: call_id(n), name: "a tool".to_owned(), arguments: json!({"n": n}) };
                context.finish_response((0..calls).map(call).collect()).map(drop)
            }
            Self::Decide(decisions) => {
                let decision = |(n, approve)| ToolDecision { call_id: call_id(n), approve };
                context.decide_tools(&decisions.into_iter().map(decision).collect::<Vec<_>>())
            }
            Self::Resume => context.resume_after_approval().map(drop),
            Self::CompleteTools(calls) => {
                context.complete_tools(calls.into_iter().map(|n| result(call_id(n))).collect()).map(drop)
            }
            Self::CompleteApproved => {
                let results = context.approved_calls().map(|call| result(call.id.clone())).collect();
                context.complete_tools(results).map(drop)
            }
            Self::TransientFailure(error) => context.transient_failure(error),
            Self::Retry => context.retry().map(drop),
            Self::Fail(error) => context.fail(error),
            Self::Cancel => context.cancel(),
            Self::Recover => {
                context.recover();
                Ok(())
            }
            Self::Advance(calls) => Self::next_step(context, calls).apply(context),
        }
    }

    fn next_step(context: &ChatContext, calls: usize) -> Self {
        match context.state_kind() {
            StateKind::Idle | StateKind::Failed => Self::BeginTurn(Role::User, "a question".to_owned()),
            StateKind::ProcessingUserMessage
            | StateKind::ProcessingToolResults
            | StateKind::GeneratingResponse => Self::RequestModel,
            StateKind::AwaitingModel => Self::StartStream,
            StateKind::Streaming => Self::EndStream,
            StateKind::ProcessingResponse => Self::FinishResponse(calls),
            StateKind::AwaitingToolApproval if context.pending_calls().next().is_none() => Self::Resume,
            StateKind::AwaitingToolApproval => {
                let pending = context.pending_calls().map(|call| call.id.0["call ".len()..].parse().unwrap());
                Self::Decide(pending.map(|n: usize| (n, n.is_multiple_of(2))).collect())
            }
            StateKind::ExecutingTools => Self::CompleteApproved,
            StateKind::TransientFailure => Self::Retry,
        }
    }
}

pub fn new_context() -> ChatContext {
    ChatContext::new(ContextId(Uuid::nil()), ContextConfig::new("a model", "chat"), Timestamp(1)).unwrap()
}

pub fn after(moves: &[Move]) -> ChatContext {
    let mut context = new_context();
    for step in moves {
        step.apply(&mut context).unwrap();
    }
    context
}

/// A context in each state there is, reached by the shortest way.
pub fn in_every_state() -> Vec<ChatContext> {
    let [begin, request, stream, chunks, end, _, _, with_calls, _, resume, complete, transient, _, fail, _] =
        Move::turn_steps();
    let approve = Move::Decide(vec![(0, true), (1, false)]);
    let deny = Move::Decide(vec![(0, false), (1, false)]);
    let path: Vec<_> = [begin, request, stream, chunks, end, with_calls].into();
    let then = |more: &[&Move]| {
        let more = more.iter().map(|&step| step.clone());
        after(&path.iter().cloned().chain(more).collect::<Vec<_>>())
    };
    vec![
        new_context(),
        after(&path[..1]),
        after(&path[..2]),
        after(&path[..4]),
        after(&path[..5]),
        then(&[]),
        then(&[&approve, &resume]),
        then(&[&approve, &resume, &complete]),
        then(&[&deny, &resume]),
        after(&[&path[..4], &[transient]].concat()),
        then(&[&fail]),
    ]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant), Just(Role::Tool)]
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

/// The names of branches that may be there, and of one that is not.
fn branch() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just("main"), 2 => Just("draft"), 1 => Just("other"), 1 => Just("")]
        .prop_map(str::to_owned)
}

fn update() -> impl Strategy<Value = ContextUpdate> {
    let name = || prop::option::of("[a-z]{0,3}");
    let parameters =
        prop::collection::btree_map("[a-z]{1,4}", (-9..9_i64).prop_map(|n| json!([n, "x", null])), 0..3);
    (name(), name(), prop::option::of(parameters), prop::option::of(branch())).prop_map(
        |(model_id, mode, parameters, active_branch)| ContextUpdate {
            model_id,
            mode,
            parameters,
            active_branch,
        },
    )
}

fn any_move() -> impl Strategy<Value = Move> {
    let decisions = prop::collection::vec((0..4_usize, any::<bool>()), 0..4);
    let anywhere = prop_oneof![
        (role(), text(), prop::option::of(branch()))
            .prop_map(|(role, text, to)| Move::Append(role, text, to)),
        text().prop_map(Move::SetSystemPrompt),
        update().prop_map(Move::Update),
        (branch(), branch()).prop_map(|(name, from)| Move::Fork(name, from)),
        any::<u64>().prop_map(|now| Move::Touch(Timestamp(now))),
        (role(), text()).prop_map(|(role, text)| Move::BeginTurn(role, text)),
        text().prop_map(Move::AppendChunks),
        decisions.prop_map(Move::Decide),
        prop::collection::vec(0..4_usize, 0..4).prop_map(Move::CompleteTools),
        Just(Move::Recover),
    ];
    let step = prop::sample::select(Move::turn_steps().to_vec());
    // Most moves go forward, or few sequences would get past the first response.
    prop_oneof![3 => anywhere, 3 => step, 8 => (0..4_usize).prop_map(Move::Advance)]
}

pub fn moves() -> impl Strategy<Value = Vec<Move>> {
    prop::collection::vec(any_move(), 0..120)
}

/// A context in any state, with any number of messages and branches.
pub fn any_context() -> impl Strategy<Value = ChatContext> {
    moves().prop_map(|moves| {
        let mut context = new_context();
        for step in moves {
            let _ = step.apply(&mut context); // a refusal is one more way for a context to come about
        }
        context
    })
}
