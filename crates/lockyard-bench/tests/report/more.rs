//! The parts of the page that only some records have.

use crate::sample::sample;
use lockyard_bench::record::{
    Ablation, Check, Counterexample, EffectKind, Engine, ModelResult, PitfallResult, Record, Scaling,
    ScalingPoint, Verdict,
};
use lockyard_bench::report::page;

fn whole() -> Record {
    let mut record = sample();
    record.probe_effect = Some(0.93);
    record.ablations = vec![Ablation {
        scenario: "polling".into(),
        from: "before".into(),
        to: "after".into(),
        kind: EffectKind::Main,
        factor: "dto".into(),
        old: "cloned".into(),
        new: "borrowed".into(),
        with: None,
        ratio: 1.47,
        ci: [1.44, 1.5],
        confidence: 0.95,
        verdict: Verdict::Faster,
    }];
    let cell = record.cells_of("hot-context").nth(2).expect("after").clone();
    record.scaling = vec![Scaling {
        scenario: cell.scenario,
        strategy: cell.strategy,
        along: "readers".into(),
        points: vec![ScalingPoint {
            point: cell.point,
            throughput: cell.throughput,
            reads_per_s: cell.reads_per_s,
            writes_per_s: cell.writes_per_s,
            latency_ns: cell.latency_ns,
            findings: vec![],
        }],
        fit: None,
        note: None,
    }];
    let model = ModelResult {
        model: "eviction".into(),
        strategy: "after".into(),
        represents: vec![],
        engine: Engine::Explorer,
        schedules: 4_812,
        min_schedules: 1_000,
        exhaustive: false,
        bound: Some("3 preemptions".into()),
        assumption: None,
        unsound: None,
        holds: true,
        millis: 212,
        counterexample: None,
    };
    let broken = ModelResult {
        model: "save".into(),
        exhaustive: true,
        holds: false,
        counterexample: Some(Counterexample {
            message: "an update was lost".into(),
            replay: "lockyard verify --replay 7".into(),
            ..Counterexample::default()
        }),
        ..model.clone()
    };
    record.models = Some(vec![model, broken]);
    record.pitfalls = Some(vec![PitfallResult {
        pitfall: "upgrade".into(),
        class: "deadlock".into(),
        expected: vec![Check::Explorer, Check::Loom],
        caught_by: vec![Check::Explorer, Check::Live],
        missed_by: vec![],
        not_run: vec![Check::Loom],
        false_positives: vec![],
    }]);
    record
}

#[test]
fn what_only_some_records_have_is_shown() {
    let page = page(&whole());
    for words in [
        "<th scope=\"row\">dto: cloned → borrowed<td>×1.47 [1.44, 1.50]<td>faster<",
        "16 readers, 1 writer, 0 ms save<td>246 k [237 k, 254 k]<td>233 k<td>12.3 k<td>31.5 µs [30.6, 32.5] (get_context_state, 1,960,526)<",
        "title=\"4812, incomplete: bounded by 3 preemptions\">✓ 4,812<",
        ">an update was lost</p>",
        "Replay: <code>lockyard verify --replay 7</code>",
        "><a href=\"#failures\">✗ failed</a><",
        "<td>deadlock<td class=\"caught\">detected<td class=\"muted\">not run<",
        "93 % of the throughput with latencies recorded",
        "1 of 2 models passed; 1 of the searches were incomplete",
    ] {
        assert!(page.contains(words), "{words:?}");
    }
}

#[test]
fn what_a_record_does_not_have_is_not_headed() {
    let page = page(&sample());
    for heading in ["Ablation", "Scaling", "Models", "Pitfalls", "Failures", "Lock contention"] {
        assert!(
            !page.contains(&format!("{heading}</h2>")) && !page.contains(&format!("{heading}: ")),
            "{heading}"
        );
    }
}
