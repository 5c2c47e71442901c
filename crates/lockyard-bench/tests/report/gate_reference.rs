//! What ratios are to stands in the record: the gate knows no strategy by name.

use crate::in_full;
use crate::sample::sample;
use lockyard_bench::Share;
use lockyard_bench::gate::diff;
use lockyard_bench::record::Record;
use lockyard_bench::stats::Confidence;

const TENTH: Share = Share::of_percent(10.0).unwrap();

fn with_reference(reference: Option<&str>) -> Record {
    Record { reference: reference.map(str::to_owned), ..sample() }
}

#[test]
fn ratios_are_to_the_reference_of_the_records() {
    for reference in ["naive", "before"] {
        let record = with_reference(Some(reference));
        let found = diff(&record, &record, TENTH, Confidence::default());
        assert_eq!((found.reference.as_str(), &found.refusals[..]), (reference, &[][..]));
        assert!(found.changes.iter().all(|change| change.strategy != reference));
        assert!(!found.changes.is_empty());
    }
}

#[test]
fn without_a_reference_ratios_are_to_the_baseline() {
    let record = with_reference(None);
    let found = diff(&record, &record, TENTH, Confidence::default());
    assert_eq!((found.reference.as_str(), &found.refusals[..]), ("before", &[][..]));
    assert!(!in_full(&record).contains("against naive"), "the report names none either");
}

#[test]
fn records_with_different_references_are_refused_in_one_sentence() {
    let found = diff(&with_reference(Some("naive")), &with_reference(None), TENTH, Confidence::default());
    assert_eq!(
        found.refusals,
        [
            "another reference: the ratios of the baseline are to “naive”, those of this run to “before”; measure both \
             against the same strategy"
        ]
    );
    assert!(found.changes.is_empty());
}
