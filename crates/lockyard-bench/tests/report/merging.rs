//! Runs of different scenarios as one record, and runs that cannot be one.

use std::path::Path;

use crate::sample::sample;
use lockyard_bench::gate::{MergeError, merge};
use lockyard_bench::record::{Record, ScenarioRecord};
use lockyard_bench::report::page;

/// The sample as if each scenario had been measured by a run of its own.
fn runs() -> Vec<Record> {
    let whole = sample();
    let run = |name: &&str| {
        let mut run = whole.clone();
        run.cells.retain(|it| it.scenario == **name);
        run.comparisons.retain(|it| it.scenario == **name);
        run.scenarios =
            vec![ScenarioRecord { name: (*name).to_owned(), about: String::new(), finished: true }];
        run
    };
    whole.scenarios().iter().map(run).collect()
}

fn merged(runs: &[Record]) -> Result<Record, MergeError> {
    let names = ["a", "b", "c"];
    let named: Vec<_> = names.into_iter().zip(runs).collect();
    merge(&named)
}

#[test]
fn what_was_measured_apart_is_what_was_measured_together() {
    let both = merged(&runs()).expect("they are alike");
    let whole = sample();
    assert_eq!((&both.cells, &both.comparisons), (&whole.cells, &whole.comparisons));
    assert_eq!(both.scenarios.len(), 3);
    assert_eq!(both.command, [whole.command.as_str(); 3].join(" && "), "ready to be run again");
    let read = Record::parse(both.to_json().as_bytes(), Path::new("merged"));
    assert_eq!(read.expect("it contradicts nothing"), both);
    assert!(["polling", "hot-context", "one-worker"].iter().all(|it| page(&both).contains(it)));
}

#[test]
fn a_part_that_is_not_whole_makes_the_whole_so() {
    let mut runs = runs();
    runs[1].finished = false;
    runs[2].interrupted = true;
    runs[2].started_at = "2025-06-03T08:00:00Z".parse().expect("a timestamp");
    runs[0].probe_effect = Some(0.99);
    runs[1].probe_effect = Some(0.97);
    let both = merged(&runs).expect("they are alike");
    assert_eq!((both.finished, both.interrupted, both.probe_effect), (false, true, Some(0.97)));
    assert_eq!(both.started_at, runs[2].started_at);
}

/// What is done to the second run.
type Edit = fn(&mut Record);

#[test]
fn what_cannot_be_one_record_is_said_with_what_would_be_right() {
    assert_eq!(
        merged(&[]).unwrap_err().to_string(),
        "these runs cannot be one record: there is none: name two or more"
    );
    let same = [runs().swap_remove(0), runs().swap_remove(0)];
    let twice = merged(&same).unwrap_err();
    assert!(twice.to_string().contains("polling was measured in a and in b: "), "{twice}");
    let edits: [(Edit, &str); 11] = [
        (|it| it.environment.cores = 64, "another machine: AMD EPYC 7763 64-Core Processor, 2 cores"),
        (
            |it| it.environment.commit = None,
            "another build: 0.1.0 at 3f9c2d1, by rustc 1.95.0 in a, 0.1.0 at no commit",
        ),
        (|it| it.seed = 7, "another seed: 42 in a, 7 in b; give all the same --seed"),
        (|it| it.processes = 5, "other processes: 1 in a, 5 in b"),
        (|it| it.command.push_str(" --set tasks=4"), "other settings: none in a, --set tasks=4 in b"),
        (|it| it.cells[0].wait_ns = Some([].into()), "other locks: plain in a, tracked in b"),
        (|it| it.cells.swap(0, 1), "another baseline: before in a, naive in b; begin all with the same one"),
        (|it| it.reference = Some("before".to_owned()), "another reference: naive in a, before in b"),
        (|it| it.models = Some(Vec::new()), "a and b both have models: leave one of them out"),
        (|it| it.pitfalls = Some(Vec::new()), "a and b both have pitfalls: leave one of them out"),
        (
            |it| it.scaling = sample_sweep(),
            "polling was measured in a and in b: strategies are compared within one run",
        ),
    ];
    for (edit, said) in edits {
        let mut runs = runs();
        (runs[0].models, runs[0].pitfalls) = (Some(Vec::new()), Some(Vec::new()));
        edit(&mut runs[1]);
        let error = merged(&runs).expect_err(said);
        let [reason] = &error.reasons[..] else { panic!("one reason, and there are {:?}", error.reasons) };
        assert!(reason.contains(said), "{reason}");
    }
}

/// A sweep under the first scenario.
fn sample_sweep() -> Vec<lockyard_bench::record::Scaling> {
    vec![lockyard_bench::record::Scaling {
        scenario: "polling".to_owned(),
        strategy: "naive".to_owned(),
        along: "tasks".to_owned(),
        points: Vec::new(),
        fit: None,
        note: None,
    }]
}
