//! A value that is set once.

use tokio::sync::{SetOnce, SetOnceError};

use crate::{now, polled};

static IN_A_STATIC: SetOnce<u32> = SetOnce::const_new();
static WITH_A_VALUE: SetOnce<u32> = SetOnce::const_new_with(7);

#[test]
fn all_who_wait_see_it() {
    let cell = SetOnce::new();
    let (mut first, mut second, mut third) = (polled(cell.wait()), polled(cell.wait()), polled(cell.wait()));
    first.pending();
    second.pending();
    third.pending();
    drop(third);
    cell.set(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (1, 1));
    assert_eq!((first.ready(), second.ready(), now(cell.wait())), (&1, &1, &1));
    assert_eq!(cell.set(2), Err(SetOnceError(2)));
}

#[test]
fn values_go_in_and_out() {
    IN_A_STATIC.set(1).unwrap();
    assert_eq!((IN_A_STATIC.get(), WITH_A_VALUE.get()), (Some(&1), Some(&7)));
    let cell = SetOnce::from(1);
    assert!(cell.initialized() && !SetOnce::<u8>::default().initialized());
    assert_eq!((cell.clone(), cell.clone().into_inner()), (SetOnce::new_with(Some(1)), Some(1)));
    assert_ne!(cell, SetOnce::new());
}
