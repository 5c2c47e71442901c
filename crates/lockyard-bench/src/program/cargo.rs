//! What `cargo bench`, `cargo test --benches` and test runners ask of a program that is a `[[bench]]` without a harness.
//!
//! `cargo bench` gives `--bench`, and whatever stands behind `--`. `cargo test --benches` gives nothing but what stands there: it
//! wants to know whether the bench works, in a moment. Runners ask for a `--list` first, and then for one name `--exact`.

use std::ffi::OsString;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;

use crate::plan::Plan;
use crate::progress::NoObserver;
use crate::record::{Cell, Record};
use crate::run::run as measure;
use crate::subject::Subject;
use crate::workload::Workload;

use super::compare::{self, CompareArgs};
use super::declared::Declared;
use super::exit::{self, Exit};
use super::output;
use super::stdout::{width, write_out};

/// For how long each system is asked where it is only to be seen whether it works.
const MOMENT: Duration = Duration::from_millis(200);
/// The longest slice of that.
const MOMENT_SLICE: Duration = Duration::from_millis(10);

/// What cargo and test runners may give, and what `compare` takes.
#[derive(Parser)]
#[command(max_term_width = 100, after_help = exit::HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct CargoArgs {
    /// Names of systems, or parts of them.
    filters: Vec<String>,

    /// Names are whole names.
    #[arg(long)]
    exact: bool,

    /// List the systems.
    #[arg(long)]
    list: bool,

    /// Only see whether it works.
    #[arg(long)]
    test: bool,

    /// Only what is ignored, and nothing is.
    #[arg(long)]
    ignored: bool,

    #[arg(long, hide = true)]
    include_ignored: bool,

    #[arg(long, hide = true)]
    nocapture: bool,

    #[arg(long, hide = true)]
    no_capture: bool,

    #[arg(long, hide = true)]
    show_output: bool,

    #[arg(short, long = "quiet", hide = true)]
    quiet: bool,

    #[arg(long, hide = true)]
    test_threads: Option<String>,

    #[arg(long, hide = true)]
    color: Option<String>,

    /// Parts of names that are left out.
    #[arg(long)]
    skip: Vec<String>,

    #[command(flatten)]
    compare: CompareArgs,
}

/// Without the `--format` of test harnesses, which is none of ours.
pub(super) fn without_test_format(arguments: Vec<OsString>) -> Vec<OsString> {
    const FORMATS: [&str; 2] = ["terse", "pretty"];
    let mut kept: Vec<OsString> = Vec::new();
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        if FORMATS.contains(&text) && kept.last().is_some_and(|last| last == "--format") {
            kept.pop();
        } else if !text.strip_prefix("--format=").is_some_and(|format| FORMATS.contains(&format)) {
            kept.push(argument);
        }
    }
    kept
}

/// Does what was asked: compares where it is a benchmark, and else sees whether all is right.
pub(super) fn run<W: Workload + Clone>(
    declared: &Declared<W>,
    args: CargoArgs,
    is_bench: bool,
) -> anyhow::Result<Exit> {
    let chosen = chosen(declared, &args)?;
    if args.list {
        let kind = if is_bench { "benchmark" } else { "test" };
        let listed = chosen.iter().filter(|_| !args.ignored);
        let lines: Vec<_> = listed.map(|it| format!("{}: {kind}", it.name())).collect();
        if !lines.is_empty() {
            write_out(&lines.join("\n"))?;
        }
        return Ok(Exit::Fine);
    }
    if args.ignored || chosen.is_empty() {
        eprintln!("No system is asked for; there are {}.", names(&declared.systems).join(", "));
        return Ok(Exit::Fine);
    }
    if is_bench && !args.test {
        let mut compare = args.compare;
        compare.systems = names(&chosen);
        return compare::run(declared, &compare);
    }
    test(declared, chosen, &args.compare)
}

fn names<W: Workload>(systems: &[Subject<W>]) -> Vec<String> {
    systems.iter().map(|it| it.name().to_owned()).collect()
}

/// The systems that are named by options, or by the filters.
fn chosen<W: Workload + Clone>(declared: &Declared<W>, args: &CargoArgs) -> anyhow::Result<Vec<Subject<W>>> {
    let is_asked = |name: &str| {
        let fits = |filter: &String| if args.exact { name == filter } else { name.contains(filter.as_str()) };
        (args.filters.is_empty() || args.filters.iter().any(fits))
            && !args.skip.iter().any(|part| name.contains(part.as_str()))
    };
    let systems = declared.systems(&args.compare.systems)?;
    Ok(systems.into_iter().filter(|it| is_asked(it.name())).collect())
}

/// Asks each system for a moment, and says of each whether it is right.
fn test<W: Workload + Clone>(
    declared: &Declared<W>,
    systems: Vec<Subject<W>>,
    args: &CompareArgs,
) -> anyhow::Result<Exit> {
    let interrupted = output::interrupt("ending this slice")?;
    let plan = plan(declared, systems, args)?;
    let record = measure(&plan, &interrupted, &mut NoObserver)?;
    let lines: Vec<_> = record.cells.iter().map(line).collect();
    write_out(&lines.join("\n"))?;
    let exit = exit::of_record(&record);
    if exit == Exit::VerificationFailed {
        write_out(&format!("\n{}", failures(&record)))?;
    }
    if !interrupted.load(Ordering::Relaxed) {
        eprintln!(
            "\nThis was a check and no measurement: `cargo bench`, or the verb `compare`. All verbs: --help."
        );
    }
    Ok(exit)
}

fn plan<W: Workload + Clone>(
    declared: &Declared<W>,
    systems: Vec<Subject<W>>,
    args: &CompareArgs,
) -> anyhow::Result<Plan<W>> {
    let plan = declared.plan(systems, args.workloads(declared)?, args.margin(), args.options())?;
    Ok(plan.duration(MOMENT).longest_slice(MOMENT_SLICE).harness(false))
}

/// What is to be said of a system under a workload, as a test runner says it.
fn line(cell: &Cell) -> String {
    let name = format!("test {} under {}", cell.strategy, cell.scenario);
    let errors = cell.findings.iter().filter(|it| it.is_error()).count();
    if errors > 0 {
        return format!("{name} ... FAILED");
    }
    let verification = cell.verification.as_ref();
    let judged = match verification.map(|it| (it.operations_checked, it.linearizable)) {
        Some((Some(operations), Some(true))) => format!(", {operations} judged"),
        Some((Some(_), None)) => ", not decided".to_owned(),
        _ => ", not judged".to_owned(),
    };
    format!("{name} ... ok ({} operations{judged})", cell.operations)
}

/// What is wrong, with its evidence.
fn failures(record: &Record) -> String {
    let mut said = Vec::new();
    for cell in &record.cells {
        let of = format!("{} under {}", cell.strategy, cell.scenario);
        let errors = cell.findings.iter().filter(|it| it.is_error());
        said.extend(errors.map(|it| format!("{of}: {}: {}", it.name(), it.message)));
        said.extend(cell.violations.first().map(|it| it.drawing().to_text(width())));
    }
    said.join("\n")
}
