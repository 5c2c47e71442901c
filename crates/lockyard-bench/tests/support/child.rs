//! This test as a program of its own: asked with arguments, and what it said.

use std::path::PathBuf;
use std::process::Command;

/// Says which program a process of this test is to be.
pub const PROGRAM: &str = "LOCKYARD_TEST_PROGRAM";

/// The program that this process is to be, if it is one.
pub fn program() -> Option<String> {
    std::env::var(PROGRAM).ok()
}

/// How a process ended, and what it said.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The same, if it ended so.
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The same, if it said all of this on either stream.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            let said = self.out.contains(part) || self.err.contains(part);
            assert!(said, "{part:?} was not said.\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        }
        self
    }
}

/// Runs this test as `program` with these arguments, in this folder.
pub fn run(program: &str, folder: &std::path::Path, arguments: &[&str]) -> Ended {
    let this: PathBuf = std::env::current_exe().expect("this test");
    let mut command = Command::new(this);
    command.args(arguments).env(PROGRAM, program).current_dir(folder).env_remove("LOCKYARD_LOG");
    // A backtrace of each panic takes seconds where the machine is busy.
    command.env_remove("RUST_BACKTRACE");
    let output = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
