//! Programs over systems of one's own that have something wrong with them, by name, and one that has everything.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use lockyard_bench::program::Program;
use lockyard_bench::{
    Broken, CallError, Fault, Meter, Operation, Outcome, Random, Service, Setup, Subject, System, Workload,
    WorkloadShape, serve,
};
use lockyard_history::ReferenceModel;
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex};
use lockyard_track::Tracked;

/// Adds, and looks.
#[derive(Clone, PartialEq)]
struct Counting {
    name: &'static str,
    tasks: u32,
    steps: usize,
}

const FIRST: Counting = Counting { name: "first", tasks: 2, steps: 8 };

impl Workload for Counting {
    type Step = u64;
    const OPERATIONS: &'static [Operation] = &[Operation::read("look"), Operation::write("add")];

    fn name(&self) -> &str {
        self.name
    }

    fn shape(&self) -> WorkloadShape {
        WorkloadShape { slice: Duration::from_millis(2), ..WorkloadShape::closed(2, self.tasks) }
    }

    fn steps(&self, _: usize, _: &mut Random) -> Vec<u64> {
        match self.name {
            "strange" => vec![1, 2],
            "panicking" => panic!("planted"),
            _ => (0..self.steps as u64).map(|step| step % 2).collect(),
        }
    }

    fn operation(step: &u64) -> usize {
        *step as usize
    }
}

type Answer = Result<u64, CallError>;

async fn add(sum: &AtomicU64, more: &u64) -> Answer {
    Ok(sum.fetch_add(*more, SeqCst) + more)
}

fn right(_: &Setup<'_, Counting>) -> impl Service<Counting, Answer = u64> + use<> {
    serve(AtomicU64::new(0), add)
}

fn spec(_: &Counting) -> ReferenceModel<u64, u64, u64> {
    ReferenceModel::new(0, |sum: &mut u64, more: &u64| {
        *sum += more;
        *sum
    })
    .reads(|more| *more == 0)
}

/// After so long nothing moving is stuck, in programs of which something is.
const BRIEF: Duration = Duration::from_secs(1);

fn counting(workload: Counting) -> Program<Counting> {
    Program::new(workload)
}

fn judged() -> Program<Counting, lockyard_bench::program::Judged<Counting, ReferenceModel<u64, u64, u64>>> {
    counting(FIRST).spec(spec).system("right", right)
}

/// A system that breaks at its hundredth call.
fn breaks(
    at_the_hundredth: impl Fn() -> Answer + Copy + Send + Sync + 'static,
) -> impl Fn(&Setup<'_, Counting>) -> Breaking {
    move |_| Breaking { calls: AtomicU64::new(0), sum: AtomicU64::new(0), breaks: Box::new(at_the_hundredth) }
}

struct Breaking {
    calls: AtomicU64,
    sum: AtomicU64,
    breaks: Box<dyn Fn() -> Answer + Send + Sync>,
}

impl Service<Counting> for Breaking {
    type Answer = u64;

    async fn call(&self, more: &u64) -> Answer {
        if self.calls.fetch_add(1, SeqCst) == 99 { (self.breaks)() } else { add(&self.sum, more).await }
    }
}

/// Its answers are right, and what it leaves is not looked at without a panic.
struct Settling(fn() -> Vec<Broken>);

impl Service<Counting> for Settling {
    type Answer = u64;

    async fn call(&self, _: &u64) -> Answer {
        Ok(0)
    }

    async fn settled(&self) -> Vec<Broken> {
        (self.0)()
    }
}

/// What a service cannot be: more than an answer to a step.
struct Own;

impl System<Counting> for Own {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), step: &u64, meter: &mut Meter) {
        let start = meter.begin(*step as usize);
        meter.end(start, Outcome::Done);
    }
}

fn anything(_: &Counting) -> ReferenceModel<(), u64, u64> {
    ReferenceModel::new((), |(), _: &u64| 0)
}

static SUM: LockClass = LockClass::new("sum");

struct Locked<F: LockFamily>(LockOf<F, u64>);

impl<F: LockFamily> Service<Counting> for Locked<F> {
    type Answer = u64;

    async fn call(&self, more: &u64) -> Answer {
        let mut sum = self.0.write().await;
        *sum += more;
        Ok(*sum)
    }
}

fn locked<F: LockFamily>() -> Locked<F> {
    Locked(SharedLock::new(&SUM, 0))
}

/// Everything that the macro takes.
mod whole {
    use super::{Counting, FIRST, TokioMutex, Tracked, locked, right, spec};

