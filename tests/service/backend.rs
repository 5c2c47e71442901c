//! The endpoints, one by one: what each answers, what each refuses, and what each leaves alone.

use lockyard::backend::chat::{
    AppendedDTO, BranchDTO, ChatContext, ChatError, ContextId, ContextUpdate, MessageId, NewMessage, Role,
    StateKind, ToolCallId, ToolDecision, Version, VersionCondition,
};
use lockyard::backend::service::request::{AddContextMessage, GetContextMessages, GetContextState};
use lockyard::backend::service::{
    ChatService, CreateContext, DtoPolicy, MessagePage, Serve, ServiceError, UpdateContext,
};
use lockyard::backend::session::{SaveMode, SessionError};
use lockyard::lock::LockFamily;
use lockyard::strategy::IdSource;

use crate::support::model::{Answer, call};
use crate::support::service::{World, allow, page, request};
use crate::support::{config, expect_waiting, user};

fn refusal<T>(outcome: Result<T, ServiceError>) -> ChatError {
    match outcome {
        Err(ServiceError::Session(SessionError::Refused { source, .. })) => source,
        Err(error) => panic!("no refusal: {error}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn invalid<T>(outcome: Result<T, ServiceError>) -> String {
    match outcome {
        Err(ServiceError::Invalid { reason }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was accepted"),
    }
}

async fn a_new_context_is_stored_with_its_system_prompt<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let prompt = Some("polite".to_owned());
    let asked = CreateContext { system_prompt_id: prompt.clone(), ..request() };
    let id = world.service.create_context(asked).await.unwrap();

    let context = world.service.get_context(id).await.unwrap();
    assert_eq!((context.id, context.parent_id, context.version), (id, None, Version(1)));
    assert_eq!(context.state.kind, StateKind::Idle);
    assert_eq!((context.config.model_id.as_str(), context.config.mode.as_str()), ("gpt", "chat"));
    assert_eq!(context.config.system_prompt_id, prompt);
    assert_eq!(context.active_branch, "main");
    let main = BranchDTO { name: "main".to_owned(), message_count: 0 };
    assert_eq!(context.branches, [main], "the system prompt is not counted");

    let stored = world.store.stored(id).expect("saved before the answer");
    assert_eq!(stored.version(), Version(1));
    assert_eq!(stored.branch(None).unwrap().system_prompt(), Some("Be polite."));
}

async fn a_context_without_a_model_is_refused<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let asked = CreateContext { model_id: String::new(), ..request() };
    let refused = refusal(world.service.create_context(asked).await);
    assert_eq!(refused, ChatError::Empty { field: "model_id" });
    assert_eq!(world.store.calls(), []);
}

async fn nothing_is_found_under_an_unknown_id<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let deleted = world.create().await;
    service.delete_context(deleted).await.unwrap();
    for id in [IdSource::seeded(7).next(), deleted] {
        let answers = [
            service.get_context(id).await.map(drop),
            service.get_context_messages(id, page(10, 0)).await.map(drop),
            service.get_context_state(id).await.map(drop),
            service.update_context(id, UpdateContext::default()).await.map(drop),
            service.delete_context(id).await,
            service.add_context_message(id, user("hello"), None).await.map(drop),
            service.approve_context_tools(id, vec![]).await.map(drop),
            service.send_message_action(id, user("hello")).await.map(drop),
            service.approve_tools_action(id, vec![]).await.map(drop),
        ];
        for answer in answers {
            let error = answer.unwrap_err();
            assert_eq!(error, SessionError::NotFound { id }.into());
            assert!(!error.is_refusal(), "{error}");
            assert!(error.to_string().contains(&id.to_string()), "{error}");
        }
    }
    assert_eq!(service.list_contexts(None, 10).await.unwrap().contexts, []);
}

async fn messages_come_by_the_page<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let id = world.create().await;
    for nth in 0..5 {
        let message = user(&format!("message {nth}"));
        // The session is created as version 1.
        let appended = AppendedDTO { id: MessageId(nth), version: Version(u64::from(nth) + 2) };
        assert_eq!(service.add_context_message(id, message, None).await, Ok(appended));
    }
    for (limit, offset, expected) in
        [(2, 0, 0..2), (2, 3, 3..5), (10, 4, 4..5), (1, 5, 0..0), (1000, 99, 0..0), (1000, 0, 0..5)]
    {
        let found = service.get_context_messages(id, page(limit, offset)).await.unwrap();
        let ids: Vec<_> = found.messages.iter().map(|message| message.id).collect();
        assert_eq!(ids, expected.map(MessageId).collect::<Vec<_>>(), "{limit} from {offset}");
        assert_eq!((found.total, found.limit, found.offset, found.version), (5, limit, offset, Version(6)));
    }
    let named = MessagePage { branch: Some("main".to_owned()), ..page(1, 0) };
    assert_eq!(service.get_context_messages(id, named).await.unwrap().messages[0].role, Role::User);
    let elsewhere = MessagePage { branch: Some("elsewhere".to_owned()), ..page(1, 0) };
    let refused = refusal(service.get_context_messages(id, elsewhere).await);
    assert!(matches!(&refused, ChatError::UnknownBranch { given, .. } if given == "elsewhere"), "{refused}");
    for limit in [0, 1001] {
        let reason = invalid(service.get_context_messages(id, page(limit, 0)).await);
        assert!(reason.contains(&limit.to_string()) && reason.contains("1 to 1000"), "{reason}");
    }
}

