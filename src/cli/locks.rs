//! `lockyard locks`: locks alone, without the sessions that they guard elsewhere.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;

use lockyard_bench::locks::{LockAxes, LockPlan, MeasuredLock, built_in, standard_points};
use lockyard_bench::program::command_line;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::options::duration;
use lockyard_bench::program::output::{self, OutputOptions};
use lockyard_bench::program::progress;
use lockyard_bench::program::record_file::RecordFile;
use lockyard_bench::record::LockPoint;
use lockyard_bench::stats::Confidence;
use lockyard_bench::{Pinning, Share, Terms, cores};

use crate::subjects::CustomSubject;
use crate::unknown::Unknown;

use super::build::BUILD;

/// How long each lock is measured at each point.
const FULL: Duration = Duration::from_secs(1);
/// And with `--quick`, so that all families are done within three minutes.
const QUICK: Duration = Duration::from_millis(150);

/// Measure locks alone: every family beside those of this program's own, without the sessions that they guard elsewhere.
///
/// Each task acquires the lock, works for the hold time, releases it, and works for the think time. Both are calibrated work
/// and no sleep. The report has a map of who is fastest for hold time by share of reads, with a sentence for each region; what each
/// lock costs besides: fairness, the longest wait, hand-over, cancelling a waiter, bytes; and published results beside what was
/// seen here. Without --hold, --think, --tasks, --reads and --workers a standard set of points is measured; with any of them
/// their product, the others as where tasks contend. See docs/LOCKS.md.
#[derive(Parser)]
pub(super) struct Args {
    /// A lock: a family's name such as `std-rwlock`, or that of one of this program's own. May be given again; the first is the
    /// baseline. By default all.
    #[arg(long = "lock", value_name = "NAME")]
    locks: Vec<String>,

    /// Hold times: `0,300ns,10us`, up to 10ms.
    #[arg(long, value_name = "TIMES", value_delimiter = ',', value_parser = nanos)]
    hold: Vec<u64>,

    /// Think times, in which a task works without the lock: `0,10us`.
    #[arg(long, value_name = "TIMES", value_delimiter = ',', value_parser = nanos)]
    think: Vec<u64>,

    /// Numbers of tasks.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',')]
    tasks: Vec<u32>,

    /// Shares of accesses that only read, in per cent.
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',')]
    reads: Vec<u32>,

    /// Numbers of worker threads. More than there are cores show what a lock does once its holder is preempted.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',')]
    workers: Vec<u32>,

    /// Pin worker threads to these CPUs, the first to the first: `0,2,1,3`. More workers begin again at the first CPU.
    #[arg(long, value_name = "CPUS", value_delimiter = ',')]
    pin: Vec<u32>,

    /// Fewer points, measured for a shorter time: all families within three minutes.
    #[arg(long)]
    quick: bool,

    /// For how long each lock is measured at each point, 1s by default: 24 rounds at least.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,

    /// Ratios within 1 ± this many per cent are called no difference.
    #[arg(long, value_name = "PERCENT", default_value = "2")]
    margin: Share,

    /// Simulate the contended points on up to so many cores besides, in a discrete-event model: called so, with how far off it is
    /// where that is known. See `docs/LOCKS_SIMULATED.md`.
    #[arg(long, value_name = "CORES", value_parser = clap::value_parser!(u32).range(1..=1024))]
    simulate: Option<u32>,

    /// The seed of every sequence of reads and writes, and of the order of locks.
    #[arg(long, default_value_t = 42)]
    seed: u64,

    #[command(flatten)]
    output: OutputOptions,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let locks = chosen(&args.locks)?;
    let points = points(args);
    let pinning = match &args.pin[..] {
        [] => None,
        cpus => Some(Pinning::new(cpus).context("--pin")?),
    };
    let names: Vec<_> = locks.iter().map(|lock| lock.name().to_owned()).collect();
    let count = points.len();
    let plan = LockPlan::new(locks, points)
        .command(command_line(), BUILD)
        .seed(args.seed)
        .duration(args.duration.unwrap_or(if args.quick { QUICK } else { FULL }))
        .terms(Terms { margin: args.margin, confidence: Confidence::default(), reference: None })
        .pinning(pinning)
        .simulate(args.simulate);
    plan.check()?;
    output::measure_by(&args.output, None, |interrupted: &Arc<AtomicBool>, file: &mut RecordFile| {
        let observer = progress::observer_of(&names.join(", "), &format!("{count} points"), count);
        Ok(plan.run(interrupted, &mut file.observed_by(observer))?)
    })
}

