//! The models of the sessions: each holds, explores what it must, and has a twin that fails.
//!
//! Here each is cut short, for a build without optimization; `lockyard verify` runs them whole.

mod explored;

use std::collections::BTreeSet;
use std::time::Duration;

use explored::both_searches_agree;
use lockyard::explore::{CacheModel, Explorer, Limits, LockModel, Report};
use lockyard::suite::{MODELS, Model, Over};

/// Schedules of a search that is cut short.
const SHORT: u64 = 300;

fn named(name: &str) -> &'static Model {
    Model::named(name).unwrap()
}

fn search(model: &Model, over: Over, schedules: Option<u64>) -> Report {
    let limits = Limits { schedules, ..Limits::default() };
    Explorer { limits, ..Explorer::new(model.setting(&over)) }.search(&*model.build(&over))
}

fn holds(model: &Model, over: Over, schedules: Option<u64>) -> Report {
    let report = search(model, over, schedules);
    let shown = report.failure.as_ref().map(|failure| (&failure.message, failure.schedule.to_string()));
    assert_eq!(shown, None, "{} over {over:?}", model.name);
    assert!(!report.blind, "{}", model.name);
    report
}

#[test]
fn names_are_good_for_one_model_each() {
    let names: BTreeSet<_> = MODELS.iter().map(|model| model.name).collect();
    assert_eq!(names.len(), MODELS.len());
    for model in MODELS {
        assert_eq!(Model::named(model.name).unwrap().name, model.name);
        assert_eq!(Model::of_twin(&model.twin_name()).unwrap().name, model.name);
        assert!(model.min_schedules > 1, "{}", model.name);
    }
}

#[test]
fn every_model_holds_as_far_as_it_is_tried_here() {
    for model in MODELS.iter().filter(|model| model.quick) {
        let report = holds(model, Over::UNFAIR, Some(SHORT));
        let reached = report.complete >= model.min_schedules || report.schedules() >= SHORT;
        assert!(reached, "{}: {} of {}", model.name, report.complete, model.min_schedules);
    }
}

#[test]
fn every_twin_fails() {
    for model in MODELS {
        let (setting, build) = model.twin();
        let limits = Limits { schedules: Some(20_000), ..Limits::default() };
        let failure = Explorer { limits, ..Explorer::new(setting) }.search(&*build).failure;
        assert!(failure.is_some(), "{} was not caught", model.twin_name());
    }
}

#[test]
fn small_models_hold_over_every_kind_of_strategy() {
    let fair = Over { session: LockModel::FIFO, cache_lock: LockModel::FIFO_MUTEX, ..Over::UNFAIR };
    let overs = [
        Over { session: LockModel::FIFO_MUTEX, under_lock: true, ..fair },
        fair,
        Over { session: LockModel::WRITERS_FIRST, cache: CacheModel::OneStep, ..Over::UNFAIR },
        Over { session: LockModel::SNAPSHOT, ..Over::UNFAIR },
        Over { cache: CacheModel::Visited, published: true, ..Over::UNFAIR },
        Over { cache: CacheModel::ShardedLru, ..Over::UNFAIR },
    ];
    for over in overs {
        for name in ["reads", "deletion", "turns", "abandoned-turn"] {
            let report = holds(named(name), over, Some(5 * SHORT));
            assert!(report.complete > 1, "{name} over {over:?}");
        }
    }
}

/// The reduction changes no verdict and loses no final state, neither of the good code nor of a broken twin.
#[test]
fn the_reduction_loses_nothing_of_the_sessions() {
    for over in [Over::UNFAIR, Over { cache: CacheModel::Visited, published: true, ..Over::UNFAIR }] {
        for name in ["appends-loaded-2x1", "deletion", "reads"] {
            let model = named(name);
            let (plain, reduced) = both_searches_agree(&model.setting(&over), &*model.build(&over));
            println!("{name}: {plain} schedules, {reduced} are enough");
            assert!(reduced < plain, "{name}: {reduced} of {plain}");
        }
    }
    let (setting, twin) = named("appends-loaded-2x1").twin();
    both_searches_agree(&setting, &*twin);
}

#[test]
fn a_client_goes_away_at_every_await() {
    let report = holds(named("cancelled-appends"), Over::UNFAIR, Some(12 * SHORT));
    assert!(
        report.awaits.len() >= 2 * 4,
        "two clients stand before cache, session, gate and store: {:?}",
        report.awaits
    );
    assert_eq!(report.given_up_at, report.awaits);
}

/// A search that is given up half-way would prove nothing; so what failed must also come to be shown, small and again.
#[test]
fn a_counterexample_is_small_and_repeats() {
    let model = named("appends-loaded-2x2");
    let (setting, build) = model.twin();
    let explorer = Explorer::new(setting);
    let failure = explorer.search(&*build).failure.unwrap();
    let small = explorer.shrink(&failure, Duration::from_secs(30), &*build);
    assert!(small.schedule.left_out.len() >= 2, "two appends are enough: {}", small.schedule);
    assert!(small.schedule.switches() <= 3, "{}", small.schedule);
    for _ in 0..100 {
        assert_eq!(explorer.replay(&small.schedule, &*build).as_ref(), Some(&small));
    }
}
