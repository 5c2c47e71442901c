//! What follows from the rounds: intervals and verdicts, as functions of what was measured.

use std::collections::BTreeMap;

use crate::record::{Comparison, Memory, Metric, OfLimit, Throughput, Verdict};
use crate::stats::{Confidence, Direction, Mean, Ratio};
use crate::workload::Operation;

use super::facts::Context;
use super::latency::paired_p99;
use super::measured::Measured;
use super::rounds::Round;

/// What one subject has done, process by process. Rounds of different processes are never paired.
type Processes<'a> = [&'a Measured];

/// The throughput of one subject over its rounds. The interval is that of the mean round; with too few rounds for one
/// it spans what was seen.
pub(crate) fn throughput(measured: &Processes<'_>, confidence: Confidence) -> Throughput {
    let layout = |rounds: &Vec<Round>| rounds.iter().filter_map(|round| round.throughput).collect();
    let process = |process: &&Measured| process.rounds.iter().map(layout).collect();
    let processes: Vec<Vec<Vec<f64>>> = measured.iter().map(process).collect();
    if let Some(Mean { mean, ci, .. }) = Mean::of_processes(&processes, confidence) {
        return Throughput { ops_per_s: mean, ci };
    }
    let seen = processes.concat().concat();
    let least = seen.iter().copied().reduce(f64::min).unwrap_or(0.0);
    let most = seen.iter().copied().reduce(f64::max).unwrap_or(0.0);
    let mean = seen.iter().sum::<f64>() / seen.len().max(1) as f64;
    Throughput { ops_per_s: mean.clamp(least, most), ci: [least, most] }
}

/// How far the interval of the throughput ratio reaches to either side of it, as a share of it.
pub(crate) fn reach(candidate: &Measured, baseline: &Measured, confidence: Confidence) -> Option<f64> {
    let Ratio { ratio, ci: [low, high], .. } = throughput_ratio(&[candidate], &[baseline], confidence)?;
    Some((high / ratio - 1.0).max(1.0 - low / ratio))
}

/// How near throughput came to the limit of this name.
pub(crate) fn of_limit(
    name: &str,
    measured: &Processes<'_>,
    limit: &Processes<'_>,
    confidence: Confidence,
) -> Option<OfLimit> {
    let Ratio { ratio, ci, .. } = throughput_ratio(measured, limit, confidence)?;
    Some(OfLimit { limit: name.to_owned(), fraction: ratio, ci: Some(ci) })
}

/// Throughput in slices that kept latencies ÷ throughput in those of the same round that kept none, over all that ran
/// in each process.
pub(crate) fn probe_effect<'a, Subjects: Iterator<Item = &'a Measured>>(
    processes: impl Iterator<Item = Subjects>,
    confidence: Confidence,
) -> Option<f64> {
    let layout = |rounds: &Vec<Round>| {
        rounds.iter().filter_map(|round| round.probed.zip(round.throughput)).collect::<Vec<_>>()
    };
    let process = |subjects: Subjects| {
        // The layouts of subjects are drawn together: those of the same number make one.
        let mut layouts: Vec<Vec<_>> = Vec::new();
        for (nth, rounds) in subjects.flat_map(|measured| measured.rounds.iter().enumerate()) {
            layouts.resize_with(layouts.len().max(nth + 1), Vec::new);
            layouts[nth].extend(layout(rounds));
        }
        layouts
    };
    let processes: Vec<_> = processes.map(process).collect();
    Ratio::of_processes(&processes, confidence).map(|effect| effect.ratio)
}

/// Every candidate against the baseline, against the reference where that ran and is not the baseline, and against the subject
/// that it names as equal in all but one thing. `measured` are in the order of the subjects; `control` is the baseline run a
/// second time, as a subject of its own.
pub(crate) fn comparisons(
    context: Context<'_>,
    scenario: &str,
    operations: &[Operation],
    measured: &[Vec<&Measured>],
    control: Option<&Processes<'_>>,
    memory: Option<&[Memory]>,
) -> Vec<Comparison> {
    let Context { terms, subjects, .. } = context;
    let floors = control.map_or_else(BTreeMap::new, |control| {
        noise_floors(operations, control, &measured[0], terms.confidence)
    });
    let mut found = Vec::new();
    for (baseline, candidate) in compared_pairs(context) {
        let ratios = ratios(operations, &measured[candidate], &measured[baseline], terms.confidence)
            .map(|(metric, it)| (metric, it.ratio, it.ci, Some(it.degrees_of_freedom as u32)));
        let bytes = memory.and_then(|memory| bytes_ratio(&memory[candidate], &memory[baseline]));
        // Bytes are counted and not estimated: the interval is a point.
        let bytes = bytes.map(|ratio| (Metric::BytesPerSession, ratio, [ratio, ratio], None));
        found.extend(ratios.chain(bytes).map(|(metric, ratio, ci, degrees_of_freedom)| Comparison {
            scenario: scenario.to_owned(),
            baseline: subjects[baseline].name.clone(),
            candidate: subjects[candidate].name.clone(),
            noise_floor: floors.get(&metric).copied(),
            verdict: Verdict::of(Some(ci), terms.margin, direction(&metric)),
            metric,
            ratio,
            ci,
            confidence: terms.confidence.level(),
            degrees_of_freedom,
        }));
    }
    found
}

