//! Is this build of the bank slower than another one? The gate for a pull request, for programs of your own: the two builds
//! are measured in turns, so that a change which slows every guard alike is seen as well as any other.
//!
//! ```sh
//! git worktree add ../before main
//! cargo build --release -p lockyard-bench --example bank_gate --manifest-path ../before/Cargo.toml
//! cargo run --release -p lockyard-bench --example bank_gate -- \
//!     --against ../before/target/release/examples/bank_gate
//! ```
//!
//! Ends with 0 if no guard lost more than [`TOLERATED`], and with 3 if one did. All that the two builds must share is that each
//! prints the record of one short run when it is asked for `--one GUARD --seed N`.

#[path = "../tests/bank/mod.rs"]
#[expect(dead_code, reason = "the bank can be swept, too, which a gate does not need")]
mod bank;

use std::error::Error;
use std::ffi::OsStr;
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lockyard_bench::gate::{Regression, losses};
use lockyard_bench::report::{ratio, verdict};
use lockyard_bench::stats::Confidence;
use lockyard_bench::{
    AgainstPlan, NoObserver, Plan, Share, Subject, Turns, Workload, pair_of, run, run_against,
};

use bank::{Bank, guards};

/// What is lost at most without an alarm. Two builds of one source differ by where their functions lie, and by some per cent.
const TOLERATED: Share = Share::of_percent(5.0).unwrap();

/// So many processes of each build, for each guard, unless `--pairs` says otherwise.
const PAIRS: u32 = 10;

/// How long each process measures: what differs between processes differs by more than longer slices leave open.
const EACH: Duration = Duration::from_millis(300);

/// What a regression ends with, here as in `lockyard compare`.
const REGRESSION: u8 = 3;

/// Measures one guard for a moment, or all of them against another build.
pub fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--one", guard, "--seed", seed] => one(guard, seed.parse()?),
        ["--against", program] => against(program, PAIRS),
        ["--against", program, "--pairs", pairs] => against(program, pairs.parse()?),
        _ => Err("write --against PROGRAM, where PROGRAM is another build of this example".into()),
    }
}

/// Measures one guard for a moment, and prints the record.
fn one(guard: &str, seed: u64) -> Result<ExitCode, Box<dyn Error>> {
    let asked: Vec<_> = guards().into_iter().filter(|it| it.name() == guard).collect();
    let mut plan = Plan::new(asked, vec![Bank::default()]).duration(EACH).seed(seed);
    // Where the build that is held against this one takes turns, too, they go round by round.
    if let Some(turns) = Turns::asked() {
        plan = plan.turns(turns);
    }
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver)?;
    println!("{}", record.to_json());
    Ok(ExitCode::SUCCESS)
}

/// Measures all guards of both builds in turns, and judges.
fn against(program: &str, pairs: u32) -> Result<ExitCode, Box<dyn Error>> {
    let names = guards().iter().map(Subject::name).map(str::to_owned).collect();
    let plan = AgainstPlan::new(program, names, vec![Bank::default().name().to_owned()])
        .command(format!("bank_gate --against {program}"))
        .pairs(pairs);
    let (this, interrupted) = (std::env::current_exe()?, AtomicBool::new(false));
    let record = run_against(&plan, &interrupted, &mut NoObserver, |pair| {
        let command = |program: &OsStr| {
            let mut command = Command::new(program);
            command.args(["--one", &plan.subjects[pair.subject], "--seed", &pair.seed.to_string()]);
            command
        };
        let (mut this, mut other) = (command(this.as_os_str()), command(plan.program.as_ref()));
        pair_of(&mut this, &mut other, pair.other_first, &interrupted)
    })?;
    println!("{}", verdict(&record));
    let losses = losses(&record, TOLERATED, Confidence::default());
    for Regression { strategy, change, .. } in &losses {
        match change {
            Some(it) => eprintln!("regression: {strategy} is at {} of {program}", ratio(it.ratio, it.ci)),
            None => eprintln!("regression: {strategy} has no interval; measure more pairs"),
        }
    }
    Ok(if losses.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REGRESSION) })
}
