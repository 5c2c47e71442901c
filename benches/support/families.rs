//! The ten lock families, as a list that can be walked though each is a type of its own.

use lockyard::lock::{
    ArcSwap, AsyncLockMutex, AsyncLockRwLock, LockClass, LockFamily, ParkingLotFairMutex, ParkingLotMutex,
    ParkingLotRwLock, StdMutex, StdRwLock, TokioMutex, TokioRwLock,
};
use lockyard::strategy::LockKind;

pub static COUNTER: LockClass = LockClass::new("counter");

/// What is done with every family.
pub trait PerFamily {
    fn visit<F: LockFamily>(&mut self);
}

/// Does `work` with each family in turn.
///
/// # Panics
/// If there is a family that this list has forgotten: what is not measured is never missed.
pub fn each_family(work: &mut impl PerFamily) {
    let mut visited = Vec::new();
    macro_rules! visit {
        ($($family:ident)*) => { $(
            visited.push($family::NAME);
            work.visit::<$family>();
        )* };
    }
    visit! {
        TokioMutex TokioRwLock ParkingLotMutex ParkingLotRwLock ParkingLotFairMutex StdMutex StdRwLock
        AsyncLockMutex AsyncLockRwLock ArcSwap
    }
    assert_eq!(visited, LockKind::ALL.map(LockKind::name), "the list of families is not whole");
}
