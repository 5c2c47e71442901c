//! `select!`, `join!` and `try_join!`, whose branches have names: what one branch holds is then not taken for another's.
//!
//! They are tokio's own. Each branch is handed to them as a [`Branch`](crate::lockyard::Branch), which is called by what it
//! awaits and where.

/// Waits on several branches, and goes on with the first that ends: [tokio's](real::select), with a name for each branch.
#[macro_export]
macro_rules! select {
    (biased; $($rest:tt)+) => { $crate::__select_named!(@ biased {} $($rest)+) };
    ($($rest:tt)+) => { $crate::__select_named!(@ fair {} $($rest)+) };
    () => { $crate::real::select!() };
}

/// Wraps the futures of a `select!`, one branch after the other: `@ biased { done } the rest`, or `@ fair`.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_named {
    (@ biased { $($done:tt)* }) => { $crate::real::select! { biased; $($done)* } };
    (@ biased { $($done:tt)* } else => $else:expr $(,)?) => {
        $crate::real::select! { biased; $($done)* else => $else }
    };
    // The branch that is polled first is drawn by this crate, which in an explored run takes the first: there what wakes a branch
    // is a step of its own.
    (@ fair {} else => $else:expr $(,)?) => { $crate::real::select! { else => $else } };
    (@ fair { $($done:tt)* } $(else => $else:expr $(,)?)?) => {
        $crate::real::select!(@ {
            start={ $crate::lockyard::__start(BRANCHES, $crate::real::macros::support::thread_rng_n) }; ()
        } $($done)* $(else => $else)?)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr, if $cond:expr => $handle:block, $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future), if $cond => $handle, } $($rest)*)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr => $handle:block, $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future) => $handle, } $($rest)*)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr, if $cond:expr => $handle:block $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future), if $cond => $handle, } $($rest)*)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr => $handle:block $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future) => $handle, } $($rest)*)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr, if $cond:expr => $handle:expr) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future), if $cond => { $handle }, })
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr => $handle:expr) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future) => { $handle }, })
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr, if $cond:expr => $handle:expr, $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future), if $cond => { $handle }, } $($rest)*)
    };
    (@ $how:ident { $($done:tt)* } $bind:pat = $future:expr => $handle:expr, $($rest:tt)*) => {
        $crate::__select_named!(@ $how { $($done)* $bind = $crate::__branch!($future) => { $handle }, } $($rest)*)
    };
}

/// Waits for all branches, at once: [tokio's](real::join), with a name for each branch.
#[macro_export]
macro_rules! join {
    (biased; $($future:expr),* $(,)?) => { $crate::real::join!(biased; $($crate::__branch!($future)),*) };
    ($($future:expr),* $(,)?) => { $crate::real::join!($($crate::__branch!($future)),*) };
}

/// Waits for all branches, at once, or for the first error: [tokio's](real::try_join), with a name for each branch.
#[macro_export]
macro_rules! try_join {
    (biased; $($future:expr),* $(,)?) => { $crate::real::try_join!(biased; $($crate::__branch!($future)),*) };
    ($($future:expr),* $(,)?) => { $crate::real::try_join!($($crate::__branch!($future)),*) };
}

/// A future under the name of what it awaits and where.
#[doc(hidden)]
#[macro_export]
macro_rules! __branch {
    ($future:expr) => {
        $crate::lockyard::Branch {
            future: $future,
            name: ::core::concat!(::core::stringify!($future), " ", ::core::file!(), ":", ::core::line!()),
        }
    };
}
