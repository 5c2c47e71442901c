//! The steps of a turn: what each edits, what each refuses, and that a refusal changes nothing.

use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::moves::{Move, after, in_every_state, moves, new_context};

fn user(text: &str) -> NewMessage {
    NewMessage::text(Role::User, text)
}

fn decision(id: &str, approve: bool) -> ToolDecision {
    ToolDecision { call_id: id.into(), approve }
}

fn output(id: &str) -> ToolResult {
    ToolResult { call_id: id.into(), output: "an output".to_owned(), is_error: false }
}

/// A turn whose model asks for the tools `a`, `b` and so on.
fn asking_for(ids: &[&str]) -> ChatContext {
    let mut context = new_context();
    context.begin_turn(user("a question")).unwrap();
    context.request_model().unwrap();
    context.full_response("let me look").unwrap();
    context
        .finish_response(ids.iter().map(|id| NewToolCall::new(id, "a tool", json!(null))).collect())
        .unwrap();
    context
}

fn texts(context: &ChatContext) -> Vec<String> {
    context.messages(None).unwrap().map(Message::text).collect()
}

/// Every tool call of a branch must have one result behind it, but for those of the turn at hand.
fn unanswered(context: &ChatContext, branch: &str) -> Vec<ToolCallId> {
    let mut open = Vec::new();
    for message in context.messages(Some(branch)).unwrap() {
        for result in &message.tool_results {
            let call = open.iter().position(|id| *id == result.call_id);
            open.swap_remove(call.unwrap_or_else(|| panic!("a result for no open call: {result:?}")));
        }
        open.extend(message.tool_calls.iter().map(|call| call.id.clone()));
    }
    open
}

#[test]
fn every_step_is_possible_in_just_the_states_it_is_for() {
    let possible = |kind| -> &[usize] {
        match kind {
            StateKind::Idle | StateKind::Failed => &[0],
            StateKind::ProcessingUserMessage
            | StateKind::ProcessingToolResults
            | StateKind::GeneratingResponse => &[1, 13, 14],
            StateKind::AwaitingModel => &[2, 5, 11, 13, 14],
            StateKind::Streaming => &[3, 4, 11, 13, 14],
            StateKind::ProcessingResponse => &[6, 7, 13, 14],
            StateKind::AwaitingToolApproval => &[8, 13],
            StateKind::ExecutingTools => &[10, 11, 13, 14],
            StateKind::TransientFailure => &[12, 13, 14],
        }
    };
    let contexts = in_every_state();
    let mut seen: Vec<_> = contexts.iter().map(ChatContext::state_kind).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 11, "a state is missing: {seen:?}");

    for context in contexts {
        for (number, step) in Move::turn_steps().iter().enumerate() {
            let mut changed = context.clone();
            let outcome = step.apply(&mut changed);
            let expected = possible(context.state_kind()).contains(&number);
            assert_eq!(outcome.is_ok(), expected, "{step:?} in {}: {outcome:?}", context.state_kind());
            if outcome.is_err() {
                assert_eq!(changed, context, "{step:?} was refused and changed something");
            }
        }
    }
}

#[test]
fn a_second_turn_is_refused_while_one_is_under_way() {
    let mut context = asking_for(&["a"]);
    let refused = context.begin_turn(user("me too"));
    assert_eq!(refused, Err(ChatError::Busy { state: StateKind::AwaitingToolApproval }));
}

#[test]
fn a_turn_begins_with_a_user() {
    let refused = new_context().begin_turn(NewMessage::text(Role::Assistant, "hello?"));
    assert_eq!(refused, Err(ChatError::NotFromUser { role: Role::Assistant }));
}

#[test]
fn a_failed_context_is_reset_by_the_next_turn() {
    let mut context = asking_for(&[]);
    context.begin_turn(user("again")).unwrap();
    context.fail("no model").unwrap();
    assert_eq!(context.state().error(), Some("no model"));
    context.begin_turn(user("and again")).unwrap();
    assert_eq!(context.state_kind(), StateKind::ProcessingUserMessage);
}

