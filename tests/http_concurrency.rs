//! Reads beside reads and reads beside writes, over HTTP, for every preset: answered together where the strategy lets them,
//! and in an order that exists.

#![cfg(all(feature = "bench", feature = "http"))]

mod support;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard::backend::remote::Address;
use lockyard::bench::record::{Cell, Severity};
use lockyard::driver::{Plan, Server, Silent, run};
use lockyard::strategy::PRESETS;
use lockyard::workload::Scenario;
use serde_json::{Value, json};
use support::served::Served;
use support::store::ScriptedStore;

/// Many tasks on few sessions: whoever can meet does.
fn busy() -> Scenario {
    let small = ["sessions=2", "messages=4", "message_bytes=16", "tasks=8", "read_percent=70"];
    Scenario::load("polling", &small.map(str::to_owned)).unwrap()
}

/// What a short run over HTTP says of a server.
fn measured(name: &str, url: &str) -> Cell {
    let server = Server::new(name, Address::parse(url, None).unwrap());
    let plan = Plan {
        servers: vec![server],
        scenarios: vec![busy()],
        duration: Duration::from_millis(75),
        verify: true,
        patience: Duration::from_mins(1),
        ..Plan::default()
    };
    run(&plan, &AtomicBool::new(false), &mut Silent).unwrap().cells.remove(0)
}

#[test]
fn concurrent_requests_have_an_order_under_every_preset() {
    for preset in PRESETS {
        let served = Served::strategy(preset.name, &ScriptedStore::default(), None);
        let cell = measured(preset.name, &served.url());
        let verification = cell.verification.unwrap();
        assert_eq!(verification.linearizable, Some(true), "{}: {:?}", preset.name, cell.findings);
        assert!(verification.operations_checked.unwrap() > 0 && cell.errors == 0, "{}", preset.name);
        assert_eq!(cell.findings, [], "{}", preset.name);
    }
}

/// While a POST waits for the store, GETs are answered, and many at once; where it is saved under the lock they wait, and
/// are answered when it is. Either way none sees a version that goes back.
#[test]
fn gets_are_answered_during_a_post_but_under_the_lock() {
    for preset in PRESETS {
        let store = ScriptedStore::default();
        let served = Served::strategy(preset.name, &store, None);
        let body = json!({ "model_id": "gpt", "mode": "chat" });
        let id = served.client().post("/v1/contexts", &body).unwrap().json()["id"].clone();
        let path = format!("/v1/contexts/{}", id.as_str().unwrap());
        let get = |what: &str| served.client().get(&format!("{path}{what}")).unwrap().json();
        let looks = ["/state", "", "/messages"];
        let all_look = || -> Vec<Value> {
            std::thread::scope(|scope| {
                let asking: Vec<_> =
                    (0..6).map(|nth| scope.spawn(move || get(looks[nth % looks.len()]))).collect();
                asking.into_iter().map(|thread| thread.join().unwrap()).collect()
            })
        };
        let versions = |seen: &[Value]| -> Vec<u64> {
            seen.iter().map(|answer| answer["version"].as_u64().unwrap()).collect()
        };
        assert_eq!(versions(&all_look()), [1; 6], "{}", preset.name);

        let asked = store.saves.asked();
        store.saves.shut();
        std::thread::scope(|scope| {
            let post = scope.spawn(|| {
                let message = json!({ "role": "user", "content": "hello" });
                served.client().post(&format!("{path}/messages"), &message).unwrap()
            });
            while store.saves.asked() == asked {
                std::thread::yield_now();
            }
            let under_lock = preset.name == "before";
            let during = scope.spawn(all_look);
            let seen = if under_lock {
                store.saves.open();
                during.join().unwrap()
            } else {
                let seen = during.join().unwrap();
                assert!(!post.is_finished(), "{}: it still waits for the store", preset.name);
                store.saves.open();
                seen
            };
            assert_eq!(versions(&seen), [2; 6], "{}", preset.name);
            assert_eq!(post.join().unwrap().status, 201);
        });
        assert_eq!(versions(&all_look()), [2; 6], "{}", preset.name);
    }
}

/// A server that is wrong is found out over HTTP as well.
mod wrong {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use futures_util::FutureExt;
    use lockyard::backend::chat::*;
    use lockyard::backend::http::{App, Limits, serve};
    use lockyard::backend::service::*;
    use tokio::net::TcpListener;

    use super::*;

    /// Acknowledges one append in five that it has not made.
    struct Forgetful {
        inner: Arc<dyn DynBackend>,
        appends: AtomicUsize,
    }

    impl DynChatService for Forgetful {
        fn create(&self, request: CreateContext) -> Answer<'_, ContextId> {
            self.inner.create(request)
        }
        fn list(&self, after: Option<ContextId>, limit: usize) -> Answer<'_, ContextList> {
            self.inner.list(after, limit)
        }
        fn context(&self, id: ContextId) -> Answer<'_, ChatContextDTO> {
            self.inner.context(id)
        }
        fn messages(&self, id: ContextId, page: MessagePage) -> Answer<'_, MessagesDTO> {
            self.inner.messages(id, page)
        }
        fn state(&self, id: ContextId) -> Answer<'_, ContextStateDTO> {
            self.inner.state(id)
        }
        fn update(&self, id: ContextId, request: UpdateContext) -> Answer<'_, Version> {
            self.inner.update(id, request)
        }
        fn delete(&self, id: ContextId) -> Answer<'_, ()> {
            self.inner.delete(id)
        }
        fn append(
            &self,
            id: ContextId,
            message: NewMessage,
            branch: Option<String>,
        ) -> Answer<'_, AppendedDTO> {
            async move {
                if self.appends.fetch_add(1, SeqCst) % 5 < 4 {
                    return self.inner.append(id, message, branch).await;
                }
                let context = self.inner.context(id).await?;
                let next = context.branches[0].message_count as u32;
                Ok(AppendedDTO { id: MessageId(next), version: context.version.next() })
            }
            .boxed()
        }
        fn decide(&self, id: ContextId, decisions: Vec<ToolDecision>) -> Answer<'_, Version> {
            self.inner.decide(id, decisions)
        }
        fn send<'a>(
            &'a self,
            id: ContextId,
            message: NewMessage,
            watch: &'a dyn TurnWatch,
        ) -> Answer<'a, ActionDTO> {
            self.inner.send(id, message, watch)
        }
        fn resume<'a>(
            &'a self,
            id: ContextId,
            decisions: Vec<ToolDecision>,
            watch: &'a dyn TurnWatch,
        ) -> Answer<'a, ActionDTO> {
            self.inner.resume(id, decisions, watch)
        }
    }

    #[test]
    fn an_append_that_was_acknowledged_and_not_made_is_found() {
        let served = Served::strategy("after", &ScriptedStore::default(), None);
        let forgetful = Forgetful { inner: served.backend.clone(), appends: AtomicUsize::new(0) };
        let app = App::new(Arc::new(forgetful), None, Limits::default(), None);
        let listener = served.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        served.runtime.spawn(serve(app, listener, std::future::pending(), Duration::ZERO));
        let cell = measured("forgetful", &url);
        assert_eq!(cell.verification.unwrap().linearizable, Some(false));
        let kinds: Vec<_> = cell.findings.iter().map(|it| (&*it.kind, it.severity)).collect();
        assert!(kinds.contains(&("not linearizable", Severity::Error)), "{kinds:?}");
        assert!(cell.findings.iter().all(|finding| !finding.places.is_empty()));
        assert!(!cell.violations.is_empty());
    }
}
