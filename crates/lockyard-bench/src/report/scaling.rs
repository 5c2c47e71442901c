//! Sweeps in words: what was measured along a setting, and the law that follows or the reason why none does.

use std::collections::BTreeSet;

use super::{format, rows};
use crate::record::{Finding, Fit, Record, Scaling, ScalingPoint};

/// All strategies along one setting of one scenario.
pub(super) struct Sweep<'a> {
    pub scenario: &'a str,
    pub along: &'a str,
    pub strategies: Vec<&'a Scaling>,
}

impl<'a> Sweep<'a> {
    /// All sweeps of a record, in their order.
    pub fn all(record: &'a Record) -> Vec<Self> {
        let mut sweeps: Vec<Self> = Vec::new();
        for it in record.scaling.iter().filter(|it| !record.is_ablation_only(&it.strategy)) {
            let (scenario, along) = (&*it.scenario, &*it.along);
            match sweeps.iter_mut().find(|sweep| (sweep.scenario, sweep.along) == (scenario, along)) {
                Some(sweep) => sweep.strategies.push(it),
                None => sweeps.push(Self { scenario, along, strategies: vec![it] }),
            }
        }
        sweeps
    }

    /// The heading.
    pub fn title(&self) -> String {
        format!("{} along {}", self.scenario, self.along)
    }

    /// Every value that was measured for any strategy, rising.
    pub fn sizes(&self) -> BTreeSet<u64> {
        let points = self.strategies.iter().flat_map(|it| it.points.iter().map(move |at| (it, at)));
        points.filter_map(|(it, at)| it.size(&at.point)).collect()
    }

    /// The head of a table with a row for each strategy.
    pub fn head(&self) -> Vec<String> {
        let sizes = self.sizes().into_iter().enumerate().map(|(nth, size)| match nth {
            0 => format!("{}={size}", self.along),
            _ => size.to_string(),
        });
        std::iter::once("operations/s".to_owned()).chain(sizes).collect()
    }

    /// Its rows: the strategy, and its throughput at each value.
    pub fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let sizes = self.sizes();
        self.strategies.iter().map(move |it| {
            let at = |size: &u64| it.points.iter().find(|point| it.size(&point.point) == Some(*size));
            let rates = sizes.iter().map(|size| at(size).map_or_else(|| rows::NONE.to_owned(), rate));
            std::iter::once(it.strategy.clone()).chain(rates).collect()
        })
    }

    /// The law of each strategy, a line each; those that have none for the same reason share one.
    pub fn laws(&self) -> Vec<String> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        let mut lines = Vec::new();
        for it in &self.strategies {
            let name = format!("“{}”", it.strategy);
            match (&it.fit, it.note.as_deref()) {
                (Some(fit), _) => lines.push(format!("{name}: {}", law(it, fit))),
                (None, note) => {
                    let note = note.unwrap_or("none was fitted");
                    match reasons.iter_mut().find(|(reason, _)| *reason == note) {
                        Some((_, names)) => names.push(name),
                        None => reasons.push((note, vec![name])),
                    }
                }
            }
        }
        lines.extend(reasons.into_iter().map(|(reason, names)| {
            format!("{}: no USL fit: {reason}. Nothing is extrapolated.", format::list(&names))
        }));
        lines
    }

    /// What was found along the sweep besides failures, a line for each kind of finding and strategy.
    pub fn notes(&self) -> Vec<String> {
        let mut found: Vec<(&str, &Finding, Vec<String>)> = Vec::new();
        for it in &self.strategies {
            for at in &it.points {
                let size = it.size(&at.point).map_or_else(|| rows::NONE.to_owned(), |size| size.to_string());
                for finding in at.findings.iter().filter(|finding| !finding.is_error()) {
                    let is_alike = |(strategy, known, _): &&mut (&str, &Finding, Vec<String>)| {
                        *strategy == it.strategy && known.name() == finding.name()
                    };
                    match found.iter_mut().find(is_alike) {
                        Some((.., sizes)) => sizes.push(size.clone()),
                        None => found.push((&it.strategy, finding, vec![size.clone()])),
                    }
                }
            }
        }
        let line = |(strategy, finding, sizes): (&str, &Finding, Vec<String>)| {
            let (severity, name, message) = (finding.severity.as_str(), finding.name(), &finding.message);
            let first = if sizes.len() > 1 { "the first: " } else { "" };
            let sizes = format::list(&sizes);
            format!("{severity}: {name} in “{strategy}” at {}={sizes}: {first}{message}", self.along)
        };
        found.into_iter().map(line).collect()
    }
}

/// The throughput at a point, without its interval.
fn rate(point: &ScalingPoint) -> String {
    format::count(point.throughput.ops_per_s)
}

/// The largest value at which a strategy was measured.
pub(super) fn largest(scaling: &Scaling) -> Option<u64> {
    scaling.points.iter().filter_map(|point| scaling.size(&point.point)).max()
}

fn law(scaling: &Scaling, fit: &Fit) -> String {
    let with = |name: &str, value: f64, ci: Option<[f64; 2]>, shown: fn(f64) -> String| match ci {
        Some([low, high]) => format!("{name} {} [{}, {}]", shown(value), shown(low), shown(high)),
        None => format!("{name} {}", shown(value)),
    };
    let mut parts = vec![
        with("λ", fit.lambda, fit.lambda_ci, format::count),
        with("σ", fit.sigma, fit.sigma_ci, format::coefficient),
        with("κ", fit.kappa, fit.kappa_ci, format::coefficient),
    ];
    parts.extend(fit.residual.map(|off| format!("residual {}", format::percent(off))));
    let measured = largest(scaling).unwrap_or(0) as f64;
    let peak = match fit.peak {
        Some(peak) if peak <= measured => format!("peak at {peak:.1} {}", scaling.along),
        Some(peak) => format!("extrapolated peak at {peak:.0} {}", scaling.along),
        None => "no significant peak".to_owned(),
    };
    let beyond = match fit.extrapolated {
        Some(it) => {
            let rate = format::with_interval(it.ops_per_s, it.ci);
            format!("; extrapolated to {} {}: {rate}", it.size, scaling.along)
        }
        None if fit.confidence.is_some() => "; too uncertain to extrapolate".to_owned(),
        None => String::new(),
    };
    format!("{}; {peak}{beyond}.", parts.join(", "))
}
