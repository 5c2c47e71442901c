//! What was measured is not lost by what comes after it: the observer of a run has the record of it by then.

#[path = "support/counting.rs"]
mod counting;

use std::sync::atomic::{AtomicBool, Ordering};

use lockyard_bench::record::{Cell, Finding, FindingKind, Record, ScenarioRecord};
use lockyard_bench::report::{junit, sarif, verdict};
use lockyard_bench::{
    Fault, HeapUse, NoObserver, Observer, Part, Plan, Progress, RunError, Setup, Subject, Sweep, measure,
    run, run_in_parts,
};

use counting::{Counting, counter, plan};

/// Keeps every record that it is given.
#[derive(Default)]
struct Records(Vec<Record>);

impl Observer for Records {
    fn on(&mut self, progress: &Progress<'_>) {
        if let Progress::Recorded { record } = progress {
            self.0.push((*record).clone());
        }
    }
}

fn steady(name: &str) -> Subject<Counting> {
    Subject::new(name, |_: &Setup<'_, Counting>| Ok(counter(|_| ()))).into()
}

/// A subject that cannot be set up under the workload of this name.
fn refusing(name: &str, workload: &'static str) -> Subject<Counting> {
    Subject::new(name, move |setup: &Setup<'_, Counting>| {
        if setup.workload().0 == workload {
            return Err(Fault::new("no room is left; free some"));
        }
        Ok(counter(|_| ()))
    })
    .into()
}

fn going() -> AtomicBool {
    AtomicBool::new(false)
}

/// The scenarios of a record, and whether each is finished.
fn finished(record: &Record) -> Vec<(&str, bool)> {
    record.scenarios.iter().map(|ScenarioRecord { name, finished, .. }| (&**name, *finished)).collect()
}

#[test]
fn after_each_workload_the_record_so_far_is_whole_and_marked_as_not_finished() {
    let plan = plan(vec![steady("one"), steady("other")], &["first", "second"]);
    let mut records = Records::default();
    let last = run(&plan, &going(), &mut records).expect("it runs");
    let [first, both] = &records.0[..] else { panic!("one for each workload") };
    assert_eq!(finished(first), [("first", true), ("second", false)]);
    assert_eq!(first.scenarios(), ["first"]);
    assert_eq!(finished(both), [("first", true), ("second", true)]);
    for record in [first, both] {
        assert!(!record.finished && !record.interrupted && record.is_partial());
        assert!(!record.comparisons.is_empty(), "it is concluded, too");
        let read: Record = serde_json::from_str(&record.to_json()).expect("it can be read");
        assert_eq!(&read, record);
    }
    assert!(last.finished && !last.is_partial());
    assert_eq!(last.scenarios[0].about, "Two tasks that count, as first.");
    assert_eq!((&last.cells, &last.scenarios), (&both.cells, &both.scenarios));
}

#[test]
fn a_subject_that_cannot_be_set_up_under_the_second_workload_loses_nothing_of_the_first() {
    let plan = plan(vec![steady("steady"), refusing("refusing", "second")], &["first", "second"]);
    let mut records = Records::default();
    let error = run(&plan, &going(), &mut records).expect_err("it is refused");
    assert_eq!(error.to_string(), "refusing cannot be measured: no room is left; free some");
    let kept = records.0.pop().expect("the first was recorded");
    assert_eq!(finished(&kept), [("first", true), ("second", false)]);
    assert!(kept.cells.len() == 2 && kept.cells.iter().all(|cell| cell.operations > 0));
    let said = verdict(&kept);
    let begins = "Unfinished: the run ended before second was measured: partial results.";
    assert!(said.starts_with(begins), "{said}");
    assert!(junit(&kept).contains("did not come to its end"));
    assert!(sarif(&kept).contains("\"executionSuccessful\": false"));
}

#[test]
fn a_point_that_cannot_be_measured_loses_neither_the_workloads_nor_the_points_before_it() {
    let points = vec![Counting("a"), Counting("b")];
    let plan = plan(vec![refusing("refusing", "b")], &["first"])
        .sweeps(vec![Sweep { along: "tasks".to_owned(), points }]);
    let mut records = Records::default();
    run(&plan, &going(), &mut records).expect_err("a point is refused");
    let kept = records.0.pop().expect("the first was recorded");
    assert_eq!(finished(&kept), [("first", true)]);
    assert!(!kept.finished);
    assert!(verdict(&kept).starts_with("Unfinished: the run ended before all was done: partial results."));
}

