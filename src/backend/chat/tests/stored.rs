//! Contexts as a store keeps them: every good one reads back equal, and a damaged one is refused with the reason.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::super::*;
use super::moves::{any_context, in_every_state};

/// Puts `wrong` where the path leads, or where it ends early.
fn replace(place: &mut Value, path: &[Index], wrong: Value) {
    let children: Vec<&mut Value> = match place {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => vec![],
    };
    match path {
        [step, rest @ ..] if !children.is_empty() => {
            let nth = step.index(children.len());
            children.into_iter().nth(nth).into_iter().for_each(|child| replace(child, rest, wrong.clone()));
        }
        _ => *place = wrong,
    }
}

proptest! {
    #[test]
    fn a_context_reads_back_equal_and_behaves_alike(context in any_context()) {
        let bytes = serde_json::to_vec(&context).unwrap();
        let mut stored: ChatContext = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(&stored, &context);
        let mut original = context;
        prop_assert_eq!(stored.recover(), original.recover());
        prop_assert_eq!(stored, original);
    }

    /// Whatever single value is replaced, reading ends in a context that holds together or in an error.
    #[test]
    fn a_damaged_context_is_never_believed(
        context in any_context(),
        path in prop::collection::vec(any::<Index>(), 1..6),
        wrong in prop_oneof![Just(json!(null)), Just(json!(4_000_000_000_u32)), Just(json!(1)), Just(json!("x"))],
    ) {
        let mut json = serde_json::to_value(&context).unwrap();
        replace(&mut json, &path, wrong);
        if let Ok(mut read) = serde_json::from_value::<ChatContext>(json) {
            prop_assert_eq!(read.check(), Ok(()));
            read.recover();
            for branch in read.branches() {
                prop_assert!(read.messages(Some(branch.name())).unwrap().count() <= read.pool().len());
            }
        }
    }
}

#[test]
fn each_kind_of_damage_is_named() {
    let damages: [(&str, Value, &str); 11] = [
        ("/config/mode", json!(""), "mode is empty"),
        ("/pool/1/id", json!(7), "message 1 says it is message 7"),
        ("/pool/0/parent", json!(0), "message 0 does not come after its parent"),
        ("/branches/main/name", json!("x"), "branch `main` says it is branch `x`"),
        ("/branches/main/order/1", json!(9), "branch `main` holds message 9"),
        ("/active_branch", json!("x"), "the active branch `x` is not among the branches"),
        ("/turn/branch", json!("x"), "the branch of the turn `x` is not among the branches"),
        ("/machine/state/retries", json!(4), "4 retries of 3"),
        ("/machine/tool_rounds", json!(9), "9 rounds of tools of 8"),
        ("/turn/reply", json!(null), "state streaming does not go with the reply None"),
        ("/turn/reply", json!(0), "state streaming does not go with the reply"),
    ];
    let streaming = in_every_state().into_iter().find(|context| context.state_kind() == StateKind::Streaming);
    let good = serde_json::to_value(streaming.unwrap()).unwrap();
    for (place, wrong, expected) in damages {
        let mut json = good.clone();
        *json.pointer_mut(place).unwrap() = wrong;
        let error = serde_json::from_value::<ChatContext>(json).unwrap_err().to_string();
        assert!(error.contains(expected), "{place}: {error}");
    }
}

#[test]
fn requests_are_read_with_what_they_leave_out() {
    let update: ContextUpdate = serde_json::from_str(r#"{"mode":"code"}"#).unwrap();
    assert_eq!(update, ContextUpdate { mode: Some("code".to_owned()), ..Default::default() });
    let config: ContextConfig = serde_json::from_str(r#"{"model_id":"m","mode":"chat"}"#).unwrap();
    assert_eq!(config, ContextConfig::new("m", "chat"));
}

#[test]
fn events_and_tools_read_back() {
    for event in Event::one_of_each() {
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
    let call: NewToolCall =
        serde_json::from_str(r#"{"id":"a","name":"clock","arguments":{"zone":"UTC"}}"#).unwrap();
    assert_eq!(call, NewToolCall::new("a", "clock", json!({"zone": "UTC"})));
    let decision: ToolDecision = serde_json::from_str(r#"{"call_id":"a","approve":false}"#).unwrap();
    assert_eq!(
        (decision.call_id, Approval::Denied),
        ("a".into(), ToolDecision { call_id: "a".into(), approve: false }.approval())
    );
}
