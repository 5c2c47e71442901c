//! Every preset on real threads: whatever runs beside whatever, readers see whole sessions, nothing that was
//! acknowledged is lost or doubled, and no session is left in a working state with no task working on it. Nothing here depends on how the
//! threads happen to meet; the more they meet, the more is proven.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, ContextId, ContextUpdate, StateKind, Version};
use lockyard::backend::service::{DynBackend, ServiceError, SimulatorConfig, UpdateContext};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::support::service::{allow, page, request, service_of};
use crate::support::store::ScriptedStore;
use crate::support::{assert_well_formed, drained, step_aside, texts, user};

type Service = Arc<dyn DynBackend>;

/// Runs `test` on two and on four worker threads.
fn on_real_threads<T: Future<Output = ()>>(
    strategy: &str,
    capacity: usize,
    model: &SimulatorConfig,
    test: impl Fn(Service, ScriptedStore) -> T,
) {
    for workers in [2, 4] {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build().unwrap();
        runtime.block_on(async {
            let store = ScriptedStore::default();
            store.pauses.store(1, Relaxed); // others get in between
            test(service_of(strategy, &store, capacity, model.clone()), store).await;
        });
    }
}

/// Waits for all tasks; a panic in one is a panic here.
async fn all<T: 'static>(mut tasks: JoinSet<T>) -> Vec<T> {
    let mut outcomes = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        outcomes.push(outcome.unwrap());
    }
    outcomes
}

/// In the store and in memory the same, in order, and no turn at work.
async fn assert_settled(service: &Service, store: &ScriptedStore, id: ContextId) -> ChatContext {
    // The store first: loading would roll back a turn that was forgotten, and hide it.
    let stored = store.stored(id).unwrap();
    assert_well_formed(&stored);
    assert_eq!(service.whole(id).await.unwrap(), stored);
    store.assert_no_save_goes_backwards(id);
    stored
}

fn many_reads_at_once_are_equal(strategy: &str) {
    on_real_threads(strategy, 2, &SimulatorConfig::default(), async |service, store| {
        let id = service.create(request()).await.unwrap();
        for nth in 0..30 {
            service.append(id, user(&format!("message {nth}")), None).await.unwrap();
        }
        // Out of the cache with it, so that the first reads meet at the load; twice as many as an LRU needs, for a cache
        // that gives second chances.
        for _ in 0..4 {
            service.create(request()).await.unwrap();
        }
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let service = service.clone();
            tasks.spawn(async move {
                let mut seen = Vec::new();
                for _ in 0..20 {
                    let context = service.context(id).await.unwrap();
                    let messages = service.messages(id, page(10, 15)).await.unwrap();
                    let state = service.state(id).await.unwrap();
                    seen.push((context, messages, state));
                }
                seen
            });
        }
        let seen: Vec<_> = all(tasks).await.into_iter().flatten().collect();
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
        let (context, messages, state) = &seen[0];
        assert_eq!(
            (context.version, state.version, state.state),
            (Version(31), Version(31), StateKind::Idle)
        );
        assert_eq!(context.branches[0].message_count, 30);
        assert_eq!((messages.total, messages.messages.len()), (30, 10));
        assert_eq!(store.load_count(), 1);
    });
}

