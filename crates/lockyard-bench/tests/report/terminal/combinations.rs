//! What combinations of an ablation are called.

use super::{ablated, first};
use lockyard_bench::record::{Ablation, Cell, StrategySummary};
use lockyard_bench::report::{TextOptions, summary, text};

#[test]
fn combinations_of_an_ablation_are_called_by_what_was_changed() {
    let record = ablated();
    let text = text(&record, &TextOptions { all: true, ..TextOptions::default() });
    for rendered in [text, summary(&record)] {
        for name in ["before + borrowed: 212 k", "before + after-unlock: 212 k"] {
            assert!(rendered.contains(name), "{name:?} is not in\n{rendered}");
        }
    }
    let first = first(&record);
    assert!(!first.contains("session=") && first.contains("dto: cloned → borrowed"), "{first}");
}

/// A way of two steps, of which the first ends at a combination.
#[test]
fn the_name_of_a_combination_begins_where_the_whole_way_begins() {
    let mut record = ablated();
    let joint = "session=tokio-mutex,dto=borrowed,save=under-lock";
    let step =
        |it: &Ablation, from: &str, to: &str| Ablation { from: from.into(), to: to.into(), ..it.clone() };
    record.ablations =
        vec![step(&record.ablations[0], "before", joint), step(&record.ablations[1], joint, "after")];
    // It has both changes, and lies on the second step alone.
    let both = StrategySummary {
        name: "session=tokio-rwlock,dto=borrowed,save=under-lock".into(),
        factors: Some(
            [("session", "tokio-rwlock"), ("dto", "borrowed"), ("save", "under-lock")].into_iter().collect(),
        ),
        ..record.strategies[2].clone()
    };
    let after = record.strategies.iter_mut().find(|it| it.name == "after").unwrap();
    after.factors.as_mut().unwrap().set("session", "tokio-rwlock");
    record.cells.push(Cell { strategy: both.name.clone(), ..record.cells[0].clone() });
    record.strategies.push(both);
    assert!(summary(&record).contains("- before + tokio-rwlock + borrowed: 212 k"), "{}", summary(&record));
}
