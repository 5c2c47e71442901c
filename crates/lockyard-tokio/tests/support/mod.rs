//! What Cargo knows of this crate and of the tokio that it is built with.

use std::process::Command;

use serde_json::Value;

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The packages of these names, as `cargo metadata` describes them.
pub fn packages<const N: usize>(names: [&str; N]) -> [Value; N] {
    // What other platforms need may not be on this machine.
    let version = said(option_env!("RUSTC").unwrap_or("rustc"), &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = said(
        env!("CARGO"),
        &["metadata", "--format-version=1", "--filter-platform", host, "--manifest-path", manifest],
    );
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    names.map(|name| packages.iter().find(|package| package["name"] == name).unwrap().clone())
}
