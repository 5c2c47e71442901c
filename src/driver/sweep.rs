//! Sweeps: the same strategies under a scenario again and again, while one of its settings varies.
//!
//! Each point is a contest of its own, shorter than that of a cell. The points are visited in an order drawn from the seed:
//! a machine that gets slower while it is measured would otherwise look like a setting that does not scale.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::SliceRandom;

use crate::workload::{Scenario, Setting, random};
use lockyard_bench::record::{Extrapolated, Fit, Scaling, ScalingPoint};
use lockyard_bench::stats::Confidence;
use lockyard_bench::stats::usl::{self, Usl};

use super::contest::{Contest, Schedule};
use super::error::RunError;
use super::outcome::{Outcome, Outcomes};
use super::plan::{Observer, Plan, Progress};

/// A point is measured this many times shorter than a cell, and not verified: what a strategy answers is judged there.
const SHORTER: u32 = 4;

/// The stream of the seed that orders the points; the one above it orders the rivals, those from 0 on are the workload's.
const ORDER_STREAM: u64 = u64::MAX - 1;

/// The law is asked about this many times the largest size measured, and no further.
const BEYOND: u32 = 2;

/// A scenario while one of its settings varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What varies.
    pub along: Setting,
    /// The scenario at each point, in the order of that setting.
    pub points: Vec<Scenario>,
}

/// How many rounds the plan's sweeps take.
pub(super) fn rounds(plan: &Plan) -> u32 {
    let shorter = shorter(plan);
    let points = plan.sweeps.iter().flat_map(|sweep| &sweep.points);
    points.map(|point| Schedule::new(&shorter, point).rounds).sum()
}

/// Measures all sweeps of the plan, one after the other; `done` rounds of `of` are behind it. By sweep and point; points that
/// were not finished when it was interrupted are left out.
pub(super) fn measure(
    plan: &Plan,
    interrupted: &AtomicBool,
    observer: &mut dyn Observer,
    (mut done, of): (u32, u32),
) -> Result<Vec<Vec<Option<Outcome>>>, RunError> {
    let plan = shorter(plan);
    let mut order = random::stream(plan.seed, ORDER_STREAM);
    let mut measured = Vec::new();
    for sweep in &plan.sweeps {
        let mut outcomes: Vec<_> = sweep.points.iter().map(|_| None).collect();
        let mut visits: Vec<usize> = (0..sweep.points.len()).collect();
        visits.shuffle(&mut order);
        for index in visits {
            if interrupted.load(Ordering::Relaxed) {
                break;
            }
            let scenario = &sweep.points[index];
            let schedule = Schedule::new(&plan, scenario);
            let mut contest = Contest::prepare(&plan, scenario, schedule, observer)?;
            contest.play(interrupted, None, |round, standing| {
                observer.on(&Progress::Round { scenario: &scenario.name, done: done + round, of, standing });
            })?;
            done += schedule.rounds;
            outcomes[index] = Some(contest.outcome()).filter(|_| !interrupted.load(Ordering::Relaxed));
        }
        if let Some(first) = sweep.points.first() {
            let scenario = &format!("{} along {}", first.name, sweep.along);
            observer.on(&Progress::Measured { scenario, comparisons: &[] });
        }
        measured.push(outcomes);
    }
    Ok(measured)
}

/// What the record says of the sweeps that each process has measured.
pub(super) fn scalings(plan: &Plan, processes: &[&[Vec<Option<Outcome>>]]) -> Vec<Scaling> {
    let mut found = Vec::new();
    for (nth, sweep) in plan.sweeps.iter().enumerate() {
        let Some(first) = sweep.points.first() else { continue };
        let mut points: Vec<Vec<ScalingPoint>> = vec![Vec::new(); plan.names().count()];
        for (index, scenario) in sweep.points.iter().enumerate() {
            let measured = processes.iter().filter_map(|sweeps| sweeps[nth][index].as_ref());
            let outcomes = Outcomes::new(plan, scenario, measured);
            if outcomes.is_empty() {
                continue;
            }
            for (points, cell) in points.iter_mut().zip(outcomes.cells(None)) {
                let (point, throughput) = (cell.point, cell.throughput);
                let (latency_ns, findings) = (cell.latency_ns, cell.findings);
                points.push(ScalingPoint { point, throughput, latency_ns, findings });
            }
        }
        found.extend(
            plan.names().zip(points).map(|(strategy, points)| {
                scaling(&first.name, strategy, sweep.along, points, plan.confidence)
            }),
        );
    }
    found
}

fn shorter(plan: &Plan) -> Plan {
    Plan { duration: plan.duration / SHORTER, verify: false, ..plan.clone() }
}