    lockyard_bench::main! {
        workloads = [FIRST, Counting { name: "second", ..FIRST }],
        spec = spec,
        keys = |_: &u64| 3,
        history_files = true,
        systems = {
            "tokio" [lock = "tokio-mutex", map = "one"] => |_| locked::<TokioMutex>(),
            "atomic" [lock = "none", map = "one"] => right,
            "tokio-split" [lock = "tokio-mutex", map = "split"] => |_| locked::<TokioMutex>(),
            "atomic-split" [lock = "none", map = "split"] => right,
            "alone" [lock = "other", map = "other"] => right,
        },
        tracked = { "tokio" => |_, _| locked::<Tracked<TokioMutex>>() },
        heap_use = {
            "tokio" ["number"] => |numbers| vec![0_u64; numbers as usize],
            "atomic" ["number"] => |numbers| vec![0_u32; numbers as usize],
        },
    }
}

/// The program of this name.
pub fn program(name: &str) -> ExitCode {
    let failed = |why: &str| Err(CallError::Failed(why.to_owned()));
    match name {
        "whole" => return whole::main(),
        "no systems" => counting(FIRST),
        "no steps" => counting(Counting { steps: 0, ..FIRST }).system("right", right),
        "no tasks" => counting(Counting { tasks: 0, ..FIRST }).system("right", right),
        "strange operation" => counting(Counting { name: "strange", ..FIRST }).system("right", right),
        "steps panic" => {
            counting(FIRST).workload(Counting { name: "panicking", ..FIRST }).system("right", right)
        }
        "twice" => counting(FIRST).system("right", right).system("right", right),
        "verb" => counting(FIRST).system("compare", right),
        "two workloads" => counting(FIRST).workload(FIRST).system("right", right),
        "factor of nothing" => counting(FIRST).system("right", right).factor("wrong", "lock", "mutex"),
        "spec too late" => return counting(FIRST).system("right", right).spec(spec).main(),
        "fails" => return judged().system("wrong", breaks(move || failed("no room"))).main(),
        "refuses" => {
            return judged().system("wrong", breaks(|| Err(CallError::Refused("busy".to_owned())))).main();
        }
        "no answer" => {
            return judged().system("wrong", breaks(|| Err(CallError::Unknown("timeout".to_owned())))).main();
        }
        "panics" => return judged().system("wrong", breaks(|| panic!("planted"))).main(),
        "never returns" => {
            let never = |_: &Setup<'_, Counting>| {
                serve(AtomicU64::new(0), async |calls: &AtomicU64, more: &u64| {
                    if calls.fetch_add(1, SeqCst) == 99 {
                        std::future::pending::<()>().await;
                    }
                    Ok(*more)
                })
            };
            counting(FIRST).system("right", right).system("wrong", never).patience(BRIEF)
        }
        "blocks its thread" => {
            let blocks = |_: &Setup<'_, Counting>| {
                serve(AtomicU64::new(0), async |calls: &AtomicU64, more: &u64| {
                    while calls.fetch_add(1, SeqCst) >= 99 {
                        std::thread::park();
                    }
                    Ok(*more)
                })
            };
            counting(FIRST).system("right", right).system("wrong", blocks).patience(BRIEF)
        }
        "own system" => counting(FIRST).subject(Subject::new("own", |_: &Setup<'_, Counting>| Ok(Own))),
        "leaves nothing right" => {
            let broken = || vec![Broken::new("leak", "three are left")];
            counting(FIRST).system("right", right).system("wrong", move |_| Settling(broken))
        }
        "set-up panics" => {
            let later = |setup: &Setup<'_, Counting>| {
                assert!(setup.workload().name == "first", "planted");
                right(setup)
            };
            counting(FIRST).workload(Counting { name: "second", ..FIRST }).system("wrong", later)
        }
        "set-up fails" => {
            let fails = |_: &Setup<'_, Counting>| Err::<Settling, _>(Fault::new("nobody listens at port 1"));
            counting(FIRST).try_system("wrong", fails)
        }
        "spec panics" => {
            let panics =
                |_: &Counting| ReferenceModel::new(0, |_: &mut u64, _: &u64| -> u64 { panic!("planted") });
            return counting(FIRST).spec(panics).system("right", right).main();
        }
        "settling panics" => {
            return counting(FIRST).spec(anything).system("wrong", |_| Settling(|| panic!("planted"))).main();
        }
        "not settled" => {
            let broken = || vec![Broken::new("leak", "three are left")];
            return counting(FIRST).spec(anything).system("wrong", move |_| Settling(broken)).main();
        }
        other => panic!("there is no program {other}"),
    }
    .main()
}
