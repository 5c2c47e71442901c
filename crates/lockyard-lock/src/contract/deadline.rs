//! A test of the contract with a deadline: a lock that hangs fails by name, and what waited is said.
//!
//! A thread cannot be ended from outside. So the test runs on one of its own, which stays behind if it hangs, and the
//! waits that are under way are noted where it and its threads wait.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// How long a test of the contract may take. Each takes less than a second, on a machine that does nothing else.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A wait of one thread: for what, and where it began.
type Wait = (&'static str, &'static Location<'static>);

/// The waits of one test that are under way.
#[derive(Default)]
struct Waits(Mutex<Vec<Wait>>);

thread_local! {
    /// Those of the test that this thread works for.
    static CURRENT: RefCell<Arc<Waits>> = RefCell::default();
}

impl Waits {
    fn list(&self) -> MutexGuard<'_, Vec<Wait>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self) -> String {
        let waits = self.list();
        if waits.is_empty() {
            return "nothing waits for the lock; holders wait for each other, or a poll does not return"
                .to_owned();
        }
        let waits = waits.iter().map(|(what, place)| format!("to {what} (since {place})"));
        format!("still waiting {}", waits.collect::<Vec<_>>().join(", "))
    }
}

/// A wait that is under way until this is dropped.
pub(super) struct Waiting(Arc<Waits>, Wait);

impl Waiting {
    pub(super) fn new(what: &'static str, place: &'static Location<'static>) -> Self {
        let waits = CURRENT.with_borrow(Arc::clone);
        waits.list().push((what, place));
        Self(waits, (what, place))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = self.0.list();
        if let Some(at) = waits.iter().position(|wait| *wait == self.1) {
            waits.swap_remove(at);
        }
    }
}

/// What another thread of the same test does: its waits are noted beside those of this thread.
pub(super) fn of_this_test<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let waits = CURRENT.with_borrow(Arc::clone);
    move || {
        CURRENT.set(waits);
        work()
    }
}

/// Runs a test of the contract, and no longer than `deadline`.
///
/// # Errors
/// What it has panicked with, or what it waits for when the time is over.
///
/// ```
/// use std::time::Duration;
/// use lockyard_lock::{StdMutex, contract};
///
/// let limit = Duration::from_secs(10);
/// assert_eq!(contract::outcome(contract::try_write_never_waits::<StdMutex>, limit), Ok(()));
/// ```
pub fn outcome(test: fn(), deadline: Duration) -> Result<(), String> {
    let waits = Arc::new(Waits::default());
    let (its_waits, (sender, receiver)) = (waits.clone(), mpsc::channel());
    let thread = thread::spawn(move || {
        CURRENT.set(its_waits);
        // Dropped at the end, also by a panic.
        let _sender: mpsc::Sender<()> = sender;
        test();
    });
    if receiver.recv_timeout(deadline) == Err(mpsc::RecvTimeoutError::Timeout) {
        return Err(format!("no end within {deadline:?}: {}", waits.describe()));
    }
    thread.join().map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
    })
}

/// Runs a test of the contract within the [deadline](DEADLINE).
///
/// # Panics
/// If it fails or hangs, with its name and the family's.
pub fn check(test_name: &str, family: &str, test: fn()) {
    if let Err(why) = outcome(test, DEADLINE) {
        panic!("{family} breaks the contract: {test_name}: {why}");
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::super::executor::block_on;
    use super::*;

    fn hangs() {
        thread::scope(|scope| {
            scope.spawn(of_this_test(|| block_on("read", std::future::pending::<()>())));
            block_on("write", std::future::pending::<()>());
        });
    }

    #[test]
    fn what_hangs_fails_and_says_what_waits() {
        let outcome = outcome(hangs, Duration::from_millis(200)).unwrap_err();
        assert!(outcome.starts_with("no end within 200ms: still waiting to "), "{outcome}");
        for wait in ["to read (since ", "to write (since "] {
            assert!(outcome.contains(wait), "{outcome}");
        }
        assert!(outcome.contains(file!()), "{outcome}");
    }

    #[test]
    fn waits_that_have_ended_are_not_named() {
        fn test() {
            block_on("write", std::future::ready(()));
            loop {
                thread::park();
            }
        }
        let outcome = outcome(test, Duration::from_millis(200)).unwrap_err();
        assert!(outcome.contains("nothing waits for the lock"), "{outcome}");
    }

    #[test]
    fn what_panics_fails_by_name() {
        let said = catch_unwind(|| check("excludes", "my-lock", || panic!("two are inside"))).unwrap_err();
        let said = said.downcast_ref::<String>().unwrap();
        assert_eq!(said, "my-lock breaks the contract: excludes: two are inside");
    }
}
