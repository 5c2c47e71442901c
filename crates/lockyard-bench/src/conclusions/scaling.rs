//! What a sweep says: one subject under one workload while one setting varies, with the scalability law where it fits.

use crate::record::{Extrapolated, Fit, Scaling, ScalingPoint};
use crate::stats::Confidence;
use crate::stats::usl::{self, Usl};

/// The law is asked about this many times the largest size measured, and no further.
const BEYOND: u32 = 2;

/// Whether a setting says how many ask at once, or are served at once, so that throughput can grow with it.
fn is_size(setting: &str) -> bool {
    matches!(setting, "workers" | "tasks" | "readers")
}

/// A sweep of one subject, with its law or the reason why there is none.
pub(crate) fn scaling(
    scenario: &str,
    strategy: &str,
    along: &str,
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

fn fit(scaling: &Scaling, along: &str, confidence: Confidence) -> Result<Fit, String> {
    if !is_size(along) {
        return Err("the law applies to workers, tasks or readers only".to_owned());
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

    use crate::record::{Point, Throughput};

    use super::*;

    /// A subject that does this much with so many tasks.
    fn measured(rates: &[(u32, f64)]) -> Vec<ScalingPoint> {
        let point = |&(tasks, ops_per_s): &(u32, f64)| ScalingPoint {
            point: Point { workers: 2, tasks, save_ms: Some(0), ..Point::default() },
            throughput: Throughput { ops_per_s, ci: [ops_per_s * 0.99, ops_per_s * 1.01] },
            reads_per_s: None,
            writes_per_s: None,
            latency_ns: BTreeMap::new(),
            findings: Vec::new(),
        };
        rates.iter().map(point).collect()
    }

    fn along(along: &str, rates: &[(u32, f64)]) -> Scaling {
        scaling("polling", "after", along, measured(rates), Confidence::default())
    }

    /// By the law with λ = 100, σ = 0.15, κ = 0.05, of which the divisors are 1, 1.25, 1.6, 2.05 and at 8 4.85.
    const LAWFUL: [(u32, f64); 4] = [(1, 100.0), (2, 200.0 / 1.25), (3, 300.0 / 1.6), (4, 400.0 / 2.05)];

    #[test]
    fn the_law_is_reported_with_what_follows_past_the_largest_size() {
        let found = along("tasks", &LAWFUL);
        let fit = found.fit.expect("the law, exactly");
        assert!((fit.sigma - 0.15).abs() < 1e-6 && (fit.at(3.0) - 187.5).abs() < 1e-3, "{fit:?}");
        let Extrapolated { size, ops_per_s, ci } = fit.extrapolated.expect("it fits");
        assert_eq!(size, 8);
        assert!((ops_per_s - 800.0 / 4.85).abs() < 1e-3 && ci[0] < ops_per_s && ops_per_s < ci[1]);
        assert_eq!(found.note, None);
    }

    #[test]
    fn where_there_is_no_law_the_reason_stands_in_its_place() {
        let few = along("tasks", &LAWFUL[..3]);
        assert_eq!((few.fit, &*few.note.unwrap()), (None, "3 sizes were measured, and a fit needs 4"));
        let poor = along("tasks", &[(1, 100.0), (2, 20.0), (4, 300.0), (8, 30.0), (16, 900.0)]);
        assert!(poor.fit.is_none() && poor.note.unwrap().starts_with("the residual is "));
        let saves = along("save_ms", &LAWFUL);
        assert!(saves.fit.is_none() && saves.note.unwrap().starts_with("the law applies to workers"));
        let stuck = along("tasks", &[(1, 100.0), (2, 0.0), (3, 300.0), (4, 400.0)]);
        assert_eq!(stuck.note.as_deref(), Some("no throughput at size 2"));
    }
}