async fn a_message_is_one_version_and_no_turn<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let id = world.create().await;
    for role in [Role::User, Role::Assistant, Role::System, Role::Tool] {
        service.add_context_message(id, NewMessage::text(role, "hello"), None).await.unwrap();
    }
    let refused = refusal(service.add_context_message(id, user("lost"), Some("elsewhere".to_owned())).await);
    assert!(matches!(refused, ChatError::UnknownBranch { .. }), "{refused}");
    let state = service.get_context_state(id).await.unwrap();
    assert_eq!((state.state, state.version), (StateKind::Idle, Version(5)));
    assert_eq!(world.store.stored_version(id), Version(5));
    assert_eq!(world.model.requests.asked(), 0);
}

async fn messages_are_appended_in_any_state<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let answers = [
        (StateKind::AwaitingToolApproval, Answer::Full("", vec![call("c1")])),
        (StateKind::Failed, Answer::Error(crate::support::model::fatal())),
    ];
    for (state, answer) in answers {
        let id = world.create().await;
        world.model.then(answer);
        assert_eq!(service.send_message_action(id, user("hello")).await.unwrap().context.state.kind, state);
        let before = service.get_context_state(id).await.unwrap();
        service.add_context_message(id, user("by the way"), None).await.unwrap();
        let after = service.get_context_state(id).await.unwrap();
        assert_eq!((after.state, after.version), (state, before.version.next()));
    }
}

async fn an_update_for_another_version_is_refused<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let id = world.create().await;
    let to = |model: &str, expected_version| UpdateContext {
        update: ContextUpdate { model_id: Some(model.to_owned()), ..ContextUpdate::default() },
        expected_version,
    };
    assert_eq!(service.update_context(id, to("first", Some(Version(1)))).await, Ok(Version(2)));
    let refused = refusal(service.update_context(id, to("second", Some(Version(1)))).await);
    assert_eq!(refused, ChatError::VersionConflict { expected: Version(1), actual: Version(2) });
    let config = service.get_context(id).await.unwrap().config;
    assert_eq!((config.model_id.as_str(), config.mode.as_str()), ("first", "chat"));
    assert_eq!(service.update_context(id, to("third", None)).await, Ok(Version(3)));
    assert_eq!(world.store.stored(id).unwrap().config().model_id, "third");

    let nowhere = ContextUpdate { active_branch: Some("elsewhere".to_owned()), ..to("fourth", None).update };
    let refused =
        refusal(service.update_context(id, UpdateContext { update: nowhere, expected_version: None }).await);
    assert!(matches!(refused, ChatError::UnknownBranch { .. }), "{refused}");
    let context = service.get_context(id).await.unwrap();
    assert_eq!((context.config.model_id.as_str(), context.version), ("third", Version(3)));
}

async fn contexts_are_listed_page_after_page<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    for (count, limit, sizes) in
        [(5, 2, vec![2, 2, 1]), (4, 2, vec![2, 2]), (3, 1000, vec![3]), (0, 1, vec![0])]
    {
        let world = World::<F, S>::new(2, dto);
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(world.create().await);
        }
        let (mut listed, mut found, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let list = world.service.list_contexts(after, limit).await.unwrap();
            found.push(list.contexts.len());
            listed.extend(list.contexts.iter().map(|context| context.id));
            after = list.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((listed, found), (ids, sizes), "{count} by {limit}");
        for limit in [0, 1001] {
            let reason = invalid(world.service.list_contexts(None, limit).await);
            assert!(reason.contains(&limit.to_string()) && reason.contains("1 to 1000"), "{reason}");
        }
    }
}

async fn listing_loads_nothing_and_waits_for_no_session<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(1, dto);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.create().await);
    }
    world.service.add_context_message(ids[2], user("hello"), None).await.unwrap();
    world.store.loads.shut();
    world.store.saves.shut();
    // While it is being saved, and under one save policy locked:
    let mut write = Box::pin(world.service.add_context_message(ids[2], user("on its way"), None));
    expect_waiting(&mut write);
    let before = world.service.manager().stats().await;
    let list = world.service.list_contexts(None, 10).await.unwrap();
    assert_eq!(list.contexts.iter().map(|context| context.id).collect::<Vec<_>>(), ids);
    let last = &list.contexts[2];
    assert_eq!((last.message_count, last.version, last.state), (1, Version(2), StateKind::Idle));
    assert_eq!(world.service.manager().stats().await, before, "the cache was left alone");
    assert_eq!(world.store.loads.asked(), 0);
    world.store.saves.open();
    write.await.unwrap();
}

