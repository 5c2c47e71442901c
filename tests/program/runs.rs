//! Runs of the program against servers, and what they leave.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::program::Program;

/// So few sessions that they are soon made, and so many writes that clients meet.
pub const SMALL: [&str; 10] = [
    "--set",
    "sessions=5",
    "--set",
    "messages=4",
    "--set",
    "message_bytes=64",
    "--set",
    "tasks=6",
    "--set",
    "read_percent=60",
];

pub fn lockyard(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockyard"));
    command.args(args).env_remove("LOCKYARD_TOKEN");
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a run has left, valid by the schema.
pub fn record(out: &Path) -> Value {
    let record = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    let schema = serde_json::to_value(lockyard::bench::record::json_schema()).unwrap();
    if let Err(error) = jsonschema::validate(&schema, &record) {
        panic!("{error} at {}", error.instance_path());
    }
    assert!(out.join("index.html").exists());
    // What is written can be read again, by every verb that reads records.
    lockyard::bench::record::Record::read(out.join("run.json")).unwrap();
    record
}

/// The one cell of a run that ended so.
#[track_caller]
pub fn load(args: &[&str], out: &Path, code: i32) -> (Value, Output) {
    let place = ["--out", out.to_str().unwrap()];
    let output = lockyard(&[&["load"], args, &SMALL, &place].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    let cells = &record(out)["cells"];
    assert_eq!(cells.as_array().unwrap().len(), 1);
    (cells[0].clone(), output)
}

pub fn findings(cell: &Value) -> BTreeMap<&str, &Value> {
    let all = cell["findings"].as_array().unwrap().iter();
    all.map(|finding| (finding["kind"].as_str().unwrap(), finding)).collect()
}

/// All sessions of a server.
pub fn sessions(program: &Program) -> usize {
    program.client().get("/v1/contexts").unwrap().json()["contexts"].as_array().unwrap().len()
}
