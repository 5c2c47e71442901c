//! A run in words, where it stands beside another one: when it began, what was built, on which machine.

use super::format;
use crate::record::DiffSide;

/// When it began: `2026-11-29 10:00 UTC`.
pub(super) fn started(side: &DiffSide) -> String {
    side.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What was built: `0.1.0 (9128e0136a0f)`.
pub(super) fn build(side: &DiffSide) -> String {
    let commit = side.commit.as_deref().map_or(String::new(), |commit| format!(" ({commit})"));
    format!("{}{commit}", side.version)
}

/// Its machine: processor, cores, system. None where nothing is known of it.
pub(super) fn machine(side: &DiffSide) -> Option<String> {
    let it = &side.environment;
    if it.cores == 0 && it.cpu_model.is_none() {
        return None;
    }
    let cpu = it.cpu_model.as_deref().unwrap_or("unknown processor");
    Some(format!("{cpu}, {}, {}", format::counted(it.cores.into(), "core"), it.os))
}
