//! What the durable store writes of a change: just that, and with it the store has the whole.

use lockyard::backend::chat::{
    ChatContext, ContextUpdate, IdempotencyKey, NewToolCall, StateKind, Timestamp, ToolDecision, ToolResult,
};
use lockyard::backend::store::{RedbStore, Store};
use lockyard::strategy::IdSource;
use proptest::prelude::*;
use serde_json::json;

use crate::support::disk::Disk;
use crate::support::{config, poll, user};

fn new_context() -> ChatContext {
    ChatContext::new(IdSource::seeded(5).next(), config(), Timestamp(0)).unwrap()
}

fn over(disk: &Disk) -> RedbStore {
    let disk = disk.clone();
    RedbStore::over(move || disk.clone()).unwrap()
}

/// Something that happens between two puts.
#[derive(Clone, Debug)]
enum Change {
    Append(String),
    Fork(String),
    Switch(String),
    Prompt(String),
    Parameters(i64),
    /// The step of a turn that comes next, with a tool call if it is the model's.
    Step,
    Fail,
    /// A request with this key is answered.
    Answer(u128),
    /// Back to how it began: the pool is shorter then.
    Restore,
    /// What is remembered is forgotten, as after a failure.
    Forget,
    /// The store is opened anew, and the context loaded.
    Reopen,
}

fn step(context: &mut ChatContext) -> Result<(), lockyard::backend::chat::ChatError> {
    match context.state_kind() {
        StateKind::Idle | StateKind::Failed => context.begin_turn(user("a question")).map(drop),
        StateKind::ProcessingUserMessage
        | StateKind::ProcessingToolResults
        | StateKind::GeneratingResponse => context.request_model(),
        StateKind::AwaitingModel => context.start_stream().map(drop),
        StateKind::Streaming => context.append_chunks("words ").and_then(|()| context.end_stream()),
        StateKind::ProcessingResponse => {
            context.finish_response(vec![NewToolCall::new("c", "tool", json!({ "n": [1, "x"] }))]).map(drop)
        }
        StateKind::AwaitingToolApproval if context.pending_calls().next().is_none() => {
            context.resume_after_approval().map(drop)
        }
        StateKind::AwaitingToolApproval => {
            context.decide_tools(&[ToolDecision { call_id: "c".into(), approve: true }])
        }
        StateKind::ExecutingTools => {
            let result = ToolResult { call_id: "c".into(), output: "noon".to_owned(), is_error: false };
            context.complete_tools(vec![result]).map(drop)
        }
        StateKind::TransientFailure => context.retry().map(drop),
    }
}

