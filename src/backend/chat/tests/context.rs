//! The context outside its turns: branches, settings, versions, and the two kinds of copies.

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::super::*;
use super::moves::{any_context, in_every_state, moves, new_context};

fn say(text: &str) -> NewMessage {
    NewMessage::text(Role::User, text)
}

fn texts(context: &ChatContext, branch: &str) -> Vec<String> {
    context.messages(Some(branch)).unwrap().map(Message::text).collect()
}

fn switch_to(branch: &str) -> ContextUpdate {
    ContextUpdate { active_branch: Some(branch.to_owned()), ..Default::default() }
}

#[test]
fn a_new_context_is_empty_idle_and_on_main() {
    let parent = ContextId(Uuid::from_u128(7));
    let context = new_context().with_parent(parent);
    assert_eq!((context.active_branch(), context.state_kind()), ("main", StateKind::Idle));
    assert_eq!((context.version(), context.message_count(None)), (Version(0), Ok(0)));
    assert_eq!((context.created_at(), context.updated_at()), (Timestamp(1), Timestamp(1)));
    assert_eq!(context.parent_id(), Some(parent));
}

#[test]
fn model_and_mode_must_say_something() {
    for (model, mode, field) in [("", "chat", "model_id"), ("a model", "", "mode")] {
        let refused = ChatContext::new(ContextId(Uuid::nil()), ContextConfig::new(model, mode), Timestamp(0));
        assert_eq!(refused, Err(ChatError::Empty { field }));
    }
}

#[test]
fn messages_are_numbered_and_know_what_they_follow() {
    let mut context = new_context();
    let first = context.append(say("one"), None).unwrap();
    let second = context.append(say("two"), Some("main")).unwrap();
    assert_eq!((first, second), (MessageId(0), MessageId(1)));
    assert_eq!(context.pool()[first].parent, None);
    assert_eq!(context.pool()[second].parent, Some(first));
}

#[test]
fn appending_is_possible_in_any_state_and_leaves_it_alone() {
    for mut context in in_every_state() {
        let (machine, turn) = (context.machine().clone(), context.turn.clone());
        context.append(say("by the way"), None).unwrap();
        assert_eq!((context.machine(), &context.turn), (&machine, &turn));
    }
}

#[test]
fn branches_share_what_was_said_and_part_from_there() {
    let mut context = new_context();
    context.set_system_prompt("be brief");
    let shared = context.append(say("one"), None).unwrap();
    context.fork_branch("draft", "main").unwrap();
    context.append(say("two"), None).unwrap();
    let forked = context.append(say("deux"), Some("draft")).unwrap();

    assert_eq!(texts(&context, "main"), ["one", "two"]);
    assert_eq!(texts(&context, "draft"), ["one", "deux"]);
    assert_eq!(context.pool()[forked].parent, Some(shared));
    assert_eq!(context.pool().len(), 3, "the shared message is there once");
    assert_eq!(context.branch(Some("draft")).unwrap().system_prompt(), Some("be brief"));
}

#[test]
fn branches_are_asked_for_by_known_names_and_forked_under_new_ones() {
    let mut context = new_context();
    context.fork_branch("draft", "main").unwrap();
    let before = context.clone();

    let unknown = ChatError::UnknownBranch { given: "x".into(), known: vec!["draft".into(), "main".into()] };
    assert_eq!(unknown.to_string(), "no branch `x` in this context: it has `draft`, `main`");
    assert_eq!(context.append(say("one"), Some("x")), Err(unknown.clone()));
    assert_eq!(context.message_count(Some("x")), Err(unknown.clone()));
    assert_eq!(context.update(&switch_to("x")), Err(unknown.clone()));
    assert_eq!(context.fork_branch("y", "x"), Err(unknown));
    assert_eq!(context.fork_branch("draft", "main"), Err(ChatError::BranchExists { name: "draft".into() }));
    assert_eq!(context.fork_branch("", "main"), Err(ChatError::Empty { field: "branch name" }));
    assert_eq!(context, before);
}

#[test]
fn a_branch_cannot_be_forked_in_the_middle_of_its_turn() {
    let mut context = new_context();
    context.fork_branch("draft", "main").unwrap();
    context.begin_turn(say("a question")).unwrap();
    let refused = context.fork_branch("late", "main");
    assert_eq!(refused, Err(ChatError::Busy { state: StateKind::ProcessingUserMessage }));
    context.fork_branch("late", "draft").unwrap();
}

#[test]
fn an_update_changes_what_it_names_and_keeps_the_rest() {
    let mut context = new_context();
    context.fork_branch("draft", "main").unwrap();
    context.update(&ContextUpdate::default()).unwrap();
    assert_eq!(context.config(), new_context().config());

    let parameters = [("top_k".to_owned(), json!(5))].into();
    let update =
        ContextUpdate { mode: Some("code".to_owned()), parameters: Some(parameters), ..switch_to("draft") };
    context.update(&update).unwrap();
    let config = context.config();
    assert_eq!((config.model_id.as_str(), config.mode.as_str()), ("a model", "code"));
    assert_eq!(config.parameters["top_k"], json!(5));
    assert_eq!(context.active_branch(), "draft");
}

#[test]
fn an_update_with_one_fault_changes_nothing() {
    let mut context = new_context();
    let (good, empty) = (|| Some("good".to_owned()), || Some(String::new()));
    let updates = [
        ContextUpdate { model_id: good(), mode: empty(), ..Default::default() },
        ContextUpdate { model_id: empty(), mode: good(), ..Default::default() },
        ContextUpdate { model_id: good(), mode: good(), ..switch_to("x") },
    ];
    for update in updates {
        assert!(context.update(&update).is_err());
        assert_eq!(context, new_context());
    }
}

#[test]
fn a_touch_is_one_version_and_the_time_given() {
    let mut context = new_context();
    context.touch(Timestamp(50));
    context.touch(Timestamp(70));
    assert_eq!((context.version(), context.updated_at()), (Version(2), Timestamp(70)));
    assert_eq!(context.created_at(), Timestamp(1));
}

#[test]
fn a_deep_clone_shares_no_message_and_a_clone_shares_them_all_but_the_newest() {
    let mut context = new_context();
    for n in 0..100 {
        context.append(say(&n.to_string()), None).unwrap();
    }
    let addresses = |context: &ChatContext| context.pool().iter().map(std::ptr::from_ref).collect::<Vec<_>>();
    let (original, shallow, deep) =
        (addresses(&context), addresses(&context.clone()), addresses(&context.deep_clone()));
    assert_eq!(original, shallow);
    assert!(deep.iter().all(|address| !original.contains(address)));
}

proptest! {
    #[test]
    fn copies_are_equal_and_never_see_later_changes(mut context in any_context(), later in moves()) {
        let (shallow, deep) = (context.clone(), context.deep_clone());
        prop_assert_eq!(&deep, &context);
        for step in later {
            let _ = step.apply(&mut context);
        }
        prop_assert_eq!(shallow, deep);
    }
}
