//! Published curves of locks as data: who measured what, where it stands, and each lock's throughput relative to one thread.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::record::{GrantOrder, Waiting};

/// A curve as it stands in a file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedCurve {
    /// Its name, which is also that of its file.
    pub name: String,
    /// Where it was published.
    pub source: CurveSource,
    /// On what it was measured.
    pub machine: CurveMachine,
    /// What was run.
    pub workload: CurveWorkload,
    /// What one has to know to read the source as it is read here.
    pub note: String,
    /// Its locks.
    pub locks: Vec<PublishedLock>,
}

/// Where a curve was published.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveSource {
    /// The repository's address.
    pub repository: String,
    /// The file in it.
    pub file: String,
    /// The commit at which the file says so.
    pub commit: String,
}

/// On what a curve was measured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveMachine {
    /// The processor, as the source names it.
    pub cpu: String,
    /// Its cores, by the processor's data sheet.
    pub cores: u32,
    /// Its hardware threads, by the same.
    pub hardware_threads: u32,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveWorkload {
    /// Of a hundred acquisitions so many only read.
    pub reads_percent: u32,
    /// Units of work with the lock; 0 where nothing is done.
    pub inside: u32,
    /// Units of work without it.
    pub outside: u32,
}

/// One lock of a curve.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedLock {
    /// The lock, as the source calls it.
    pub name: String,
    /// Who is next, by the lock's documentation.
    pub order: GrantOrder,
    /// What one does who has to wait, by the same.
    pub waiting: Waiting,
    /// Whether several readers may be inside at once.
    pub shared_reads: bool,
    /// Threads, nanoseconds between two accesses of the lock, throughput relative to one thread.
    pub points: Vec<(u32, f64, f64)>,
}

impl PublishedCurve {
    /// Reads a curve.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let curve: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        curve.check().map_err(|what| format!("{}: {what}", curve.name))?;
        Ok(curve)
    }

    fn check(&self) -> Result<(), String> {
        let CurveSource { repository, file, commit } = &self.source;
        if !repository.starts_with("https://") || file.is_empty() {
            return Err("it has no source".to_owned());
        }
        if commit.len() != 40 || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(format!("{commit} is no commit"));
        }
        if self.machine.cores == 0 || self.machine.hardware_threads < self.machine.cores {
            return Err("the machine has fewer hardware threads than cores, or no core".to_owned());
        }
        let names: BTreeSet<_> = self.locks.iter().map(|lock| lock.name.as_str()).collect();
        if names.len() != self.locks.len() || self.locks.is_empty() {
            return Err("a lock is there twice, or there is none".to_owned());
        }
        self.locks.iter().try_for_each(PublishedLock::check)
    }

    /// Repository, commit and file in one.
    #[must_use]
    pub fn source(&self) -> String {
        let CurveSource { repository, file, commit } = &self.source;
        format!("{repository}/blob/{commit}/{file}")
    }

    /// What was run, in words.
    #[must_use]
    pub fn workload(&self) -> String {
        let CurveWorkload { reads_percent, inside, outside } = self.workload;
        let work = if inside + outside == 0 {
            "nothing done inside or outside the lock".to_owned()
        } else {
            format!("{inside} units of work inside the lock and {outside} outside")
        };
        format!("{reads_percent} % reads, {work}; {}", self.machine.cpu)
    }
}

impl PublishedLock {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let one = self
            .ns_at(1)
            .ok_or_else(|| format!("{name} has no point at one thread, so it cannot be normalised"))?;
        if !self.points.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(format!("the threads of {name} do not rise"));
        }
        for (threads, ns, relative) in &self.points {
            // It is written with four digits behind the point.
            let is_so = *ns > 0.0 && (one / ns - relative).abs() <= 5.1e-5;
            if !is_so {
                return Err(format!("{name} at {threads}: {relative} is not {one} ÷ {ns}"));
            }
        }
        Ok(())
    }

    /// Nanoseconds between two accesses at so many threads, if that was published.
    #[must_use]
    pub fn ns_at(&self, threads: u32) -> Option<f64> {
        self.points.iter().find(|it| it.0 == threads).map(|it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &str) -> Result<PublishedCurve, String> {
        PublishedCurve::parse(&format!(
            r#"{{"name": "it", "note": "",
                 "source": {{"repository": "https://example.org/it", "file": "a.md", "commit": "{}"}},
                 "machine": {{"cpu": "it", "cores": 2, "hardware_threads": 4}},
                 "workload": {{"reads_percent": 0, "inside": 0, "outside": 0}},
                 "locks": [{{"name": "a", "order": "barging", "waiting": "parks", "shared_reads": false,
                            "points": {points}}}]}}"#,
            "0".repeat(40)
        ))
    }

    #[test]
    fn a_curve_is_normalised_to_its_one_thread_point_or_refused() {
        assert_eq!(curve("[[1, 20.0, 1.0], [2, 60.0, 0.3333]]").unwrap().locks[0].ns_at(2), Some(60.0));
        for (points, what) in [
            ("[[2, 60.0, 1.0]]", "cannot be normalised"),
            ("[[1, 20.0, 1.0], [2, 60.0, 3.0]]", "is not 20 ÷ 60"),
            ("[[2, 60.0, 0.3333], [1, 20.0, 1.0]]", "do not rise"),
            ("[[1, -20.0, 1.0]]", "is not"),
        ] {
            let error = curve(points).unwrap_err();
            assert!(error.contains(what), "{points}: {error}");
        }
    }
}
