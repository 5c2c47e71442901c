//! Sets of futures and streams, which give each future a waker of its own.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, FuturesOrdered, FuturesUnordered, StreamExt};
use lockyard_lock::SharedLock;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::corpus::{Program, once, wakes_itself};
use crate::programs;

pub const ALL: &[Program] = programs! {
    a_set_of_five_at_one_lock(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        let mut set: FuturesUnordered<_> = (0..5).map(|_| lock()).collect();
        while set.next().await.is_some() {}
    }
    a_set_of_forty_at_one_lock(w) {
        let lock = async || { let _held = w.a.write().await; wakes_itself(2).await; };
        let mut set: FuturesUnordered<_> = (0..40).map(|_| lock()).collect();
        while set.next().await.is_some() {}
    }
    a_set_of_named(w) {
        let lock = async || { let _held = w.a.write().await; wakes_itself(4).await; };
        let mut set: FuturesUnordered<_> = (0..9).map(|_| w.branch("one of a set", lock())).collect();
        while set.next().await.is_some() {}
    }
    a_large_set_beside_a_locker(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        let mut set: FuturesUnordered<_> = (0..40).map(|_| lock()).collect();
        tokio::join!(async { while set.next().await.is_some() {} }, lock());
    }
    a_set_of_readers(w) {
        let read = async || { let _read = w.shared.read().await; yield_now().await; };
        let mut set: FuturesUnordered<_> = (0..5).map(|_| read()).collect();
        while set.next().await.is_some() {}
    }
    a_set_in_order(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        let mut set: FuturesOrdered<_> = (0..5).map(|_| lock()).collect();
        while set.next().await.is_some() {}
    }
    a_set_whose_owner_locks_what_no_member_does(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        let mut set: FuturesUnordered<_> = (0..5).map(|_| lock()).collect();
        while set.next().await.is_some() { *w.b.write().await += 1; }
    }
    a_set_that_is_dropped_half_way(w) {
        let lock = async || { let _held = w.a.write().await; sleep(Duration::from_millis(1)).await; };
        let mut set: FuturesUnordered<_> = (0..5).map(|_| lock()).collect();
        set.next().await.unwrap();
        drop(set);
        *w.a.write().await += 1;
    }
    all_joined(w) {
        join_all((0..8).map(async |_| { let _held = w.a.write().await; wakes_itself(2).await; })).await;
    }
    many_joined(w) {
        join_all((0..50).map(async |_| { let _held = w.a.write().await; yield_now().await; })).await;
    }
    all_joined_by_name(w) {
        let lock = async || { let _held = w.a.write().await; wakes_itself(2).await; };
        join_all((0..8).map(|_| w.branch("one of all", lock()))).await;
    }
    a_buffered_stream(w) {
        let lock = async |n: u32| { *w.a.write().await += n; yield_now().await; n };
        let sum = stream::iter(0..20).map(lock).buffered(4).fold(0, async |sum, n| sum + n).await;
        assert_eq!(sum, 190);
    }
    an_unordered_buffer(w) {
        let lock = async |n: u32| { let _held = w.a.write().await; yield_now().await; n };
        let all: Vec<_> = stream::iter(0..20).map(lock).buffer_unordered(4).collect().await;
        assert_eq!(all.len(), 20);
    }
    an_unordered_buffer_of_named(w) {
        let its = &w;
        let lock = async |n: u32| { let _held = its.a.write().await; wakes_itself(3).await; n };
        let named = |n| its.branch("job", lock(n));
        assert_eq!(stream::iter(0..20).map(named).buffer_unordered(4).count().await, 20);
    }
    a_buffer_that_is_dropped_while_it_waits(w) {
        let held = w.a.write().await;
        let mut buffer = stream::iter(0..20).map(async |_| {
            *w.a.write().await += 1;
        }).buffer_unordered(4).boxed_local();
        {
            let mut next = Box::pin(buffer.next());
            assert!(once(&mut next).await);
        }
        drop(buffer);
        drop(held);
        *w.a.write().await += 1;
    }
    for_each_at_once(w) {
        stream::iter(0..20).for_each_concurrent(3, async |n| { *w.a.write().await += n; yield_now().await; }).await;
    }
    a_stream_of_reads_with_a_writer(w) {
        let read = async |_| { let _read = w.shared.read().await; yield_now().await; };
        let reads = stream::iter(0..10).for_each_concurrent(3, read);
        tokio::join!(reads, async { *w.shared.write().await += 1; });
    }
    a_local_set(w) {
        let local = tokio::task::LocalSet::new();
        for _ in 0..4 {
            let its = w.clone();
            local.spawn_local(async move { let _held = its.a.write().await; yield_now().await; });
        }
        local.await;
    }
};
