//! A pause of the system is in the latencies of an open loop: whatever should have been asked meanwhile has waited for it
//! ("coordinated omission", G. Tene).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use lockyard_bench::record::Arrival as Recorded;
use lockyard_bench::{
    Arrival, Fault, Latency, Meter, NoObserver, Operation, Outcome, Plan, Random, Setup, Subject, System,
    Workload, WorkloadShape, run,
};

/// One task that asks a thousand times a second.
#[derive(PartialEq)]
struct Steady;

impl Workload for Steady {
    type Step = ();

    const OPERATIONS: &'static [Operation] = &[Operation::read("ask")];

    fn name(&self) -> &'static str {
        "steady"
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape {
            arrival: Arrival::Open { per_second: 1_000.0 },
            is_slow: true,
            ..WorkloadShape::closed(1, 1)
        }
    }

    fn set(&mut self, setting: &str, _: &str) -> Result<(), String> {
        Err(format!("there is no setting {setting}"))
    }

    fn steps(&self, _: usize, _: &mut Random) -> Vec<()> {
        vec![()]
    }

    fn operation((): &()) -> usize {
        0
    }
}

const PAUSE: Duration = Duration::from_millis(50);

/// As many questions as fall into a slice.
const BETWEEN_PAUSES: u64 = 200;

/// Answers at once, but for one answer in two hundred, before which nothing gets on: as in a pause of the whole process.
#[derive(Default)]
struct Pausing(AtomicU64);

impl System<Steady> for Pausing {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), (): &(), meter: &mut Meter) {
        let start = meter.begin(0);
        if self.0.fetch_add(1, Ordering::Relaxed) % BETWEEN_PAUSES == BETWEEN_PAUSES / 4 {
            std::thread::sleep(PAUSE); // the pause itself, and the only worker's
        }
        meter.end(start, Outcome::Done);
    }
}

/// Of two hundred questions fifty fall into the pause, and half of these wait for more than half of it: twelve in a hundred,
/// of which one would do. By the answers alone one in two hundred was slow. Whatever else the machine does can only add to it.
#[test]
fn the_p99_of_an_open_loop_has_the_pause_that_its_questions_waited_for() {
    let pausing = Subject::new("pausing", |_: &Setup<'_, Steady>| Ok(Pausing::default())).into();
    let plan = Plan::new(vec![pausing], vec![Steady])
        .duration(Duration::from_secs(1))
        .longest_slice(Duration::from_millis(BETWEEN_PAUSES))
        .latency(Latency::Full);
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver).expect("it runs");
    let [cell] = &record.cells[..] else { panic!("one subject") };
    assert_eq!(cell.arrival, Recorded::Open);
    let ask = cell.latency_ns["ask"];
    assert!(ask.p99.unwrap() >= PAUSE.as_nanos() as u64 / 2, "{ask:?}");
}