/// By the time that its second workload begins.
#[test]
fn an_interrupted_workload_is_kept_as_far_as_it_came_and_one_that_was_not_begun_is_not_there() {
    struct Interrupting<'a>(&'a AtomicBool, u32);
    impl Observer for Interrupting<'_> {
        fn on(&mut self, progress: &Progress<'_>) {
            if let Progress::Round { workload: "second", .. } = progress {
                self.1 += 1;
                self.0.store(true, Ordering::Relaxed);
            }
        }
    }
    let (interrupted, plan) = (going(), plan(vec![steady("one")], &["first", "second", "third"]));
    let mut observer = Interrupting(&interrupted, 0);
    let record = run(&plan, &interrupted, &mut observer).expect("it is no error");
    assert_eq!(observer.1, 1, "it ends with the round that is on");
    assert!(record.interrupted && !record.finished);
    assert_eq!(finished(&record), [("first", true), ("second", false), ("third", false)]);
    assert_eq!(record.scenarios(), ["first", "second"]);
    assert_eq!(record.cells[1].rounds, 1);
}

#[test]
fn memory_that_cannot_be_counted_costs_the_memory_alone() {
    let with_memory = |name: &str, fails: bool| -> Subject<Counting> {
        Subject::new(name, |_: &Setup<'_, Counting>| Ok(counter(|_| ())))
            .heap_use("thing", move |_, _| {
                let counted = Some(HeapUse { kept: 8.0, peak: 16.0 });
                if fails { Err(Fault::new("no memory is left; free some")) } else { Ok(counted) }
            })
            .into()
    };
    let of = |fails| {
        let plan = plan(vec![with_memory("one", false), with_memory("other", fails)], &["first"]);
        run(&plan, &going(), &mut NoObserver).expect("it is measured all the same")
    };
    let counted = of(false);
    // But for how imprecise so short a run is.
    let findings = |cell: &Cell| -> Vec<Finding> {
        cell.findings.iter().filter(|finding| finding.kind != FindingKind::Imprecise).cloned().collect()
    };
    assert!(counted.cells.iter().all(|cell| cell.memory.is_some() && findings(cell).is_empty()));
    let failed = of(true);
    assert!(failed.finished && failed.cells.iter().all(|cell| cell.memory.is_none() && cell.operations > 0));
    let [finding] = &findings(&failed.cells[1])[..] else { panic!("it is said, once") };
    assert_eq!((finding.kind, finding.is_error()), (FindingKind::NotCounted, false));
    let message =
        "the memory of other could not be counted, so that of all is unknown: no memory is left; free some";
    assert_eq!(finding.message, message);
    assert_eq!(findings(&failed.cells[0]), []);
}

/// Two processes, of which the second one ends in its second workload.
#[test]
fn what_a_process_has_measured_is_kept_when_it_or_another_one_fails() {
    let of_process = |nth: u32| -> Plan<Counting> {
        let second = if nth == 1 { refusing("one", "second") } else { steady("one") };
        plan(vec![second], &["first", "second"]).into_part(nth, 2)
    };
    let part = |nth, take: &mut dyn FnMut(Part)| -> Result<(), RunError> {
        measure(&of_process(nth), &going(), &mut NoObserver, &mut |part, _| take(part))
    };
    let (mut records, whole) = (Records::default(), plan(vec![steady("one")], &["first", "second"]));
    run_in_parts(&whole, 2, &going(), &mut records, part).expect_err("the second fails");
    assert_eq!(records.0.len(), 3, "one for each workload that a process has measured");
    assert_eq!(finished(&records.0[1]), [("first", false), ("second", false)], "by one process of two");
    let kept = &records.0[2];
    assert_eq!(finished(kept), [("first", true), ("second", false)]);
    assert_eq!((kept.processes, kept.cells.len()), (2, 2));
    assert!(kept.cells[0].rounds >= 48, "of both processes");
    assert!((24..48).contains(&kept.cells[1].rounds), "of the first one alone");
}

/// A process that ends as if all were well, and has not measured all.
#[test]
fn a_run_that_misses_a_part_is_not_finished() {
    let plan = plan(vec![steady("one")], &["first"]);
    let part = |_, _: &mut dyn FnMut(Part)| Ok::<_, RunError>(());
    let record = run_in_parts(&plan, 2, &going(), &mut NoObserver, part).expect("no error is known");
    assert!(!record.finished && record.cells.is_empty() && record.processes == 0);
    assert_eq!(finished(&record), [("first", false)]);
}