/// A sweep of one strategy, with its law or the reason why there is none.
fn scaling(
    scenario: &str,
    strategy: &str,
    along: Setting,
    points: Vec<ScalingPoint>,
    confidence: Confidence,
) -> Scaling {
    let (scenario, strategy) = (scenario.to_owned(), strategy.to_owned());
    let mut scaling = Scaling { scenario, strategy, along: along.to_string(), points, fit: None, note: None };
    match fit(&scaling, along, confidence) {
        Ok(fit) => scaling.fit = Some(fit),
        Err(reason) => scaling.note = Some(reason),
    }
    scaling
}

fn fit(scaling: &Scaling, along: Setting, confidence: Confidence) -> Result<Fit, String> {
    if !along.is_size() {
        return Err("it is about the number of workers, tasks or readers".to_owned());
    }
    let sample = |it: &ScalingPoint| {
        let size = scaling.size(&it.point)?;
        let (throughput, ci) = (it.throughput.ops_per_s, it.throughput.ci);
        Some(usl::Sample { size: u32::try_from(size).ok()?, throughput, ci })
    };
    let samples: Vec<_> = scaling.points.iter().filter_map(sample).collect();
    let law = Usl::fit(&samples, confidence).map_err(|refusal| refusal.to_string())?;
    let beyond = samples.iter().map(|sample| sample.size).max().map(|largest| largest.saturating_mul(BEYOND));
    let finite = |ci: [f64; 2]| ci.iter().all(|end| end.is_finite());
    Ok(Fit {
        lambda: law.lambda.value,
        lambda_ci: Some(law.lambda.ci).filter(|ci| finite(*ci)),
        sigma: law.sigma.value,
        sigma_ci: Some(law.sigma.ci),
        kappa: law.kappa.value,
        kappa_ci: Some(law.kappa.ci).filter(|ci| finite(*ci)),
        confidence: Some(law.confidence.level()),
        residual: Some(law.residual),
        peak: law.peak(),
        extrapolated: beyond
            .and_then(|size| Some((size, law.extrapolated(size)?)))
            .map(|(size, expected)| Extrapolated { size, ops_per_s: expected.value, ci: expected.ci }),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lockyard_bench::record::{Point, Throughput};

    use super::*;

    /// A strategy that does this much with so many tasks.
    fn measured(rates: &[(u32, f64)]) -> Vec<ScalingPoint> {
        let point = |&(tasks, ops_per_s): &(u32, f64)| ScalingPoint {
            point: Point { workers: 2, tasks, readers: None, writers: None, save_ms: Some(0) },
            throughput: Throughput { ops_per_s, ci: [ops_per_s * 0.99, ops_per_s * 1.01] },
            latency_ns: BTreeMap::new(),
            findings: Vec::new(),
        };
        rates.iter().map(point).collect()
    }

    fn along(along: Setting, rates: &[(u32, f64)]) -> Scaling {
        scaling("polling", "after", along, measured(rates), Confidence::default())
    }

    /// By the law with λ = 100, σ = 0.15, κ = 0.05, of which the divisors are 1, 1.25, 1.6, 2.05 and at 8 4.85.
    const LAWFUL: [(u32, f64); 4] = [(1, 100.0), (2, 200.0 / 1.25), (3, 300.0 / 1.6), (4, 400.0 / 2.05)];

    #[test]
    fn the_law_is_told_with_what_follows_past_the_largest_size() {
        let found = along(Setting::Tasks, &LAWFUL);
        let fit = found.fit.expect("the law, exactly");
        assert!((fit.sigma - 0.15).abs() < 1e-6 && (fit.at(3.0) - 187.5).abs() < 1e-3, "{fit:?}");
        let Extrapolated { size, ops_per_s, ci } = fit.extrapolated.expect("it fits");
        assert_eq!(size, 8);
        assert!((ops_per_s - 800.0 / 4.85).abs() < 1e-3 && ci[0] < ops_per_s && ops_per_s < ci[1]);
        assert_eq!(found.note, None);
    }

    #[test]
    fn where_there_is_no_law_the_reason_stands_in_its_place() {
        let few = along(Setting::Tasks, &LAWFUL[..3]);
        assert_eq!((few.fit, &*few.note.unwrap()), (None, "3 sizes were measured, and a fit needs 4"));
        let poor = along(Setting::Tasks, &[(1, 100.0), (2, 20.0), (4, 300.0), (8, 30.0), (16, 900.0)]);
        assert!(poor.fit.is_none() && poor.note.unwrap().starts_with("the points miss the curve"));
        let saves = along(Setting::SaveMs, &LAWFUL);
        assert!(saves.fit.is_none() && saves.note.unwrap().starts_with("it is about the number of workers"));
        let stuck = along(Setting::Tasks, &[(1, 100.0), (2, 0.0), (3, 300.0), (4, 400.0)]);
        assert_eq!(stuck.note.as_deref(), Some("nothing was done at size 2"));
    }
}
