//! Everything that a record has found, each with where: what failed in a cell, or at a point of a sweep.

use crate::record::{Finding, Record};

/// A finding, and where it was made.
pub(super) struct LocatedFinding<'a> {
    pub strategy: &'a str,
    /// The scenario, of a sweep with the value that its setting had.
    pub place: String,
    pub finding: &'a Finding,
}

/// Everything that was found, in cells and at the points of sweeps.
pub(super) fn findings(record: &Record) -> impl Iterator<Item = LocatedFinding<'_>> {
    let in_cells = record.cells.iter().flat_map(|cell| {
        let found =
            |finding| LocatedFinding { strategy: &cell.strategy, place: cell.scenario.clone(), finding };
        cell.findings.iter().map(found)
    });
    let in_sweeps = record.scaling.iter().flat_map(|sweep| {
        sweep.points.iter().flat_map(move |at| {
            let size = sweep.size(&at.point).unwrap_or_default();
            let place = format!("{} with {}={size}", sweep.scenario, sweep.along);
            let found =
                move |finding| LocatedFinding { strategy: &sweep.strategy, place: place.clone(), finding };
            at.findings.iter().map(found)
        })
    });
    in_cells.chain(in_sweeps)
}
