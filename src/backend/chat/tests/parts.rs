//! Contexts in parts and out of them again, and what is too deep or too large to be stored.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::*;
use super::moves::{any_context, in_every_state, moves, new_context};

/// What a store would have after reading the parts that it wrote.
fn through_parts(context: &ChatContext) -> Result<ChatContext, ChatError> {
    fn again<T: serde::Serialize + serde::de::DeserializeOwned>(part: &T) -> T {
        serde_json::from_slice(&serde_json::to_vec(part).unwrap()).unwrap()
    }
    let messages: Vec<Message> = context.pool().iter().map(again).collect();
    ChatContext::of_parts(again(&context.head()), again(&context.settings()), messages)
}

proptest! {
    #[test]
    fn a_context_is_made_of_its_parts_again(context in any_context()) {
        prop_assert_eq!(through_parts(&context), Ok(context));
    }

    /// What is not named as changed is as it was: so that a store which writes what is named has the whole.
    #[test]
    fn all_messages_that_have_changed_are_named(first in moves(), then in moves(), restored in any::<bool>()) {
        let mut context = new_context();
        let initial = context.clone();
        first.iter().for_each(|step| drop(step.apply(&mut context)));
        let older = context.clone();
        if restored {
            context.restore(&initial);
        }
        then.iter().for_each(|step| drop(step.apply(&mut context)));

        let mut stored: Vec<Message> = older.pool().iter().cloned().collect();
        stored.truncate(context.pool().len());
        for message in context.messages_since(&older) {
            match stored.get_mut(message.id.index()) {
                Some(place) => *place = message.clone(),
                None => stored.push(message.clone()),
            }
        }
        prop_assert!(stored.iter().eq(context.pool().iter()));
        let settings = if context.has_settings_of(&older) { older.settings() } else { context.settings() };
        prop_assert_eq!(ChatContext::of_parts(context.head(), settings, stored), Ok(context));
    }
}

#[test]
fn one_more_message_is_all_that_is_named_after_an_append() {
    let mut context = new_context();
    for _ in 0..100 {
        let older = context.clone();
        let id = context.append(NewMessage::text(Role::User, "hello"), None).unwrap();
        context.touch(Timestamp(2));
        assert_eq!(context.messages_since(&older).map(|message| message.id).collect::<Vec<_>>(), [id]);
        assert!(context.has_settings_of(&older));
    }
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let context = in_every_state().pop().unwrap();
    let messages: Vec<Message> = context.pool().iter().cloned().collect();
    let refusal = |head: ContextHead, settings: ContextSettings, messages: &[Message]| {
        ChatContext::of_parts(head, settings, messages.to_vec()).unwrap_err().to_string()
    };
    let fewer = refusal(context.head(), context.settings(), &messages[1..]);
    assert!(fewer.contains("it should have 3 messages, and 2 are there"), "{fewer}");
    let doubled = refusal(context.head(), context.settings(), &[&messages[..2], &messages[..1]].concat());
    assert!(doubled.contains("message 2 says it is message 0"), "{doubled}");

    let mut other = context.clone();
    other.update(&ContextUpdate { mode: Some("plan".to_owned()), ..ContextUpdate::default() }).unwrap();
    let strange = refusal(context.head(), other.settings(), &messages);
    assert!(strange.contains("summary"), "{strange}");
    other.set_system_prompt("be polite");
    other.fork_branch("draft", "main").unwrap();
    let strange = refusal(context.head(), other.settings(), &messages);
    assert!(strange.contains("system prompt for `draft`"), "{strange}");
}

/// So many arrays in each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |value, _| json!([value]))
}

fn with_parameter(value: Value) -> ContextConfig {
    ContextConfig { parameters: [("deep".to_owned(), value)].into(), ..ContextConfig::new("m", "chat") }
}

#[test]
fn what_is_too_deep_to_be_read_back_is_refused_at_every_entrance() {
    let refused = Err(ChatError::TooDeep { field: "parameters", max: MAX_DEPTH });
    let id = ContextId(Uuid::nil());
    let create = |levels| ChatContext::new(id, with_parameter(nested(levels)), Timestamp(1));
    let mut good = create(MAX_DEPTH).unwrap();
    assert_eq!(through_parts(&good).as_ref(), Ok(&good));
    assert_eq!(create(MAX_DEPTH + 1), refused);

    let before = good.clone();
    let parameters = Some(with_parameter(nested(MAX_DEPTH + 1)).parameters);
    let update = ContextUpdate { mode: Some("plan".to_owned()), parameters, ..ContextUpdate::default() };
    assert_eq!(good.update(&update), refused.map(drop));
    assert_eq!(good, before, "a refusal changes nothing");

    let mut line = serde_json::to_value(&good).unwrap();
    line["config"]["parameters"]["deep"] = nested(MAX_DEPTH + 1);
    let error = serde_json::from_value::<ChatContext>(line).unwrap_err().to_string();
    assert!(error.contains("parameters has more than 64"), "{error}");
}

#[test]
fn arguments_of_a_tool_are_as_deep_as_can_be_read_back() {
    let asking = in_every_state().into_iter().find(|it| it.state_kind() == StateKind::ProcessingResponse);
    let mut context = asking.unwrap();
    let call = |levels| vec![NewToolCall::new("c", "tool", nested(levels))];
    let refused = context.finish_response(call(MAX_DEPTH + 1));
    assert_eq!(refused, Err(ChatError::TooDeep { field: "arguments", max: MAX_DEPTH }));
    context.finish_response(call(MAX_DEPTH)).unwrap();
    assert_eq!(through_parts(&context).as_ref(), Ok(&context));
}

#[test]
fn what_is_too_large_for_a_record_is_refused() {
    let huge = "x".repeat(MAX_BYTES + 1);
    let is_refused = |error| matches!(error, Some(ChatError::TooLarge { max: MAX_BYTES, .. }));
    let mut context = new_context();
    assert!(is_refused(context.append(NewMessage::text(Role::User, &huge), None).err()));
    assert!(is_refused(context.begin_turn(NewMessage::text(Role::User, &huge)).err()));
    assert_eq!(context, new_context());
    let id = ContextId(Uuid::nil());
    assert!(is_refused(ChatContext::new(id, with_parameter(json!(&huge)), Timestamp(1)).err()));

    context.begin_turn(NewMessage::text(Role::User, "hello")).unwrap();
    context.request_model().unwrap();
    assert!(is_refused(context.full_response(&*huge).err()));
    context.start_stream().unwrap();
    context.append_chunks(&huge[1 << 10..]).unwrap();
    assert!(is_refused(context.append_chunks(&huge[..1 << 10]).err()));
}
