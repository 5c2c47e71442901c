//! What no run can have measured: a reversed interval, a share of more than all, a p99 below the median.
//!
//! A record may have been edited, merged or damaged since it was written, and serde asks for the types of its fields only.
//! Each reader would draw nonsense of its own from it (a gate that lets everything pass, above all), so all of them refuse
//! it, here. What is merely unusual is accepted: only what contradicts itself is not.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Write as _};

use super::cell::{Arrival, Cell, LockTime, Throughput};
use super::comparison::{Ablation, Comparison, EffectKind};
use super::harness::Overhead;
use super::latency::{Latency, Percentile};
use super::locks::{LockUse, Times};
use super::run::Record;
use super::scaling::{Fit, Scaling};

/// Floating-point sums taken in another order differ in their last digits; that is no contradiction.
const ROUNDING: f64 = 1e-9;

/// So many operations a step may have: the longest of this project's own has 17.
const LONGEST_STEP: u128 = 32;

/// Something in a record that cannot be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    /// Where it stands: `comparisons[3].ci`.
    pub(super) at: String,
    /// What is wrong there, and what would be right.
    pub(super) what: String,
}

/// Everything in the record that cannot be so, in the order in which it stands there.
pub(super) fn contradictions(record: &Record) -> Vec<Contradiction> {
    let mut check = Check { at: String::new(), found: Vec::new() };
    if let Some(limits) = &record.limits {
        check.within("limits", |check| {
            check.not_negative("no_shared_write_ops_per_s", limits.no_shared_write_ops_per_s);
            check.not_negative("shared_rmw_per_s", limits.shared_rmw_per_s);
        });
    }
    if let Some(cost) = &record.harness_ns {
        check.within("harness_ns", |check| {
            for (field, Overhead { ns, ci: [low, high] }) in
                [("bare", cost.bare), ("sampled", cost.sampled), ("full", cost.full)]
            {
                // Below zero it may be, by noise.
                check.require(field, low <= ns && ns <= high, || {
                    format!("is {ns}, which lies outside its own interval [{low}, {high}]")
                });
            }
        });
    }
    record.probe_effect.inspect(|probe_effect| check.positive("probe_effect", *probe_effect));
    let mut cells: HashSet<(&str, &str)> = HashSet::new();
    check.each("cells", &record.cells, |check, cell| {
        let is_new = cells.insert((&cell.scenario, &cell.strategy));
        check.require("strategy", is_new, || {
            format!("“{}” has a second cell under {}; each has one", cell.strategy, cell.scenario)
        });
        check.cell(cell);
    });
    let mut compared = HashSet::new();
    check.each("comparisons", &record.comparisons, |check, it| {
        check.comparison(it, &cells);
        let is_new = compared.insert((&it.scenario, &it.baseline, &it.candidate, &it.metric));
        check.require("metric", is_new, || {
            format!("the {} of these two is compared a second time under {}", it.metric, it.scenario)
        });
    });
    let slices = record.plan.as_ref().map_or(0, |plan| plan.slices);
    let mut known = HashSet::new();
    check.each("machines", &record.machines, |check, it| {
        let is_right = (1..=slices).contains(&it.slice) && known.insert(it.slice);
        check.require("slice", is_right, || {
            format!(
                "is {}, and each machine has one of its own, from 1 to the {slices} of the plan",
                it.slice
            )
        });
        check.not_negative("seconds", it.seconds);
    });
    check.each("ablations", &record.ablations, Check::ablation);
    check.each("scaling", &record.scaling, Check::scaling);
    if let Some(against) = &record.against {
        check.within("against", |check| {
            check.each("rounds", &against.rounds, |check, it| {
                check.not_negative("ops_per_s", it.ops_per_s);
                check.not_negative("other_ops_per_s", it.other_ops_per_s);
                it.ratio.inspect(|ratio| check.positive("ratio", *ratio));
                check.has_cell("strategy", &it.scenario, &it.strategy, &cells);
            });
        });
    }
    check.each("pitfalls", record.pitfalls.as_deref().unwrap_or_default(), |check, it| {
        let detected = |other: &[_]| it.caught_by.iter().any(|by| other.contains(by));
        let is_one = !detected(&it.missed_by) && !detected(&it.not_run);
        check.require("caught_by", is_one, || "names a check that is said not to have caught it".to_owned());
    });
    check.found
}

/// What was found so far, and where the check is.
struct Check {
    at: String,
    found: Vec<Contradiction>,
}

impl Check {
    /// Checks what stands in this field.
    fn within(&mut self, field: impl fmt::Display, check: impl FnOnce(&mut Self)) {
        let outside = self.at.len();
        let dot = if self.at.is_empty() { "" } else { "." };
        write!(self.at, "{dot}{field}").expect("a string takes whatever is written");
        check(self);
        self.at.truncate(outside);
    }

    /// Checks every item of this field.
    fn each<'a, T>(&mut self, field: &str, items: &'a [T], mut check: impl FnMut(&mut Self, &'a T)) {
        for (nth, item) in items.iter().enumerate() {
            self.within(format_args!("{field}[{nth}]"), |this| check(this, item));
        }
    }

