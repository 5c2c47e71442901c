//! A record like one of a real run: nine strategies under three scenarios, with numbers that are made up but keep
//! their order and scale, so that a page made from it can be judged by eye.

use std::collections::BTreeMap;

use lockyard_bench::record::{
    Arrival, Cell, Comparison, Environment, Factors, Fairness, Finding, FindingKind, Latency, Limits, Memory,
    Metric, OfLimit, Point, Record, Severity, Throughput, Verdict,
};

/// Strategy, session lock, and throughput as a multiple of `before` under polling, hot-context and one-worker.
const STRATEGIES: [(&str, &str, [f64; 3]); 9] = [
    ("before", "tokio-mutex", [1.0, 1.0, 1.0]),
    ("naive", "tokio-mutex", [1.62, 1.21, 1.71]),
    ("after", "tokio-rwlock", [1.58, 1.66, 1.69]),
    ("tokio-mutex", "tokio-mutex", [1.94, 1.24, 1.98]),
    ("tokio-rwlock", "tokio-rwlock", [1.9, 1.71, 1.93]),
    ("parking-lot-mutex", "parking-lot-mutex", [2.31, 1.05, 2.44]),
    ("parking-lot-rwlock", "parking-lot-rwlock", [2.24, 1.003, 2.4]),
    ("std-mutex", "std-mutex", [2.28, 0.97, 2.42]),
    ("std-rwlock", "std-rwlock", [2.26, 0.81, 2.41]),
];

/// Scenario, throughput of `before` in operations a second, half-width of its intervals, workers, tasks.
const SCENARIOS: [(&str, f64, f64, u32, u32); 3] = [
    ("polling", 212_000.0, 0.021, 2, 64),
    ("hot-context", 148_000.0, 0.034, 2, 17),
    ("one-worker", 131_000.0, 0.012, 1, 64),
];

/// Operation, its share, and its p50 under `before` in nanoseconds.
const OPERATIONS: [(&str, f64, f64); 6] = [
    ("get_context_state", 0.665, 2_900.0),
    ("get_context", 0.1425, 11_400.0),
    ("get_context_messages", 0.095, 24_100.0),
    ("list_contexts", 0.0475, 31_000.0),
    ("add_context_message", 0.04, 7_800.0),
    ("update_context", 0.01, 6_900.0),
];

/// The record.
pub fn sample() -> Record {
    let mut cells = Vec::new();
    let mut comparisons = Vec::new();
    for (s, scenario) in SCENARIOS.iter().enumerate() {
        for strategy in &STRATEGIES {
            cells.push(cell(scenario, strategy, strategy.2[s]));
        }
        for (baseline, below) in [("before", 1.0), ("naive", STRATEGIES[1].2[s])] {
            let candidates = STRATEGIES.iter().filter(|it| it.0 != baseline && it.0 != "before");
            for (candidate, _, speeds) in candidates {
                comparisons.extend(compared(scenario, baseline, candidate, speeds[s] / below));
            }
        }
    }
    cells[6].findings.push(Finding {
        kind: FindingKind::Invariant,
        rule: Some("unsteady".into()),
        severity: Severity::Warning,
        message: "two of twenty rounds were slower than half of the median".into(),
        places: vec![],
        tasks: vec![],
        edges: Vec::new(),
    });
    let environment = Environment {
        cpu_model: Some("AMD EPYC 7763 64-Core Processor".into()),
        cores: 2,
        os: "Linux 6.8 x86_64".into(),
        rustc: "1.95.0".into(),
        version: "0.1.0".into(),
        commit: Some("3f9c2d1".into()),
        ..Environment::default()
    };
    let started_at = "2025-06-03T09:14:27Z".parse().expect("a timestamp");
    Record {
        finished: true,
        processes: 1,
        reference: Some("naive".into()),
        limits: Some(Limits { no_shared_write_ops_per_s: 1_240_000.0, shared_rmw_per_s: 41_000_000.0 }),
        cells,
        comparisons,
        ..Record::empty("lockyard compare --seed 42", 42, started_at, environment)
    }
}

