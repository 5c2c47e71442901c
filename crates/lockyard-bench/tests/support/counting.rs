//! A counter that is asked to count, and may be made to fail: a workload and a subject for tests of what a run does then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockyard_bench::{
    Fault, Latency, Meter, Operation, Outcome, Plan, Random, Subject, System, Workload, WorkloadShape,
};

/// What is asked of a counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Counting(pub &'static str);

impl Workload for Counting {
    type Step = ();

    const OPERATIONS: &'static [Operation] = &[Operation::write("count")];

    fn name(&self) -> &str {
        self.0
    }

    fn about(&self) -> String {
        format!("Two tasks that count, as {}.", self.0)
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape::closed(2, 2)
    }

    fn set(&mut self, setting: &str, _: &str) -> Result<(), String> {
        Err(format!("no setting {setting}"))
    }

    fn steps(&self, _: usize, _: &mut Random) -> Vec<()> {
        vec![()]
    }

    fn operation((): &()) -> usize {
        0
    }
}

/// What is done before the counter counts to this number.
pub type Before = Arc<dyn Fn(u64) + Send + Sync>;

/// A counter.
pub struct Counter {
    pub count: AtomicU64,
    pub before: Before,
}

impl Counter {
    /// Counts on; to which number it has come.
    pub fn count(&self) -> u64 {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        (self.before)(number);
        number
    }
}

impl System<Counting> for Counter {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), (): &(), meter: &mut Meter) {
        let start = meter.begin(0);
        self.count();
        meter.end(start, Outcome::Done);
    }
}

/// A counter that does this before it counts.
pub fn counter(before: impl Fn(u64) + Send + Sync + 'static) -> Counter {
    Counter { count: AtomicU64::new(0), before: Arc::new(before) }
}

/// A plan that is done in a moment.
pub fn plan(subjects: Vec<Subject<Counting>>, workloads: &[&'static str]) -> Plan<Counting> {
    Plan::new(subjects, workloads.iter().map(|name| Counting(name)).collect())
        .duration(Duration::from_millis(60))
        .longest_slice(Duration::from_millis(2))
        .latency(Latency::Full)
}
