//! Tells the program which compiler and which commit it was built from, for the records it writes.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=scripts/build.rs");
    // Also changes with every commit on the branch that is checked out.
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = first_line(Command::new(rustc).arg("--version")).unwrap_or_default();
    let version = version.strip_prefix("rustc ").unwrap_or("unknown");
    println!("cargo::rustc-env=LOCKYARD_RUSTC={version}");
    if let Some(commit) = first_line(Command::new("git").args(["rev-parse", "--short=12", "HEAD"])) {
        println!("cargo::rustc-env=LOCKYARD_COMMIT={commit}");
    }
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned())
}
