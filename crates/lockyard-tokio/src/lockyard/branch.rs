//! A branch of `select!`, `join!` or `try_join!`, under a name: so that what one branch holds is not taken for another's.

use std::future::IntoFuture;

#[cfg(feature = "track")]
use crate::maybe_named::MaybeNamed;
#[cfg(feature = "track")]
use crate::tracked;

/// One branch. Made by the macros of this crate.
///
/// It is a struct with public fields and not made by a function, because the operands of a struct expression may be
/// temporaries that live as long as what is made of them, and arguments of a function may not.
pub struct Branch<F> {
    /// What the branch does.
    pub future: F,
    /// What it is called.
    pub name: &'static str,
}

#[cfg(feature = "track")]
impl<F: IntoFuture> IntoFuture for Branch<F> {
    type Output = F::Output;
    type IntoFuture = MaybeNamed<F::IntoFuture>;

    fn into_future(self) -> Self::IntoFuture {
        let future = self.future.into_future();
        if tracked::is_on() {
            MaybeNamed::Yes { future: lockyard_track::scope(shortened(self.name), future) }
        } else {
            MaybeNamed::No { future }
        }
    }
}

#[cfg(not(feature = "track"))]
impl<F: IntoFuture> IntoFuture for Branch<F> {
    type Output = F::Output;
    type IntoFuture = F::IntoFuture;

    fn into_future(self) -> Self::IntoFuture {
        let _ = self.name;
        self.future.into_future()
    }
}

/// Which branch of a `select!` is polled first: one at random, or in an explored run the first.
pub fn __start(branches: u32, random: impl FnOnce(u32) -> u32) -> u32 {
    #[cfg(feature = "explore")]
    if crate::explored::is_on() {
        return 0;
    }
    random(branches)
}

#[cfg(feature = "track")]
/// A whole block is not a name: of a long one its beginning is kept, and its place at the end.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 48;
    let (what, place) = name.rsplit_once(' ').unwrap_or((name, ""));
    let mut words: String = what.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > LONGEST {
        words = words.chars().take(LONGEST - 1).chain(['…']).collect();
    }
    format!("{words} {place}")
}