    /// Notes what is wrong with this field, unless it is right.
    fn require(&mut self, field: &str, is_right: bool, what: impl FnOnce() -> String) {
        if !is_right {
            let at = if self.at.is_empty() { field.to_owned() } else { format!("{}.{field}", self.at) };
            self.found.push(Contradiction { at, what: what() });
        }
    }

    fn positive(&mut self, field: &str, x: f64) {
        let is_right = x > 0.0 && x.is_finite();
        self.require(field, is_right, || format!("is {x}, and must be a number above 0"));
    }

    fn not_negative(&mut self, field: &str, x: f64) {
        let is_right = x >= 0.0 && x.is_finite();
        self.require(field, is_right, || format!("is {x}, and must be a number from 0"));
    }

    fn share(&mut self, field: &str, x: Option<f64>) {
        let is_right = x.is_none_or(|x| (0.0..=1.0 + ROUNDING).contains(&x));
        self.require(field, is_right, || format!("is {}, and must be from 0 to 1", x.unwrap_or(f64::NAN)));
    }

    fn confidence(&mut self, x: f64) {
        let is_right = x > 0.0 && x < 1.0;
        self.require("confidence", is_right, || {
            format!("is {x}, and must lie strictly between 0 and 1, such as 0.99")
        });
    }

    /// An estimate and the interval around it, both numbers from 0.
    fn interval(&mut self, estimate_field: &str, estimate: f64, ci_field: &str, [low, high]: [f64; 2]) {
        self.require(ci_field, low >= 0.0 && high.is_finite(), || {
            format!("is [{low}, {high}], and both ends must be numbers from 0")
        });
        self.require(ci_field, low <= high, || format!("is [{low}, {high}]: the lower end comes first"));
        if low <= high {
            let inside = low * (1.0 - ROUNDING) <= estimate && estimate <= high * (1.0 + ROUNDING);
            self.require(estimate_field, inside, || {
                format!("is {estimate}, which lies outside its own interval [{low}, {high}]")
            });
        }
    }

    fn ratio(&mut self, ratio: f64, ci: [f64; 2], confidence: f64) {
        self.positive("ratio", ratio);
        self.interval("ratio", ratio, "ci", ci);
        self.confidence(confidence);
    }

    /// Values that may not fall from one to the next; those that are not there are passed over.
    fn rising<const N: usize>(&mut self, values: [(&str, Option<u64>); N]) {
        let there: Vec<_> = values.into_iter().filter_map(|(field, it)| Some((field, it?))).collect();
        for pair in there.windows(2) {
            let [(lower, low), (upper, high)] = [pair[0], pair[1]];
            self.require(upper, low <= high, || {
                format!("is {high}, which is below {lower} ({low}); it cannot be less")
            });
        }
    }

    fn cell(&mut self, it: &Cell) {
        self.not_negative("seconds", it.seconds);
        self.share("hit_ratio", it.hit_ratio);
        self.share("read_share", it.read_share);
        self.throughput(&it.throughput);
        self.latencies(&it.latency_ns);
        self.latency_curves(it);
        if it.arrival == Arrival::Closed {
            // In an open loop, requests that were due and never sent have a latency, too.
            let timed = it.latency_ns.values().map(|latency| u128::from(latency.count)).sum::<u128>();
            let counted = [it.operations, it.errors, it.refused, it.unanswered].map(u128::from);
            let counted = counted.iter().sum::<u128>();
            // A step that a slice's end found under way is timed to its end, and not counted: one for each task in each round.
            let under_way = u128::from(it.rounds) * u128::from(it.point.tasks) * LONGEST_STEP;
            self.require("latency_ns", timed <= counted + under_way, || {
                format!("has {timed} timed operations, and the cell counts {counted} in all")
            });
        }
        self.timeline(it);
        for (field, by_class) in [("wait_ns", &it.wait_ns), ("hold_ns", &it.hold_ns)] {
            for (class, LockTime { p50, p99, max, .. }) in by_class.iter().flatten() {
                self.within(format_args!("{field}.{class}"), |this| {
                    this.rising([("p50", (*p50).into()), ("p99", *p99), ("max", (*max).into())]);
                });
            }
        }
        self.each("lock_uses", it.lock_uses.as_deref().unwrap_or_default(), Self::lock_use);
        let memory = it.memory.as_ref().and_then(|memory| memory.allocations_per_operation);
        self.within("memory", |this| {
            this.not_negative("allocations_per_operation", memory.unwrap_or_default());
        });
        if let Some(fairness) = &it.fairness {
            self.within("fairness", |this| {
                this.share("jain", Some(fairness.jain));
                if let Some(per_task) = fairness.operations_per_task {
                    this.within("operations_per_task", |this| {
                        let [min, median, max] =
                            [per_task.min, per_task.median, per_task.max].map(Option::from);
                        this.rising([("min", min), ("median", median), ("max", max)]);
                    });
                }
            });
        }
        if let Some(limit) = &it.of_limit {
            self.within("of_limit", |this| {
                this.not_negative("fraction", limit.fraction);
                limit.ci.inspect(|ci| this.interval("fraction", limit.fraction, "ci", *ci));
            });
        }
    }

