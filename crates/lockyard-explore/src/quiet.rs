//! Panics of explored programs are reported by the explorer, and printed by nobody: a search may meet thousands.

use std::cell::{Cell, RefCell};
use std::panic::{set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether an explored run is at work on this thread.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of a quiet thread was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// While it lives, panics of this thread are not printed.
pub(super) struct Quiet {
    before: bool,
}

impl Quiet {
    pub(super) fn begin() -> Self {
        static INSTALLED: Once = Once::new();
        // A hook cannot be exchanged by a thread that is panicking; then the next search does it.
        if !INSTALLED.is_completed() && !std::thread::panicking() {
            INSTALLED.call_once(|| {
                let before = take_hook();
                set_hook(Box::new(move |panic| {
                    // A thread that ends has no such flag any more, and no run either.
                    if QUIET.try_with(Cell::get).unwrap_or(false) {
                        PLACE.with(|place| *place.borrow_mut() = panic.location().map(ToString::to_string));
                    } else {
                        before(panic);
                    }
                }));
            });
        }
        Self { before: QUIET.replace(true) }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(self.before);
        // One that nobody has caught is the explorer's own, and must not go unheard.
        if std::thread::panicking() && !self.before {
            eprintln!("the explorer has panicked at {}", place_of_panic().unwrap_or_default());
        }
    }
}

/// Where the last panic was that was not printed, told once.
pub(super) fn place_of_panic() -> Option<String> {
    PLACE.take()
}
