//! Runtimes: what runs where, hooks of the user's, and what is left when one ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::{Dropped, current_thread, each, forever};
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task;

#[test]
fn a_future_is_blocked_on() {
    for (runtime, flavor) in
        each().into_iter().zip([RuntimeFlavor::CurrentThread, RuntimeFlavor::MultiThread])
    {
        let not_send = std::rc::Rc::new(4);
        assert_eq!(runtime.block_on(async { *not_send + task::spawn(async { 1 }).await.unwrap() }), 5);
        assert_eq!(runtime.handle().runtime_flavor(), flavor);
        assert_eq!(runtime.handle().block_on(async { 6 }), 6);
    }
}

#[test]
fn tasks_are_spawned_from_outside() {
    for runtime in each() {
        let (handle, sent) = (runtime.handle().clone(), oneshot::channel());
        let task = runtime.spawn(async { 1 });
        let blocking = runtime.spawn_blocking(|| 2);
        let (sender, receiver) = sent;
        let by_handle = handle.spawn(async move { receiver.await.unwrap() });
        let by_handle_blocking = handle.spawn_blocking(move || sender.send(3).unwrap());
        let outputs = runtime.block_on(async move {
            by_handle_blocking.await.unwrap();
            (task.await.unwrap(), blocking.await.unwrap(), by_handle.await.unwrap())
        });
        assert_eq!(outputs, (1, 2, 3));
    }
}

#[test]
fn the_runtime_at_hand_is_known() {
    assert!(Handle::try_current().unwrap_err().is_missing_context());
    for runtime in each() {
        let id = runtime.handle().id();
        {
            let _entered = runtime.enter();
            assert_eq!(Handle::current().id(), id);
        }
        {
            let _entered = runtime.handle().enter();
            assert_eq!(Handle::try_current().unwrap().id(), id);
        }
        let spawned =
            runtime.block_on(async { task::spawn(async { Handle::current().id() }).await.unwrap() });
        assert_eq!(spawned, id);
        assert_eq!(runtime.metrics().num_workers(), runtime.handle().metrics().num_workers());
    }
    assert!(Handle::try_current().is_err());
}

/// A runtime and how often its hook was called before a thread of it slept.
fn counting(mut builder: Builder) -> (Runtime, Arc<AtomicUsize>) {
    let parked = Arc::new(AtomicUsize::new(0));
    let its = parked.clone();
    let runtime = builder
        .enable_all()
        .on_thread_park(move || {
            its.fetch_add(1, SeqCst);
        })
        .build()
        .unwrap();
    (runtime, parked)
}

#[test]
fn hooks_of_the_user_are_called() {
    let mut several = Builder::new_multi_thread();
    several.worker_threads(1);
    for builder in [Builder::new_current_thread(), several] {
        let (runtime, parked) = counting(builder);
        runtime.block_on(async {
            task::spawn(async {
                let before = Handle::current();
                // A thread that blocks wakes it, which it has slept for: there is no other work.
                before.spawn_blocking(|| ()).await.unwrap();
            })
            .await
            .unwrap();
        });
        drop(runtime);
        assert!(parked.load(SeqCst) > 0);
    }
}

#[test]
fn other_hooks_and_names_are_handed_on() {
    let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let (started, stopped) = (counts.clone(), counts.clone());
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("of this test")
        .name("this")
        .on_thread_start(move || {
            started[0].fetch_add(1, SeqCst);
        })
        .on_thread_stop(move || {
            stopped[1].fetch_add(1, SeqCst);
        })
        .on_thread_unpark(|| ())
        .build()
        .unwrap();
    let name = runtime.block_on(async {
        let named = || std::thread::current().name().map(str::to_owned);
        task::spawn(async move { named() }).await.unwrap()
    });
    assert_eq!(name.as_deref(), Some("of this test"));
    assert_eq!(runtime.handle().name(), Some("this"));
    drop(runtime);
    assert!(counts[0].load(SeqCst) > 0);
    assert_eq!(counts[0].load(SeqCst), counts[1].load(SeqCst));
}

#[test]
fn a_runtime_that_ends_drops_its_tasks() {
    let ends: [fn(Runtime); 3] =
        [drop, |it| it.shutdown_timeout(Duration::from_mins(1)), Runtime::shutdown_background];
    for end in ends {
        let runtime = current_thread();
        let (dropped, gone) = Dropped::new();
        let task = runtime.spawn(forever(dropped));
        end(runtime);
        gone.blocking_recv().unwrap();
        assert!(current_thread().block_on(task).unwrap_err().is_cancelled());
    }
}
