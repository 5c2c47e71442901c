//! What a program has declared, whatever its answers are judged by: what the verbs know of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use lockyard_history::Verdict;

use crate::calibration::Slowdown;
use crate::environment::Build;
use crate::plan::{Ablated, Plan, Terms};
use crate::record::Change;
use crate::share::Share;
use crate::stats::Confidence;
use crate::subject::Subject;
use crate::turns::Turns;
use crate::workload::Workload;

use super::check::CheckOptions;
use super::exit::Exit;
use super::names;
use super::options::RunOptions;
use super::origin::command_line;

/// Judges a history by what a program's answers are judged by.
pub(super) type CheckOwn = Box<dyn Fn(&CheckOptions) -> anyhow::Result<Exit>>;

/// Judges a history in memory by the same, within a time.
pub(super) type JudgeOwn = Box<dyn Fn(&[u8], Duration) -> anyhow::Result<Verdict>>;

/// Makes a subject with this work planted in it.
pub(super) type SlowedSubject<W> = Arc<dyn Fn(&Slowdown) -> Subject<W>>;

/// What a program has declared.
pub(super) struct Declared<W: Workload> {
    pub(super) workloads: Vec<W>,
    pub(super) systems: Vec<Subject<W>>,
    /// For a calibration: each of the systems with work planted in it, by its name.
    pub(super) slowed: Vec<(String, SlowedSubject<W>)>,
    pub(super) build: Build,
    /// Nothing moving for so long counts as stuck, if that is not to be as usual.
    pub(super) patience: Option<Duration>,
    /// Where histories of its own can be read.
    pub(super) check: Option<CheckOwn>,
    pub(super) judge: Option<JudgeOwn>,
}

impl<W: Workload + Clone> Declared<W> {
    /// Refuses what cannot be run, whichever verb is asked for.
    pub(super) fn validate(&self, verbs: &[String]) -> anyhow::Result<()> {
        ensure!(!self.workloads.is_empty(), "there is no workload: declare one with `workload`");
        ensure!(
            !self.systems.is_empty(),
            "there are no systems: declare one at least, as `systems = {{ \"mutex\" => |setup| … }}`"
        );
        ensure!(!W::OPERATIONS.is_empty(), "OPERATIONS of the workload is empty: name what can be asked");
        names::check("system", &self.systems.iter().map(Subject::name), verbs)?;
        names::check("workload", &self.workloads.iter().map(Workload::name), &[])
    }

    /// The systems of these names; all if none is named.
    pub(super) fn systems(&self, names: &[String]) -> anyhow::Result<Vec<Subject<W>>> {
        if names.is_empty() {
            return Ok(self.systems.clone());
        }
        let mut found: Vec<Subject<W>> = Vec::new();
        for name in names {
            let subject = names::find("system", name, &self.systems, Subject::name)?;
            ensure!(
                found.iter().all(|it| it.name() != subject.name()),
                "{name} is given twice; each is measured once"
            );
            found.push(subject.clone());
        }
        Ok(found)
    }

    /// The workloads of these names, with these settings; all if none is named.
    pub(super) fn workloads(&self, names: &[String], settings: &[String]) -> anyhow::Result<Vec<W>> {
        let mut found: Vec<W> = Vec::new();
        for name in names {
            let workload = names::find("workload", name, &self.workloads, Workload::name)?;
            ensure!(
                found.iter().all(|it| it.name() != workload.name()),
                "the workload {name} is given twice; each is measured once"
            );
            found.push(workload.clone());
        }
        if names.is_empty() {
            found.clone_from(&self.workloads);
        }
        for workload in &mut found {
            for setting in settings {
                let (key, value) = setting
                    .split_once('=')
                    .with_context(|| format!("--set {setting}: write SETTING=VALUE, such as tasks=4"))?;
                let set = workload.set(key.trim(), value.trim()).map_err(anyhow::Error::msg);
                set.with_context(|| format!("--set {setting} under {}", workload.name()))?;
            }
        }
        Ok(found)
    }

    /// A plan as the options of every run say, for what each verb adds.
    pub(super) fn plan(
        &self,
        systems: Vec<Subject<W>>,
        workloads: Vec<W>,
        margin: Share,
        options: &RunOptions,
    ) -> anyhow::Result<Plan<W>> {
        if options.track {
            let untracked: Vec<_> =
                systems.iter().filter(|it| !it.can_be_tracked()).map(Subject::name).collect();
            ensure!(
                untracked.is_empty(),
                "--track: {} cannot be set up with tracked locks; declare how, as `tracked = {{ \"name\" => |setup, \
                 tracker| … }}`, or leave it out with --system",
                untracked.join(", ")
            );
        }
        let turns = Turns::asked();
        // What takes turns with another build is compared with that, and not with the machine.
        let alone = turns.is_none();
        let reference = self.systems.first().map(|it| it.name().to_owned());
        let plan = Plan::new(systems, workloads)
            .command(command_line())
            .build(self.build.clone())
            .harness(alone)
            .seed(options.seed)
            .latency(options.latency.into())
            .verify(!options.no_verify)
            .track(options.track)
            .terms(Terms { margin, confidence: Confidence::default(), reference });
        let plan = match self.patience {
            Some(patience) => plan.patience(patience),
            None => plan,
        };
        Ok(match turns {
            Some(turns) => plan.turns(turns),
            None => plan,
        })
    }

    /// The way from one system to another, `FROM..TO`, by every combination of the factors in which they differ: each must be a
    /// system of its own.
    pub(super) fn way(&self, asked: &str) -> anyhow::Result<Ablated> {
        let (from, to) = asked.split_once("..").with_context(|| {
            format!("--ablate {asked}: write the names of two systems, with `..` between them: mutex..rwlock")
        })?;
        let factors = |name: &str| {
            let system = names::find("system", name, &self.systems, Subject::name)?;
            system.factors().cloned().with_context(|| {
                format!("--ablate {asked}: {name} has no factors; declare them, as `\"{name}\" [lock = \"mutex\"] => …`")
            })
        };
        let (old, new) = (factors(from)?, factors(to)?);
        let changes: Vec<Change> = new
            .iter()
            .filter_map(|(factor, choice)| {
                let before = old.get(factor)?;
                (before != choice).then(|| Change {
                    factor: factor.to_owned(),
                    old: before.to_owned(),
                    new: choice.to_owned(),
                })
            })
            .collect();
        ensure!(!changes.is_empty(), "--ablate {asked}: the two differ in no factor that both have");
        ensure!(
            changes.len() < 8,
            "--ablate {asked}: the two differ in {} factors; 7 are the most",
            changes.len()
        );
        let corners = (0..1_usize << changes.len()).map(|corner| {
            let mut wanted = old.clone();
            for (nth, change) in changes.iter().enumerate().filter(|(nth, _)| corner >> nth & 1 == 1) {
                debug_assert!(nth < changes.len());
                wanted.set(change.factor.as_str(), change.new.as_str());
            }
            let found = self.systems.iter().find(|it| it.factors() == Some(&wanted));
            found.map(|it| it.name().to_owned()).with_context(|| {
                let wanted: Vec<_> =
                    wanted.iter().map(|(factor, choice)| format!("{factor}={choice}")).collect();
                format!("--ablate {asked}: no system has {}; declare one", wanted.join(","))
            })
        });
        let corners = corners.collect::<anyhow::Result<_>>()?;
        Ok(Ablated { changes, corners })
    }
}