/// Which subjects are held against which, by their indices: baseline and candidate, each pair once.
fn compared_pairs(Context { terms, subjects, .. }: Context<'_>) -> Vec<(usize, usize)> {
    let named = |name: &String| subjects.iter().position(|it| it.name == *name);
    let with_all = |baseline| (0..subjects.len()).map(move |candidate| (baseline, candidate));
    let first = (!subjects.is_empty()).then_some(0);
    let reference = terms.reference.as_ref().and_then(named);
    let equals = subjects.iter().enumerate().filter_map(|(candidate, it)| {
        let baseline = it.compared_with.as_ref().and_then(named)?;
        Some((baseline, candidate))
    });
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (baseline, candidate) in first.into_iter().chain(reference).flat_map(with_all).chain(equals) {
        // The other way round says the same.
        let is_known = pairs.contains(&(baseline, candidate)) || pairs.contains(&(candidate, baseline));
        if baseline != candidate && !is_known {
            pairs.push((baseline, candidate));
        }
    }
    pairs
}

/// Overhead of an item ÷ overhead of an item, where both have any.
fn bytes_ratio(candidate: &Memory, baseline: &Memory) -> Option<f64> {
    let (candidate, baseline) = (candidate.bytes_per_session?, baseline.bytes_per_session?);
    (candidate > 0.0 && baseline > 0.0).then(|| candidate / baseline)
}

/// What the run takes for a difference where there is none: how far from 1 the interval of the control against the
/// baseline reaches, by metric.
fn noise_floors(
    operations: &[Operation],
    control: &Processes<'_>,
    baseline: &Processes<'_>,
    confidence: Confidence,
) -> BTreeMap<Metric, f64> {
    let reach = |Ratio { ci: [low, high], .. }: Ratio| (1.0 - low).max(high - 1.0).max(0.0);
    ratios(operations, control, baseline, confidence).map(|(metric, ratio)| (metric, reach(ratio))).collect()
}

/// Candidate ÷ baseline by every metric that both have rounds enough for.
fn ratios(
    operations: &[Operation],
    candidate: &Processes<'_>,
    baseline: &Processes<'_>,
    confidence: Confidence,
) -> impl Iterator<Item = (Metric, Ratio)> {
    let throughput = throughput_ratio(candidate, baseline, confidence).map(|it| (Metric::Throughput, it));
    let p99 = operations.iter().enumerate().filter_map(move |(nth, operation)| {
        let processes = candidate.iter().zip(baseline);
        let pairs: Vec<_> = processes.map(|(it, base)| [paired_p99(it, base, nth)]).collect();
        let ratio = Ratio::of_processes(&pairs, confidence)?;
        Some((Metric::P99(operation.name.to_owned()), ratio))
    });
    throughput.into_iter().chain(p99)
}

/// Candidate ÷ baseline, over the rounds that both have.
pub(crate) fn throughput_ratio(
    candidate: &Processes<'_>,
    baseline: &Processes<'_>,
    confidence: Confidence,
) -> Option<Ratio> {
    let processes = candidate.iter().zip(baseline);
    let rounds = |(candidate, baseline): (&&Measured, &&Measured)| {
        let layouts = candidate.rounds.iter().zip(&baseline.rounds);
        let layout = |(candidate, baseline): (&Vec<_>, &Vec<_>)| {
            pairs(candidate, baseline, |round: &Round| round.throughput)
        };
        layouts.map(layout).collect::<Vec<_>>()
    };
    Ratio::of_processes(&processes.map(rounds).collect::<Vec<_>>(), confidence)
}

/// What both have measured.
fn pairs<T>(candidate: &[T], baseline: &[T], value: impl Fn(&T) -> Option<f64>) -> Vec<(f64, f64)> {
    candidate.iter().zip(baseline).filter_map(|(c, b)| value(c).zip(value(b))).collect()
}

