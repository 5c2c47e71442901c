//! The models of the sessions: each holds, explores what it must, and has a mutant that fails.
//!
//! Here each is cut short, for a build without optimization; `lockyard verify` runs them whole.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::explored::compared;
use lockyard::checks::explored::CacheModel;
use lockyard::checks::models::{Build, MODELS, ModelCheck, StrategyModel};
use lockyard::explore::{Explorer, Limits, LockModel, Report, Setting};

/// Schedules of a search that is cut short.
const SHORT: u64 = 300;

fn named(name: &str) -> &'static ModelCheck {
    ModelCheck::named(name).unwrap()
}

fn search(model: &ModelCheck, over: StrategyModel, schedules: Option<u64>) -> Report {
    let limits = Limits { schedules, ..Limits::default() };
    Explorer { limits, ..Explorer::new(model.setting(&over)) }.search(&*model.build(&over))
}

fn holds(model: &ModelCheck, over: StrategyModel, schedules: Option<u64>) -> Report {
    let report = search(model, over, schedules);
    let shown = report.failure.as_ref().map(|failure| (&failure.message, failure.schedule.to_string()));
    assert_eq!(shown, None, "{} over {over:?}", model.name);
    assert_eq!(report.unsound, None, "{}", model.name);
    report
}

#[test]
fn names_are_good_for_one_model_each() {
    let names: BTreeSet<_> = MODELS.iter().map(|model| model.name).collect();
    assert_eq!(names.len(), MODELS.len());
    for model in MODELS {
        assert_eq!(ModelCheck::named(model.name).unwrap().name, model.name);
        assert_eq!(ModelCheck::of_mutant(&model.mutant_name()).unwrap().name, model.name);
        assert!(model.min_schedules.under_lock.min(model.min_schedules.after_unlock) > 1, "{}", model.name);
    }
}

#[test]
fn every_model_holds_as_far_as_it_is_tried_here() {
    for model in MODELS.iter().filter(|model| model.quick) {
        let report = holds(model, StrategyModel::UNFAIR, Some(SHORT));
        let least = model.min_schedules(&StrategyModel::UNFAIR);
        let reached = report.complete >= least || report.schedules() >= SHORT;
        assert!(reached, "{}: {} of {least}", model.name, report.complete);
    }
}

#[test]
fn every_mutant_fails() {
    for model in MODELS {
        let (setting, build) = model.mutant();
        let limits = Limits { schedules: Some(20_000), ..Limits::default() };
        let failure = Explorer { limits, ..Explorer::new(setting) }.search(&*build).failure;
        assert!(failure.is_some(), "{} was not caught", model.mutant_name());
    }
}

#[test]
fn small_models_hold_over_every_kind_of_strategy() {
    let fair = StrategyModel {
        session: LockModel::FIFO,
        cache_lock: LockModel::FIFO_MUTEX,
        ..StrategyModel::UNFAIR
    };
    let overs = [
        StrategyModel { session: LockModel::FIFO_MUTEX, under_lock: true, ..fair },
        fair,
        StrategyModel {
            session: LockModel::WRITERS_FIRST,
            cache: CacheModel::OneStep,
            ..StrategyModel::UNFAIR
        },
        StrategyModel { session: LockModel::SNAPSHOT, ..StrategyModel::UNFAIR },
        StrategyModel { cache: CacheModel::Visited, published: true, ..StrategyModel::UNFAIR },
        StrategyModel { session: LockModel::SNAPSHOT, published: true, ..StrategyModel::UNFAIR },
        StrategyModel {
            session: LockModel::SNAPSHOT,
            cache: CacheModel::Visited,
            published: true,
            ..StrategyModel::UNFAIR
        },
        StrategyModel { cache: CacheModel::ShardedLru, ..StrategyModel::UNFAIR },
    ];
    for over in overs {
        for name in ["reads", "look-then-state", "deletion", "turns", "abandoned-turn"] {
            let report = holds(named(name), over, Some(5 * SHORT));
            assert!(report.complete > 1, "{name} over {over:?}");
        }
    }
}

