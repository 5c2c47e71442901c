//! Plans of several load machines: written by one, kept by each with a slice of the clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use jiff::Timestamp;

use crate::environment::Build;
use crate::planned::PlannedSlice;
use crate::record::{ClockCheck, LoadPlan, PLAN_VERSION, ServerGroup, write_atomically};
use crate::workload::Workload;

use super::exit::Exit;
use super::options::{self, RunOptions};

/// What each machine's share of the history of all is called, beside its record.
pub const HISTORY: &str = "history.jsonl";

/// Why options that say what is measured are refused beside a plan.
pub const DECIDED: &str =
    "with --plan, what is measured is the plan's to decide: give --plan, --slice, a token and --out alone";

/// How far away the start is unless said otherwise: time to hand the plan to all machines, and for them to set up.
const START_IN: Duration = Duration::from_mins(1);

/// The seed that is given if none is.
const DEFAULT_SEED: u64 = 42;

/// Options of load machines that share the work.
#[derive(Args, Clone, Debug)]
pub struct PlanOptions {
    /// Measure nothing, and write to this file what several load machines shall do together: this load, with its clients in --slices.
    ///
    /// Each machine is given the file, and runs `load --plan FILE --slice I/N`. All begin at the same time, and their records become one
    /// by `merge`. The start is a minute from now, unless --start-in or --start-at says otherwise: all must be set up by then.
    #[arg(long, value_name = "FILE", requires = "slices", conflicts_with = "plan")]
    write_plan: Option<PathBuf>,

    /// Into how many slices the clients are cut, one for each machine.
    #[arg(long, value_name = "N", requires = "write_plan", value_parser = clap::value_parser!(u32).range(2..=1000))]
    slices: Option<u32>,

    /// How far from now a written plan starts: 30s, 5m.
    #[arg(long, value_name = "TIME", requires = "write_plan", value_parser = options::duration, conflicts_with = "start_at")]
    start_in: Option<Duration>,

    /// When a written plan starts: 2026-05-01T12:00:00Z.
    #[arg(long, value_name = "UTC", requires = "write_plan")]
    start_at: Option<Timestamp>,

    /// By how much the clock of any machine may be off, as time synchronisation bounds it: 500us, 5ms. Without it nothing is judged
    /// across machines.
    #[arg(long, value_name = "TIME", requires = "write_plan", value_parser = options::duration)]
    clock_error: Option<Duration>,

    /// Keep this plan, as one of several load machines: its --slice of the clients, from its start on.
    ///
    /// What is measured, by which seed and for how long, is the plan's. Before the start each machine makes its
    /// share of what is asked about, and then all of them ask about all of it; so nothing is replaced between rounds, and it grows by
    /// what is written in the whole run.
    #[arg(long, value_name = "FILE", requires = "slice")]
    plan: Option<PathBuf>,

    /// Which of the plan's slices this machine has: 2/3.
    #[arg(long, value_name = "I/N", requires = "plan", value_parser = slice_number)]
    slice: Option<(u32, u32)>,
}

/// `2/3`, for clap.
fn slice_number(given: &str) -> Result<(u32, u32), String> {
    let parts = given.split_once('/').and_then(|(nth, of)| Some((nth.parse().ok()?, of.parse().ok()?)));
    let found = parts.filter(|(nth, of): &(u32, u32)| (1..=*of).contains(nth));
    found.ok_or_else(|| "write which of how many slices, counted from 1: 2/3".to_owned())
}

/// What a plan is about, beside its workload.
pub struct PlanTarget<'a> {
    /// What is asked of, by its name in reports.
    pub subject: &'a str,
    /// Its servers, where it says any.
    pub servers: Option<ServerGroup>,
    /// The text of the workload, and the settings laid over it.
    pub document: Option<String>,
    /// The settings laid over it.
    pub settings: Vec<String>,
    /// For how long it is measured.
    pub duration: Duration,
    /// The program that all machines must run.
    pub build: &'a Build,
}

impl PlanOptions {
    /// Writes a plan, if that is asked for.
    ///
    /// # Errors
    /// A start that is past, more slices than clients, and a file that cannot be written.
    pub fn write<W: Workload>(
        &self,
        workload: &W,
        target: PlanTarget<'_>,
        options: &RunOptions,
    ) -> anyhow::Result<Option<Exit>> {
        let (Some(path), Some(slices)) = (&self.write_plan, self.slices) else { return Ok(None) };
        ensure!(!options.track, "--track: locks of servers elsewhere cannot be tracked from here");
        let clients = workload.shape().tasks();
        ensure!(
            slices <= clients,
            "--slices {slices}: {} has {clients} clients, and each slice needs one; set more with --set tasks={slices}",
            workload.name()
        );
        let now = Timestamp::now();
        let start = self.start_at.unwrap_or_else(|| now + self.start_in.unwrap_or(START_IN));
        ensure!(start > now, "--start-at {start} is past, and it is {now}: name a time that is to come");
        let PlanTarget { subject, servers, document, settings, duration, build } = target;
        let plan = LoadPlan {
            plan_version: PLAN_VERSION,
            start,
            slices,
            clients,
            seed: options.seed,
            workload: workload.name().to_owned(),
            document,
            settings,
            subject: subject.to_owned(),
            servers,
            duration_ms: duration.as_millis() as u64,
            verify: !options.no_verify,
            clock_error_ns: self.clock_error.map(|error| error.as_nanos() as u64),
            version: build.version.to_owned(),
            commit: build.commit.map(str::to_owned),
        };
        let mut json = serde_json::to_string_pretty(&plan)?;
        json.push('\n');
        write_atomically(path, &json)
            .with_context(|| format!("--write-plan {} cannot be written", path.display()))?;
        eprintln!(
            "The plan starts at {start}. Before that, on each of {slices} machines, with I from 1 to {slices}: load --plan {} --slice \
             I/{slices}",
            path.display()
        );
        Ok(Some(Exit::Fine))
    }

