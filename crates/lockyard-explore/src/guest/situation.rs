//! Where a guest is at work, and what it may ask of the schedule.

use std::panic::Location;

use lockyard_evidence::Action;

use crate::explorer::Explorer;
use crate::run_state::{try_with, with};
use crate::search::Reduction;
use crate::setting::Setting;

/// A search through every schedule, as guests need that share more than what they report: see
/// [what is not seen](super#what-is-not-seen). Where all is reported, [sleep sets](Reduction::SleepSets) need fewer.
///
/// ```
/// use lockyard_explore::{Explorer, Reduction, Setting, guest};
///
/// let every = guest::explorer(Setting::default());
/// assert_eq!(every.reduction, Reduction::None);
/// let fewer = Explorer { reduction: Reduction::SleepSets, ..every };
/// ```
pub fn explorer(setting: Setting) -> Explorer {
    Explorer { reduction: Reduction::None, ..Explorer::new(setting) }
}

/// Whether a step of an explored run is at work on this thread. Elsewhere a wrapper does what the real thing does.
///
/// ```
/// use lockyard_explore::{guest, point};
///
/// assert!(!guest::is_on());
/// guest::explorer(Default::default()).search(&|program| {
///     program.task("main").op("main", async { point().await; assert!(guest::is_on()) }).done();
/// });
/// ```
pub fn is_on() -> bool {
    try_with(|state| state.stepping).unwrap_or(false)
}

/// The number of this thread's run. What was made in another run, and kept in a `static`, has another number, and may be in
/// a state that this run did not bring about: a [`Turn`](super::Turn) on it ends the run as a
/// [bad program](crate::FailureKind::BadProgram).
///
/// ```
/// use std::cell::Cell;
/// use lockyard_explore::{guest, point};
///
/// let (before, runs) = (Cell::new(guest::run_number()), Cell::new(0));
/// guest::explorer(Default::default()).search(&|program| {
///     assert_ne!(before.replace(guest::run_number()), guest::run_number());
///     runs.set(runs.get() + 1);
///     program.task("main").op("main", point()).done();
/// });
/// assert!(runs.get() > 0);
/// ```
pub fn run_number() -> u64 {
    with(|state| state.guest.run)
}

/// The number of the task at work.
///
/// ```
/// use lockyard_explore::{guest, point};
///
/// guest::explorer(Default::default()).search(&|program| {
///     program.task("main").op("main", async { point().await; assert_eq!(guest::task(), 0) }).done();
/// });
/// ```
pub fn task() -> usize {
    with(|state| state.task)
}

/// More cannot be chosen from.
const MOST_CHOICES: usize = 255;

/// A number below `of` that the schedule chooses, as the branch of a `select!` that is polled first, or the waiter that is
/// notified. Each is tried. `what` names it in traces. Outside an explored run it is 0.
///
/// ```
/// use lockyard_explore::{FailureKind, guest, point};
///
/// let program = |program: &mut lockyard_explore::Program| {
///     let main = async {
///         point().await;
///         assert_ne!(guest::choose(3, "start branch"), 2);
///     };
///     program.task("main").op("main", main).done();
/// };
/// let explorer = guest::explorer(Default::default());
/// let failure = explorer.search(&program).failure.unwrap();
/// assert_eq!(failure.kind, FailureKind::Panic);
/// assert_eq!(failure.schedule.to_string(), "0.0:2v"); // a step of task 0, in which it was given the value 2
/// assert!(explorer.replay(&failure.schedule, &program).is_some());
/// ```
#[track_caller]
pub fn choose(of: usize, what: &'static str) -> usize {
    let place = Location::caller();
    if of > MOST_CHOICES {
        refuse(format!("{what}: one of {of} cannot be chosen, {MOST_CHOICES} are the most ({place})"));
        return 0;
    }
    with(|state| {
        if !state.stepping || of < 2 {
            return 0;
        }
        let value = state.guest.choices.next(of as u8);
        state.note(Action::Access, Some(what), None, place);
        state.note_value(|| format!("{value} of {of}").into());
        usize::from(value)
    })
}

/// Ends the run as a [bad program](crate::FailureKind::BadProgram), for this reason: it does something that cannot be
/// explored, such as wait for a socket, or block on a lock that is not free. Outside an explored run this does nothing.
///
/// ```
/// use lockyard_explore::{FailureKind, guest, point};
///
/// let report = guest::explorer(Default::default()).search(&|program| {
///     let main = async {
///         point().await;
///         guest::refuse("it connects to a socket");
///     };
///     program.task("main").op("main", main).done();
/// });
/// let failure = report.failure.unwrap();
/// assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::BadProgram, "it connects to a socket"));
/// ```
pub fn refuse(reason: impl Into<String>) {
    let reason = reason.into();
    with(|state| {
        state.guest.refusal.get_or_insert(reason);
    });
}