    fn throughput(&mut self, it: &Throughput) {
        self.within("throughput", |this| {
            this.not_negative("ops_per_s", it.ops_per_s);
            this.interval("ops_per_s", it.ops_per_s, "ci", it.ci);
        });
    }

    fn latencies(&mut self, by_operation: &BTreeMap<String, Latency>) {
        for (operation, it) in by_operation {
            self.within(format_args!("latency_ns.{operation}"), |this| {
                this.rising([
                    ("p50", it.p50.into()),
                    ("p90", it.p90),
                    ("p99", it.p99),
                    ("p99_9", it.p99_9),
                    ("max", it.max.into()),
                ]);
                for which in Percentile::ALL {
                    if let (Some(nanos), Some([low, high])) = (it.percentile(which), it.interval(which)) {
                        let ci = [low as f64, high as f64];
                        this.interval(which.as_str(), nanos as f64, &format!("{}_ci", which.as_str()), ci);
                    }
                }
            });
        }
    }

    fn latency_curves(&mut self, it: &Cell) {
        for (operation, curve) in &it.latency_curves_ns {
            let max = it.latency_ns.get(operation).map(|it| it.max);
            self.require(
                &format!("latency_curves_ns.{operation}"),
                curve.0.is_sorted() && curve.0.last().is_none_or(|last| max.is_some_and(|max| *last <= max)),
                || "does not rise to the slowest sample".to_owned(),
            );
        }
    }

    fn timeline(&mut self, it: &Cell) {
        let mut earliest = 0.0;
        self.each("timeline", it.timeline.as_deref().unwrap_or_default(), |this, slice| {
            this.require("at_s", slice.at_s >= earliest && slice.at_s.is_finite(), || {
                format!("is {}, and the slices stand in the order of time", slice.at_s)
            });
            earliest = slice.at_s;
        });
    }

    fn lock_use(&mut self, it: &LockUse) {
        for (field, times) in
            [("queued_ns", &it.queued_ns), ("woken_ns", &it.woken_ns), ("held_ns", &it.held_ns)]
        {
            let Times { count, p50, p99, max, buckets } = times;
            self.within(field, |this| {
                this.rising([("p50", (*p50).into()), ("p99", *p99), ("max", (*max).into())]);
                let in_buckets = buckets.iter().map(|[_, count]| u128::from(*count)).sum::<u128>();
                this.require("count", in_buckets == u128::from(*count), || {
                    format!("is {count}, and the buckets hold {in_buckets}")
                });
            });
        }
    }

    fn has_cell(&mut self, field: &str, scenario: &str, strategy: &str, cells: &HashSet<(&str, &str)>) {
        self.require(field, cells.contains(&(scenario, strategy)), || {
            format!("is “{strategy}”, which has no cell under {scenario}")
        });
    }

    fn comparison(&mut self, it: &Comparison, cells: &HashSet<(&str, &str)>) {
        self.has_cell("baseline", &it.scenario, &it.baseline, cells);
        self.has_cell("candidate", &it.scenario, &it.candidate, cells);
        self.ratio(it.ratio, it.ci, it.confidence);
        self.not_negative("noise_floor", it.noise_floor.unwrap_or_default());
    }

    fn ablation(&mut self, it: &Ablation) {
        self.ratio(it.ratio, it.ci, it.confidence);
        let is_interaction = it.kind == EffectKind::Interaction;
        self.require("with", it.with.is_some() == is_interaction, || {
            "names the other change of an interaction, and of nothing else".to_owned()
        });
    }

    fn scaling(&mut self, it: &Scaling) {
        self.each("points", &it.points, |this, point| {
            this.throughput(&point.throughput);
            this.latencies(&point.latency_ns);
        });
        if let Some(fit) = &it.fit {
            self.within("fit", |this| this.fit(fit));
        }
    }

    fn fit(&mut self, it: &Fit) {
        self.positive("lambda", it.lambda);
        self.share("sigma", Some(it.sigma));
        self.not_negative("kappa", it.kappa);
        for (field, estimate, ci_field, ci) in [
            ("lambda", it.lambda, "lambda_ci", it.lambda_ci),
            ("sigma", it.sigma, "sigma_ci", it.sigma_ci),
            ("kappa", it.kappa, "kappa_ci", it.kappa_ci),
        ] {
            ci.inspect(|ci| self.interval(field, estimate, ci_field, *ci));
        }
        it.confidence.inspect(|confidence| self.confidence(*confidence));
        self.not_negative("residual", it.residual.unwrap_or_default());
        self.not_negative("peak", it.peak.unwrap_or_default());
        if let Some(beyond) = &it.extrapolated {
            self.within("extrapolated", |this| {
                this.interval("ops_per_s", beyond.ops_per_s, "ci", beyond.ci);
            });
        }
    }
}
