//! `merge` of what several load machines measured together: their records, and their histories as far as clocks allow.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use lockyard_history::{Verdict, join_histories};

use crate::gate::{self, AcrossVerdict, MergeError};
use crate::record::{AcrossMachines, LoadPlan, MachineRecord, Record};

use super::planned::HISTORY;

/// Judges a history in memory, within a time.
pub type JudgeHistory<'a> = &'a dyn Fn(&[u8], Duration) -> anyhow::Result<Verdict>;

/// How the records of machines become one.
pub(super) struct MergeTerms<'a> {
    /// Some slices may be missing.
    pub(super) incomplete: bool,
    /// How long to search for an order of the histories.
    pub(super) budget: Duration,
    /// Where the history of all is written, if anywhere.
    pub(super) out: Option<&'a Path>,
}

/// The record of all machines, or why there is none.
///
/// # Errors
/// A history that cannot be read, or where that of all cannot be written.
pub(super) fn merge(
    terms: &MergeTerms<'_>,
    runs: &[(&str, &Record)],
    judge: Option<JudgeHistory<'_>>,
) -> anyhow::Result<Result<Record, MergeError>> {
    let reasons = gate::slice_refusals(runs, terms.incomplete);
    if !reasons.is_empty() {
        return Ok(Err(MergeError { reasons }));
    }
    let across = match (shares(runs), judge) {
        (Err(reason), _) => AcrossVerdict::not_judged(reason),
        (Ok(_), None) => AcrossVerdict::not_judged("this program cannot read histories of its own"),
        (Ok(Shares { error_ns, files }), Some(judge)) => judged(&files, error_ns, terms, judge)?,
    };
    Ok(gate::merge_machines(runs, across, terms.incomplete))
}

/// What all machines have recorded.
struct Shares {
    error_ns: u64,
    files: Vec<PathBuf>,
}

/// Where the histories of all machines are; or why they say nothing together.
fn shares(runs: &[(&str, &Record)]) -> Result<Shares, String> {
    let machines = || runs.iter().flat_map(|(name, run)| run.machines.iter().map(move |it| (*name, it)));
    let plan: &LoadPlan =
        runs.iter().find_map(|(_, run)| run.plan.as_ref()).ok_or("there is no plan among the records")?;
    if !plan.verify {
        return Err("the plan leaves verification out".to_owned());
    }
    let Some(error_ns) = plan.clock_error_ns else {
        return Err("the plan states no clock error, so that nothing is known of two machines' order: write one with --clock-error, \
                    as time synchronisation gives it"
            .to_owned());
    };
    if machines().count() < plan.slices as usize {
        return Err("not all slices are there, and what the others did is not known".to_owned());
    }
    for (_, MachineRecord { slice, clock, .. }) in machines() {
        if let Some(clock) = clock.as_ref().filter(|clock| clock.exceeds(error_ns)) {
            return Err(format!(
                "slice {slice} contradicts the clock error of {:.3} ms that the plan states: {}",
                error_ns as f64 / 1e6,
                clock.seen()
            ));
        }
    }
    let mut files = Vec::new();
    for (name, machine) in machines() {
        let Some(history) = &machine.history else {
            return Err(format!("slice {} recorded no history", machine.slice));
        };
        // Beside its record; of a name that says otherwise the last part counts.
        let file = Path::new(history).file_name().unwrap_or_default();
        let path = Path::new(name).with_file_name(file);
        if !path.is_file() {
            return Err(format!(
                "the history of slice {} is not at {}: copy it there",
                machine.slice,
                path.display()
            ));
        }
        files.push(path);
    }
    Ok(Shares { error_ns, files })
}

/// Judges the histories as one, and leaves it in the folder of the report.
fn judged(
    files: &[PathBuf],
    error_ns: u64,
    terms: &MergeTerms<'_>,
    judge: JudgeHistory<'_>,
) -> anyhow::Result<AcrossVerdict> {
    let open = |path: &PathBuf| {
        let wanted = || format!("the history {} cannot be read", path.display());
        Ok((path.display().to_string(), BufReader::new(File::open(path).with_context(wanted)?)))
    };
    let histories = files.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
    let mut all = Vec::new();
    let operations = join_histories(histories, error_ns, &mut all)?;
    if let Some(out) = terms.out {
        let path = out.join(HISTORY);
        let wanted = || format!("the history {} cannot be written", path.display());
        fs::create_dir_all(out).and_then(|()| fs::write(&path, &all)).with_context(wanted)?;
    }
    if operations == 0 {
        return Ok(AcrossVerdict::not_judged("no machine has recorded any operation"));
    }
    let (linearizable, violation) = match judge(&all, terms.budget)? {
        Verdict::Linearizable => (Some(true), None),
        Verdict::Unknown => (None, None),
        Verdict::Violation(violation) => (Some(false), Some(violation)),
    };
    let across = AcrossMachines {
        operations: Some(operations as u64),
        widened_ns: Some(error_ns),
        linearizable,
        not_judged: None,
    };
    Ok(AcrossVerdict { across, violation })
}