impl Change {
    fn apply(&self, context: &mut ChatContext) {
        // A refusal changes nothing, and that is to be stored as well as anything.
        let _ = match self {
            Self::Append(text) => context.append(user(text), None).map(drop),
            Self::Fork(name) => context.fork_branch(name, "main"),
            Self::Switch(name) => {
                context.update(&ContextUpdate { active_branch: Some(name.clone()), ..Default::default() })
            }
            Self::Prompt(text) => {
                context.set_system_prompt(text);
                Ok(())
            }
            Self::Parameters(n) => {
                let parameters = Some([("n".to_owned(), json!([n]))].into());
                context.update(&ContextUpdate { parameters, ..Default::default() })
            }
            Self::Step => step(context),
            Self::Fail => context.fail("given up"),
            Self::Restore => {
                context.restore(&new_context());
                Ok(())
            }
            Self::Answer(key) => {
                let key = uuid::Uuid::from_u128(*key);
                context.remember(Some(IdempotencyKey { key, request: key }), None, Timestamp(0));
                Ok(())
            }
            Self::Forget | Self::Reopen => Ok(()),
        };
        context.touch(Timestamp(context.version().0));
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let branch = || prop_oneof![Just("main"), Just("draft"), Just("other")].prop_map(str::to_owned);
    let change = prop_oneof![
        6 => "[a-z]{0,40}".prop_map(Change::Append),
        8 => Just(Change::Step),
        1 => Just(Change::Fail),
        2 => branch().prop_map(Change::Fork),
        2 => branch().prop_map(Change::Switch),
        1 => "[a-z]{0,9}".prop_map(Change::Prompt),
        3 => any::<u128>().prop_map(Change::Answer),
        1 => any::<i64>().prop_map(Change::Parameters),
        1 => Just(Change::Restore),
        1 => Just(Change::Forget),
        1 => Just(Change::Reopen),
    ];
    prop::collection::vec(change, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Put by what has changed, put as a whole, loaded: always the same context.
    #[test]
    fn what_is_put_by_its_changes_is_what_is_loaded(changes in changes()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let disk = Disk::default();
            let (mut store, mut context) = (over(&disk), new_context());
            let whole = over(&Disk::default());
            let mut stored = None;
            for change in changes {
                change.apply(&mut context);
                match change {
                    Change::Forget => stored = None,
                    Change::Reopen => {
                        drop(store);
                        store = over(&disk);
                        if let Some((loaded, known)) = store.load(context.id()).await.unwrap() {
                            // Loaded anew, it shares nothing with the context that goes on.
                            assert!(loaded.version() < context.version());
                            stored = known;
                        }
                    }
                    _ => {}
                }
                store.put(context.clone(), &mut stored).await.unwrap();
                assert!(stored.is_some(), "what is stored is remembered");
                whole.write(context.clone()).await.unwrap();
                let loaded = store.read(context.id()).await.unwrap();
                assert_eq!(loaded.as_ref(), Some(&context));
                assert_eq!(whole.read(context.id()).await.unwrap(), loaded);
                assert_eq!(store.list(None, 9).await.unwrap(), [(&context).into()]);
            }
        });
    }
}

/// Bytes, and not time: what an append writes in a conversation of so many messages, on average of a few.
async fn bytes_of_an_append(length: usize) -> u64 {
    const APPENDS: u64 = 50;
    let disk = Disk::default();
    let (store, mut context, mut stored) = (over(&disk), new_context(), None);
    let append = |context: &mut ChatContext| {
        context.append(user(&"x".repeat(78)), None).unwrap();
        context.touch(Timestamp(1));
    };
    (0..length).for_each(|_| append(&mut context));
    store.put(context.clone(), &mut stored).await.unwrap();
    let before = disk.written();
    for _ in 0..APPENDS {
        append(&mut context);
        store.put(context.clone(), &mut stored).await.unwrap();
    }
    (disk.written() - before) / APPENDS
}

#[tokio::test]
async fn an_append_writes_as_much_in_a_long_conversation_as_in_a_short_one() {
    let (short, long) = (bytes_of_an_append(200).await, bytes_of_an_append(5_000).await);
    println!("an append writes {short} bytes after 200 messages, {long} after 5,000");
    // One level more in the tree, and no more.
    assert!(long <= short + 8192, "{short} bytes after 200 messages, {long} after 5,000");
    assert!(long < 64 * 1024, "{long} bytes for one message");
}

#[tokio::test]
async fn a_put_that_was_given_up_is_made_up_for_by_the_next() {
    let (store, mut context, mut stored) = (over(&Disk::default()), new_context(), None);
    store.put(context.clone(), &mut stored).await.unwrap();
    for nth in 0..20 {
        context.append(user(&format!("message {nth}")), None).unwrap();
        context.touch(Timestamp(nth));
        let given_up = poll(&mut Box::pin(store.put(context.clone(), &mut stored))).is_pending();
        assert_eq!(stored.is_none(), given_up, "whether it happened is not known");
        context.append(user("another"), None).unwrap();
        context.touch(Timestamp(nth));
        store.put(context.clone(), &mut stored).await.unwrap();
        assert_eq!(store.read(context.id()).await.unwrap().as_ref(), Some(&context));
    }
}
