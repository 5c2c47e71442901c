//! `compare --against`: another build of this program and this one, each in processes of its own that take turns.
//!
//! A process is asked by the command line that any user would write, with the record on its stdout, and by an environment
//! variable to take turns. So an older build needs to know nothing of this, and neither does any other program that takes the
//! same options.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;

use crate::against::{AgainstPlan, pair_of, run_against};
use crate::environment::Build;
use crate::plan::Terms;
use crate::record::Record;
use crate::share::Share;
use crate::stats::Confidence;

use super::command_line;
use super::options::RunOptions;
use super::progress;
use super::record_file::RecordFile;

/// How long a process measures: several times what it takes to start, and short enough that there are processes enough.
const EACH: Duration = Duration::from_secs(1);

/// Fewer pairs have no interval worth the name.
const MIN_PAIRS: u32 = 5;

/// How long each program measures a strategy under a scenario by default.
const FULL: Duration = Duration::from_secs(10);
/// And with `--quick`.
const QUICK: Duration = Duration::from_secs(5);

/// What shall be measured in both programs, as it was asked for.
pub struct Against<'a> {
    /// The other program.
    pub program: &'a Path,
    /// What this one was built from.
    pub build: &'a Build,
    /// The names of the subjects.
    pub strategies: Vec<String>,
    /// Each workload as it was given, with the name that it has in records.
    pub scenarios: Vec<(String, String)>,
    /// Whether less time is asked for.
    pub quick: bool,
    /// Ratios within 1 ± this are no difference.
    pub margin: Share,
    /// As every run has them.
    pub options: &'a RunOptions,
    /// What else each process is asked, word by word.
    pub words: Vec<String>,
}

impl Against<'_> {
    /// Measures both in turns.
    ///
    /// # Errors
    /// A process that cannot be measured, or whose record is of something else.
    pub fn measure(&self, interrupted: &AtomicBool, file: &mut RecordFile) -> anyhow::Result<Record> {
        let this = std::env::current_exe().context("this program does not find itself")?;
        let (pairs, each) = self.pairs();
        let plan = self.plan(pairs);
        // A process writes its files somewhere, and they are not read.
        let scratch = ScratchFolder::new().context("a folder for what the processes write cannot be made")?;
        let observer = progress::observer_of(
            &[plan.subjects.join(", "), format!("against {}", plan.program)].join(" "),
            &plan.workloads.join(", "),
            plan.workloads.len(),
        );
        Ok(run_against(&plan, interrupted, &mut file.observed_by(observer), |asked| {
            let (strategy, (scenario, _)) =
                (&self.strategies[asked.subject], &self.scenarios[asked.workload]);
            let arguments = self.arguments(strategy, scenario, each, asked.seed);
            let command = |program: &Path, folder| {
                let mut command = Command::new(program);
                command.args(&arguments).arg("--out").arg(scratch.0.join(folder));
                command
            };
            let (mut this, mut other) = (command(&this, "this"), command(self.program, "other"));
            pair_of(&mut this, &mut other, asked.other_first, interrupted)
        })?)
    }

    /// How many pairs of processes there are, and how long each process measures.
    fn pairs(&self) -> (u32, Duration) {
        let duration = self.options.duration.unwrap_or(if self.quick { QUICK } else { FULL });
        let pairs = (duration.as_secs_f64() / EACH.as_secs_f64()).ceil() as u32;
        let pairs = pairs.max(MIN_PAIRS);
        (pairs, duration / pairs)
    }

    fn plan(&self, pairs: u32) -> AgainstPlan {
        let workloads = self.scenarios.iter().map(|(_, name)| name.clone()).collect();
        AgainstPlan::new(self.program.display().to_string(), self.strategies.clone(), workloads)
            .command(command_line())
            .build(self.build.clone())
            .pairs(pairs)
            .seed(self.options.seed)
            .terms(Terms { margin: self.margin, confidence: Confidence::default(), reference: None })
    }

    /// What a process is asked: one strategy under one scenario, so that its pair comes right after it. Only options that
    /// builds before this one have, too.
    fn arguments(&self, strategy: &str, scenario: &str, each: Duration, seed: u64) -> Vec<OsString> {
        // Up, for a time of nothing would be refused.
        let millis = format!("{}ms", each.as_millis().max(1));
        let seed = seed.to_string();
        let mut words = vec!["compare", "--strategy", strategy, "--scenario", scenario];
        words.extend(["--duration", &millis, "--seed", &seed, "--latency", self.options.latency.as_str()]);
        // Memory at 100,000 items, which takes seconds, is left out with `--quick`; and answers are judged by a run that
        // asks for that, not in each of many processes.
        words.extend(["--quick", "--no-verify", "--format", "json"]);
        words.extend(self.words.iter().map(String::as_str));
        words.into_iter().map(OsString::from).collect()
    }
}

/// A folder of this process, gone when it is dropped.
struct ScratchFolder(PathBuf);

impl ScratchFolder {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("lockyard-against-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What is left in a folder for temporary files does no harm.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Options {
        #[command(flatten)]
        run: RunOptions,
    }

    fn with<T>(given: &[&str], quick: bool, look: impl Fn(&Against<'_>) -> T) -> T {
        let options = Options::parse_from([&["run"], given].concat()).run;
        look(&Against {
            program: Path::new("./before"),
            build: &Build::default(),
            strategies: vec!["rwlock".to_owned()],
            scenarios: vec![("mine.toml".to_owned(), "mine".to_owned())],
            quick,
            margin: Share::NONE,
            options: &options,
            words: ["--set", "tasks=4", "--set", "zipf=0"].map(str::to_owned).to_vec(),
        })
    }

    #[test]
    fn the_time_of_a_strategy_is_made_of_seconds() {
        let pairs = |given: &[&str], quick| {
            with(given, quick, |against| {
                let (pairs, each) = against.pairs();
                (pairs, each.as_millis())
            })
        };
        assert_eq!(pairs(&[], false), (10, 1_000));
        assert_eq!(pairs(&[], true), (5, 1_000));
        assert_eq!(pairs(&["--duration", "90s"], true), (90, 1_000));
        assert_eq!(pairs(&["--duration", "1s"], false), (5, 200));
    }

    #[test]
    fn a_process_is_asked_what_this_one_was() {
        let words = with(&["--latency", "full"], false, |against| {
            against.arguments("rwlock", "mine.toml", EACH, 43).join(std::ffi::OsStr::new(" "))
        });
        assert_eq!(
            words,
            "compare --strategy rwlock --scenario mine.toml --duration 1000ms --seed 43 --latency full --quick --no-verify \
             --format json --set tasks=4 --set zipf=0"
        );
    }

    #[test]
    fn names_are_those_of_records_and_not_of_files() {
        let plan = with(&["--seed", "7"], false, |against| against.plan(10));
        assert_eq!((plan.subjects, plan.workloads), (vec!["rwlock".to_owned()], vec!["mine".to_owned()]));
        assert_eq!((plan.program.as_str(), plan.seed), ("./before", 7));
    }
}
