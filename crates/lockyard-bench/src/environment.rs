//! What a measurement was made on: machine, system, compiler, source.

use std::num::NonZeroUsize;

use crate::record::Environment;

/// What a program was built from and with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The compiler, such as `1.95.0 (59807616e 2026-04-14)`.
    pub rustc: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The commit; none for a build from a package.
    pub commit: Option<&'static str>,
}

impl Default for Build {
    /// What this crate knows of itself: its version.
    fn default() -> Self {
        Self { rustc: "unknown", version: env!("CARGO_PKG_VERSION"), commit: None }
    }
}

/// The machine this process runs on, and the program it is.
#[must_use]
pub fn environment(build: &Build) -> Environment {
    Environment {
        cpu_model: cpu_model(),
        cores: cores() as u32,
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        rustc: build.rustc.to_owned(),
        version: build.version.to_owned(),
        commit: build.commit.map(str::to_owned),
    }
}

/// How many threads of this process can run at once.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The processor's name, where the system shows it as Linux does.
fn cpu_model() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
