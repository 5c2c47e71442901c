//! A pitfall, or its fixed variant, run as a program runs, and the record of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::checks::pitfalls::{Detection, Pitfall, Trial, Variant};
use lockyard_bench::record::{Arrival, Cell, Finding, Point, Record, Severity, Throughput, Verification};

use lockyard_bench::{Build, TrackingSummary, environment};

/// What to run of a pitfall.
#[derive(Clone, Debug)]
pub struct PitfallPlan {
    /// The command, as it shall stand in the record.
    pub command: String,
    /// What the program was built from.
    pub build: Build,
    /// The pitfall.
    pub pitfall: &'static Pitfall,
    /// The wrong variant or the fixed one.
    pub variant: Variant,
    /// For how long it is run again and again. The first run that is found wrong is the last.
    pub duration: Duration,
}

/// Runs a pitfall under all its checks that need neither exploring nor a build of their own, and ends with the first round
/// in which something was found. What is blocked for good is left behind.
pub fn run_pitfall(plan: &PitfallPlan, interrupted: &AtomicBool) -> Record {
    let started_at = jiff::Timestamp::now();
    let begin = Instant::now();
    let (mut results, mut rounds, mut acquisitions) = (CheckResults::default(), 0, 0);
    while results.findings.is_empty() && (rounds == 0 || begin.elapsed() < plan.duration) {
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
        for trial in plan.pitfall.at_run_time() {
            acquisitions += results.hear(trial, plan.variant);
        }
        rounds += 1;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let interrupted = interrupted.load(Ordering::Relaxed);
    Record {
        interrupted,
        finished: !interrupted,
        processes: 1,
        cells: vec![cell(plan, results, rounds, acquisitions, seconds)],
        ..Record::empty(&plan.command, 0, started_at, environment(&plan.build))
    }
}

/// What the checks had to say.
#[derive(Default)]
struct CheckResults {
    findings: Vec<Finding>,
    /// What trackers saw, if there was one.
    seen: Option<TrackingSummary>,
    /// Whether histories had an order, if there was one.
    linearizable: Option<bool>,
}

impl CheckResults {
    /// Tries it once; how many acquisitions were tracked.
    fn hear(&mut self, trial: &Trial, variant: Variant) -> u64 {
        if let Trial::Live(live) = trial {
            let run = live.run(variant);
            let seen = TrackingSummary::of(&run.findings);
            if seen.findings.is_empty() {
                // It may have got stuck without a word from the tracker.
                self.findings.extend(run.alarm(live.kind).map(error));
            }
            self.findings.extend(seen.findings.iter().cloned());
            self.seen.get_or_insert_default().add(seen);
            return run.acquisitions;
        }
        let alarm = trial.alarms(variant);
        if matches!(trial, Trial::History(_)) {
            self.linearizable = Some(alarm.is_none() && self.linearizable.unwrap_or(true));
        }
        self.findings.extend(alarm.map(error));
        0
    }
}

fn error(alarm: Detection) -> Finding {
    let Detection { kind, message, places, tasks, edges } = alarm;
    let (kind, rule) = Finding::called(&kind);
    Finding { kind, rule, severity: Severity::Error, message, places, tasks, edges }
}

fn cell(plan: &PitfallPlan, results: CheckResults, rounds: u32, acquisitions: u64, seconds: f64) -> Cell {
    let fixed = if plan.variant == Variant::Right { ", fixed" } else { "" };
    let rate = acquisitions as f64 / seconds;
    let CheckResults { findings, seen, linearizable } = results;
    Cell {
        scenario: "pitfall".to_owned(),
        strategy: format!("{}{fixed}", plan.pitfall.name),
        factors: None,
        point: Point {
            workers: 1,
            tasks: 1,
            readers: None,
            writers: None,
            save_ms: None,
            settings: BTreeMap::new(),
        },
        arrival: Arrival::Closed,
        seconds,
        seconds_asked: None,
        rounds,
        layouts: None,
        operations: acquisitions,
        errors: 0,
        refused: 0,
        unanswered: 0,
        hit_ratio: None,
        read_share: None,
        reads_per_s: None,
        writes_per_s: None,
        evictions: None,
        counters: None,
        throughput: Throughput { ops_per_s: rate, ci: [rate, rate] },
        latency_ns: BTreeMap::new(),
        latency_curves_ns: BTreeMap::new(),
        timeline: None,
        wait_ns: None,
        hold_ns: None,
        lock_uses: None,
        tracked_beside_s: None,
        memory: None,
        fairness: None,
        of_limit: None,
        verification: Some(Verification {
            operations_checked: None,
            linearizable,
            deadlocks: seen.as_ref().map(|seen| seen.deadlocks),
            order_inversions: seen.as_ref().map(|seen| seen.order_inversions),
            starvations: seen.as_ref().map(|seen| seen.starvations),
        }),
        findings,
        violations: Vec::new(),
    }
}
