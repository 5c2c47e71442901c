//! `lockyard compare`, and the main job, which is a comparison of everything.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{ArgGroup, Parser};

use lockyard_bench::gate::RunSettings;
use lockyard_bench::program::against::Against;
use lockyard_bench::program::exit::Exit;
use lockyard_bench::program::gate;
use lockyard_bench::program::output;
use lockyard_bench::program::process_number::ProcessNumber;
use lockyard_bench::program::processes;
use lockyard_bench::program::program_name;
use lockyard_bench::program::progress;
use lockyard_bench::program::record_file::RecordFile;
use lockyard_bench::record::{Record, VerificationReport};
use lockyard_bench::{NoObserver, Plan, Share};

use crate::strategy::{Factorial, MAIN_WAYS, Strategy, presets};
use crate::subjects::Server;
use crate::workload::Scenario;

use super::build::BUILD;
use super::options::{self, ScenarioOptions};
use super::plan;
use super::remote::{self, GroupUrl, ServerOptions};
use super::sweep;
use super::verify;

/// How long a cell is measured.
const FULL: Duration = Duration::from_secs(4);
/// And in the main job, so that its first scenario, with every preset, is done within a minute and a half.
const MAIN_JOB: &str = "2s";
/// And with `--quick`.
const QUICK: Duration = Duration::from_secs(2);
/// The longest slice: five of them are measured in any case.
const FULL_SLICE: Duration = Duration::from_secs(5);
/// And with `--quick`.
const QUICK_SLICE: Duration = Duration::from_millis(700);

/// How long each strategy is tracked under each scenario, with `--verify`: long enough for some thousand acquisitions of each lock.
const TRACKED: Duration = Duration::from_millis(300);

/// Measure strategies under scenarios, in rounds that alternate between them.
///
/// The first strategy is the baseline; a ratio is candidate ÷ baseline. Writes a record, a page and a summary, and
/// prints which strategy to use, whether it is right and what it costs; with --all every table.
#[derive(Parser)]
#[command(group = ArgGroup::new("held").args(["baseline", "against"]))]
pub(super) struct Args {
    /// A strategy: a preset's name (see `lockyard list strategies`), or
    /// session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY].
    /// May be given again; the first is the baseline. All presets by default; `after` alone with --against; none beside
    /// --ablate or --url.
    #[arg(long = "strategy", value_name = "STRATEGY", value_parser = options::strategy(), hide_possible_values = true)]
    strategies: Vec<Strategy>,

    /// A server to measure over HTTP, with a name for reports: `after=http://127.0.0.1:8080`; or several that keep the same
    /// sessions, as one: `lease=http://a:8080,http://b:8080`. May be given again; then the subjects are servers, and not
    /// strategies in this process.
    ///
    /// See `load --url`. Each keeps its cores while another is measured, so let all be idle except for this.
    #[arg(long, value_name = "NAME=URL[,URL…]", value_parser = named_group, conflicts_with_all = SERVERS_HAVE_NO)]
    url: Vec<(String, Vec<String>)>,

    #[command(flatten)]
    servers: ServerOptions,

    /// A scenario: a name (see `lockyard list scenarios`), or a TOML file. May be given again. By default polling,
    /// hot-context and one-worker.
    #[arg(long = "scenario", value_name = "SCENARIO", value_parser = options::scenario_name(), hide_possible_values = true)]
    scenarios: Vec<String>,

    /// Ablation: the effect of each change from one strategy to another, `before..after`.
    ///
    /// Measures every combination of the factors in which the two differ, as subjects of this run, and reports main effects
    /// and interactions. Combinations that are no presets are listed apart and not ranked. Without --strategy it measures
    /// nothing else. May be given again: a way that begins where the one before it ends continues that one.
    #[arg(long = "ablate", value_name = "FROM..TO", value_parser = factorial)]
    ablations: Vec<Factorial>,

    /// Measure all strategies again at these values of a setting: `tasks=1,2,4,8`. `default` takes the sweeps that the
    /// scenarios themselves declare.
    ///
    /// Settings are workers, tasks, readers, writers and `save_ms`; all else stays as the scenario has it. Each point is
    /// measured a quarter as long as a cell. Along workers, tasks and readers the Universal Scalability Law is fitted. May
    /// be given again, one sweep each.
    #[arg(long = "sweep", value_name = "SETTING=VALUES", value_parser = sweep::asked)]
    sweeps: Vec<sweep::SweepRequest>,

