//! What a measurement was made on: machine, system, compiler, source.

use std::num::NonZeroUsize;

use lockyard_bench::record::Environment;

/// The machine this process runs on, and the program it is.
pub fn detect() -> Environment {
    Environment {
        cpu_model: cpu_model(),
        cores: cores() as u32,
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        rustc: env!("LOCKYARD_RUSTC").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("LOCKYARD_COMMIT").map(str::to_owned),
    }
}

/// How many threads of this process can run at once.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The processor's name, where the system tells it in the way Linux does.
fn cpu_model() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
