//! The sample with every field filled, as the record of a whole job has it once everything was measured and checked.

use std::collections::BTreeMap;

use lockyard_bench::record::{
    Ablation, Action, Cell, Change, Check, Comparison, Counterexample, Edge, EffectKind, Engine,
    Extrapolated, Finding, FindingKind, Fit, Latency, LockTime, Memory, ModelResult, PerTask, PitfallResult,
    Record, Scaling, ScalingPoint, Severity, Slice, Step, StrategySummary, Throughput, Verdict, Verification,
};

use crate::sample::sample;

fn edge(task: &str, holds: &str, waits_for: &str, place: &str) -> Edge {
    let (task, waits_for) = (task.to_owned(), waits_for.to_owned());
    Edge { task, holds: Some(holds.into()), locked_at: None, waits_for, place: Some(place.into()) }
}

fn step(nth: u32, task: usize, action: Action, object: &str, holds: &[&str]) -> Step {
    let holds = holds.iter().map(|&class| class.to_owned()).collect();
    let place = Some(format!("src/save.rs:{nth}0:5"));
    Step { nth, task, action, object: Some(object.into()), value: None, place, holds, waits_for: Vec::new() }
}

/// The record. What is wrong in it: a deadlock of `before` under hot-context, and a pitfall that was missed.
pub fn rich() -> Record {
    let mut record = sample();
    for (nth, cell) in record.cells.iter_mut().enumerate() {
        let rate = cell.throughput.ops_per_s;
        let slow = 1.0 / (1.0 + nth as f64 * 0.13);
        let slice = |at: u32| Slice {
            at_s: f64::from(at) * 0.5,
            operations: (rate * 0.5 * (1.0 + f64::from(at * 7 % 5) * 0.01)) as u64,
            p99_ns: (at != 11).then_some((40_000.0 / slow) as u64 + u64::from(at * 13 % 7) * 900),
        };
        cell.timeline = Some((0..24).map(slice).collect());
        let times = |p50: f64| {
            let time = |p50: f64| LockTime {
                count: 120_000,
                p50: p50 as u64,
                p99: Some((p50 * 17.0) as u64),
                max: (p50 * 400.0) as u64,
            };
            let classes = [("session", time(p50)), ("cache", time(p50 * 0.6)), ("gate", time(p50 * 2.1))];
            classes.into_iter().map(|(name, time)| (name.to_owned(), time)).collect::<BTreeMap<_, _>>()
        };
        (cell.wait_ns, cell.hold_ns) = (Some(times(900.0 / slow)), Some(times(310.0)));
        cell.memory = Some(Memory {
            item: Some("session".into()),
            bytes_per_session: Some(312.0 + nth as f64),
            bytes_per_session_at_100k: Some(298.0),
            peak_bytes_per_session: Some(401.0),
            allocations_per_operation: Some(3.2),
        });
        let fairness = cell.fairness.as_mut().expect("the sample has it");
        fairness.jain = 0.999 - 0.021 * (nth % 9) as f64;
        fairness.max_wait_ns = Some(3_200_000 + nth as u64 * 410_000);
        fairness.operations_per_task = Some(PerTask { min: 880, median: 1_020, max: 1_210 });
        if let Some(limit) = &mut cell.of_limit {
            limit.ci = Some([limit.fraction * 0.98, limit.fraction * 1.02]);
        }
        cell.verification = Some(Verification {
            operations_checked: Some(20_000),
            linearizable: Some(true),
            deadlocks: Some(0),
            order_inversions: Some(0),
            starvations: Some(0),
        });
    }
    let broken = &mut record.cells[9];
    broken.verification.as_mut().expect("just set").deadlocks = Some(1);
    broken.findings.push(Finding {
        kind: FindingKind::Deadlock,
        rule: None,
        severity: Severity::Error,
        message: "task 3 holds cache and waits for session, task 5 holds session and waits for cache".into(),
        places: vec!["src/session/manager.rs:118:29".into(), "src/session/save.rs:74:13".into()],
        tasks: vec!["task 3".into(), "task 5".into()],
        edges: vec![
            edge("task 3", "cache #1 (write)", "session #9 (write)", "src/session/manager.rs:118:29"),
            edge("task 5", "session #9 (write)", "cache #1 (write)", "src/session/save.rs:74:13"),
        ],
    });
    record.probe_effect = Some(0.987);
    record.strategies = record.cells[..9].iter().map(strategy).collect();
    let equal: Vec<_> = record.comparisons.iter().filter_map(|it| against_equal(&record, it)).collect();
    record.comparisons.extend(equal);
    record.ablations = ablations();
    record.scaling =
        ["before", "after", "parking-lot-rwlock"].into_iter().zip([0.7, 1.0, 1.3]).map(sweep).collect();
    record.models = Some(models());
    record.pitfalls = Some(pitfalls());
    record
}

/// What a strategy is: in words where it is no lock's, and held against the first lock where it is.
fn strategy(cell: &Cell) -> StrategySummary {
    let about = match &*cell.strategy {
        "before" => Some("a Mutex, copies, saving under the lock"),
        "naive" => Some("a Mutex, without copies"),
        "after" => Some("an RwLock, without copies"),
        _ => None,
    };
    let is_lock = about.is_none() && cell.strategy != "tokio-mutex";
    StrategySummary {
        name: cell.strategy.clone(),
        about: about.map(str::to_owned),
        factors: cell.factors.clone(),
        compared_with: is_lock.then(|| "tokio-mutex".to_owned()),
        servers: None,
        ablation_only: false,
    }
}

