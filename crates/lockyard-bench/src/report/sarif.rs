//! SARIF 2.1.0, which code hosts show beside the lines of the source: findings at the places that take part in them.
//!
//! Source: OASIS, *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*, 2020.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::rows::{LocatedFinding, findings};
use crate::record::{Counterexample, ModelResult, Record, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The findings of a record, and the models that do not hold, as a SARIF log.
#[expect(clippy::missing_panics_doc, reason = "all keys are strings, and nothing else in a log can fail")]
pub fn sarif(record: &Record) -> String {
    let mut log = Log::default();
    findings(record).for_each(|found| log.finding(&found));
    for model in record.models.iter().flatten().filter(|it| !it.holds) {
        log.model(model);
    }
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Lockyard",
                "version": record.environment.version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": log.rules,
            } },
            "invocations": [{
                "commandLine": record.command,
                "startTimeUtc": record.started_at.to_string(),
                "executionSuccessful": !record.is_partial(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": log.results,
        }],
    });
    serde_json::to_string_pretty(&log).expect("a log has nothing but string keys") + "\n"
}

/// Rules, one for each thing that was found by its name, and results.
#[derive(Default)]
struct Log {
    rules: Vec<Value>,
    results: Vec<Value>,
}

impl Log {
    fn finding(&mut self, LocatedFinding { strategy, place: scenario, finding: it }: &LocatedFinding<'_>) {
        let level = match it.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        let text = format!("{} in “{strategy}” under {scenario}: {}", it.name(), it.message);
        let mut places = it.places.iter().filter_map(|place| location(place));
        let mut result = self.result(it.name(), level, &text);
        if let Some(first) = places.next() {
            result.insert("locations".into(), json!([first]));
        }
        let related: Vec<_> = (1..)
            .zip(places)
            .map(|(id, mut place)| {
                place["id"] = json!(id);
                place
            })
            .collect();
        if !related.is_empty() {
            result.insert("relatedLocations".into(), json!(related));
        }
        let properties =
            json!({ "strategy": strategy, "scenario": scenario, "tasks": it.tasks, "edges": it.edges });
        result.insert("properties".into(), properties);
        self.results.push(Value::Object(result));
    }

    fn model(&mut self, it: &ModelResult) {
        let (how, replay) =
            it.counterexample.as_ref().map_or(("", ""), |how| (how.message.as_str(), how.replay.as_str()));
        let text =
            format!("model {} over “{}”: violation ({}): {how}", it.model, it.strategy, it.engine.as_str());
        let mut result = self.result("model", "error", &text);
        let how = it.counterexample.as_ref();
        let (about, edges) = how.map_or((None, &[][..]), |how| (how.about.as_deref(), &how.edges[..]));
        result.insert("properties".into(), json!({ "replay": replay, "about": about, "edges": edges }));
        if let Some(how) = it.counterexample.as_ref().filter(|how| !how.steps.is_empty()) {
            result.insert("codeFlows".into(), json!([{ "threadFlows": thread_flows(how) }]));
        }
        self.results.push(Value::Object(result));
    }

    fn result(&mut self, name: &str, level: &str, text: &str) -> Map<String, Value> {
        let id = slug(name);
        let known = self.rules.iter().position(|rule| rule["id"] == id.as_str());
        let index = known.unwrap_or_else(|| {
            self.rules.push(json!({ "id": id, "shortDescription": { "text": name } }));
            self.rules.len() - 1
        });
        let mut result = Map::new();
        result.insert("ruleId".into(), json!(id));
        result.insert("ruleIndex".into(), json!(index));
        result.insert("level".into(), json!(level));
        result.insert("message".into(), json!({ "text": text }));
        result
    }
}

/// The steps of each task that took any, numbered as they came among those of all.
fn thread_flows(how: &Counterexample) -> Vec<Value> {
    let fatal = how.trace().wrong.map(|(at, _)| at);
    let steps_of = |task: usize| {
        let numbered = (1_u32..).zip(&how.steps).enumerate().filter(move |(_, (_, step))| step.task == task);
        numbered.map(|(at, (order, step))| {
            let mut place = step.place.as_deref().and_then(location).unwrap_or_else(|| json!({}));
            place["message"] = json!({ "text": step.to_string() });
            let importance = if fatal == Some(at) { "essential" } else { "important" };
            json!({ "executionOrder": order, "importance": importance, "location": place })
        })
    };
    let flows = how.tasks.iter().enumerate().filter_map(|(task, name)| {
        let steps: Vec<_> = steps_of(task).collect();
        (!steps.is_empty()).then(|| json!({ "id": name, "locations": steps }))
    });
    flows.collect()
}

/// A place written `file:line:column`, or `file:line`. What is none of these still stands in the message.
fn location(place: &str) -> Option<Value> {
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok().filter(|n| *n > 0)?;
    let with_column = rest.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    let (file, region) = match with_column.filter(|(_, line)| *line > 0) {
        Some((file, line)) => (file, json!({ "startLine": line, "startColumn": last })),
        None => (rest, json!({ "startLine": last })),
    };
    Some(json!({ "physicalLocation": { "artifactLocation": { "uri": uri(file) }, "region": region } }))
}

/// A path as a relative reference: forward slashes, and all that is no plain part of a path percent-encoded.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// A name as an identifier: `order inversion` is `order-inversion`.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = name.chars().map(plain).collect();
    slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
