//! Which orders are drawn, as text that can be printed and repeated: `random:17`, `pct3:17`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// How the next task is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Evenly.
    Random,
    /// By priorities, with so many changes less one.
    Pct(usize),
}

/// Orders that one seed decides: one at random, or some by PCT, which has to learn how long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedules {
    /// How they are drawn.
    pub way: Way,
    /// The seed.
    pub seed: u64,
}

/// How many runs of one seed PCT makes.
const PCT_RUNS: usize = 20;

impl Schedules {
    /// How many they are.
    pub fn runs(self) -> usize {
        match self.way {
            Way::Random => 1,
            Way::Pct(_) => PCT_RUNS,
        }
    }

    /// Runs `program` in each; what it fails with.
    ///
    /// # Errors
    /// What the first run that fails says.
    pub fn run(self, program: &Arc<dyn Fn() + Send + Sync>) -> Result<(), String> {
        match self.way {
            Way::Random => run(RandomScheduler::new_from_seed(self.seed, 1), program),
            Way::Pct(depth) => run(PctScheduler::new_from_seed(self.seed, depth, PCT_RUNS), program),
        }
    }
}

fn run(scheduler: impl Scheduler + 'static, program: &Arc<dyn Fn() + Send + Sync>) -> Result<(), String> {
    let mut config = Config::new();
    // A seed says as much as a schedule, and fits into a line.
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    config.stack_size = 0x4_0000;
    let program = program.clone();
    let runner = Runner::new(scheduler, config);
    let outcome = catch_unwind(AssertUnwindSafe(|| runner.run(move || program())));
    outcome.map(|_| ()).map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        said.unwrap_or_else(|| "a panic without words".to_owned())
    })
}

impl fmt::Display for Schedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way {
            Way::Random => write!(f, "random:{}", self.seed),
            Way::Pct(depth) => write!(f, "pct{depth}:{}", self.seed),
        }
    }
}

impl FromStr for Schedules {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} names no schedules; such as random:17 or pct3:17 do");
        let (way, seed) = text.split_once(':').ok_or_else(wrong)?;
        let way = match way.strip_prefix("pct") {
            _ if way == "random" => Way::Random,
            Some(depth) => Way::Pct(depth.parse().ok().filter(|depth| *depth > 0).ok_or_else(wrong)?),
            None => return Err(wrong()),
        };
        Ok(Self { way, seed: seed.parse().map_err(|_| wrong())? })
    }
}
