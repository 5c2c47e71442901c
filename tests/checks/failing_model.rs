//! A model that really fails, in every format: the steps are the same rows everywhere, and no format takes them apart again.

use std::time::Duration;

use lockyard::checks::models::{ModelCheck, Replay, VerifyTarget, replay};
use lockyard::explore::Limits;
use lockyard_bench::record::{Action, Counterexample, Drawing, Engine, ModelResult, Record};
use lockyard_bench::report::{TextOptions, junit, page, sarif, summary, text};
use serde_json::Value;

/// The mutant of a model, found to fail and made small.
fn counterexample() -> Counterexample {
    let subject = VerifyTarget::Mutant(ModelCheck::named("appends-loaded-2x2").unwrap());
    let limits = Limits { time: Some(Duration::from_mins(1)), ..Limits::default() };
    let found = replay(&Replay { subject, schedule: None, limits }).expect("a mutant fails");
    found.run.counterexample(found.replay)
}

/// A record of a run, with the model that fails as its only one.
fn record(how: &Counterexample) -> Record {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/2026-11-30/run.json");
    let model = ModelResult {
        model: "appends-loaded-2x2".to_owned(),
        strategy: "a mutant".to_owned(),
        represents: Vec::new(),
        engine: Engine::Explorer,
        schedules: 1,
        min_schedules: 1,
        exhaustive: false,
        bound: Some("the first failure".to_owned()),
        assumption: None,
        unsound: None,
        holds: false,
        millis: 1,
        counterexample: Some(how.clone()),
    };
    Record { models: Some(vec![model]), ..Record::read(file).unwrap() }
}

#[test]
fn its_steps_say_what_was_locked_and_held_and_where() {
    let how = counterexample();
    assert!(how.tasks.len() >= 2 && how.replay.contains("--pitfall"), "{how:?}");
    let locked =
        how.steps.iter().find(|step| step.action == Action::Lock).expect("a save locks the session's gate");
    let object = locked.object.clone().expect("a lock has a class");
    assert!(locked.holds.contains(&object) && locked.value.as_deref() == Some("write"), "{locked:?}");
    assert!(
        locked.place.as_ref().is_some_and(|place| place.starts_with("src/backend/session/")),
        "{locked:?}"
    );
    let count = |action| how.steps.iter().filter(|step| step.action == action).count();
    assert_eq!(count(Action::Invoke), count(Action::Return) + count(Action::NoReturn), "{}", how.trace());
    assert!(how.steps.is_sorted_by_key(|step| step.nth));
}

#[test]
fn every_format_shows_each_step_of_it() {
    let how = counterexample();
    let record = record(&how);
    let drawing = how.trace().to_string();
    let lines: Vec<_> = drawing.lines().collect();
    assert!(lines.len() > how.steps.len(), "a line for each step, below the names of the tasks");

    // A terminal has a width, and the drawing keeps to it.
    let terminal = text(&record, &TextOptions { width: 100, ..TextOptions::default() });
    // What went wrong is said once, above it, and the command below it.
    let narrower = Drawing { cause: Vec::new(), replay: None, ..how.drawing() }.to_text(Some(98));
    let mut drawn = narrower.lines().filter(|line| !line.is_empty());
    let is_shown = |line: &str| terminal.lines().any(|shown| shown.strip_prefix("  ") == Some(line));
    assert!(drawn.all(is_shown), "{terminal}");
    let markdown = summary(&record);
    for line in &lines {
        assert!(markdown.contains(&format!("    {line}\n")), "{line}\n{markdown}");
    }

    let page = page(&record);
    // A page leaves out the ends that HTML implies.
    let implied = ["</td>", "</th>", "</tr>", "</thead>", "</tbody>"];
    let short = |html: String| implied.iter().fold(html, |html, end| html.replace(end, ""));
    assert!(page.contains(&short(how.trace().to_html())), "the page has the table as it is");
    for task in &how.tasks {
        assert!(page.contains(&format!("<th scope=\"col\">{task}")), "a column for {task}");
    }
    let acts = how.trace().to_html().matches("<td class=\"acts").count();
    assert_eq!(acts, how.steps.len(), "each step stands in the column of its task");

    let junit = junit_parser::from_reader(junit(&record).as_bytes()).unwrap();
    let cases = junit.suites.iter().flat_map(|suite| &suite.cases);
    let failed = cases.filter_map(|case| match &case.status {
        junit_parser::TestStatus::Failure(failure) => Some(failure.text.clone()),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.iter().any(|text| lines.iter().all(|line| text.contains(line.trim_end()))), "{failed:?}");

    let sarif: Value = serde_json::from_str(&sarif(&record)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let flows =
        results.iter().find_map(|it| it.pointer("/codeFlows/0/threadFlows")).expect("the model's flow");
    let mut steps: Vec<_> =
        flows.as_array().unwrap().iter().flat_map(|flow| flow["locations"].as_array().unwrap()).collect();
    steps.sort_by_key(|step| step["executionOrder"].as_u64());
    let words: Vec<_> =
        steps.iter().map(|step| step["location"]["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(words, how.steps.iter().map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn what_is_written_of_it_is_read_again() {
    let record = record(&counterexample());
    let read: Record = serde_json::from_str(&record.to_json()).unwrap();
    assert_eq!(read.models, record.models);
}
