//! The tests of this program once more, while all that they do is tracked: nothing is otherwise, and nothing is found.

use std::process::Command;
use std::{env, fs, process};

/// Runs them all but the one that calls this.
pub fn again(caller: &str) {
    let program = env::current_exe().unwrap();
    let name = program.file_name().unwrap().to_str().unwrap();
    let findings = env::temp_dir().join(format!("{name}-{}", process::id()));
    let run =
        Command::new(&program).args(["--skip", caller]).env("LOCKYARD_TRACK", &findings).output().unwrap();
    let found = fs::read_to_string(&findings).unwrap_or_default();
    let _ = fs::remove_file(&findings);
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}");
    assert!(said.contains("1 filtered out"), "{said}");
    assert_eq!(found, "");
}
