//! What leaves the context says what the context says.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::*;
use super::moves::{any_context, in_every_state, new_context};

fn reads_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value, "{json}");
}

#[test]
fn a_context_dto_names_branches_and_counts_and_holds_no_messages() {
    let mut context = new_context();
    context.set_system_prompt("be brief");
    context.append(NewMessage::text(Role::User, "a secret"), None).unwrap();
    context.fork_branch("draft", "main").unwrap();
    context.append(NewMessage::text(Role::User, "more"), None).unwrap();
    context.touch(Timestamp(9));

    let dto = serde_json::to_value(ChatContextDTO::from(&context)).unwrap();
    let expected = serde_json::json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "parent_id": null,
        "config": {"model_id": "a model", "mode": "chat", "parameters": {}, "system_prompt_id": null},
        "state": {"kind": "idle", "retries": 0, "error": null},
        "version": 1,
        "active_branch": "main",
        "branches": [{"name": "draft", "message_count": 1}, {"name": "main", "message_count": 2}],
        "created_at": 1,
        "updated_at": 9,
    });
    assert_eq!(dto, expected);
}

#[test]
fn states_carry_their_retries_and_errors() {
    for context in in_every_state() {
        let dto = StateDTO::from(context.state());
        assert_eq!(dto.kind, context.state_kind());
        let expected = match dto.kind {
            StateKind::TransientFailure => (1, Some("try again")),
            StateKind::Failed => (0, Some("give up")),
            _ => (0, None),
        };
        assert_eq!((dto.retries, dto.error.as_deref()), expected);
    }
}

#[test]
fn a_page_beyond_the_end_is_empty_and_still_has_the_total() {
    let mut context = new_context();
    context.set_system_prompt("not counted");
    context.append(NewMessage::text(Role::User, "one"), None).unwrap();
    let page = MessagesDTO::page(&context, None, 10, 5, usize::MAX).unwrap();
    let version = context.version();
    assert_eq!(page, MessagesDTO { version, messages: vec![], total: 1, limit: 10, offset: 5 });
    assert!(MessagesDTO::page(&context, Some("x"), 10, 0, usize::MAX).is_err());
}

proptest! {
    #[test]
    fn every_dto_says_what_the_context_says_and_reads_back(
        context in any_context(), limit in 0..40_usize, offset in 0..40_usize,
    ) {
        let whole = ChatContextDTO::from(&context);
        let state = ContextStateDTO::from(&context);
        let summary = ContextSummary::from(&context);
        prop_assert_eq!((whole.state.kind, whole.version), (state.state, state.version));
        prop_assert_eq!((summary.state, summary.version), (state.state, state.version));
        prop_assert_eq!(summary.message_count, context.message_count(None).unwrap());

        let page = MessagesDTO::page(&context, None, limit, offset, usize::MAX).unwrap();
        let expected: Vec<_> = context.messages(None).unwrap().skip(offset).take(limit).map(MessageDTO::from).collect();
        prop_assert_eq!(&page.messages, &expected);
        prop_assert_eq!(page.total, summary.message_count);

        reads_back(&whole);
        reads_back(&state);
        reads_back(&summary);
        reads_back(&page);
    }
}

#[test]
fn a_summary_that_follows_says_what_a_new_one_says() {
    let mut context = new_context();
    let mut followed = ContextSummary::from(&context);
    context.append(NewMessage::text(Role::User, "hello"), None).unwrap();
    let update = ContextUpdate { mode: Some("plan".to_owned()), ..ContextUpdate::default() };
    context.update(&update).unwrap();
    context.touch(Timestamp(7));
    assert_ne!(followed, ContextSummary::from(&context));
    followed.follow(&context);
    assert_eq!(followed, ContextSummary::from(&context));
}
