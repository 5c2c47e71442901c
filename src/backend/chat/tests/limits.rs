//! What a context may hold: refused at every entrance, and counted right whatever is done to it.

#![expect(clippy::needless_pass_by_value, reason = "outcomes are made where they are looked at")]

use proptest::prelude::*;

use super::super::*;
use super::moves::{any_context, new_context};

fn user(bytes: usize) -> NewMessage {
    NewMessage::text(Role::User, "x".repeat(bytes))
}

fn too_large<T>(field: &'static str, outcome: Result<T, ChatError>) -> bool {
    matches!(outcome, Err(ChatError::TooLarge { field: named, .. }) if named == field)
}

fn full<T>(wanted: &str, outcome: Result<T, ChatError>) -> bool {
    matches!(outcome, Err(ChatError::Full { what, .. }) if what == wanted)
}

proptest! {
    /// What is kept while it changes is what is counted of it when it is read back.
    #[test]
    fn a_size_is_kept_right_through_all_changes(context in any_context()) {
        let read: ChatContext = serde_json::from_slice(&serde_json::to_vec(&context).unwrap()).unwrap();
        prop_assert_eq!(context.size(), read.size());
        prop_assert_eq!(context.deep_clone().size(), read.size());
    }
}

#[test]
fn a_message_may_have_so_many_bytes_and_whoever_says_it() {
    let limits = ContextLimits { message_bytes: 1000, ..ContextLimits::default() };
    let mut context = new_context().within(limits);
    let before = context.clone();
    assert!(too_large("content", context.append(user(1000), None)));
    assert!(too_large("content", context.begin_turn(user(1000))));
    let many = NewMessage { role: Role::User, content: vec![ContentPart::Text { text: "x".to_owned() }; 50] };
    assert!(too_large("content", context.append(many, None)), "many small parts are large, too");
    assert!(too_large("settings", context.update(&parameter(1000))));
    assert_eq!(context, before);

    context.append(user(900), None).unwrap();
    context.begin_turn(user(900)).unwrap();
    context.request_model().unwrap();
    assert!(too_large("content", context.full_response("x".repeat(1000))));
    context.start_stream().unwrap();
    context.append_chunks(&"x".repeat(500)).unwrap();
    assert!(too_large("content", context.append_chunks(&"x".repeat(500))));
    context.end_stream().unwrap();
    let call = |bytes| vec![NewToolCall::new("c", "tool", "x".repeat(bytes).into())];
    assert!(too_large("tool_calls", context.finish_response(call(500))));
    context.finish_response(call(1)).unwrap();
    context.decide_tools(&[ToolDecision { call_id: "c".into(), approve: true }]).unwrap();
    context.resume_after_approval().unwrap();
    let result = |bytes| vec![ToolResult { call_id: "c".into(), output: "x".repeat(bytes), is_error: false }];
    assert!(too_large("tool_results", context.complete_tools(result(1000))));
    context.complete_tools(result(500)).unwrap();
}

#[test]
fn a_context_may_have_so_many_messages() {
    let mut context = new_context().within(ContextLimits { messages: 2, ..ContextLimits::default() });
    context.append(user(1), None).unwrap();
    context.begin_turn(user(1)).unwrap();
    context.request_model().unwrap();
    let before = context.clone();
    assert!(full("messages", context.append(user(1), None)));
    assert!(full("messages", context.full_response("hello")));
    assert!(full("messages", context.start_stream()));
    assert_eq!(context, before, "the turn is where it was, and may be failed");
    context.fail("no room").unwrap();
    assert!(full("messages", context.begin_turn(user(1))));
}

#[test]
fn a_context_may_have_so_many_bytes_and_can_be_made_smaller() {
    let room = new_context().size() + 20_000;
    let mut context = new_context().within(ContextLimits { bytes: room, ..ContextLimits::default() });
    let appended = (0..100).take_while(|_| context.append(user(1000), None).is_ok()).count();
    assert!((10..20).contains(&appended), "{appended} messages of some more than 1,000 bytes");
    assert!(context.size() <= room);
    assert!(full("bytes", context.update(&parameter(10_000))));

    let mut context = new_context().within(ContextLimits { bytes: room, ..ContextLimits::default() });
    context.update(&parameter(15_000)).unwrap();
    assert!(full("bytes", context.append(user(10_000), None)));
    context.update(&parameter(1)).unwrap();
    context.append(user(10_000), None).unwrap();
}

#[test]
fn what_is_over_a_lower_limit_is_read_and_can_only_become_less() {
    let mut context = new_context();
    context.append(user(10_000), None).unwrap();
    context.update(&parameter(10_000)).unwrap();
    let lower = ContextLimits { message_bytes: 5_000, bytes: 12_000, messages: 1 };
    let mut read: ChatContext = serde_json::from_slice(&serde_json::to_vec(&context).unwrap()).unwrap();
    read = read.within(lower);
    assert_eq!(read.message_count(None), Ok(1));
    assert!(full("messages", read.append(user(1), None)));
    read.update(&parameter(4_000)).unwrap();
}

#[test]
fn names_are_short_for_every_list_has_them() {
    let id = ContextId(uuid::Uuid::nil());
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let create = |model, mode| ChatContext::new(id, ContextConfig::new(model, mode), Timestamp(0));
    assert!(too_large("model_id", create(&long, "chat")));
    assert!(too_large("mode", create("m", &long)));
    assert!(create(&long[1..], &long[1..]).is_ok());
    let update = ContextUpdate { model_id: Some(long), ..ContextUpdate::default() };
    assert!(too_large("model_id", new_context().update(&update)));
}

#[test]
fn a_page_ends_before_what_is_more_than_it_may_carry() {
    let mut context = new_context();
    for _ in 0..10 {
        context.append(user(1000), None).unwrap();
    }
    let page = |bytes, limit, offset| {
        MessagesDTO::page(&context, None, limit, offset, bytes).unwrap().messages.len()
    };
    assert_eq!(page(usize::MAX, 10, 0), 10);
    assert!((2..5).contains(&page(5_000, 10, 0)));
    assert_eq!(page(5_000, 2, 0), 2);
    assert_eq!(page(10, 10, 0), 1, "one is given in any case, else no client would come past it");
    assert_eq!(page(10, 10, 10), 0);
    assert_eq!(page(10, 0, 0), 0);
}

fn parameter(bytes: usize) -> ContextUpdate {
    let parameters = [("p".to_owned(), "x".repeat(bytes).into())].into();
    ContextUpdate { parameters: Some(parameters), ..ContextUpdate::default() }
}
