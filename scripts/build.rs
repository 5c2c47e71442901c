//! Gives the program which compiler and which commit it was built from, for the records it writes.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=scripts/build.rs");
    // Changes with every commit, also of the branch that is checked out. Git knows where it is: not below this folder
    // in a linked worktree. To name a file that does not exist would build the library anew each time.
    let log = first_line(Command::new("git").args(["rev-parse", "--git-path", "logs/HEAD"]));
    if let Some(log) = log.filter(|log| std::path::Path::new(log).exists()) {
        println!("cargo::rerun-if-changed={log}");
    }
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
