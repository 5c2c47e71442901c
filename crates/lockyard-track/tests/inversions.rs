//! Which orders of locks can deadlock, and which cannot: each case is a small program that never hangs.

mod support;

use std::sync::Arc;

use lockyard_lock::{LockClass, SharedLock};
use lockyard_track::{Certainty, Kind, Tracker};
use support::{A, B, Mutex, lock, run, tracker, until_waiting};
use tokio::sync::oneshot;

static C: LockClass = LockClass::new("c");
static GATES: LockClass = LockClass::new("gates");

type Shared = Arc<Mutex<u32>>;

fn shared(class: &'static LockClass) -> Shared {
    Arc::new(lock(class))
}

/// Takes these in turn, and releases them.
async fn in_order(locks: impl IntoIterator<Item = Shared>) {
    let locks: Vec<_> = locks.into_iter().collect();
    let mut held = Vec::new();
    for lock in &locks {
        held.push(lock.write().await);
    }
}

/// Every task is spawned before one has run, and then each takes its locks in turn.
async fn at_once<const N: usize>(tracker: &Tracker, tasks: [Vec<Shared>; N]) {
    let spawn = |locks| tracker.spawn("task", in_order(locks));
    let tasks = tasks.map(spawn);
    for task in tasks {
        task.await.unwrap();
    }
}

/// How sure each inversion is that was found.
fn inversions(tracker: &Tracker) -> Vec<Certainty> {
    let found = tracker.findings().into_iter().filter(|it| it.kind == Kind::OrderInversion);
    found.map(|finding| finding.certainty).collect()
}

#[test]
fn both_orders_in_two_tasks_that_may_run_at_once_are_certain() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        at_once(&tracker, [vec![a.clone(), b.clone()], vec![b, a]]).await;
    });
    let finding = reports.wait_for(Kind::OrderInversion);
    assert_eq!((finding.certainty, finding.places.len()), (Certainty::Certain, 1), "{finding}");
    assert_eq!(finding.tasks, ["task"], "{finding}");
}

#[test]
fn both_orders_in_one_task_are_suspected() {
    let (tracker, reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        in_order([a.clone(), b.clone()]).await;
        in_order([b, a]).await;
    });
    let finding = reports.wait_for(Kind::OrderInversion);
    assert_eq!(finding.certainty, Certainty::Suspected, "{finding}");
    assert!(finding.message.contains("in one task, one after the other"), "{finding}");
}

/// The same order once beside another future, where it is in doubt whose the first lock is, and once alone: the doubtful
/// sighting must not hide the sure one, which comes in the same segment with the same locks in hand.
#[test]
fn a_doubtful_sighting_hides_no_sure_one() {
    for class in [&B, &A] {
        let (tracker, _reports) = tracker();
        run(&tracker, async {
            let (a, b) = (shared(&A), shared(class));
            let (begin, begins) = oneshot::channel::<()>();
            let (first, second) = (a.clone(), b.clone());
            let other = tracker.spawn("other", async move {
                begins.await.unwrap();
                in_order([second, first]).await;
            });
            let locks = async || drop((a.write().await, b.write().await));
            tokio::join!(tokio::task::yield_now(), locks());
            locks().await;
            begin.send(()).unwrap();
            other.await.unwrap();
        });
        assert_eq!(inversions(&tracker), [Certainty::Certain], "{class:?}");
    }
}

#[test]
fn a_task_that_is_awaited_in_place_is_part_of_the_one_around_it() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        tracker.task("in place".into(), in_order([b.clone(), a.clone()])).await;
        in_order([a, b]).await;
    });
    assert_eq!(inversions(&tracker), [Certainty::Suspected]);
}

/// What was suspected of one task is certain once two tasks do it.
#[test]
fn what_was_suspected_of_one_task_becomes_certain_by_two() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        let [first, second] = [vec![a.clone(), b.clone()], vec![b, a]];
        in_order(first.clone()).await;
        in_order(second.clone()).await;
        assert_eq!(inversions(&tracker), [Certainty::Suspected]);
        at_once(&tracker, [first, second]).await;
        assert_eq!(inversions(&tracker), [Certainty::Certain], "one finding, and not two");
    });
}

