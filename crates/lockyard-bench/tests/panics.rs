//! A client that panics is a finding with its words and its operation, at once; so are clients that never begin. Their subject
//! is out of the run, and the others go on.
//!
//! Where a panic must be noticed, the patience of the run is an hour: what is not noticed at once hangs.

#[path = "support/counting.rs"]
mod counting;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use lockyard_bench::record::{Cell, Finding, FindingKind, Record, Severity};
use lockyard_bench::{
    Fault, Meter, NoObserver, Observer, Outcome, Progress, Recorded, Recorder, Setup, Subject, System, run,
};
use lockyard_history::{Judge, SequentialSpec};
use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex};
use lockyard_track::Tracked;

use counting::{Counter, Counting, counter, plan};

const AN_HOUR: Duration = Duration::from_hours(1);

fn steady() -> Subject<Counting> {
    Subject::new("steady", |_: &Setup<'_, Counting>| Ok(counter(|_| ()))).into()
}

/// Lets go once the first round is over.
#[derive(Default)]
struct AfterFirstRound(Arc<AtomicBool>);

impl Observer for AfterFirstRound {
    fn on(&mut self, progress: &Progress<'_>) {
        if matches!(progress, Progress::Round { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// The two cells of a run, of which the first is as it should be.
fn cells(record: &Record) -> [&Cell; 2] {
    let [steady, other] = &record.cells[..] else { panic!("two subjects") };
    assert!(record.finished, "all that could be measured was");
    assert!(steady.operations > 0 && steady.rounds >= 24, "{steady:?}");
    assert_eq!(findings(steady), [] as [&Finding; 0]);
    [steady, other]
}

/// What was found but for how imprecise so short a run is.
fn findings(cell: &Cell) -> Vec<&Finding> {
    cell.findings.iter().filter(|finding| finding.kind != FindingKind::Imprecise).collect()
}

fn the_finding(cell: &Cell) -> &Finding {
    let [finding] = findings(cell)[..] else { panic!("one finding: {:?}", cell.findings) };
    finding
}

#[test]
fn a_client_that_panics_while_it_is_measured_is_a_finding_and_the_others_go_on() {
    let mut first_round = AfterFirstRound::default();
    let now = first_round.0.clone();
    let panicking = Subject::new("panicking", move |_: &Setup<'_, Counting>| {
        let now = now.clone();
        Ok(counter(move |number| {
            assert!(!now.load(Ordering::Relaxed), "at {}", number.min(1));
        }))
    });
    let plan = plan(vec![steady(), panicking.into()], &["first"]).patience(AN_HOUR);
    let record = run(&plan, &AtomicBool::new(false), &mut first_round).expect("it is no error");
    let [steady, panicking] = cells(&record);
    let finding = the_finding(panicking);
    assert_eq!((finding.kind, finding.severity), (FindingKind::Panic, Severity::Error));
    let client = u32::from(!finding.message.starts_with("client 0"));
    assert_eq!(finding.message, format!("client {client} panicked in count: at 1"));
    assert_eq!(finding.places, ["count"]);
    assert_eq!(finding.tasks, [format!("task {client} in count")]);
    assert!(panicking.operations > 0 && panicking.rounds < steady.rounds, "the first round is kept");
}

/// Any answer is right.
#[derive(Default)]
struct Anything;

impl SequentialSpec for Anything {
    type Call = ();
    type Answer = ();
    type State = ();

    fn initial(&self) {}

    fn step(&self, (): &(), (): &(), _: Option<&()>) -> Option<()> {
        Some(())
    }
}

impl Judge for Anything {}

/// Counts as it should while it is measured, and panics at the hundredth count that is written down.
struct PanicsWhenRecorded(Counter);

impl System<Counting> for PanicsWhenRecorded {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, client: &mut (), step: &(), meter: &mut Meter) {
        self.0.call(client, step, meter).await;
    }
}

impl Recorded<Counting> for PanicsWhenRecorded {
    type Spec = Anything;

    fn spec(&self) -> &Anything {
        &Anything
    }

    async fn record(&self, (): &mut (), (): &(), log: &mut Recorder<'_, Anything>) {
        let call = log.invoke(0, ());
        assert_ne!(self.0.count(), 100, "no more than 99");
        log.ok(call, ());
    }
}

#[test]
fn a_client_that_panics_while_it_is_judged_is_a_finding_too() {
    let panicking =
        Subject::new("panicking", |_: &Setup<'_, Counting>| Ok(PanicsWhenRecorded(counter(|_| ()))));
    let plan = plan(vec![steady(), panicking.recorded().into()], &["first"]).verify(true).patience(AN_HOUR);
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver).expect("it is no error");
    let [_, panicking] = cells(&record);
    let finding = the_finding(panicking);
    assert_eq!((finding.kind, finding.severity), (FindingKind::Panic, Severity::Error));
    assert!(finding.message.contains("panicked in count: ") && finding.message.contains("no more than 99"));
}

static COUNT: LockClass = LockClass::new("count");

/// Panics while it holds a tracked lock that the other client waits for.
struct PanicsWithLock(LockOf<Tracked<TokioMutex>, u64>, Arc<AtomicBool>);

impl System<Counting> for PanicsWithLock {
    type Client = ();

    async fn client(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    async fn call(&self, (): &mut (), (): &(), meter: &mut Meter) {
        let start = meter.begin(0);
        let mut count = self.0.write().await;
        tokio::task::yield_now().await;
        assert!(!self.1.load(Ordering::Relaxed), "with the lock held");
        *count += 1;
        drop(count);
        meter.end(start, Outcome::Done);
    }
}

#[test]
fn a_client_that_panics_in_a_tracked_run_is_a_finding_beside_those_of_its_locks() {
    let subject = |name: &str, now: &Arc<AtomicBool>| -> Subject<Counting> {
        let now = now.clone();
        Subject::new(name, |_: &Setup<'_, Counting>| Ok(counter(|_| ())))
            .tracked(move |_, tracker| {
                let lock = tracker.within("setting up", || SharedLock::new(&COUNT, 0));
                Ok(PanicsWithLock(lock, now.clone()))
            })
            .into()
    };
    let mut first_round = AfterFirstRound::default();
    let subjects = vec![subject("steady", &Arc::default()), subject("panicking", &first_round.0)];
    let plan = plan(subjects, &["first"]).track(true).patience(AN_HOUR);
    let record = run(&plan, &AtomicBool::new(false), &mut first_round).expect("it is no error");
    let errors = |cell: &Cell| cell.findings.iter().filter(|it| it.is_error()).cloned().collect::<Vec<_>>();
    assert_eq!(errors(&record.cells[0]), []);
    let [finding] = &errors(&record.cells[1])[..] else { panic!("{:?}", record.cells[1].findings) };
    assert_eq!(finding.kind, FindingKind::Panic);
    assert!(finding.message.ends_with("panicked in count: with the lock held"), "{}", finding.message);
    assert!(record.cells[1].lock_uses.as_ref().is_some_and(|uses| !uses.is_empty()), "what was seen is kept");
}

/// Two tasks in the background, as many as there are workers, which never give them back.
#[test]
fn clients_that_no_worker_has_time_for_are_not_waited_for_without_end() {
    let blocking = Subject::new("blocking", |setup: &Setup<'_, Counting>| {
        let taken = Arc::new(Barrier::new(3));
        for _ in 0..2 {
            let taken = taken.clone();
            let take = async move {
                taken.wait();
                std::thread::park();
            };
            setup.runtime().spawn(|| "background".to_owned(), take);
        }
        // Else a client may find a worker first.
        taken.wait();
        Ok(counter(|_| ()))
    });
    let plan = plan(vec![steady(), blocking.into()], &["first"]).patience(Duration::from_millis(200));
    let record = run(&plan, &AtomicBool::new(false), &mut NoObserver).expect("it is no error");
    let [_, blocking] = cells(&record);
    let finding = the_finding(blocking);
    assert_eq!((finding.kind, finding.places.as_slice()), (FindingKind::Stuck, &["blocking".to_owned()][..]));
    assert!(finding.message.contains("did not begin"), "{}", finding.message);
}
