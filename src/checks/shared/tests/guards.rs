//! Each guard under each program. What is small is searched whole here; the rest up to a bound, and whole in
//! `scripts/guards.sh`.

use lockyard_explore::{Explorer, Limits, Reduction};

use crate::backend::shared::{AdvisoryLock, Guard, RowLock};
use crate::checks::shared::{ModelCompareAndSet, ModelDatabase, ModelGuard, ModelLease, SharedProgram};

/// How many schedules a whole search completes, at least: over locks, which are alike, over compare-and-set, and over the lease.
/// Fewer mean that the explorer has stopped seeing something.
const fn min_schedules(program: SharedProgram) -> [u64; 3] {
    match program {
        SharedProgram::Writes => [9, 5, 1_564],
        SharedProgram::Conditions => [8, 6, 2_400],
        SharedProgram::Deletion => [16, 9, 15_376],
        SharedProgram::LostConnection => [193, 102, 9_798],
        SharedProgram::Busy => [21, 8, 10],
        SharedProgram::SameServer => [30, 76, 452],
        SharedProgram::Looks => [5, 5, 284],
        SharedProgram::Renewal => [3, 4, 3_252],
        SharedProgram::Release => [6, 8, 2_992],
        SharedProgram::Abandonment => [188, 69, 920],
        SharedProgram::Retries => [18, 7, 492],
        SharedProgram::Turns => [10_741, 2_477, 25_670],
        SharedProgram::Readers => [43, 145, 90_528],
        SharedProgram::Cold => [12, 62, 19_216],
        SharedProgram::Cancelled => [107, 177, 25_476],
    }
}

/// So many schedules of a search are tried at most; all if the variable is 0.
fn limits() -> Limits {
    let most = std::env::var("LOCKYARD_GUARD_SCHEDULES").map_or(8_000, |most| most.parse().unwrap());
    Limits { schedules: (most > 0).then_some(most), ..Limits::default() }
}

/// The guard holds under a program; whether that is proven, or bounded.
fn holds<G: ModelGuard>(program: SharedProgram, column: usize, limits: Limits) -> bool {
    let most = limits.schedules;
    let report = program.search::<G>(limits);
    let name = format!("{} under {program:?}", G::NAME);
    if let Some(failure) = &report.failure {
        let trace = program.explorer(Limits::default()).trace(&failure.schedule, &program.build::<G>());
        panic!("{name}: {}\n{trace}", failure.message);
    }
    println!(
        "{name}: {} schedules, {} pruned, {} steps at most, {:.1} s: {}",
        report.complete,
        report.pruned,
        report.longest,
        report.took.as_secs_f64(),
        report.proof()
    );
    assert_eq!(report.unsound, None, "{name}");
    if report.exhaustive() {
        let min = min_schedules(program)[column];
        assert!(report.complete >= min, "{name}: {} schedules, and {min} are there", report.complete);
    } else {
        assert!(most.is_some_and(|most| report.schedules() >= most), "{name}: {:?}", report.bound);
    }
    report.exhaustive()
}

#[test]
fn row_lock() {
    for program in SharedProgram::ALL {
        let proven = holds::<RowLock<ModelDatabase>>(program, 0, limits());
        assert!(proven || program == SharedProgram::Turns);
    }
}

#[test]
fn advisory_lock() {
    for program in SharedProgram::ALL {
        let proven = holds::<AdvisoryLock<ModelDatabase>>(program, 0, limits());
        assert!(proven || program == SharedProgram::Turns);
    }
}

#[test]
fn compare_and_set() {
    for program in SharedProgram::ALL {
        let proven = holds::<ModelCompareAndSet>(program, 1, limits());
        assert!(proven || program == SharedProgram::Turns);
    }
}

/// Two servers, two writes, a read, an expiry, and a server that stops anywhere: all schedules.
#[test]
fn lease_is_exhausted_under_two_writes_a_stop_and_an_expiry() {
    assert!(holds::<ModelLease>(SharedProgram::Writes, 2, Limits::default()));
}

#[test]
fn lease() {
    for program in SharedProgram::ALL.into_iter().filter(|program| *program != SharedProgram::Writes) {
        let _proven = holds::<ModelLease>(program, 2, limits());
    }
}

/// What the reduction leaves out comes to nothing that it has not: every schedule has the outcomes that are seen with them. So
/// the model reports whatever its tasks share.
#[test]
fn every_schedule_has_the_outcomes_of_those_that_are_tried() {
    fn agree<G: ModelGuard>(program: SharedProgram) {
        let explorer = Explorer { outcomes: true, ..program.explorer(Limits::default()) };
        let reduced = explorer.search(&program.build::<G>());
        let every = Explorer { reduction: Reduction::None, ..explorer }.search(&program.build::<G>());
        assert!(reduced.exhaustive() && every.exhaustive(), "{program:?}: {:?}", every.bound);
        assert_eq!(reduced.outcomes, every.outcomes, "{} under {program:?}", G::NAME);
        assert!(every.complete > reduced.complete && every.outcomes.len() > 1, "{program:?}");
    }
    for program in [SharedProgram::Conditions, SharedProgram::Looks] {
        agree::<RowLock<ModelDatabase>>(program);
        agree::<AdvisoryLock<ModelDatabase>>(program);
        agree::<ModelCompareAndSet>(program);
    }
}

#[test]
fn each_guard_has_a_name_of_its_own() {
    let names = [
        RowLock::<ModelDatabase>::NAME,
        AdvisoryLock::<ModelDatabase>::NAME,
        ModelCompareAndSet::<ModelDatabase>::NAME,
        ModelLease::<ModelDatabase>::NAME,
    ];
    assert_eq!(names, ["row-lock", "advisory-lock", "compare-and-set", "lease"]);
}
