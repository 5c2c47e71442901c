//! The models: the whole service over shuttle's locks, larger than what can be exhausted.

use std::sync::Arc;

use lockyard::backend::session::{AfterUnlock, Locked, Published, UnderLock};
use shuttle_tests::{
    ModelCheck, Mutant, ParkingLotMutex, ParkingLotRwLock, Schedules, System, TokioMutex, TokioRwLock, Torn,
    Turn, Way, WorkloadShape,
};

macro_rules! models {
    ($($test:ident: $name:literal, $over:literal, $shape:expr, <$locks:ty, $state:ty, $save:ty>;)*) => { $(
        #[test]
        fn $test() {
            ModelCheck { name: $name, over: $over }
                .check(|| System::<$locks, TokioMutex, $state, $save>::run($shape));
        }
    )* };
}

models! {
    appends_over_tokio_mutex: "appends-4x3", "tokio-mutex", WorkloadShape::APPENDS, <TokioMutex, Locked, AfterUnlock>;
    appends_over_tokio_rwlock: "appends-4x3", "tokio-rwlock", WorkloadShape::APPENDS, <TokioRwLock, Locked, AfterUnlock>;
    appends_over_parking_lot_mutex: "appends-4x3", "parking-lot-mutex", WorkloadShape::APPENDS,
        <ParkingLotMutex, Locked, AfterUnlock>;
    traffic_over_tokio_rwlock: "traffic-4x3", "tokio-rwlock", WorkloadShape::TRAFFIC, <TokioRwLock, Locked, AfterUnlock>;
    traffic_over_parking_lot_rwlock: "traffic-4x3", "parking-lot-rwlock, state=published", WorkloadShape::TRAFFIC,
        <ParkingLotRwLock, Published, AfterUnlock>;
    traffic_saved_under_the_lock: "traffic-4x3", "tokio-rwlock, save=under-lock", WorkloadShape::TRAFFIC,
        <TokioRwLock, Locked, UnderLock>;
    traffic_acknowledged_before_stored: "write-behind-4x3", "tokio-rwlock", WorkloadShape::WRITE_BEHIND,
        <TokioRwLock, Locked, AfterUnlock>;
    clients_that_go_away: "abandoned-3x3", "tokio-rwlock", WorkloadShape::ABANDONED, <TokioRwLock, Locked, AfterUnlock>;
    clients_that_go_away_from_a_blocking_lock: "abandoned-3x3", "parking-lot-mutex", WorkloadShape::ABANDONED,
        <ParkingLotMutex, Locked, AfterUnlock>;
}

#[test]
fn without_exclusion_between_writers_a_change_is_lost() {
    Mutant {
        name: "appends-4x3/no-exclusion",
        class: "lost update",
        complaints: &["not linearizable", "a save went back", "is not stored"],
    }
    .must_fail(|| System::<Torn, TokioMutex, Locked, AfterUnlock>::run(WorkloadShape::APPENDS));
}

#[test]
fn without_a_gate_saves_meet() {
    Mutant { name: "appends-4x3/no-gate", class: "unordered I/O", complaints: &["two calls of the store"] }
        .must_fail(|| System::<TokioRwLock, Torn, Locked, AfterUnlock>::run(WorkloadShape::APPENDS));
}

#[test]
fn where_looking_and_beginning_are_two_steps_turns_meet() {
    let shape = WorkloadShape { turns: Some(Turn::Careless), deletions: false, ..WorkloadShape::TRAFFIC };
    Mutant { name: "interleaved-turns", class: "atomicity", complaints: &["not linearizable"] }
        .must_fail(move || System::<TokioRwLock, TokioMutex, Locked, AfterUnlock>::run(shape));
}

#[test]
fn a_turn_that_is_not_rolled_back_stays_at_work() {
    let shape = WorkloadShape { turns: Some(Turn::Forgetful), ..WorkloadShape::ABANDONED };
    Mutant {
        name: "abandoned-turn",
        class: "cancellation",
        complaints: &["no task works", "not linearizable"],
    }
    .must_fail(move || System::<TokioRwLock, TokioMutex, Locked, AfterUnlock>::run(shape));
}

/// Else the mutants above would fail for what one client alone does.
#[test]
fn alone_the_careless_and_the_forgetful_are_right() {
    for turn in [Turn::Careless, Turn::Forgetful] {
        let shape = WorkloadShape { clients: 1, each: 8, turns: Some(turn), ..WorkloadShape::TRAFFIC };
        let alone: Arc<dyn Fn() + Send + Sync> =
            Arc::new(move || System::<TokioRwLock, TokioMutex, Locked, AfterUnlock>::run(shape));
        for seed in 1..=50 {
            assert_eq!(Schedules { way: Way::Random, seed }.run(&alone), Ok(()), "seed {seed}");
        }
    }
}