    /// Measure each cell for 2 s instead of 4 s, with shorter slices, and scenarios' own sweeps at fewer points:
    /// everything is there, less tightly.
    #[arg(long)]
    quick: bool,

    /// First try the smaller models over each strategy and every pitfall, as `verify --quick` does, and once all is measured, track
    /// the locks of each for 0.3 s under each scenario: the page then shows speed and correctness in one row.
    #[arg(long, conflicts_with = "url")]
    verify: bool,

    /// The equivalence margin: ratios within 1 ± this many per cent are called no difference.
    #[arg(long, value_name = "PERCENT", default_value = "0.5")]
    margin: Share,

    /// Measure in this many processes, one after the other, each for its share of the time.
    ///
    /// Where code lies in memory makes strategies faster or slower and is fixed for a whole process, so a single one cannot
    /// estimate it. With several, each with requests of its own, intervals include that variance and are wider.
    /// Five or more are worth their time: with N there are N - 1 degrees of freedom. The page says how many there were.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100),
          conflicts_with = "track")]
    processes: u32,

    /// Measure this one of several processes and print what the process that asks for it wants to know.
    #[arg(long, hide = true, value_name = "NTH/OF")]
    part: Option<ProcessNumber>,

    /// Measure another build of this program, alternating with this one: is this build no slower?
    ///
    /// A process of each is set up, by the public options of `compare`; then they take turns, a few milliseconds each, for a
    /// second. So it may be any older build, and any program that takes these options and prints such a record; one that
    /// does not take turns is measured as a whole, less tightly. Each strategy is listed twice, that of the other build as
    /// `after@other` and as the baseline. There are as many pairs of processes as --duration has seconds, 10 by default and 5
    /// with --quick, at least 5; to start and to end takes about a second for each, which is not measured. Without
    /// --strategy it is `after` alone. Answers are not checked. Losses beyond
    /// --gate end with exit code 3, a program that cannot be measured with 2, other numbers under a scenario's name with 5.
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = AGAINST_HAS_NO)]
    against: Option<PathBuf>,

    #[command(flatten)]
    gate: gate::GateOptions,

    #[command(flatten)]
    run: ScenarioOptions,
}

/// What is not asked of another build.
const AGAINST_HAS_NO: [&str; 7] = ["url", "ablations", "sweeps", "processes", "part", "verify", "track"];

/// The strategy that is measured against another build by default.
const AGAINST: &str = "after";

/// What is asked of strategies in this process alone.
const SERVERS_HAVE_NO: [&str; 5] = ["strategies", "ablations", "processes", "track", "cancel"];

/// Servers under a name, for clap.
fn named_group(given: &str) -> Result<(String, Vec<String>), String> {
    let GroupUrl { name, urls } = given.parse()?;
    Ok((name.ok_or("write NAME=URL, such as after=http://127.0.0.1:8080")?, urls))
}

/// A way between strategies, for clap.
fn factorial(given: &str) -> Result<Factorial, String> {
    Factorial::parse(given).map_err(|error| error.to_string())
}

/// The main job: `lockyard` without a verb.
///
/// Every preset, and the way from the first to the last in steps, each with all its combinations.
pub(super) fn main_job() -> anyhow::Result<Exit> {
    let args = Args {
        strategies: all_presets()?,
        ablations: MAIN_WAYS.into_iter().map(Factorial::parse).collect::<Result<_, _>>()?,
        verify: true,
        ..Args::parse_from(["compare", "--duration", MAIN_JOB])
    };
    run(&args)
}

fn all_presets() -> anyhow::Result<Vec<Strategy>> {
    Ok(presets().map(|preset| Strategy::parse(preset.name)).collect::<Result<_, _>>()?)
}

