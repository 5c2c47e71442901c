//! A server asked over HTTP answers what the service behind it answers: the endpoints of one, through the other.

use crate::support::served::Served;
use crate::support::service::{allow, page, request};
use crate::support::store::ScriptedStore;
use crate::support::user;
use lockyard::backend::chat::{ContextUpdate, Role, StateKind, Version};
use lockyard::backend::remote::{Address, Remote};
use lockyard::backend::service::{ChatService, MessagePage, RemoteFailure, ServiceError, UpdateContext};
use lockyard::backend::session::SessionError;

fn remote(served: &Served) -> Remote {
    Remote::new(&Address::parse(&served.url(), None).unwrap())
}

#[track_caller]
fn elsewhere<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> (RemoteFailure, String) {
    match answer {
        Err(ServiceError::RemoteFailure { outcome, reason }) => (outcome, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_endpoint_answers_what_the_service_does() {
    let served = Served::strategy("after", &ScriptedStore::default(), None);
    let (there, here) = (remote(&served), served.backend.clone());
    served.runtime.block_on(async {
        let id = there.create_context(request()).await.unwrap();
        let put = there.add_context_message(id, user("hällo \"you\""), None).await.unwrap();
        assert_eq!((put.id.0, put.version), (0, Version(2)));
        there.add_context_message(id, user("again"), Some("main".to_owned())).await.unwrap();
        let update = ContextUpdate { mode: Some("plan".to_owned()), ..ContextUpdate::default() };
        let expecting = |version| UpdateContext { update: update.clone(), expected_version: Some(version) };
        assert_eq!(there.update_context(id, expecting(Version(3))).await, Ok(Version(4)));
        assert!(there.update_context(id, expecting(Version(3))).await.unwrap_err().is_refusal());

        assert_eq!(there.get_context_state(id).await, here.state(id).await);
        assert_eq!(there.get_context(id).await, here.context(id).await);
        assert_eq!(there.get_context_messages(id, page(1, 1)).await, here.messages(id, page(1, 1)).await);
        let other = there.create_context(request()).await.unwrap();
        for after in [None, Some(id.min(other))] {
            assert_eq!(there.list_contexts(after, 1).await, here.list(after, 1).await);
        }

        let ended = there.send_message_action(id, user("what now?")).await.unwrap();
        assert_eq!((ended.began, ended.context.state.kind), (Version(5), StateKind::Idle));
        assert_eq!(ended.reply.unwrap().role, Role::Assistant);
        let decided = there.approve_context_tools(id, vec![allow("call", true)]).await;
        assert_eq!(elsewhere(decided).0, RemoteFailure::Conflict);
        assert_eq!(elsewhere(there.approve_tools_action(id, vec![]).await).0, RemoteFailure::Conflict);

        there.delete_context(id).await.unwrap();
        let gone = SessionError::NotFound { id };
        assert_eq!(there.get_context(id).await, Err(gone.clone().into()));
        assert_eq!(there.delete_context(id).await, Err(gone.into()));
        assert_eq!(there.unanswered(), 0);
    });
}

#[test]
fn what_the_server_refuses_is_refused_with_its_words() {
    let served = Served::strategy("after", &ScriptedStore::default(), None);
    let there = remote(&served);
    served.runtime.block_on(async {
        let id = there.create_context(request()).await.unwrap();
        let (outcome, reason) = elsewhere(there.list_contexts(None, 5000).await);
        assert!(outcome == RemoteFailure::Refused && reason.contains("1000"), "{reason}");
        let branch = MessagePage { branch: Some("a b&c".to_owned()), ..page(1, 0) };
        let (outcome, reason) = elsewhere(there.get_context_messages(id, branch).await);
        assert!(outcome == RemoteFailure::Refused && reason.contains("`a b&c`"), "{reason}");
        let (outcome, _) = elsewhere(there.add_context_message(id, user(&"x".repeat(2 << 20)), None).await);
        assert_eq!(outcome, RemoteFailure::Refused);
    });
}

#[test]
fn a_store_that_fails_leaves_a_write_unknown() {
    let store = ScriptedStore::default();
    let served = Served::strategy("after", &store, None);
    let there = remote(&served);
    served.runtime.block_on(async {
        let id = there.create_context(request()).await.unwrap();
        store.failing_saves.store(1, std::sync::atomic::Ordering::SeqCst);
        let (outcome, reason) = elsewhere(there.add_context_message(id, user("hello"), None).await);
        assert!(outcome == RemoteFailure::Failed && reason.contains("store_unavailable"), "{reason}");
        assert_eq!(there.unanswered(), 0, "it did answer");
    });
}

#[test]
fn silence_is_distinguished_from_a_request_that_was_never_sent() {
    let served = Served::strategy("after", &ScriptedStore::default(), None);
    let fate = |line: &str| match line {
        line if line.contains("/state") => crate::support::proxy::Fate::LostOnTheWayBack,
        _ => crate::support::proxy::Fate::Served,
    };
    let (address, seen) = crate::support::proxy::between(served.address, fate);
    let there = Remote::new(&Address::parse(&format!("http://{address}"), None).unwrap());
    let unused_address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = Remote::new(&Address::parse(&format!("http://{unused_address}"), None).unwrap());
    served.runtime.block_on(async {
        let id = there.create_context(request()).await.unwrap();
        assert_eq!(elsewhere(there.get_context_state(id).await).0, RemoteFailure::Unanswered);
        assert!(there.get_context(id).await.is_ok(), "the client reconnects");
        assert_eq!(seen.lost.load(std::sync::atomic::Ordering::SeqCst), 1, "it was not asked again");
        assert_eq!(elsewhere(nowhere.get_context(id).await).0, RemoteFailure::Unreachable);
        assert_eq!((there.unanswered(), nowhere.unanswered()), (1, 1));
    });
}

/// A client that goes away closes its connection, by which the server knows to give the turn up.
#[test]
fn a_turn_whose_client_goes_away_is_rolled_back() {
    let store = ScriptedStore::default();
    let served = Served::strategy("after", &store, None);
    let there = remote(&served);
    served.runtime.block_on(async {
        let id = there.create_context(request()).await.unwrap();
        let asked = store.saves.asked();
        store.saves.shut();
        let mut turn = Box::pin(there.send_message_action(id, user("hello")));
        while store.saves.asked() == asked {
            crate::support::expect_waiting(&mut turn);
            tokio::task::yield_now().await;
        }
        drop(turn);
        store.saves.open();
        while there.get_context_state(id).await.unwrap().state != StateKind::Idle {
            tokio::task::yield_now().await;
        }
    });
}