/// The locks of these names in their order, or all there are.
fn chosen(names: &[String]) -> anyhow::Result<Vec<MeasuredLock>> {
    let all: Vec<_> = built_in().into_iter().chain(CustomSubject::locks()).collect();
    if names.is_empty() {
        return Ok(all);
    }
    let named = |(nth, name): (usize, &String)| {
        ensure!(!names[..nth].contains(name), "--lock {name} is given twice");
        let unknown = || Unknown::new("lock", name, all.iter().map(MeasuredLock::name));
        let found = all.iter().find(|lock| lock.name() == name);
        found.cloned().with_context(|| unknown().to_string())
    };
    names.iter().enumerate().map(named).collect()
}

/// The standard set, or the product of what was asked for.
fn points(args: &Args) -> Vec<LockPoint> {
    let cores = cores() as u32;
    let axes = LockAxes::contended(cores, args.quick);
    let asked = LockAxes {
        hold_ns: given(&args.hold, &axes.hold_ns),
        think_ns: given(&args.think, &axes.think_ns),
        tasks: given(&args.tasks, &axes.tasks),
        reads_percent: given(&args.reads, &axes.reads_percent),
        workers: given(&args.workers, &axes.workers),
    };
    let lists = [&args.tasks, &args.reads, &args.workers];
    if args.hold.is_empty() && args.think.is_empty() && lists.iter().all(|it| it.is_empty()) {
        standard_points(cores, args.quick)
    } else {
        asked.points()
    }
}

fn given<T: Clone>(asked: &[T], otherwise: &[T]) -> Vec<T> {
    if asked.is_empty() { otherwise } else { asked }.to_vec()
}

/// A time from none at all, in nanoseconds, for clap.
fn nanos(given: &str) -> Result<u64, String> {
    let wanted = "write 0, or a time with its unit, up to 10ms: 300ns, 10us";
    match given {
        "0" => Ok(0),
        _ => duration(given).map(|time| time.as_nanos() as u64).map_err(|_| wanted.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(given: &[&str]) -> Args {
        Args::try_parse_from(["locks"].iter().chain(given)).expect("they are right")
    }

    #[test]
    fn without_axes_the_standard_set_is_measured_and_with_one_the_product() {
        let cores = cores() as u32;
        assert_eq!(points(&args(&["--quick"])), standard_points(cores, true));
        let asked = points(&args(&["--hold", "0,300ns,1us", "--reads", "0,100", "--workers", "1,2"]));
        assert_eq!(asked.len(), 3 * 2 * 2);
        assert!(asked.iter().any(|it| (it.hold_ns, it.reads_percent, it.workers) == (300, 100, 2)));
        assert!(asked.iter().all(|it| it.think_ns == 0 && it.tasks > 1));
    }

    #[test]
    fn every_family_and_no_other_can_be_named() {
        assert_eq!(chosen(&[]).unwrap().len(), built_in().len());
        let named = chosen(&["std-mutex".to_owned(), "tokio-mutex".to_owned()]).unwrap();
        assert_eq!(named.iter().map(MeasuredLock::name).collect::<Vec<_>>(), ["std-mutex", "tokio-mutex"]);
        for (names, what) in [(["std-mutex", "std-mutex"], "given twice"), (["std", "tokio"], "std-mutex")] {
            let error = chosen(&names.map(str::to_owned)).err().expect("no such lock").to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