fn a_reader_sees_the_old_or_the_new_whole(strategy: &str) {
    on_real_threads(strategy, 2, &SimulatorConfig::default(), async |service, store| {
        let id = service.create(request()).await.unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..2 {
            let service = service.clone();
            tasks.spawn(async move {
                for _ in 0..60 {
                    service.append(id, user("more"), None).await.unwrap();
                    step_aside().await;
                }
            });
        }
        for reader in 0..4 {
            let service = service.clone();
            tasks.spawn(async move {
                let mut last = Version(0);
                for nth in 0..60 {
                    // One version for the creation, and one for every message.
                    let before = service.state(id).await.unwrap().version;
                    let context = service.context(id).await.unwrap();
                    assert_eq!(context.version, Version(1 + context.branches[0].message_count as u64));
                    let (limit, offset) = (1 + (nth + reader) % 20, nth / 2);
                    let found = service.messages(id, page(limit, offset)).await.unwrap();
                    let after = service.state(id).await.unwrap().version;

                    let seen_at = Version(1 + found.total as u64);
                    let order = [last, before, context.version, seen_at, after];
                    assert!(order.is_sorted(), "time went backwards: {order:?}");
                    assert_eq!(found.messages.len(), limit.min(found.total.saturating_sub(offset)));
                    let ids = found.messages.iter().map(|message| message.id.index());
                    assert!(ids.eq(offset..offset + found.messages.len()));
                    last = after;
                    step_aside().await;
                }
            });
        }
        all(tasks).await;
        assert_eq!(assert_settled(&service, &store, id).await.version(), Version(121));
    });
}

fn appends_from_many_tasks_are_all_there_once(strategy: &str) {
    on_real_threads(strategy, 2, &SimulatorConfig::default(), async |service, store| {
        let id = service.create(request()).await.unwrap();
        let mut tasks = JoinSet::new();
        for task in 0..8 {
            let service = service.clone();
            tasks.spawn(async move {
                let mut places = Vec::new();
                for nth in 0..25 {
                    let text = format!("{task}/{nth}");
                    places.push((service.append(id, user(&text), None).await.unwrap().id.index(), text));
                }
                assert!(places.is_sorted(), "each sees the one before");
                places
            });
        }
        let mut places: Vec<_> = all(tasks).await.into_iter().flatten().collect();
        places.sort();
        let whole = assert_settled(&service, &store, id).await;
        assert_eq!(whole.version(), Version(1 + 8 * 25));
        assert_eq!(places.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), texts(&whole));
    });
}

/// Each accepted update answers with its version: if every change is an update, these are all versions there are.
fn versions_have_no_gaps(strategy: &str) {
    on_real_threads(strategy, 1, &SimulatorConfig::default(), async |service, store| {
        let ids = [service.create(request()).await.unwrap(), service.create(request()).await.unwrap()];
        let mut tasks = JoinSet::new();
        for task in 0..6 {
            let service = service.clone();
            tasks.spawn(async move {
                let mut versions = Vec::new();
                for nth in 0..20 {
                    let which = (task + nth) % 2;
                    let update =
                        ContextUpdate { mode: Some(format!("{task}/{nth}")), ..ContextUpdate::default() };
                    let update = UpdateContext { update, expected_version: None };
                    versions.push((which, service.update(ids[which], update).await.unwrap()));
                }
                versions
            });
        }
        let mut versions: Vec<_> = all(tasks).await.into_iter().flatten().collect();
        versions.sort_unstable();
        let expected = (0..2).flat_map(|which| (2..62).map(move |version| (which, Version(version))));
        assert_eq!(versions, expected.collect::<Vec<_>>());
        for id in ids {
            assert_settled(&service, &store, id).await;
        }
    });
}

const SESSIONS: usize = 8;

async fn create_all(service: &Service) -> Vec<ContextId> {
    let mut ids = Vec::new();
    for _ in 0..SESSIONS {
        ids.push(service.create(request()).await.unwrap());
    }
    ids
}

/// Whether a turn was let in; a refusal is an answer, an error is not.
fn accepted<T>(outcome: Result<T, ServiceError>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) if error.is_refusal() => false,
        Err(error) => panic!("{error}"),
    }
}

