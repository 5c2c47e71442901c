//! Cold reads and appends on sessions that evict each other all the time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lockyard::backend::chat::Version;
use lockyard::backend::session::{AfterUnlock, Durability, Env, SaveMode, UnderLock};
use lockyard::lock::AwaitFamily;

use super::{Manager, RUNS, WRITE_BEHIND, append, manager, memory_agrees_with_the_store, stats, texts};
use crate::hand_polled::env::{Caches, Lru, Visited, id};
use crate::hand_polled::executor::{Executor, first_failure, for_each_seed};
use crate::hand_polled::locks::{Fifo, Toy, Unfair};
use crate::hand_polled::stage;
use crate::hand_polled::torn::Torn;

/// What one session's tasks were answered.
#[derive(Default)]
struct Acknowledged {
    appended: BTreeSet<String>,
    versions: BTreeSet<Version>,
}

/// Cold reads and appends on two sessions that evict each other all the time.
fn reads_and_appends<F: AwaitFamily, G: AwaitFamily, C: Caches, S: SaveMode<F>>(
    run: &mut Executor,
    durability: Durability,
) {
    const SESSIONS: u64 = 2;
    const WRITERS: u64 = 2;
    const APPENDS: u64 = 2;
    let manager: Manager<F, G, C, S> = manager(SESSIONS, 0, durability);
    let acknowledged: Vec<_> = (0..SESSIONS).map(|_| Arc::new(Mutex::new(Acknowledged::default()))).collect();
    for session in 0..SESSIONS {
        for writer in 0..WRITERS {
            let (manager, acknowledged) = (manager.clone(), acknowledged[session as usize].clone());
            run.task(format!("writer {writer} of session {session}"), async move {
                for nth in 0..APPENDS {
                    let text = format!("{writer}.{nth}");
                    let version = append(&manager, id(session), &text).await.unwrap();
                    let mut acknowledged = acknowledged.lock().unwrap();
                    acknowledged.appended.insert(text);
                    assert!(acknowledged.versions.insert(version), "two changes made the same {version}");
                }
            });
        }
        let manager = manager.clone();
        run.task(format!("reader of session {session}"), async move {
            let mut last = Version(0);
            for _ in 0..3 {
                let (version, messages) =
                    manager.read(id(session), |context| (context.version(), texts(context))).await.unwrap();
                assert!(version >= last, "a reader went back in time");
                assert_eq!(messages.len() as u64, version.0, "half of a change was seen");
                last = version;
            }
        });
    }
    run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));

    let entries = stage::with(|stage| stage.entries);
    assert_eq!(manager.env().store().loads(), entries.made, "one load for each time a session comes alive");
    assert!(entries.most <= SESSIONS as usize, "{} live entries of {SESSIONS} sessions", entries.most);
    if durability == Durability::WriteThrough {
        assert_eq!(stats(run, &manager).unsaved, 0, "acknowledged and not stored");
    }
    for (context, acknowledged) in
        memory_agrees_with_the_store(run, &manager, SESSIONS).iter().zip(&acknowledged)
    {
        let (context, acknowledged) = (context.as_ref().unwrap(), acknowledged.lock().unwrap());
        let mut present = texts(context);
        present.sort();
        assert!(
            present.iter().eq(&acknowledged.appended),
            "{present:?} instead of {:?}",
            acknowledged.appended
        );
        let all: BTreeSet<_> = (1..=WRITERS * APPENDS).map(Version).collect();
        assert_eq!(acknowledged.versions, all, "versions with gaps");
    }
}

macro_rules! reads_and_appends {
    ($($name:ident: $order:ident, $cache:ty, $save:ident, $durability:expr;)*) => { $(
        #[test]
        fn $name() {
            type Family = Toy<$order>;
            for_each_seed(RUNS, |run| reads_and_appends::<Family, Family, $cache, $save>(run, $durability));
        }
    )* };
}

reads_and_appends! {
    reads_and_appends_unfair: Unfair, Lru<Toy<Unfair>>, AfterUnlock, Durability::WriteThrough;
    reads_and_appends_fifo: Fifo, Lru<Toy<Fifo>>, AfterUnlock, Durability::WriteThrough;
    reads_and_appends_visited: Unfair, Visited, AfterUnlock, Durability::WriteThrough;
    reads_and_appends_under_lock: Unfair, Lru<Toy<Fifo>>, UnderLock, Durability::WriteThrough;
    reads_and_appends_write_behind: Unfair, Lru<Toy<Unfair>>, AfterUnlock, WRITE_BEHIND;
    reads_and_appends_under_lock_write_behind: Fifo, Visited, UnderLock, WRITE_BEHIND;
}

#[test]
fn without_exclusion_between_writers_appends_are_lost() {
    let broken = |run: &mut Executor| {
        reads_and_appends::<Torn, Toy<Unfair>, Visited, AfterUnlock>(run, Durability::WriteThrough);
    };
    let failure = first_failure(RUNS, broken).expect("no run failed");
    assert!(failure.contains("two changes made the same"), "{failure}");
}

#[test]
fn without_exclusion_at_the_gate_there_is_no_single_flight() {
    let broken = |run: &mut Executor| {
        reads_and_appends::<Toy<Unfair>, Torn, Visited, AfterUnlock>(run, Durability::WriteThrough);
    };
    let failure = first_failure(RUNS, broken).expect("no run failed");
    assert!(failure.contains("two calls on one session at once"), "{failure}");
}