/// The reduction changes no verdict and loses no final state, neither of the good code nor of a mutant.
#[test]
fn the_reduction_loses_nothing_of_the_sessions() {
    let agree = |model: &ModelCheck, (setting, build): (Setting, Build)| {
        let agreed = compared(&setting, &*build, model.alike(), 100_000);
        let (plain, reduced) = agreed.unwrap_or_else(|| panic!("{} has too many schedules", model.name));
        assert!(reduced < plain, "{}: {reduced} of {plain}", model.name);
    };
    for over in [
        StrategyModel::UNFAIR,
        StrategyModel { cache: CacheModel::Visited, published: true, ..StrategyModel::UNFAIR },
        StrategyModel { session: LockModel::SNAPSHOT, published: true, ..StrategyModel::UNFAIR },
    ] {
        for model in ["appends-loaded-2x1", "deletion", "reads", "look-then-state"].map(named) {
            agree(model, (model.setting(&over), model.build(&over)));
        }
    }
    let saved_under_the_lock = StrategyModel {
        session: LockModel::FIFO_MUTEX,
        cache_lock: LockModel::FIFO_MUTEX,
        under_lock: true,
        ..StrategyModel::UNFAIR
    };
    for model in ["appends-loaded-3x1", "appends-loaded-2x2", "cancelled-loads"].map(named) {
        agree(model, (model.setting(&saved_under_the_lock), model.build(&saved_under_the_lock)));
    }
    let torn = named("appends-loaded-2x1");
    agree(torn, torn.mutant());
}

/// The same for every model over every strategy, and every mutant, as far as plain search comes to its end within so many
/// schedules: few here, a million in `scripts/verify-reduction.sh`.
#[cfg(feature = "bench")]
#[test]
fn the_reduction_loses_nothing_of_what_can_be_searched_plainly() {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    let most = std::env::var("LOCKYARD_PLAIN_SCHEDULES").map_or(300, |most| most.parse().unwrap());
    let mut cases: Vec<(&ModelCheck, Option<(String, StrategyModel)>)> = Vec::new();
    for model in MODELS {
        let over = |it: lockyard::checks::models::ModelledStrategy| (model, Some((it.name, it.over)));
        cases.extend(lockyard::checks::models::strategies().into_iter().map(over));
        cases.push((model, None));
    }
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compare = |(model, strategy): &(&ModelCheck, Option<(String, StrategyModel)>)| {
        let ((setting, build), name) = match strategy {
            Some((name, over)) => {
                ((model.setting(over), model.build(over)), format!("{} over {name}", model.name))
            }
            None => (model.mutant(), model.mutant_name()),
        };
        match compared(&setting, &*build, model.alike(), most) {
            Some((plain, reduced)) => {
                done.fetch_add(1, Relaxed);
                println!("{name}: {plain} schedules, {reduced} are enough");
            }
            None => println!("{name}: more than {most} schedules, not compared"),
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
                    compare(case);
                }
            });
        }
    });
    println!("compared {} of {}", done.load(Relaxed), cases.len());
    assert!(done.load(Relaxed) > 0, "the smallest have few enough");
}

#[test]
fn a_client_goes_away_at_every_await() {
    let report = holds(named("cancelled-appends"), StrategyModel::UNFAIR, Some(12 * SHORT));
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
    let (setting, build) = model.mutant();
    let explorer = Explorer::new(setting);
    let failure = explorer.search(&*build).failure.unwrap();
    let small = explorer.shrink(&failure, Duration::from_secs(30), &*build);
    assert!(small.schedule.left_out.len() >= 2, "two appends are enough: {}", small.schedule);
    assert!(small.schedule.switches() <= 3, "{}", small.schedule);
    for _ in 0..100 {
        assert_eq!(explorer.replay(&small.schedule, &*build).as_ref(), Some(&small));
    }
}