/// Splits what an ablation adds to the strategies given: what is ranked beside them, and what is measured for the ablation alone.
/// Ranked are presets, and the ends of a way unless another way goes on from there.
fn on_the_ways(given: &[Strategy], ways: &[Factorial]) -> (Vec<Strategy>, Vec<Strategy>) {
    let (mut ranked, mut combinations) = (given.to_vec(), Vec::new());
    for strategy in ways.iter().flat_map(Factorial::strategies) {
        let is_known = |known: &[Strategy]| known.iter().any(|it| it.factors() == strategy.factors());
        if is_known(&ranked) || is_known(&combinations) {
            continue;
        }
        let is_preset = presets().any(|preset| preset.factors == strategy.factors());
        let begins = ways.iter().any(|way| way.from().factors() == strategy.factors());
        let ends = ways.iter().any(|way| way.to().factors() == strategy.factors());
        let list = if is_preset || begins != ends { &mut ranked } else { &mut combinations };
        list.push(strategy.clone());
    }
    (ranked, combinations)
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let gate = args.gate.load()?;
    let mut strategies = args.strategies.clone();
    if strategies.is_empty() && args.against.is_some() {
        strategies.push(Strategy::parse(AGAINST)?);
    }
    if strategies.is_empty() && args.ablations.is_empty() && args.url.is_empty() {
        strategies = all_presets()?;
    }
    let names =
        || strategies.iter().map(Strategy::name).chain(args.url.iter().map(|(name, _)| name.as_str()));
    for (nth, name) in names().enumerate() {
        anyhow::ensure!(
            names().take(nth).all(|earlier| earlier != name),
            "{name} is given twice; each is measured once"
        );
    }
    let (strategies, combinations) = on_the_ways(&strategies, &args.ablations);
    let mut names: Vec<&str> = args.scenarios.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = vec!["polling", "hot-context", "one-worker"];
    }
    let scenarios: Vec<_> = names
        .iter()
        .map(|name| anyhow::Ok((*name, options::scenario(name, &args.run.overrides)?)))
        .collect::<Result<_, _>>()?;
    for (nth, (_, scenario)) in scenarios.iter().enumerate() {
        let is_new = scenarios[..nth].iter().all(|(_, earlier)| earlier.name != scenario.name);
        anyhow::ensure!(is_new, "the scenario {} is given twice; each is measured once", scenario.name);
    }
    let mut output = args.run.run.output.clone();
    if args.url.is_empty() && !args.verify {
        let verify = format!("{} verify --quick", program_name());
        output = output.followed_by(verify, "the models, and every seeded bug");
    }
    if let Some(program) = &args.against {
        let words = args.run.overrides.iter().flat_map(|field| ["--set".to_owned(), field.clone()]);
        let cancel = args.run.cancel.iter().flat_map(|it| ["--cancel".to_owned(), it.percent().to_string()]);
        let against = Against {
            program,
            build: &BUILD,
            strategies: strategies.iter().map(|it| it.name().to_owned()).collect(),
            scenarios: scenarios.iter().map(|(given, it)| ((*given).to_owned(), it.name.clone())).collect(),
            quick: args.quick,
            margin: args.margin,
            options: &args.run.run,
            words: words.chain(cancel).collect(),
        };
        return output::measure_by(&output, Some(&args.gate.against()), |interrupted, file| {
            against.measure(interrupted, file)
        });
    }
    let sweeps = sweep::sweeps(&args.sweeps, &scenarios, &args.run.overrides, args.quick)?;
    let duration = args.run.run.duration.unwrap_or(if args.quick { QUICK } else { FULL });
    let server = |(name, urls): &(String, Vec<String>)| args.servers.server(name, urls);
    let servers = args.url.iter().map(server).collect::<anyhow::Result<Vec<_>>>()?;
    args.servers.check(!servers.is_empty())?;
    remote::check_route(&args.servers, &servers)?;
    let subjects = if servers.is_empty() {
        plan::strategies(&strategies, &combinations, &args.run)?
    } else {
        plan::servers(servers.iter().map(Server::subject).collect())
    };
    let scenarios: Vec<_> = scenarios.into_iter().map(|(_, scenario)| scenario).collect();
    let tracked = tracked_plan(args, &strategies, &scenarios)?;
    let measured = [&strategies[..], &combinations].concat();
    let plan = plan::plan(subjects, scenarios, args.margin, &args.run)
        .ablations(args.ablations.iter().map(|way| plan::ablated(way, &measured)).collect())
        .sweeps(sweeps)
        .duration(duration)
        .longest_slice(if args.quick { QUICK_SLICE } else { FULL_SLICE })
        // Half of what would make a difference, so that no difference can be concluded.
        .precision(args.margin.half())
        .many_items(!args.quick);
    // A part of a run is asked for by a process that has looked already.
    let planned = gate.as_ref().filter(|_| args.part.is_none());
    if planned.is_some_and(|gate| !gate.admits(&RunSettings::of_plan(&plan, args.processes))) {
        return Ok(Exit::NotComparable);
    }
    if !servers.is_empty() {
        remote::announce(&servers, plan.workloads());
    }
    match args.part {
        Some(nth) => processes::answer(plan, nth),
        None => output::measure_by(&output, gate.as_ref(), |interrupted, file| {
            measure(args, &plan, &strategies, tracked.as_ref(), interrupted, file)
        }),
    }
}

