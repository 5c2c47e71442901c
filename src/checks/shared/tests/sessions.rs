//! The sessions above each guard, under each program.

use lockyard_explore::{Explorer, Limits, Setting};

use crate::backend::shared::{AdvisoryLock, RowLock};
use crate::checks::shared::{
    ModelCompareAndSet, ModelDatabase, ModelGuard, ModelLease, SharedSessionsProgram,
};

/// How many schedules a whole search completes, at least: over locks, which are alike, over compare-and-set, and over the lease.
const fn min_schedules(program: SharedSessionsProgram) -> [u64; 3] {
    match program {
        SharedSessionsProgram::Retries => [24, 34, 13_164],
        SharedSessionsProgram::Turns => [37, 19, 5_608],
        SharedSessionsProgram::Abandonment => [45, 38, 238],
    }
}

fn hold<G: ModelGuard<Database = ModelDatabase>>(column: usize) {
    for program in SharedSessionsProgram::ALL {
        let report = program.search::<G>(Limits::default());
        let name = format!("sessions over {} under {program:?}", G::NAME);
        if let Some(failure) = &report.failure {
            let trace = Explorer::new(Setting::default()).trace(&failure.schedule, &program.build::<G>());
            panic!("{name}: {}\n{trace}", failure.message);
        }
        println!(
            "{name}: {} schedules, {:.1} s: {}",
            report.complete,
            report.took.as_secs_f64(),
            report.proof()
        );
        assert_eq!(report.unsound, None, "{name}");
        assert!(report.exhaustive(), "{name}: {:?}", report.bound);
        let min = min_schedules(program)[column];
        assert!(report.complete >= min, "{name}: {} schedules, and {min} are there", report.complete);
    }
}

#[test]
fn over_row_lock() {
    hold::<RowLock<ModelDatabase>>(0);
}

#[test]
fn over_advisory_lock() {
    hold::<AdvisoryLock<ModelDatabase>>(0);
}

#[test]
fn over_compare_and_set() {
    hold::<ModelCompareAndSet>(1);
}

#[test]
fn over_lease() {
    hold::<ModelLease>(2);
}