    /// Whether a plan is to be written.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.write_plan.is_some()
    }

    /// Whether a plan is to be kept.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.plan.is_some()
    }

    /// The plan that is to be kept, and which slice of it, if one is.
    ///
    /// # Errors
    /// What is no plan, is one of another program, is past, or has no such slice; and options that are the plan's to decide.
    pub fn read(&self, build: &Build, options: &RunOptions) -> anyhow::Result<Option<(LoadPlan, u32)>> {
        let (Some(path), Some((slice, of))) = (&self.plan, self.slice) else { return Ok(None) };
        let shown = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("--plan {shown} cannot be read"))?;
        let version: serde_json::Value =
            serde_json::from_str(&text).with_context(|| format!("--plan {shown} is no plan"))?;
        if let Some(found) = version.get("plan_version").and_then(serde_json::Value::as_u64)
            && found != u64::from(PLAN_VERSION)
        {
            bail!(
                "--plan {shown} is of version {found}, and this program keeps version {PLAN_VERSION}: write it anew"
            );
        }
        let plan: LoadPlan = serde_json::from_str(&text)
            .with_context(|| format!("--plan {shown} is no plan: write one with --write-plan"))?;
        let of_build = |version: &str, commit: Option<&str>| match commit {
            Some(commit) => format!("{version} at {commit}"),
            None => version.to_owned(),
        };
        let (theirs, ours) =
            (of_build(&plan.version, plan.commit.as_deref()), of_build(build.version, build.commit));
        ensure!(
            theirs == ours,
            "--plan {shown} was written by version {theirs}, and this is {ours}: run one build on all machines"
        );
        ensure!(
            of == plan.slices,
            "--slice {slice}/{of}: the plan has {} slices; write {slice}/{}",
            plan.slices,
            plan.slices
        );
        ensure!(
            plan.clients_of(slice) > 0,
            "--slice {slice}/{of} has none of the {} clients of the plan",
            plan.clients
        );
        let now = Timestamp::now();
        ensure!(
            plan.start > now,
            "--plan {shown} started at {}, and it is {now}: write one that is to come",
            plan.start
        );
        for (option, is_given) in [
            ("--duration", options.duration.is_some()),
            ("--seed", options.seed != DEFAULT_SEED && options.seed != plan.seed),
            ("--no-verify", options.no_verify),
            ("--track", options.track),
        ] {
            ensure!(!is_given, "{option} is the plan's to decide: write one with it");
        }
        Ok(Some((plan, slice)))
    }
}

/// One machine's part of a plan, whose record goes to this folder. Says what was seen of its clock.
#[must_use]
pub fn planned(plan: LoadPlan, slice: u32, clock: Option<ClockCheck>, folder: &Path) -> PlannedSlice {
    let clients = plan.clients_of(slice);
    eprintln!(
        "Slice {slice} of {}: {clients} of {} clients, from {} on.",
        plan.slices, plan.clients, plan.start
    );
    if let Some(clock) = &clock {
        eprintln!("{}{}.", clock.seen()[..1].to_uppercase(), &clock.seen()[1..]);
        if let Some(error_ns) = plan.clock_error_ns.filter(|error| clock.exceeds(*error)) {
            eprintln!(
                "warning: that contradicts the clock error of {:.3} ms that the plan states: synchronise the clocks, or state a larger \
                 one; as it is, nothing will be judged across machines",
                error_ns as f64 / 1e6
            );
        }
    }
    let history = plan.verify.then(|| folder.join(HISTORY));
    if let Some(history) = &history {
        // One of an earlier run is none of this one's. If it is not there, that is as well.
        let _ = fs::remove_file(history);
    }
    PlannedSlice { plan, slice, clock, history }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_one_of_several_counted_from_one() {
        assert_eq!(slice_number("2/3"), Ok((2, 3)));
        for wrong in ["0/3", "4/3", "3", "/3", "2/", "-1/3", "0/0"] {
            assert!(slice_number(wrong).unwrap_err().contains("2/3"), "{wrong}");
        }
    }
}
