//! The examples do what they say.

#[path = "../examples/families.rs"]
#[allow(dead_code, reason = "its main prints what is looked at here")]
mod families;

#[test]
fn every_family_sells_each_unit_once() {
    let table = families::table();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert!(rows.iter().all(|row| row.ends_with("1000 sold, 0 left")), "{table}");
    for family in ["tokio-rwlock", "parking-lot-rwlock", "std-mutex", "arc-swap"] {
        assert!(rows.iter().any(|row| row.starts_with(family)), "{family}: {table}");
    }
}
