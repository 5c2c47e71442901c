//! Reads beside reads and reads beside writes, over HTTP, for every preset: answered together where the strategy lets them,
//! and in an order that exists.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::support::served::Served;
use crate::support::store::ScriptedStore;
use lockyard::backend::remote::Address;
use lockyard::bench::record::{Cell, FindingKind, Severity};
use lockyard::bench::{NoObserver, Plan, run};
use lockyard::subjects::Server;
use lockyard::workload::Scenario;
use serde_json::{Value, json};

/// Many tasks on few sessions: all that can meet do.
fn busy() -> Scenario {
    let small = ["sessions=2", "messages=4", "message_bytes=16", "tasks=8", "read_percent=70"];
    Scenario::load("polling", &small).unwrap()
}

/// What a short run over HTTP says of a server.
fn measured(name: &str, url: &str) -> Cell {
    let server = Server::new(name, Address::parse(url, None).unwrap());
    let plan = Plan::new(vec![server.subject()], vec![busy()])
        .duration(Duration::from_millis(75))
        .verify(true)
        .patience(Duration::from_mins(1));
    run(&plan, &AtomicBool::new(false), &mut NoObserver).unwrap().cells.remove(0)
}

fn concurrent_requests_have_an_order(preset: &str) {
    let served = Served::strategy(preset, &ScriptedStore::default(), None);
    let cell = measured(preset, &served.url());
    let verification = cell.verification.unwrap();
    assert_eq!(verification.linearizable, Some(true), "{:?}", cell.findings);
    assert!(verification.operations_checked.unwrap() > 0 && cell.errors == 0);
    // But for how imprecise so short a run is.
    let mut found = cell.findings.iter().filter(|finding| finding.kind != FindingKind::Imprecise);
    assert_eq!(found.next(), None);
}

/// While a POST waits for the store, GETs are answered, and many at once; where it is saved under the lock they wait, and
/// are answered when it is. Either way none sees a version that goes back.
fn gets_are_answered_during_a_post_but_under_the_lock(preset: &str) {
    let store = ScriptedStore::default();
    let served = Served::strategy(preset, &store, None);
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
    assert_eq!(versions(&all_look()), [1; 6]);

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
        let under_lock = preset == "before";
        let during = scope.spawn(all_look);
        let seen = if under_lock {
            store.saves.open();
            during.join().unwrap()
        } else {
            let seen = during.join().unwrap();
            assert!(!post.is_finished(), "it still waits for the store");
            store.saves.open();
            seen
        };
        assert_eq!(versions(&seen), [2; 6]);
        assert_eq!(post.join().unwrap().status, 201);
    });
    assert_eq!(versions(&all_look()), [2; 6]);
}

each_preset! { concurrent_requests_have_an_order gets_are_answered_during_a_post_but_under_the_lock }

/// A server that is wrong is found out over HTTP as well.
mod wrong {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use lockyard::backend::chat::{AppendedDTO, MessageId};
    use lockyard::backend::http::{App, Limits, serve};
    use lockyard::backend::service::request::*;
    use lockyard::backend::service::{DynBackend, Request, Serve, ServiceError};
    use tokio::net::TcpListener;

    use super::*;

    /// Acknowledges one append in five that it has not made.
    struct Forgetful {
        inner: Arc<dyn DynBackend>,
        appends: AtomicUsize,
    }

    impl Serve<AddContextMessage> for Forgetful {
        async fn serve(&self, request: AddContextMessage) -> Result<AppendedDTO, ServiceError> {
            if self.appends.fetch_add(1, SeqCst) % 5 < 4 {
                return self.inner.serve_boxed(request).await;
            }
            let context = self.inner.context(request.id).await?;
            let next = context.branches[0].message_count as u32;
            Ok(AppendedDTO { id: MessageId(next), version: context.version.next() })
        }
    }

    macro_rules! honest {
        ($($request:ty),*) => {
            $(impl Serve<$request> for Forgetful {
                async fn serve(&self, it: $request) -> Result<<$request as Request>::Answer, ServiceError> {
                    self.inner.serve_boxed(it).await
                }
            })*
        };
    }

    honest!(CreateContext, ListContexts, GetContext, GetContextMessages, GetContextState, UpdateContext);
    honest!(DeleteContext, ApproveContextTools, SendMessageAction<'_>, ApproveToolsAction<'_>);

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
        let kinds: Vec<_> = cell.findings.iter().map(|it| (it.name(), it.severity)).collect();
        assert!(kinds.contains(&("not linearizable", Severity::Error)), "{kinds:?}");
        let mut errors = cell.findings.iter().filter(|finding| finding.is_error());
        assert!(errors.all(|finding| !finding.places.is_empty()));
        assert!(!cell.violations.is_empty());
    }
}