fn direction(metric: &Metric) -> Direction {
    match metric {
        Metric::Throughput => Direction::HigherIsBetter,
        Metric::P99(_) | Metric::BytesPerSession => Direction::LowerIsBetter,
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::SubjectFacts;
    use super::super::rounds::Round;
    use super::*;
    use crate::plan::Terms;
    use crate::slices::Distribution;

    const OPERATIONS: &[Operation] = &[Operation::read("get")];

    /// The comparisons of these subjects, of which `naive` is the reference.
    fn compared(
        names: &[&str],
        measured: &[Vec<&Measured>],
        control: Option<&Processes<'_>>,
        memory: Option<&[Memory]>,
    ) -> Vec<Comparison> {
        let subjects: Vec<_> = names.iter().map(|name| SubjectFacts::named(name)).collect();
        compared_subjects(&subjects, measured, control, memory)
    }

    fn compared_subjects(
        subjects: &[SubjectFacts],
        measured: &[Vec<&Measured>],
        control: Option<&Processes<'_>>,
        memory: Option<&[Memory]>,
    ) -> Vec<Comparison> {
        let terms = Terms { reference: Some("naive".to_owned()), ..Terms::default() };
        let context = Context { terms: &terms, subjects, duration: None };
        comparisons(context, "polling", OPERATIONS, measured, control, memory)
    }

    /// A machine whose speed drifts, on which this subject does `speed` times what the machine allows.
    fn measured(speed: f64) -> Measured {
        let drifts = || (1..=9).map(|nth| f64::from(nth) * 1e5);
        let round = |drift| Round { throughput: Some(speed * drift), probed: Some(0.98 * speed * drift) };
        let block = |drift| BTreeMap::from([(0, Distribution::of(vec![(1e12 / speed / drift) as u64; 100]))]);
        let mut measured = Measured::default();
        measured.rounds = vec![drifts().map(round).collect()];
        measured.blocks = drifts().map(block).collect();
        measured
    }

    fn find<'a>(found: &'a [Comparison], baseline: &str, candidate: &str, metric: &Metric) -> &'a Comparison {
        let wanted =
            |c: &&Comparison| c.baseline == baseline && c.candidate == candidate && c.metric == *metric;
        found.iter().find(wanted).expect("the comparison was made")
    }

    #[test]
    fn every_candidate_meets_the_baseline_and_the_reference() {
        let (before, naive, after) = (measured(1.0), measured(2.0), measured(3.0));
        let measured = [vec![&before], vec![&naive], vec![&after]];
        let found = compared(&["before", "naive", "after"], &measured, None, None);
        let against_before = find(&found, "before", "after", &Metric::Throughput);
        assert!((against_before.ratio - 3.0).abs() < 1e-9);
        assert_eq!(against_before.verdict, Verdict::Faster);
        assert!((find(&found, "naive", "after", &Metric::Throughput).ratio - 1.5).abs() < 1e-9);
        assert_eq!(found.iter().filter(|c| c.metric == Metric::Throughput).count(), 3, "each pair once");
    }

    #[test]
    fn a_lock_meets_the_one_that_it_names_where_all_else_is_equal() {
        let [before, mutex, rwlock] = [1.0, 2.0, 3.0].map(measured);
        let names = ["before", "tokio-mutex", "tokio-rwlock"];
        let mut subjects = names.map(SubjectFacts::named);
        subjects[2].compared_with = Some("tokio-mutex".to_owned());
        let all = [vec![&before], vec![&mutex], vec![&rwlock]];
        let found = compared_subjects(&subjects, &all, None, None);
        let ratio = |metric| find(&found, "tokio-mutex", "tokio-rwlock", &metric).ratio;
        assert!((ratio(Metric::Throughput) - 1.5).abs() < 1e-9);
        assert!((ratio(Metric::P99("get".to_owned())) - 2.0 / 3.0).abs() < 1e-3);
        let pairs = found.iter().filter(|c| c.metric == Metric::Throughput).count();
        assert_eq!(pairs, 3, "both against the baseline, and this one");

        subjects[2].compared_with = Some("elsewhere".to_owned());
        assert!(compared_subjects(&subjects, &all, None, None).iter().all(|it| it.baseline == "before"));
    }

    #[test]
    fn a_p99_of_too_few_is_not_compared() {
        let (before, mut after) = (measured(1.0), measured(2.0));
        after
            .blocks
            .iter_mut()
            .for_each(|block| *block = BTreeMap::from([(0, Distribution::of(vec![1; 30]))]));
        let found = compared(&["before", "after"], &[vec![&before], vec![&after]], None, None);
        assert!(found.iter().all(|it| it.metric == Metric::Throughput), "nine blocks of thirty: {found:?}");
    }

    /// In each process the candidate is ahead by exactly as much, and not by the same: what the interval shows is how
    /// little a process decides.
    #[test]
    fn processes_that_differ_widen_every_interval() {
        let (before, after) = (measured(1.0), [1.1, 1.3, 1.2].map(measured));
        let one = vec![&before; 3];
        let control = [1.0, 1.01, 0.99].map(measured);
        let control: Vec<_> = control.iter().collect();
        let found = compared(&["before", "after"], &[one, after.iter().collect()], Some(&control), None);
        let found = find(&found, "before", "after", &Metric::Throughput);
        assert!((found.ratio - (1.1_f64 * 1.3 * 1.2).cbrt()).abs() < 1e-9, "{found:?}");
        assert!(found.ci[0] < 1.0 && found.ci[1] > 1.3 && found.verdict == Verdict::NoVerdict, "{found:?}");
        assert!(found.noise_floor.unwrap() > 0.02, "{found:?}");
    }

    #[test]
    fn the_noise_floor_is_how_far_the_control_reaches() {
        let (before, control, after) = (measured(1.0), measured(1.02), measured(3.0));
        let (names, both) = (["before", "after"], [vec![&before], vec![&after]]);
        let found = compared(&names, &both, Some(&[&control]), None);
        let floor = find(&found, "before", "after", &Metric::Throughput).noise_floor.unwrap();
        assert!((floor - 0.02).abs() < 1e-9, "{floor}");
        assert_eq!(compared(&names, &both, None, None)[0].noise_floor, None);
    }

    #[test]
    fn fewer_bytes_are_leaner() {
        let (before, after) = (measured(1.0), measured(2.0));
        let bytes = |bytes| Memory { bytes_per_session: Some(bytes), ..Memory::default() };
        let memory = [bytes(400.0), bytes(300.0)];
        let found = compared(&["before", "after"], &[vec![&before], vec![&after]], None, Some(&memory));
        let found = find(&found, "before", "after", &Metric::BytesPerSession);
        assert_eq!((found.ratio, found.ci, found.verdict), (0.75, [0.75, 0.75], Verdict::Faster));
    }

    #[test]
    fn a_shorter_p99_is_faster() {
        let (before, after) = (measured(1.0), measured(2.0));
        let found = compared(&["before", "after"], &[vec![&before], vec![&after]], None, None);
        let p99 = find(&found, "before", "after", &Metric::P99("get".to_owned()));
        // Latencies are kept to within a quarter of a thousandth.
        assert!((p99.ratio - 0.5).abs() < 5e-4, "{}", p99.ratio);
        assert_eq!(p99.verdict, Verdict::Faster);
    }

    #[test]
    fn rounds_that_only_one_has_are_not_compared() {
        let (before, mut after) = (measured(1.0), measured(2.0));
        after.rounds[0].truncate(2);
        after.blocks.truncate(2);
        assert_eq!(compared(&["before", "after"], &[vec![&before], vec![&after]], None, None), []);
    }

    #[test]
    fn the_probe_effect_is_what_keeping_latencies_leaves() {
        let subjects = [measured(1.0), measured(7.0)];
        let effect = probe_effect([subjects.iter()].into_iter(), Confidence::default()).unwrap();
        assert!((effect - 0.98).abs() < 1e-9, "{effect}");
    }

    #[test]
    fn a_limit_is_a_ratio_and_may_be_passed() {
        let found =
            of_limit("shared-line", &[&measured(3.0)], &[&measured(2.0)], Confidence::default()).unwrap();
        assert!((found.fraction - 1.5).abs() < 1e-9 && found.limit == "shared-line", "{found:?}");
    }

    #[test]
    fn a_steady_ratio_reaches_nowhere_and_two_rounds_have_no_reach() {
        let (before, mut after) = (measured(1.0), measured(2.0));
        assert!(reach(&after, &before, Confidence::default()).unwrap() < 1e-9);
        after.rounds[0].truncate(2);
        assert_eq!(reach(&after, &before, Confidence::default()), None);
    }

    #[test]
    fn the_throughput_lies_within_its_interval() {
        for count in 0..9 {
            let mut measured = measured(1.0);
            measured.rounds[0].truncate(count);
            let Throughput { ops_per_s, ci } = throughput(&[&measured], Confidence::default());
            assert!(ci[0] <= ops_per_s && ops_per_s <= ci[1], "{count} rounds: {ops_per_s} {ci:?}");
        }
    }
}