#[test]
fn chunks_become_one_text() {
    let mut context = new_context();
    context.begin_turn(user("count")).unwrap();
    context.request_model().unwrap();
    let reply = context.start_stream().unwrap();
    assert!(context.pool()[reply].content.is_empty());
    for chunk in ["one ", "two ", "three"] {
        context.append_chunks(chunk).unwrap();
    }
    context.end_stream().unwrap();
    assert_eq!(context.finish_response(vec![]), Ok(StateKind::Idle));
    assert_eq!(context.pool()[reply].content, NewMessage::text(Role::Assistant, "one two three").content);
}

#[test]
fn a_turn_keeps_its_message_and_its_branch_whatever_others_do() {
    let mut context = new_context();
    context.fork_branch("draft", "main").unwrap();
    context.begin_turn(user("count")).unwrap();
    context.request_model().unwrap();
    context.start_stream().unwrap();
    context.append_chunks("one ").unwrap();
    context.append(NewMessage::text(Role::Assistant, "an aside"), None).unwrap();
    context.update(&ContextUpdate { active_branch: Some("draft".to_owned()), ..Default::default() }).unwrap();
    context.append_chunks("two").unwrap();
    context.end_stream().unwrap();
    context.finish_response(vec![NewToolCall::new("a", "a tool", json!(null))]).unwrap();
    context.decide_tools(&[decision("a", false)]).unwrap();
    context.resume_after_approval().unwrap();

    assert_eq!(texts(&context), [""; 0]);
    let main: Vec<_> = context.messages(Some("main")).unwrap().map(Message::text).collect();
    assert_eq!(main, ["count", "one two", "an aside", ""]);
    assert_eq!(unanswered(&context, "main"), []);
}

#[test]
fn a_stream_that_is_tried_again_repeats_nothing() {
    let mut context = new_context();
    context.begin_turn(user("count")).unwrap();
    context.request_model().unwrap();
    let first = context.start_stream().unwrap();
    context.append_chunks("one tw").unwrap();
    context.transient_failure("line cut").unwrap();
    assert_eq!(texts(&context), ["count", "one tw"]);
    assert_eq!(context.retry(), Ok(StateKind::AwaitingModel));
    let second = context.start_stream().unwrap();
    context.append_chunks("one two").unwrap();
    assert_eq!(first, second);
    assert_eq!(texts(&context), ["count", "one two"]);
}

#[test]
fn a_stream_that_fails_once_too_often_fails_the_turn() {
    let mut context = new_context();
    context.begin_turn(user("count")).unwrap();
    context.request_model().unwrap();
    for failures in 1..=MAX_RETRIES + 1 {
        context.start_stream().unwrap();
        context.append_chunks("one tw").unwrap();
        context.transient_failure("line cut").unwrap();
        assert_eq!((context.state().retries(), context.check()), (failures, Ok(())));
        let state = context.retry().unwrap();
        assert_eq!(state == StateKind::Failed, failures > MAX_RETRIES);
    }
    assert_eq!(context.check(), Ok(()));
    assert_eq!(context.state().error(), Some("line cut"));
    assert_eq!(texts(&context), ["count", "one tw"]);
}

#[test]
fn a_cancelled_stream_keeps_the_words_it_has() {
    let mut context = new_context();
    context.begin_turn(user("count")).unwrap();
    context.request_model().unwrap();
    context.start_stream().unwrap();
    context.append_chunks("one tw").unwrap();
    context.cancel().unwrap();
    assert_eq!(
        (context.state_kind(), texts(&context)),
        (StateKind::Idle, vec!["count".into(), "one tw".into()])
    );

    context.begin_turn(user("go on")).unwrap();
    context.request_model().unwrap();
    context.full_response("two").unwrap();
    assert_eq!(texts(&context), ["count", "one tw", "go on", "two"], "a new turn has a reply of its own");
}

