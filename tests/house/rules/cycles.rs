//! Files that import each other in a cycle: which are one knot, though they stand as several files.
//!
//! An edge goes from a file to the one in which a thing that it names is written: what a `mod.rs` hands on is followed to
//! where it comes from. What a `mod.rs` merely hands on does not make it know that file.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Path, Written, paths};
use super::source::{Source, words};

/// Files that are one, though they stand as several; and why.
const EXCUSED: &[(&[&str], &str)] = &[
    (
        &[
            "crates/lockyard-track/src/found.rs",
            "crates/lockyard-track/src/lock.rs",
            "crates/lockyard-track/src/state.rs",
            "crates/lockyard-track/src/strand.rs",
            "crates/lockyard-track/src/tracker.rs",
            "crates/lockyard-track/src/wait.rs",
        ],
        "A tracker keeps the locks that are waited for and what was found of waits, a lock those who wait, one who waits \
         its strand, and a strand what it waits for and the tracker that it notifies.",
    ),
    (
        &["crates/lockyard-tokio/src/lockyard/program.rs", "crates/lockyard-tokio/src/tracked.rs"],
        "Where the environment asks for it, the first who looks for a tracker begins that of the program.",
    ),
    (
        &[
            "crates/lockyard-tokio/src/runtime/builder.rs",
            "crates/lockyard-tokio/src/runtime/local_runtime.rs",
            "crates/lockyard-tokio/src/runtime/runtime.rs",
        ],
        "A builder makes runtimes, and a runtime can be made without naming its builder.",
    ),
    (
        &[
            "crates/lockyard-tokio/src/sync/mutex/guard.rs",
            "crates/lockyard-tokio/src/sync/mutex/mod.rs",
            "crates/lockyard-tokio/src/sync/mutex/owned.rs",
        ],
        "A mutex makes its guards, and a guard has the mutex that it locks.",
    ),
    (
        &[
            "crates/lockyard-tokio/src/sync/rwlock/mod.rs",
            "crates/lockyard-tokio/src/sync/rwlock/owned_read.rs",
            "crates/lockyard-tokio/src/sync/rwlock/owned_write.rs",
        ],
        "A lock makes its guards, and a guard has the lock that it keeps.",
    ),
    (
        &["crates/lockyard-tokio/src/sync/mpsc/permit.rs", "crates/lockyard-tokio/src/sync/mpsc/sender.rs"],
        "A sender makes permits, and a permit gives its sender back.",
    ),
    (
        &[
            "src/backend/session/entry.rs",
            "src/backend/session/env.rs",
            "src/backend/session/health.rs",
            "src/backend/session/manager.rs",
            "src/backend/session/save.rs",
            "src/backend/session/state.rs",
            "src/backend/session/unsaved.rs",
        ],
        "The environment names the types of which the manager's parts are made, and those parts are generic in it.",
    ),
    (
        &["src/backend/chat/context.rs", "src/backend/chat/turn.rs"],
        "A turn is what a context does, and a context has the turn that it is in.",
    ),
];

/// The knots of files that import each other, each within one crate.
pub fn cycles(sources: &[Source]) -> Vec<Vec<String>> {
    let mut crates: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for source in sources {
        if let Some(folder) = source.crate_folder().filter(|_| source.path != "src/main.rs") {
            crates.entry(folder.to_owned()).or_default().push(source);
        }
    }
    let knots = crates.values().flat_map(|files| Files::new(files).cycles());
    knots.collect()
}

/// Why a cycle may stay, if it may.
pub fn excuse(knot: &[String]) -> Option<&'static str> {
    let known = EXCUSED.iter().find(|(files, _)| knot.iter().all(|file| files.contains(&file.as_str())));
    known.map(|(_, why)| *why)
}

/// Excuses that nothing needs.
pub fn idle_excuses(knots: &[Vec<String>]) -> Vec<&'static [&'static str]> {
    let idle = EXCUSED.iter().filter(|(files, _)| !knots.iter().any(|knot| knot == files));
    idle.map(|(files, _)| *files).collect()
}

/// So often a name is followed from one `mod.rs` to the next.
const HANDED_ON: usize = 8;

/// What stands in the files of one crate.
pub struct Files<'a> {
    sources: &'a [&'a Source],
    /// The file of each module.
    modules: BTreeMap<Vec<String>, usize>,
    /// The paths that each file takes.
    paths: Vec<Vec<Path>>,
}

impl<'a> Files<'a> {
    /// Reads the files of one crate.
    pub fn new(sources: &'a [&'a Source]) -> Self {
        let modules: BTreeMap<_, _> =
            (0..).zip(sources).map(|(nth, source)| (source.module(), nth)).collect();
        let children = |source: &Source| -> Vec<String> {
            let module = source.module();
            let inside = modules.keys().filter(|it| it.len() == module.len() + 1 && it.starts_with(&module));
            inside.filter_map(|it| it.last().cloned()).collect()
        };
        let paths = sources.iter().map(|source| paths(source, &children(source))).collect();
        Self { sources, modules, paths }
    }

    /// Every knot of files that import each other, by the names of the files, in their order.
    pub fn cycles(&self) -> Vec<Vec<String>> {
        let edges: Vec<_> = (0..self.sources.len()).map(|file| self.edges(file)).collect();
        let reached: Vec<_> = (0..edges.len()).map(|file| reached_from(file, &edges)).collect();
        let mut knots = BTreeSet::new();
        for (file, there) in reached.iter().enumerate() {
            let back = there.iter().filter(|it| reached[**it].contains(&file));
            let knot: BTreeSet<_> = back.map(|it| self.sources[*it].path.clone()).collect();
            if knot.len() > 1 {
                knots.insert(knot);
            }
        }
        knots.into_iter().map(|knot| knot.into_iter().collect()).collect()
    }

    /// The other files in which something is written that this one names.
    fn edges(&self, file: usize) -> BTreeSet<usize> {
        let code = self.sources[file].without_imports();
        let used: BTreeSet<_> = words(&code).into_iter().map(|range| &code[range]).collect();
        let known = self.paths[file].iter().filter(|path| match &path.written {
            Written::Inline => true,
            Written::Imported(alias) => alias == "*" || used.contains(alias.as_str()),
        });
        known.filter_map(|path| self.written_in(path)).filter(|it| *it != file).collect()
    }

    /// The file in which what this path names is written; none where it is of another crate.
    fn written_in(&self, path: &Path) -> Option<usize> {
        let mut path = path.clone();
        for _ in 0..HANDED_ON {
            if !path.own {
                return None;
            }
            let names = &path.names;
            // The longest beginning that is a module.
            let known = (0..=names.len()).rev().find(|end| self.modules.contains_key(&names[..*end]))?;
            let file = self.modules[&names[..known]];
            let handed_on = |it: &&Path| match &it.written {
                Written::Imported(alias) => names.get(known) == Some(alias),
                Written::Inline => false,
            };
            let Some(from) = self.paths[file].iter().find(handed_on) else { return Some(file) };
            let further = [&from.names[..], &names[known + 1..]].concat();
            path = Path { names: further, ..from.clone() };
        }
        None
    }
}

fn reached_from(file: usize, edges: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(next) = open.pop().and_then(|at| edges.get(at)) {
        open.extend(next.iter().filter(|it| reached.insert(**it)));
    }
    reached
}
