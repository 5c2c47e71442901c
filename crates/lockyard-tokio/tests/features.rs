//! Every feature of tokio's is one of ours: whoever renames the dependency keeps the list of features.

mod support;

use std::collections::BTreeMap;

type Features = BTreeMap<String, Vec<String>>;

/// The features of tokio, of the version that this crate is built with, and our own.
fn features() -> (Features, Features) {
    let [theirs, ours] = support::packages(["tokio", "lockyard-tokio"])
        .map(|package| serde_json::from_value(package["features"].clone()).unwrap());
    (theirs, ours)
}

/// What is wrong with `ours`.
fn missing(theirs: &Features, ours: &Features) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, parts) in theirs {
        let Some(own) = ours.get(name) else {
            missing.push(format!("there is no feature `{name}`"));
            continue;
        };
        let handed_on = format!("real/{name}");
        // One that has no code of its own is handed on by its parts.
        if !["default", "full"].contains(&name.as_str()) && !own.contains(&handed_on) {
            missing.push(format!("`{name}` is not handed on"));
        }
        for part in parts.iter().filter(|part| theirs.contains_key(*part) && !own.contains(part)) {
            missing.push(format!("`{name}` lacks `{part}`"));
        }
    }
    missing
}

#[test]
fn every_feature_of_tokios_is_handed_on() {
    let (theirs, mut ours) = features();
    assert!(theirs.len() > 20, "only {theirs:?} were found");
    assert_eq!(missing(&theirs, &ours), [""; 0]);

    ours.remove("net");
    ours.get_mut("full").unwrap().retain(|part| part != "time");
    ours.get_mut("signal").unwrap().retain(|part| part != "real/signal");
    let planted = ["`full` lacks `time`", "there is no feature `net`", "`signal` is not handed on"];
    assert_eq!(missing(&theirs, &ours), planted);
}

#[test]
fn our_own_features_are_known() {
    let (theirs, ours) = features();
    let own: Vec<_> = ours.keys().filter(|name| !theirs.contains_key(*name)).collect();
    assert_eq!(own, ["explore", "parking_lot_locks", "track"]);
}
