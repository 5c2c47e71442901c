//! Records that are made up, for tests of what is said of locks alone.

use crate::record::{
    Cell, Comparison, Environment, GrantOrder, LockPoint, LockRecord, LockSummary, Metric, Record,
    StrategySummary, Throughput, Verdict,
};

fn lock(name: &str) -> LockSummary {
    LockSummary {
        name: name.to_owned(),
        order: if name.starts_with("tokio") { GrantOrder::FirstCome } else { GrantOrder::Barging },
        shared_reads: name.ends_with("rwlock"),
        copy_on_write: false,
        blocks: !name.starts_with("tokio"),
        inline_bytes: if name.ends_with("rwlock") { size_of::<usize>() as u64 } else { 1 },
        heap_bytes: None,
        handover_ns: None,
        handover_of_two_ns: None,
        cancel_ns: None,
    }
}

/// A record on so many cores of these locks; nothing is measured yet.
pub(crate) fn record(cores: u32, locks: &[&str]) -> Record {
    let environment = Environment { cores, ..Environment::default() };
    let mut record = Record::empty("", 42, jiff::Timestamp::UNIX_EPOCH, environment);
    let summary = |name: &&str| StrategySummary {
        name: (*name).to_owned(),
        about: None,
        factors: None,
        compared_with: name.strip_suffix("-rwlock").map(|library| format!("{library}-mutex")),
        servers: None,
        ablation_only: false,
    };
    record.strategies = locks.iter().map(summary).collect();
    let locks = locks.iter().map(|name| lock(name)).collect();
    record.locks =
        Some(LockRecord { iterations_per_ns: 1.0, locks, known_curves: Vec::new(), simulation: None });
    record
}

/// Adds what locks did at a point, in operations a second, with intervals of 1 % and every comparison.
pub(crate) fn measure(record: &mut Record, point: LockPoint, rates: &[(&str, f64)]) {
    for (strategy, ops_per_s) in rates {
        let ci = [ops_per_s * 0.99, ops_per_s * 1.01];
        let json = serde_json::json!({
            "scenario": point.name(), "strategy": strategy, "factors": null, "point": point.to_point(),
            "arrival": "closed loop", "seconds": 1.0, "rounds": 24, "operations": 1, "errors": 0, "refused": 0,
            "hit_ratio": null, "evictions": null, "throughput": Throughput { ops_per_s: *ops_per_s, ci },
            "latency_ns": {}, "timeline": null, "wait_ns": null, "hold_ns": null, "memory": null,
            "fairness": null, "of_limit": null, "verification": null, "findings": []
        });
        record.cells.push(serde_json::from_value::<Cell>(json).expect("a cell"));
    }
    for (nth, (baseline, below)) in rates.iter().enumerate() {
        for (candidate, above) in &rates[nth + 1..] {
            let ratio = above / below;
            record.comparisons.push(Comparison {
                scenario: point.name(),
                baseline: (*baseline).to_owned(),
                candidate: (*candidate).to_owned(),
                metric: Metric::Throughput,
                ratio,
                ci: [ratio * 0.98, ratio * 1.02],
                confidence: 0.99,
                degrees_of_freedom: None,
                noise_floor: None,
                verdict: Verdict::NoVerdict,
            });
        }
    }
}
