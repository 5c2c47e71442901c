//! Panics of explored programs are reported and not printed; all others are. By itself in its file, for a hook is of the
//! whole process.

#[path = "support/guest.rs"]
mod guest;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use guest::{program, spawn};
use lockyard_explore::guest::explorer;
use lockyard_explore::{Explorer, Setting, point};

#[test]
fn panics_of_explored_programs_are_not_printed() {
    static PRINTED: AtomicU32 = AtomicU32::new(0);
    std::panic::set_hook(Box::new(|_| {
        PRINTED.fetch_add(1, SeqCst);
    }));
    let every = Explorer { keep_going: true, ..explorer(Setting::default()) };
    let report = every.search(&program(|| async {
        for _ in 0..2 {
            spawn("fails", async { panic!("as it was to") });
        }
        point().await;
    }));
    assert!(report.failed > 1 && report.failed == report.complete);
    assert_eq!(PRINTED.load(SeqCst), 0);

    assert!(std::panic::catch_unwind(|| panic!("outside of runs")).is_err());
    assert_eq!(PRINTED.load(SeqCst), 1, "it is printed where nothing is explored");

    let report = explorer(Setting::default()).search(&program(|| async {
        assert!(std::thread::spawn(|| panic!("on a thread of its own")).join().is_err());
    }));
    assert!(report.failure.is_none());
    assert_eq!(PRINTED.load(SeqCst), 1 + 2, "in each of the two runs of the one schedule");
}
