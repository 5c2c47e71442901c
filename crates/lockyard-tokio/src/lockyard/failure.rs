//! A schedule that fails: in words, as a page, and once more.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lockyard_evidence::Counterexample;
use lockyard_explore::{Explorer, Failure, Program, Schedule};

/// Names the schedule that is to be run alone.
const REPLAY: &str = "LOCKYARD_REPLAY";

/// So long a simpler failure is looked for.
const SIMPLER: Duration = Duration::from_secs(2);

/// The schedule that the environment asks for.
pub(super) fn replayed() -> Option<Schedule> {
    let text = std::env::var(REPLAY).ok().filter(|text| !text.is_empty())?;
    match text.parse() {
        Ok(schedule) => Some(schedule),
        Err(error) => panic!("{REPLAY}: {error}"),
    }
}

/// A failure, made small and drawn; its page is written.
pub(super) fn words(explorer: &Explorer, failure: &Failure, build: &dyn Fn(&mut Program)) -> String {
    let name = std::thread::current().name().unwrap_or("explore").to_owned();
    let small = if failure.kind.is_of_the_program() {
        explorer.shrink(failure, SIMPLER, build)
    } else {
        failure.clone()
    };
    drawn(&counterexample(explorer, &small.schedule, build, &name), &name)
}

/// Runs one schedule.
///
/// # Panics
/// If it fails, with its drawing.
pub(super) fn replay(explorer: &Explorer, schedule: &Schedule, build: &dyn Fn(&mut Program), name: &str) {
    let trace = explorer.trace(schedule, build);
    if trace.failure.is_none() {
        eprintln!("lockyard: {name}: no failure in schedule {schedule}");
        return;
    }
    panic!("{}", drawn(&trace.counterexample(command(schedule, name)), name));
}

fn command(schedule: &Schedule, name: &str) -> String {
    format!("{REPLAY}={schedule} cargo test {name}")
}

fn counterexample(
    explorer: &Explorer,
    schedule: &Schedule,
    build: &dyn Fn(&mut Program),
    name: &str,
) -> Counterexample {
    explorer.trace(schedule, build).counterexample(command(schedule, name))
}

fn drawn(shown: &Counterexample, name: &str) -> String {
    let text = shown.drawing().to_text(None);
    match write_page(shown, name) {
        Ok(page) => format!("{text}Page: {}\n", page.display()),
        Err(error) => format!("{text}No page was written: {error}\n"),
    }
}

fn write_page(shown: &Counterexample, name: &str) -> std::io::Result<PathBuf> {
    let folder = target_folder().join("lockyard");
    fs::create_dir_all(&folder)?;
    let file: String =
        name.chars().map(|it| if it.is_alphanumeric() || "-_".contains(it) { it } else { '-' }).collect();
    let page = folder.join(format!("{file}.html"));
    fs::write(&page, shown.to_html(name))?;
    Ok(page)
}

/// Where cargo builds: above the folder of the test that runs.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let profile = test.ancestors().find(|it| it.ends_with("deps")).and_then(Path::parent);
    profile.and_then(Path::parent).map_or_else(|| PathBuf::from("target"), Path::to_path_buf)
}
