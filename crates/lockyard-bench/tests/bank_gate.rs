//! The example `bank_gate` as a user has it, from the command line to the exit code. This program is the example where it is
//! asked as one, and the test of it otherwise: so there are two builds to be held against each other.

#[path = "../examples/bank_gate.rs"]
mod bank_gate;

use std::error::Error;
use std::process::{Command, ExitCode};

/// Few, for it is not about speed: a build against itself, and against one that says it does a thousand times as much.
const PAIRS: &str = "3";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if std::env::args().nth(1).is_some_and(|word| ["--one", "--against"].contains(&word.as_str())) {
        return bank_gate::main();
    }
    let this = std::env::current_exe()?.display().to_string();
    let (code, out, err) = against(&this, &this)?;
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(out.contains("“mutex@other”") && out.contains("The verdict is of these two files"), "{out}");

    if cfg!(unix) {
        let dir = tempfile::tempdir()?;
        let faster = dir.path().join("faster");
        let in_record = r#"/"ops_per_s": /,/]/ s/([0-9]+)((\.[0-9]+)?,?)$/\1000\2/"#;
        let in_turns = r#"s/("ops_per_s":[0-9]+)/\1000/"#;
        let times = format!("sed -u -E -e '{in_record}' -e '{in_turns}'");
        std::fs::write(&faster, format!("#!/bin/sh\n{this} \"$@\" | {times}\n"))?;
        let executable = Command::new("chmod").arg("+x").arg(&faster).status()?;
        assert!(executable.success());
        let (code, out, err) = against(&this, &faster.display().to_string())?;
        assert_eq!(code, Some(3), "{out}\n{err}");
        for guard in ["mutex", "rwlock", "each-account"] {
            assert!(err.contains(&format!("regression: {guard} is at ×0.00")), "{err}");
        }
    }

    let (code, _, err) = against(&this, "/nowhere/bank_gate")?;
    assert!(code == Some(1) && err.contains("/nowhere/bank_gate"), "{err}");
    println!("bank_gate: ok");
    Ok(ExitCode::SUCCESS)
}

/// Holds `this` against `other`; the exit code, and what it said.
fn against(this: &str, other: &str) -> Result<(Option<i32>, String, String), Box<dyn Error>> {
    let output = Command::new(this).args(["--against", other, "--pairs", PAIRS]).output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}
