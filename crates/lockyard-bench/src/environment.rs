//! What a measurement was made on: machine, system, compiler, source.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use crate::record::Environment;

/// Where Linux shows what processors there are.
const CPUS: &str = "/sys/devices/system/cpu";

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
    let topology = Topology::shown_in(Path::new(CPUS));
    Environment {
        cpu_model: cpu_model(),
        cores: cores() as u32,
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        rustc: build.rustc.to_owned(),
        version: build.version.to_owned(),
        commit: build.commit.map(str::to_owned),
        sockets: topology.sockets,
        threads_per_core: topology.threads_per_core,
        governor: topology.governor,
        pinned: None,
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

/// How the machine's processors stand together, as far as it is shown.
#[derive(Debug, Default, PartialEq)]
struct Topology {
    sockets: Option<u32>,
    threads_per_core: Option<u32>,
    governor: Option<String>,
}

impl Topology {
    /// As a folder like Linux's shows it: one below it for each CPU.
    fn shown_in(cpus: &Path) -> Self {
        let is_cpu = |name: &str| name.strip_prefix("cpu").is_some_and(|it| it.parse::<u32>().is_ok());
        let entries = fs::read_dir(cpus).into_iter().flatten().flatten();
        let folders = entries.filter(|it| is_cpu(&it.file_name().to_string_lossy())).map(|it| it.path());
        let folders: Vec<_> = folders.collect();
        let shown = |file: &str| -> BTreeSet<String> {
            let texts = folders.iter().filter_map(|cpu| fs::read_to_string(cpu.join(file)).ok());
            texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
        };
        let sockets = shown("topology/physical_package_id").len() as u32;
        let siblings = shown("topology/thread_siblings_list");
        let governors = shown("cpufreq/scaling_governor");
        Self {
            sockets: Some(sockets).filter(|sockets| *sockets > 0),
            threads_per_core: siblings.iter().map(|list| cpus_in(list)).max(),
            governor: (!governors.is_empty()).then(|| Vec::from_iter(governors).join(", ")),
        }
    }
}

/// How many CPUs such a list names: 3 in `0-1,4`.
fn cpus_in(list: &str) -> u32 {
    let length = |range: &str| match range.split_once('-') {
        None => Some(1),
        Some((first, last)) => Some(last.parse::<u32>().ok()?.saturating_sub(first.parse().ok()?) + 1),
    };
    list.split(',').filter_map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cpus_are_counted() {
        assert_eq!(["0", "0-1", "0,32", "0-1,4", "0-3,8-11"].map(cpus_in), [1, 2, 2, 3, 8]);
    }

    #[test]
    fn what_is_not_shown_is_not_known() {
        assert_eq!(Topology::shown_in(Path::new("/nowhere")), Topology::default());
    }

    #[test]
    fn two_sockets_with_two_threads_a_core_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        for cpu in 0..4 {
            let below = folder.path().join(format!("cpu{cpu}"));
            let write = |file: &str, text: &str| {
                let path = below.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            };
            write("topology/physical_package_id", if cpu < 2 { "0\n" } else { "1\n" });
            write("topology/thread_siblings_list", if cpu < 2 { "0-1\n" } else { "2-3\n" });
            write("cpufreq/scaling_governor", "performance\n");
        }
        fs::create_dir(folder.path().join("cpufreq")).unwrap();
        let shown = Topology::shown_in(folder.path());
        assert_eq!((shown.sockets, shown.threads_per_core), (Some(2), Some(2)));
        assert_eq!(shown.governor.as_deref(), Some("performance"));
    }
}