#[test]
fn an_order_before_the_spawn_cannot_meet_the_one_behind_it() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        // Known to be shared from the start: it is the spawns that part, and not that no other task has used them.
        for lock in [&a, &b] {
            tracker.spawn("user", in_order([lock.clone()])).await.unwrap();
        }
        in_order([a.clone(), b.clone()]).await;
        tracker.spawn("child", in_order([b.clone(), a.clone()])).await.unwrap();
        assert_eq!(tracker.findings(), []);
        // The same again, with a child that may run meanwhile.
        let child = tracker.spawn("child", in_order([b.clone(), a.clone()]));
        in_order([a, b]).await;
        child.await.unwrap();
        assert_eq!(inversions(&tracker), [Certainty::Certain]);
    });
}

#[test]
fn an_order_behind_the_join_cannot_meet_the_one_before_it() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        let outer = {
            let (tracker, a, b) = (tracker.clone(), a.clone(), b.clone());
            tracker.clone().spawn("outer", async move {
                // What the inner task did is before the end of the outer one, and so before what follows that.
                tracker.spawn("inner", in_order([a, b])).await.unwrap();
            })
        };
        outer.await.unwrap();
        in_order([b.clone(), a.clone()]).await;
        tracker.spawn("later", in_order([b, a])).await.unwrap();
    });
    assert_eq!(tracker.findings(), []);
}

/// The first task is not joined, so nothing says that the second comes after it.
#[test]
fn two_tasks_that_happened_to_run_one_after_the_other_are_not_parted() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        let (done, is_done) = oneshot::channel();
        let first = [a.clone(), b.clone()];
        drop(tracker.spawn("first", async move {
            in_order(first).await;
            done.send(()).unwrap();
        }));
        is_done.await.unwrap();
        tracker.spawn("second", in_order([b, a])).await.unwrap();
    });
    assert_eq!(inversions(&tracker), [Certainty::Certain]);
}

/// Tasks that the tracker did not spawn: where they come from is not known, but the locks were not shared yet.
#[test]
fn what_the_maker_of_the_locks_did_before_it_shared_them_is_suspected() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        in_order([a.clone(), b.clone()]).await;
        let unknown = || {
            let (tracker, locks) = (tracker.clone(), [b.clone(), a.clone()]);
            tokio::spawn(async move { tracker.task("unknown".into(), in_order(locks)).await })
        };
        unknown().await.unwrap();
        assert_eq!(inversions(&tracker), [Certainty::Suspected]);
        in_order([a.clone(), b.clone()]).await;
        unknown().await.unwrap();
        assert_eq!(inversions(&tracker), [Certainty::Certain], "the locks are shared by now");
    });
}

#[test]
fn a_gate_around_both_orders_keeps_them_apart() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b, gate) = (shared(&A), shared(&B), shared(&GATES));
        let [first, second] = [vec![a.clone(), b.clone()], vec![b, a]];
        let gated = |locks: &[Shared]| [std::slice::from_ref(&gate), locks].concat();
        at_once(&tracker, [gated(&first), gated(&second)]).await;
        assert_eq!(tracker.findings(), []);
        at_once(&tracker, [gated(&first), second]).await;
        assert_eq!(
            inversions(&tracker),
            [Certainty::Certain],
            "one side without the gate, and it is no gate"
        );
    });
}

/// Each two of the three tasks have a gate in common that the third has not: no two can be inside at once, let alone all
/// three.
#[test]
fn gates_of_each_two_of_three_keep_them_apart() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b, c) = (shared(&A), shared(&B), shared(&C));
        let [ab, bc, ca]: [Shared; 3] = std::array::from_fn(|_| shared(&GATES));
        let tasks = [
            vec![ab.clone(), ca.clone(), a.clone(), b.clone()],
            vec![ab.clone(), bc.clone(), b.clone(), c.clone()],
            vec![bc.clone(), ca.clone(), c.clone(), a.clone()],
        ];
        at_once(&tracker, tasks).await;
        let of_gates = |it: &lockyard_track::Finding| it.message.contains("gates");
        assert!(tracker.findings().iter().all(of_gates), "{:?}", tracker.findings());
        at_once(&tracker, [vec![a.clone(), b.clone()], vec![b, c.clone()], vec![c, a]]).await;
        let rings = tracker.findings().into_iter().filter(|it| it.edges.len() == 3 && !of_gates(it));
        assert_eq!(rings.count(), 1, "without their gates they are a ring");
    });
}