fn turns_and_appends_survive_eviction(strategy: &str) {
    on_real_threads(strategy, 2, &SimulatorConfig::default(), async |service, store| {
        let ids = create_all(&service).await;
        let mut tasks = JoinSet::new();
        for task in 0..6 {
            let (service, ids) = (service.clone(), ids.clone());
            tasks.spawn(async move {
                let mut done = Vec::new();
                for nth in 0..32 {
                    let (at, text) = ((task + nth * 3) % SESSIONS, format!("{task}/{nth}"));
                    let is_turn = (task + nth) % 3 == 0;
                    let done_so = if is_turn {
                        accepted(service.send(ids[at], user(&text), &()).await)
                    } else {
                        accepted(service.append(ids[at], user(&text), None).await)
                    };
                    if done_so {
                        done.push((at, text, is_turn));
                    }
                    service.context(ids[(at + 1) % SESSIONS]).await.unwrap();
                }
                done
            });
        }
        let done: Vec<_> = all(tasks).await.into_iter().flatten().collect();
        drained().await;
        for (at, id) in ids.into_iter().enumerate() {
            let whole = assert_settled(&service, &store, id).await;
            let said = texts(&whole);
            let mine: Vec<_> = done.iter().filter(|(session, ..)| *session == at).collect();
            for (_, text, _) in &mine {
                assert_eq!(said.iter().filter(|said| *said == text).count(), 1, "{text} in {said:?}");
            }
            let turns = mine.iter().filter(|(.., is_turn)| *is_turn).count();
            assert_eq!(said.len(), mine.len() + turns, "one reply for each turn, and nothing of the refused");
            // Begin, request, response, end: a turn that is answered at once is four changes.
            let changes = (mine.len() - turns) + 4 * turns;
            assert_eq!(whole.version(), Version(1 + changes as u64));
        }
        let stats = service.stats().await;
        assert!(stats.cache.len <= 2 && stats.live <= 2 && stats.unsaved == 0, "{stats:?}");
        assert!(stats.cache.evictions > 0 && store.load_count() > 0, "{stats:?}");
    });
}

fn abandoned_turns_leave_no_session_working(strategy: &str) {
    let model = SimulatorConfig {
        latency: Duration::ZERO..=Duration::from_millis(1),
        chunks: 1..=4,
        tool_calls: 0.3,
        transient_failures: 0.2,
        fatal_failures: 0.05,
        ..SimulatorConfig::default()
    };
    on_real_threads(strategy, 2, &model, async |service, store| {
        let ids = create_all(&service).await;
        let appended = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for task in 0..4 {
            let (service, ids, appended) = (service.clone(), ids.clone(), appended.clone());
            tasks.spawn(async move {
                for nth in 0..12 {
                    let id = ids[(task * 3 + nth) % SESSIONS];
                    let turn = tokio::spawn({
                        let service = service.clone();
                        async move {
                            let outcome = service.send(id, user("hello"), &()).await;
                            if let Ok(action) = outcome {
                                let pending = action.pending_calls.iter().enumerate();
                                let decisions =
                                    pending.map(|(nth, call)| allow(&call.id.0, nth == 0)).collect();
                                accepted(service.resume(id, decisions, &()).await);
                            }
                        }
                    });
                    for _ in 0..nth {
                        step_aside().await;
                    }
                    if nth % 2 == 0 {
                        turn.abort();
                    }
                    service.append(id, user("by the way"), None).await.unwrap();
                    appended.fetch_add(1, Relaxed);
                    let ended = turn.await;
                    assert!(ended.is_ok() || ended.unwrap_err().is_cancelled());
                }
            });
        }
        all(tasks).await;
        drained().await;
        assert_eq!(service.flush().await, []);
        let mut kept = 0;
        for id in ids {
            let whole = assert_settled(&service, &store, id).await;
            kept += texts(&whole).iter().filter(|text| *text == "by the way").count();
        }
        assert_eq!(kept, appended.load(Relaxed));
        assert_eq!(service.stats().await.unsaved, 0);
    });
}

each_preset! {
    many_reads_at_once_are_equal
    a_reader_sees_the_old_or_the_new_whole
    appends_from_many_tasks_are_all_there_once
    versions_have_no_gaps
    turns_and_appends_survive_eviction
    abandoned_turns_leave_no_session_working
}