/// What follows from two ratios to `naive`: that of a lock, and that of the one it is held against.
fn against_equal(record: &Record, it: &Comparison) -> Option<Comparison> {
    let equal = record.strategy(&it.candidate)?.compared_with.as_deref()?;
    let below = record.comparison(&it.scenario, "naive", equal, &it.metric)?.ratio;
    (it.baseline == "naive").then(|| Comparison {
        baseline: equal.to_owned(),
        ratio: it.ratio / below,
        ci: it.ci.map(|end| end / below),
        ..it.clone()
    })
}

fn ablations() -> Vec<Ablation> {
    let effect = |factor: &str, old: &str, new: &str, ratio: f64, verdict| Ablation {
        scenario: "polling".into(),
        from: "before".into(),
        to: "after".into(),
        kind: EffectKind::Main,
        factor: factor.into(),
        old: old.into(),
        new: new.into(),
        with: None,
        ratio,
        ci: [ratio - 0.03, ratio + 0.03],
        confidence: 0.99,
        verdict,
    };
    let dto = effect("dto", "cloned", "borrowed", 1.47, Verdict::Faster);
    let with = Change { factor: "save".into(), old: "under-lock".into(), new: "after-unlock".into() };
    vec![
        dto.clone(),
        effect("session", "tokio-mutex", "tokio-rwlock", 0.98, Verdict::NoVerdict),
        effect("save", "under-lock", "after-unlock", 1.09, Verdict::Faster),
        Ablation { kind: EffectKind::Interaction, with: Some(with), ratio: 1.11, ci: [1.06, 1.16], ..dto },
    ]
}

fn sweep((strategy, speed): (&str, f64)) -> Scaling {
    let cell = sample().cells[0].clone();
    let fit = Fit {
        lambda: 100e3 * speed,
        lambda_ci: Some([95e3 * speed, 105e3 * speed]),
        sigma: 0.12,
        sigma_ci: Some([0.08, 0.16]),
        kappa: 0.002_4,
        kappa_ci: Some([0.001_1, 0.003_7]),
        confidence: Some(0.99),
        residual: Some(0.013),
        peak: Some(19.1),
        extrapolated: Some(Extrapolated {
            size: 32,
            ops_per_s: 450e3 * speed,
            ci: [400e3 * speed, 520e3 * speed],
        }),
    };
    let point = |tasks: u32| {
        let ops_per_s = fit.at(tasks.into());
        let latency = Latency {
            count: 999,
            p50: 2_000,
            p90: Some(5_000),
            p99: Some(22_000),
            max: 900_000,
            ..Latency::default()
        };
        let mut point = cell.point.clone();
        point.tasks = tasks;
        let latency_ns = [("get_context_state".to_owned(), latency)].into();
        let throughput = Throughput { ops_per_s, ci: [ops_per_s * 0.97, ops_per_s * 1.03] };
        let [reads_per_s, writes_per_s] = [0.95, 0.05].map(|share| Some(share * ops_per_s));
        ScalingPoint { point, throughput, reads_per_s, writes_per_s, latency_ns, findings: vec![] }
    };
    Scaling {
        scenario: "polling".into(),
        strategy: strategy.into(),
        along: "tasks".into(),
        points: [1, 2, 4, 8, 16].map(point).into(),
        fit: Some(fit),
        note: None,
    }
}

fn models() -> Vec<ModelResult> {
    let model = |name: &str, engine, schedules, exhaustive: bool| ModelResult {
        model: name.into(),
        strategy: "after".into(),
        represents: vec![],
        engine,
        schedules,
        min_schedules: 1_000,
        exhaustive,
        bound: (!exhaustive).then(|| "3 preemptions".into()),
        assumption: None,
        unsound: None,
        holds: true,
        millis: 212,
        counterexample: None,
    };
    let lost = Counterexample {
        message: "an update was lost".into(),
        about: Some("A session is evicted while a save still has a copy of it.".into()),
        tasks: vec!["task 0: writer".into(), "task 1: evictor".into()],
        steps: vec![
            step(1, 0, Action::Call, "store: load", &[]),
            step(2, 1, Action::Lock, "cache", &["cache"]),
            step(3, 0, Action::Call, "store: put", &[]),
        ],
        fatal: Some(2),
        replay: "lockyard verify --model save --replay 17".into(),
        ..Counterexample::default()
    };
    vec![
        model("eviction", Engine::Explorer, 4_812, false),
        model("single flight", Engine::Loom, 6_438, true),
        ModelResult {
            holds: false,
            counterexample: Some(lost),
            ..model("save", Engine::Shuttle, 2_000, false)
        },
    ]
}

fn pitfalls() -> Vec<PitfallResult> {
    let pitfall =
        |name: &str, class: &str, caught: &[Check], missed: &[Check], alarms: &[Check]| PitfallResult {
            pitfall: name.into(),
            class: class.into(),
            expected: [caught, missed, &[Check::Loom]].concat(),
            caught_by: caught.into(),
            missed_by: missed.into(),
            not_run: vec![Check::Loom],
            false_positives: alarms.into(),
        };
    vec![
        pitfall("cache-under-session", "deadlock", &[Check::Explorer, Check::Live], &[], &[]),
        pitfall("evict-and-forget", "lost update", &[Check::History], &[Check::Invariants], &[]),
        pitfall("stale-read", "stale read", &[Check::Contract], &[], &[Check::Live]),
        pitfall("unbounded-cache", "leak", &[], &[], &[]),
    ]
}