/// Two hundred of one class are held at once, in order; others take the last and then the first, or the
/// second and then the first.
#[test]
fn an_inversion_at_the_far_ends_of_two_hundred_is_found() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let locks: Vec<_> = (0..200).map(|_| shared(&A)).collect();
        let [far, near] = [[199, 0], [1, 0]].map(|pair| pair.map(|nth| locks[nth].clone()).to_vec());
        at_once(&tracker, [locks.clone(), far]).await;
        at_once(&tracker, [near]).await;
        let found = tracker.findings();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].certainty), (Kind::OrderInversion, Certainty::Certain));
        assert_eq!(found[0].edges.len(), 2, "two tasks, not a chain of two hundred: {}", found[0]);
    });
}

/// Ascending is an order, whatever pairs it is seen of.
#[test]
fn ten_thousand_pairs_in_one_order_are_none_too_many() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let locks: Vec<_> = (0..2_000).map(|_| shared(&A)).collect();
        let mut at = 1_usize;
        for _ in 0..10_000 {
            // Any full period will do; it must only be the same each time.
            at = (at * 1_103 + 7) % (2_000 * 2_000);
            let (one, other) = (at % 2_000, at / 2_000);
            if one != other {
                in_order([locks[one.min(other)].clone(), locks[one.max(other)].clone()]).await;
            }
        }
        assert_eq!(tracker.findings(), []);
    });
}

/// A helper that is given both locks has the same two places in both orders.
#[test]
fn the_same_places_do_not_make_it_the_same_order() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (shared(&A), shared(&B));
        in_order([a.clone(), b.clone()]).await;
        in_order([b, a]).await;
    });
    assert_eq!(inversions(&tracker), [Certainty::Suspected]);
}

/// Two waits at once, of branches without names: what is held meanwhile may be either branch's. What is taken once they
/// are over is not.
#[test]
fn a_task_that_once_waited_twice_at_once_draws_orders_again() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b, x, y) = (shared(&A), shared(&B), shared(&C), shared(&C));
        let (its_x, its_y) = (x.clone(), y.clone());
        let held = (x.write().await, y.write().await);
        let (first, second) = ([a.clone(), b.clone()], [b.clone(), a.clone()]);
        let waits = tracker.spawn("branches", async move {
            futures_util::future::join(in_order([its_x]), in_order([its_y])).await;
            in_order(first).await;
        });
        until_waiting(&tracker, 2).await;
        drop(held);
        tracker.spawn("other", in_order(second)).await.unwrap();
        waits.await.unwrap();
    });
    assert_eq!(inversions(&tracker), [Certainty::Certain]);
}

/// One branch holds, the other asks: no order of one sequence, and nothing that is sure. A name for the other alone does
/// not say whose the hold is.
#[test]
fn an_order_across_branches_without_names_is_only_suspected() {
    for is_named in [false, true] {
        across_branches(is_named);
    }
}

fn across_branches(is_named: bool) {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b, gate) = (shared(&A), shared(&B), shared(&C));
        let held = gate.write().await;
        let other = [b.clone(), a.clone()];
        let its_gate = gate.clone();
        let branches = tracker.spawn("branches", async move {
            let waits = async {
                let _a = a.write().await;
                let _gate = its_gate.write().await;
            };
            let asks = async {
                if is_named {
                    lockyard_track::scope("asks", in_order([b])).await;
                } else {
                    in_order([b]).await;
                }
            };
            futures_util::future::join(waits, asks).await;
        });
        until_waiting(&tracker, 1).await;
        let other = tracker.spawn("other", in_order(other));
        drop(held);
        branches.await.unwrap();
        other.await.unwrap();
    });
    assert!(!inversions(&tracker).contains(&Certainty::Certain), "{:?}", tracker.findings());
}