async fn tools_are_decided_without_going_on<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let service = &world.service;
    let id = world.create().await;
    let refused = refusal(service.approve_context_tools(id, vec![allow("c1", true)]).await);
    assert_eq!(refused, ChatError::NoApprovalAwaited { state: StateKind::Idle });

    world.model.then(Answer::Full("let me look", vec![call("c1"), call("c2")]));
    let action = service.send_message_action(id, user("hello")).await.unwrap();
    let version = action.context.version;
    let decisions = vec![allow("c1", true), allow("c3", true)];
    let ChatError::UnknownToolCall { given, known } =
        refusal(service.approve_context_tools(id, decisions).await)
    else {
        panic!("another refusal")
    };
    assert_eq!((given, known), (vec!["c3".into()], vec![ToolCallId::from("c1"), "c2".into()]));

    let decide = |decisions: Vec<ToolDecision>| service.approve_context_tools(id, decisions);
    assert_eq!(decide(vec![allow("c1", true)]).await, Ok(version.next()), "nothing of the refused was done");
    assert_eq!(decide(vec![allow("c2", false)]).await, Ok(version.next().next()));
    let state = service.get_context_state(id).await.unwrap();
    assert_eq!(state.state, StateKind::AwaitingToolApproval);
    assert_eq!((world.model.requests.asked(), world.model.tools.asked()), (1, 0));

    let action = service.approve_tools_action(id, vec![]).await.unwrap();
    assert_eq!(action.context.state.kind, StateKind::Idle, "the turn resumes from there");
    assert_eq!(world.model.tools_run(), ["c1"]);
}

async fn both_dto_policies_give_the_same_answers<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let id = world.create().await;
    world.model.then(Answer::Full("let me look", vec![call("c1")]));
    world.service.send_message_action(id, user("hello")).await.unwrap();
    let [one, other] = [DtoPolicy::Borrowed, DtoPolicy::Cloned].map(|dto| world.backend(dto));
    assert_eq!(one.get_context(id).await, other.get_context(id).await);
    assert_eq!(one.get_context_state(id).await, other.get_context_state(id).await);
    assert_eq!(
        one.get_context_messages(id, page(9, 0)).await,
        other.get_context_messages(id, page(9, 0)).await
    );
}

async fn reading_changes_nothing<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let id: ContextId = world.create().await;
    let (calls, whole) = (world.store.calls(), world.whole(id).await);
    world.service.get_context(id).await.unwrap();
    world.service.get_context_messages(id, page(9, 0)).await.unwrap();
    world.service.get_context_state(id).await.unwrap();
    world.service.list_contexts(None, 9).await.unwrap();
    assert_eq!((world.store.calls(), world.whole(id).await), (calls, whole));
    assert_eq!(
        world.service.manager().read(id, |context: &ChatContext| context.config().clone()).await,
        Ok(config())
    );
}

/// What is measured by the nanosecond is copied into no second future on its way.
async fn a_method_hands_on_the_services_own_future<F: LockFamily, S: SaveMode<F>>(dto: DtoPolicy) {
    let world = World::<F, S>::new(4, dto);
    let (service, id) = (&*world.service, world.create().await);
    let (page, branch) = (page(9, 0), Some("main".to_owned()));
    assert_eq!(
        size_of_val(&service.get_context_state(id)),
        size_of_val(&service.serve(GetContextState { id }))
    );
    assert_eq!(
        size_of_val(&service.get_context_messages(id, page.clone())),
        size_of_val(&service.serve(GetContextMessages { id, page }))
    );
    assert_eq!(
        size_of_val(&service.add_context_message(id, user("hello"), branch.clone())),
        size_of_val(&service.serve(AddContextMessage {
            id,
            message: user("hello"),
            branch,
            condition: VersionCondition::Any,
            key: None,
        }))
    );
}

macro_rules! endpoints {
    ($($module:ident: $lock:ident, $save:ident, $dto:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::service::DtoPolicy::$dto;
            use lockyard::backend::session::$save;

            endpoints! { @tests $lock, $save, $dto:
                a_new_context_is_stored_with_its_system_prompt
                a_context_without_a_model_is_refused
                nothing_is_found_under_an_unknown_id
                messages_come_by_the_page
                a_message_is_one_version_and_no_turn
                messages_are_appended_in_any_state
                an_update_for_another_version_is_refused
                contexts_are_listed_page_after_page
                listing_loads_nothing_and_waits_for_no_session
                tools_are_decided_without_going_on
                both_dto_policies_give_the_same_answers
                reading_changes_nothing
                a_method_hands_on_the_services_own_future
            }
        }
    )* };
    (@tests $lock:ident, $save:ident, $dto:ident: $($test:ident)*) => { $(
        #[tokio::test]
        async fn $test() {
            super::$test::<$lock, $save>($dto).await;
        }
    )* };
}

endpoints! {
    tokio_mutex_under_lock: TokioMutex, UnderLock, Cloned;
    parking_lot_rwlock_after_unlock: ParkingLotRwLock, AfterUnlock, Borrowed;
}