fn cell(scenario: &(&str, f64, f64, u32, u32), strategy: &(&str, &str, [f64; 3]), speed: f64) -> Cell {
    let (name, base, width, workers, tasks) = *scenario;
    let hot = name == "hot-context";
    let ops_per_s = (base * speed).round();
    let task_list = matches!(strategy.0, "before" | "naive" | "after");
    let latency = |share: f64, p50: f64| {
        let around = |value: f64| Some([(value * 0.97) as u64, (value * 1.03) as u64]);
        let (median, tail) = (p50 / speed, p50 / speed.sqrt() * 14.0);
        Latency {
            count: (ops_per_s * 12.0 * share) as u64,
            p50: median as u64,
            p90: Some((median * 2.6) as u64),
            p99: Some(tail as u64),
            p99_9: Some((p50 / speed.sqrt() * 41.0) as u64),
            max: (p50 * 900.0) as u64,
            p50_ci: around(median),
            p90_ci: around(median * 2.6),
            p99_ci: around(tail),
        }
    };
    Cell {
        scenario: name.into(),
        strategy: strategy.0.into(),
        factors: Some(Factors::from_iter([
            ("session", strategy.1),
            ("cache", if task_list { "mutex-lru(tokio-mutex)" } else { "mutex-lru(parking-lot-mutex)" }),
            ("dto", if strategy.0 == "before" { "cloned" } else { "borrowed" }),
            ("save", if strategy.0 == "before" { "under-lock" } else { "after-unlock" }),
            ("state", "locked"),
        ])),
        point: Point {
            workers,
            tasks,
            readers: hot.then_some(16),
            writers: hot.then_some(1),
            save_ms: Some(0),
            settings: BTreeMap::new(),
        },
        arrival: Arrival::Closed,
        seconds: 12.0,
        seconds_asked: Some(12.0),
        rounds: 24,
        layouts: Some(4),
        operations: (ops_per_s * 12.0) as u64,
        errors: 0,
        refused: 0,
        hit_ratio: Some(1.0),
        read_share: None,
        reads_per_s: Some(ops_per_s * 0.95),
        writes_per_s: Some(ops_per_s * 0.05),
        evictions: Some(0),
        counters: None,
        throughput: Throughput {
            ops_per_s,
            ci: [(ops_per_s * (1.0 - width)).round(), (ops_per_s * (1.0 + width)).round()],
        },
        latency_ns: OPERATIONS
            .iter()
            .filter(|it| !hot || it.0 != "list_contexts")
            .map(|&(operation, share, p50)| (operation.to_owned(), latency(share, p50)))
            .collect::<BTreeMap<_, _>>(),
        latency_curves_ns: BTreeMap::new(),
        timeline: None,
        wait_ns: None,
        hold_ns: None,
        memory: Some(Memory {
            item: Some("session".into()),
            bytes_per_session: Some(312.0),
            allocations_per_operation: Some(3.2),
            ..Memory::default()
        }),
        fairness: Some(Fairness { jain: 0.998, max_wait_ns: None, operations_per_task: None }),
        of_limit: Some(OfLimit {
            limit: "no-shared-write".into(),
            fraction: (ops_per_s / 1_240_000.0 * 1000.0).round() / 1000.0,
            ci: None,
        }),
        verification: None,
        findings: vec![],
        violations: vec![],
        unanswered: 0,
        lock_uses: None,
        tracked_beside_s: None,
    }
}

/// Throughput and the p99 of the most frequent operation.
fn compared(
    scenario: &(&str, f64, f64, u32, u32),
    baseline: &str,
    candidate: &str,
    ratio: f64,
) -> [Comparison; 2] {
    let round = |x: f64| (x * 10_000.0).round() / 10_000.0;
    let make = |metric: Metric, ratio: f64, better: Verdict, worse: Verdict| {
        let ci = [round(ratio * (1.0 - scenario.2 * 0.7)), round(ratio * (1.0 + scenario.2 * 0.7))];
        Comparison {
            scenario: scenario.0.into(),
            baseline: baseline.into(),
            candidate: candidate.into(),
            metric,
            ratio: round(ratio),
            ci,
            confidence: 0.95,
            degrees_of_freedom: Some(9),
            noise_floor: Some(0.004),
            verdict: match ci {
                [low, _] if low > 1.0 => better,
                [_, high] if high < 1.0 => worse,
                _ => Verdict::NoVerdict,
            },
        }
    };
    [
        make(Metric::Throughput, ratio, Verdict::Faster, Verdict::Slower),
        make(Metric::P99("get_context_state".into()), 1.0 / ratio.sqrt(), Verdict::Slower, Verdict::Faster),
    ]
}
