//! `lockyard check`: a history against a sequential model.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use serde::{Serialize, Serializer};

use crate::checks::spec::{self, Sessions};
use lockyard_history::{Codec, History, Kv, Register, Verdict, Violation, check};

use super::exit::Exit;
use super::options;
use super::stdout::write_out;

/// Check a history for linearizability: could its answers have come from one operation at a time?
///
/// A history is JSON Lines, an event a line, in the order of time:
/// {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}. The type is invoke, ok, fail (it did not
/// happen) or info (the outcome is unknown, as is that of operations open at the end).
#[derive(Parser)]
pub(super) struct Args {
    /// The history.
    file: PathBuf,

    /// The sequential specification of what it was recorded on.
    #[arg(long, value_enum)]
    model: HistoryModel,

    /// How long to search before the answer is "unknown": 500ms, 10s, 2m.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = options::duration)]
    budget: Duration,

    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum HistoryModel {
    /// Starts as null; read, write, and cas with the value [old, new]
    Register,
    /// Get, put and append of strings; a missing key reads as ""
    Kv,
    /// The sessions of this backend, by the names of its endpoints
    Session,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A sentence, and the diagram of a violation
    Text,
    /// An object, and nothing else
    Json,
}

/// What was found, as JSON has it.
#[derive(Serialize)]
struct Judgement {
    #[serde(serialize_with = "linearizable", rename = "linearizable")]
    verdict: Verdict,
    operations: usize,
    millis: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<DrawnViolation>,
}

/// A violation with its drawing.
#[derive(Serialize)]
struct DrawnViolation {
    #[serde(flatten)]
    violation: Violation,
    text: String,
}

fn linearizable<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    match verdict {
        Verdict::Linearizable => serializer.serialize_bool(true),
        Verdict::Violation(_) => serializer.serialize_bool(false),
        Verdict::Unknown => serializer.serialize_str("unknown"),
    }
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let judgement = match args.model {
        HistoryModel::Register => judge(&Register, args, |history| check(&Register, history, args.budget)),
        HistoryModel::Kv => judge(&Kv, args, |history| check(&Kv, history, args.budget)),
        HistoryModel::Session => judge(&Sessions, args, |history| spec::judge(history, args.budget)),
    }?;
    match args.format {
        Format::Text => write_out(&text(&judgement, args.budget))?,
        Format::Json => write_out(&serde_json::to_string(&judgement)?)?,
    }
    Ok(match judgement.verdict {
        Verdict::Linearizable => Exit::Fine,
        Verdict::Violation(_) | Verdict::Unknown => Exit::VerificationFailed,
    })
}

fn judge<S: Codec>(
    spec: &S,
    args: &Args,
    verdict: impl FnOnce(&History<S>) -> Verdict,
) -> anyhow::Result<Judgement> {
    let start = Instant::now();
    let named = || format!("{} cannot be checked", args.file.display());
    let file = File::open(&args.file).with_context(named)?;
    let history = History::read(spec, BufReader::with_capacity(1 << 16, file)).with_context(named)?;
    let verdict = verdict(&history);
    let violation = match &verdict {
        Verdict::Violation(violation) => {
            Some(DrawnViolation { text: violation.to_string(), violation: violation.clone() })
        }
        Verdict::Linearizable | Verdict::Unknown => None,
    };
    let millis = start.elapsed().as_millis() as u64;
    Ok(Judgement { verdict, operations: history.invoked, millis, violation })
}

fn text(judgement: &Judgement, budget: Duration) -> String {
    let Judgement { verdict, operations, millis, .. } = judgement;
    let looked_at = format!("{operations} operations, {millis} ms");
    match verdict {
        Verdict::Linearizable => format!("Linearizable ({looked_at})."),
        Verdict::Violation(violation) => {
            let key = if violation.key.is_empty() {
                String::new()
            } else {
                format!(" of the key {:?}", violation.key)
            };
            let count = violation.operations.len();
            format!("Not linearizable ({looked_at}). No linearization of these {count}{key}:\n\n{violation}")
        }
        Verdict::Unknown => format!(
            "Unknown: incomplete search after {budget:?} ({looked_at}); give more time with --budget."
        ),
    }
}
