//! `--sweep`: from what was asked for to workloads along which one setting varies.

use anyhow::{Context, ensure};

use crate::plan::Sweep;
use crate::workload::Workload;

/// Each of the workloads along each of these sweeps.
pub(super) fn sweeps<W: Workload + Clone>(
    workloads: &[W],
    asked: &[String],
) -> anyhow::Result<Vec<Sweep<W>>> {
    let mut found = Vec::new();
    for sweep in asked {
        let wanted = || format!("--sweep {sweep}: write a setting and two values at least: tasks=1,2,4,8");
        let (along, values) = sweep.split_once('=').with_context(wanted)?;
        let values: Vec<&str> = values.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        ensure!(values.len() > 1, wanted());
        for workload in workloads {
            let at = |value: &&str| {
                let mut point = workload.clone();
                let set = point.set(along.trim(), value).map_err(anyhow::Error::msg);
                set.with_context(|| format!("--sweep {sweep} at {value}"))?;
                anyhow::Ok(point)
            };
            let points = values.iter().map(at).collect::<anyhow::Result<_>>()?;
            found.push(Sweep { along: along.trim().to_owned(), points });
        }
    }
    Ok(found)
}
