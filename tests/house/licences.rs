//! Whatever this program is built from may be given on under its own licence.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether this SPDX expression leaves a choice that is allowed. The old form `MIT/Apache-2.0` means OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let allowed = any_of(&mut words);
    words.is_empty() && allowed
}

fn any_of(words: &mut Vec<&str>) -> bool {
    let mut allowed = all_of(words);
    while words.last() == Some(&"OR") {
        words.pop();
        allowed |= all_of(words);
    }
    allowed
}

fn all_of(words: &mut Vec<&str>) -> bool {
    let mut allowed = one(words);
    while words.last() == Some(&"AND") {
        words.pop();
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut Vec<&str>) -> bool {
    match words.pop() {
        None => false,
        Some("(") => {
            let allowed = any_of(words);
            words.pop() == Some(")") && allowed
        }
        Some(name) if words.last() == Some(&"WITH") => {
            words.pop();
            words.pop().is_some_and(|exception| ALLOWED.contains(&&*format!("{name} WITH {exception}")))
        }
        Some(name) => ALLOWED.contains(&name),
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for right in
        ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(MIT OR GPL-3.0) AND ISC", "MIT OR GPL-3.0 AND GPL-2.0"]
    {
        assert!(is_allowed(right), "{right}");
    }
    for wrong in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT)", "(MIT OR ISC) AND GPL-3.0", "MIT WITH x", "AND"]
    {
        assert!(!is_allowed(wrong), "{wrong}");
    }
}

#[test]
fn every_dependency_may_be_given_on() {
    // For this platform: others' packages need not be on this machine.
    let version = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host, "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let licences = packages.iter().map(|package| {
        (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or("none is named"))
    });
    let refused: BTreeMap<_, _> = licences.filter(|(_, licence)| !is_allowed(licence)).collect();
    assert!(refused.is_empty(), "not to be given on, or not decided on yet: {refused:#?}");
}