#[test]
fn some_may_be_decided_now_and_the_rest_later() {
    let mut context = asking_for(&["a", "b"]);
    context.decide_tools(&[decision("a", true)]).unwrap();
    assert_eq!(context.state_kind(), StateKind::AwaitingToolApproval);
    let refused = context.resume_after_approval();
    assert_eq!(refused, Err(ChatError::StillPending { calls: vec!["b".into()] }));

    context.decide_tools(&[decision("a", true), decision("b", false)]).unwrap();
    assert_eq!(context.state_kind(), StateKind::AwaitingToolApproval, "only resuming leaves the state");
    assert_eq!(context.resume_after_approval(), Ok(StateKind::ExecutingTools));
    assert_eq!(context.approved_calls().map(|call| call.id.0.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(unanswered(&context, "main"), ["a".into()], "the denied call has its result");
    context.complete_tools(vec![output("a")]).unwrap();
    assert_eq!(unanswered(&context, "main"), []);
}

#[test]
fn all_denied_goes_back_to_the_model() {
    let mut context = asking_for(&["a", "b"]);
    context.decide_tools(&[decision("a", false), decision("b", false)]).unwrap();
    assert_eq!(context.resume_after_approval(), Ok(StateKind::GeneratingResponse));
    let results = &context.messages(None).unwrap().next_back().unwrap().tool_results;
    assert!(results.iter().all(|result| result.is_error && result.output.contains("denied")), "{results:?}");
    context.request_model().unwrap();
}

#[test]
fn wrong_decisions_are_refused_by_name_and_whole() {
    let mut context = asking_for(&["a", "b"]);
    context.decide_tools(&[decision("a", true)]).unwrap();
    let before = context.clone();

    let unknown = context.decide_tools(&[decision("b", true), decision("x", true), decision("y", true)]);
    let error = ChatError::UnknownToolCall {
        given: vec!["x".into(), "y".into()],
        known: vec!["a".into(), "b".into()],
    };
    assert_eq!(error.to_string(), "no tool call `x`, `y` here: the calls at hand are `a`, `b`");
    assert_eq!(unknown, Err(error));
    let reversed = context.decide_tools(&[decision("b", true), decision("a", false)]);
    assert_eq!(
        reversed,
        Err(ChatError::AlreadyDecided { call_id: "a".into(), approval: Approval::Approved })
    );
    let torn = context.decide_tools(&[decision("b", true), decision("b", false)]);
    assert_eq!(torn, Err(ChatError::AlreadyDecided { call_id: "b".into(), approval: Approval::Approved }));
    assert_eq!(context, before);
}

#[test]
fn results_must_be_those_of_the_approved_calls() {
    let mut context = asking_for(&["a", "b", "c"]);
    context.decide_tools(&[decision("a", true), decision("b", true), decision("c", false)]).unwrap();
    context.resume_after_approval().unwrap();
    let before = context.clone();

    let missing = context.complete_tools(vec![output("a")]);
    assert_eq!(missing, Err(ChatError::MissingToolResult { calls: vec!["b".into()] }));
    let repeated = context.complete_tools(vec![output("a"), output("b"), output("a")]);
    assert_eq!(repeated, Err(ChatError::RepeatedToolCall { call_id: "a".into() }));
    let denied = context.complete_tools(vec![output("a"), output("b"), output("c")]);
    assert!(matches!(denied, Err(ChatError::UnknownToolCall { given, .. }) if given == ["c".into()]));
    assert_eq!(context, before);
    context.complete_tools(vec![output("b"), output("a")]).unwrap();
}

#[test]
fn a_model_cannot_name_two_calls_alike() {
    let mut context = new_context();
    context.begin_turn(user("a question")).unwrap();
    context.request_model().unwrap();
    context.full_response("let me look").unwrap();
    let before = context.clone();
    let twice = context.finish_response(vec![NewToolCall::new("a", "a tool", json!(null)); 2]);
    assert_eq!(twice, Err(ChatError::RepeatedToolCall { call_id: "a".into() }));
    assert_eq!(context, before);
}

#[test]
fn whatever_ends_a_turn_every_call_gets_its_result() {
    type End = fn(&mut ChatContext);
    let while_waiting: [End; 1] = [|context| context.fail("no power").unwrap()];
    let while_running: [End; 4] = [
        |context| context.fail("no power").unwrap(),
        |context| context.cancel().unwrap(),
        |context| context.transient_failure("line cut").unwrap(),
        |context| assert!(context.recover()),
    ];
    for end in while_waiting {
        let mut context = asking_for(&["a", "b"]);
        end(&mut context);
        assert_eq!(unanswered(&context, "main"), []);
    }
    for end in while_running {
        let mut context = asking_for(&["a", "b"]);
        context.decide_tools(&[decision("a", true), decision("b", false)]).unwrap();
        context.resume_after_approval().unwrap();
        end(&mut context);
        assert_eq!(unanswered(&context, "main"), []);
        assert_eq!(context.approved_calls().count(), 0);
    }
}

#[test]
fn the_ninth_round_of_tools_ends_the_turn() {
    let mut context = asking_for(&["a"]);
    for round in 1.. {
        context.decide_tools(&[decision("a", round % 2 == 0)]).unwrap();
        if context.resume_after_approval().unwrap() == StateKind::ExecutingTools {
            context.complete_tools(vec![output("a")]).unwrap();
        }
        context.request_model().unwrap();
        context.full_response("once more").unwrap();
        let state = context.finish_response(vec![NewToolCall::new("a", "a tool", json!(null))]).unwrap();
        if state == StateKind::Failed {
            assert_eq!(round, MAX_TOOL_ROUNDS);
            break;
        }
    }
    assert_eq!(unanswered(&context, "main"), []);
}

#[test]
fn recovery_rolls_back_a_lost_turn_and_leaves_the_others() {
    for context in in_every_state() {
        let mut recovered = context.clone();
        let was_lost = recovered.recover();
        assert_eq!(was_lost, context.state_kind().is_working(), "{}", context.state_kind());
        if was_lost {
            assert_eq!(recovered.state_kind(), StateKind::Idle);
            assert_eq!(unanswered(&recovered, "main"), []);
        } else {
            assert_eq!(recovered, context);
        }
    }
}

#[test]
fn steps_leave_the_version_to_the_caller_that_accepts_the_change() {
    let context = after(&[Move::BeginTurn(Role::User, "a question".to_owned()), Move::RequestModel]);
    assert_eq!((context.version(), context.updated_at()), (Version(0), Timestamp(1)));
}

proptest! {
    #[test]
    fn every_change_is_whole_or_nothing(moves in moves()) {
        let mut context = new_context();
        for step in moves {
            let before = context.clone();
            let outcome = step.apply(&mut context);
            prop_assert_eq!(context.check(), Ok(()), "after {:?}", step);
            if let Err(error) = outcome {
                prop_assert_eq!(&context, &before, "{:?} was refused: {}", step, error);
            }
            let touched = u64::from(matches!(step, Move::Touch(_)));
            prop_assert_eq!(context.version().0, before.version().0 + touched);
        }
    }

    #[test]
    fn only_the_turn_at_hand_has_calls_without_results(moves in moves()) {
        let mut context = new_context();
        for step in moves {
            let _ = step.apply(&mut context);
            let at_hand = match context.state_kind() {
                StateKind::AwaitingToolApproval => {
                    context.pool()[context.turn.reply.unwrap()].tool_calls.iter().map(|call| call.id.clone()).collect()
                }
                StateKind::ExecutingTools => context.approved_calls().map(|call| call.id.clone()).collect(),
                _ => Vec::new(),
            };
            for branch in context.branches() {
                let mut open = unanswered(&context, branch.name());
                open.sort();
                let expected = if *branch.name() == *context.turn.branch { at_hand.as_slice() } else { &[] };
                prop_assert_eq!(&open, expected, "on {} after {:?}", branch.name(), step);
            }
        }
    }
}