/// Measures the plan, and finds besides what `--verify` asks for.
fn measure(
    args: &Args,
    plan: &Plan<Scenario>,
    strategies: &[Strategy],
    tracked: Option<&Plan<Scenario>>,
    interrupted: &Arc<AtomicBool>,
    file: &mut RecordFile,
) -> anyhow::Result<Record> {
    // First: it takes seconds, and nobody should wait minutes to hear that a lock is wrong.
    let found = args.verify.then(|| verify::quickly(strategies, interrupted)).transpose();
    let verified = found.map(|found| {
        if let Some(VerificationReport { models, pitfalls, .. }) = found {
            file.completed_by(move |record| {
                (record.models, record.pitfalls) = (Some(models.clone()), Some(pitfalls.clone()));
            });
        }
    });
    let mut record = match args.processes {
        1 => lockyard_bench::run(plan, interrupted, &mut file.observed_by(progress::observer(plan)))?,
        several => processes::measure(plan, several, interrupted, file)?,
    };
    if args.verify && !interrupted.load(Ordering::Relaxed) {
        // On disk with its memory, before anything else can go wrong.
        file.keep(&Record { finished: false, ..record.clone() });
        add_tracked(tracked, &mut record, interrupted)?;
    }
    verified?;
    file.complete(&mut record);
    Ok(record)
}

/// Adds what is seen of the locks in a moment of their own, where that was planned.
fn add_tracked(
    plan: Option<&Plan<Scenario>>,
    record: &mut Record,
    interrupted: &AtomicBool,
) -> anyhow::Result<()> {
    if let Some(plan) = plan {
        eprintln!("Tracking locks, {} ms each", TRACKED.as_millis());
        record.add_tracked(lockyard_bench::run(plan, interrupted, &mut NoObserver)?);
    }
    Ok(())
}

/// The same strategies under the same scenarios, with tracked locks and for a moment: it measures no speed. None where that was not
/// asked for, or all is tracked anyway.
fn tracked_plan(
    args: &Args,
    strategies: &[Strategy],
    scenarios: &[Scenario],
) -> anyhow::Result<Option<Plan<Scenario>>> {
    if !args.verify || args.run.run.track {
        return Ok(None);
    }
    let subjects = plan::strategies(strategies, &[], &args.run)?;
    let plan = plan::plan(subjects, scenarios.to_vec(), args.margin, &args.run)
        .harness(false)
        .verify(false)
        .track(true)
        .duration(TRACKED)
        .longest_slice(TRACKED / 5)
        .many_items(false);
    Ok(Some(plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(given: &[&str]) -> Vec<Factorial> {
        given.iter().map(|way| Factorial::parse(way).expect("it is built")).collect()
    }

    fn names(strategies: &[Strategy]) -> Vec<&str> {
        strategies.iter().map(Strategy::name).collect()
    }

    #[test]
    fn the_ways_of_the_main_job_lead_from_before_to_best_and_add_nine_combinations() {
        let ways = ways(&MAIN_WAYS);
        let joins = ways.windows(2).all(|pair| pair[0].to().factors() == pair[1].from().factors());
        assert!(joins, "each begins where the one before ends");
        assert_eq!((ways[0].from().name(), ways[3].to().name()), ("before", "best"));
        let presets = all_presets().expect("they are built");
        let (ranked, combinations) = on_the_ways(&presets, &ways);
        assert_eq!((ranked, combinations.len()), (presets, 9));
    }

    #[test]
    fn presets_and_the_ends_of_a_way_are_ranked_and_what_lies_between_is_not() {
        let (ranked, combinations) = on_the_ways(&[], &ways(&["before..after"]));
        assert_eq!((names(&ranked), combinations.len()), (vec!["before", "naive", "after"], 5));
        let clock = "session=tokio-rwlock,cache=clock,dto=borrowed,save=after-unlock";
        let to_clock = format!("after..{clock}");
        let (ranked, combinations) = on_the_ways(&[], &ways(&[&to_clock]));
        assert_eq!((names(&ranked), combinations.len()), (vec!["after", clock], 0));
        let beyond =
            format!("{clock}..session=parking-lot-rwlock,cache=clock,dto=borrowed,save=after-unlock");
        let (ranked, combinations) = on_the_ways(&[], &ways(&[&to_clock, &beyond]));
        assert_eq!((ranked.len(), names(&combinations)), (2, vec![clock]), "the way goes on from there");
    }
}
