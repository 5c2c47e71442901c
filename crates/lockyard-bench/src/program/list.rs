//! The verb `list`: what can be named on the command line.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;

use crate::subject::Subject;
use crate::workload::Workload;

use super::declared::Declared;
use super::exit::Exit;
use super::stdout::write_out;

/// List what can be named: systems and workloads.
#[derive(Args, Clone, Debug)]
pub(super) struct ListArgs {
    /// What to list; everything by default.
    #[arg(value_enum)]
    kind: Option<Kind>,

    /// How to print it. JSON is an array of objects with a `name`, and needs what to list.
    #[arg(long, value_enum, default_value_t = Format::Text, requires_if("json", "kind"))]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[value(alias = "strategies")]
    Systems,
    #[value(alias = "scenarios")]
    Workloads,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Something with a name.
#[derive(Serialize)]
struct Named {
    name: String,
    about: String,
    #[serde(flatten)]
    more: serde_json::Value,
}

/// Runs the verb.
pub(super) fn run<W: Workload>(declared: &Declared<W>, args: &ListArgs) -> anyhow::Result<Exit> {
    let items = |kind| match kind {
        Kind::Systems => {
            let systems = declared.systems.iter().enumerate();
            systems.map(|(nth, subject)| system(subject, nth == 0)).collect::<Vec<_>>()
        }
        Kind::Workloads => declared.workloads.iter().map(workload).collect(),
    };
    match (args.format, args.kind) {
        (Format::Json, Some(kind)) => write_out(&serde_json::to_string_pretty(&items(kind))?)?,
        (_, kind) => {
            let kinds = kind.map_or(vec![Kind::Systems, Kind::Workloads], |kind| vec![kind]);
            let texts = kinds.into_iter().map(|kind| text(kind, &items(kind))).collect::<Vec<_>>();
            write_out(&texts.join("\n"))?;
        }
    }
    Ok(Exit::Fine)
}

fn system<W: Workload>(subject: &Subject<W>, is_reference: bool) -> Named {
    let factors = subject.factors();
    let mut words: Vec<String> = Vec::new();
    words.extend(is_reference.then(|| "the baseline and the reference".to_owned()));
    words.extend(factors.map(|it| {
        it.iter().map(|(factor, choice)| format!("{factor}={choice}")).collect::<Vec<_>>().join(",")
    }));
    words.extend(subject.is_judged().then(|| "judged".to_owned()));
    words.extend(subject.can_be_tracked().then(|| "can be tracked".to_owned()));
    Named {
        name: subject.name().to_owned(),
        about: words.join("; "),
        more: json!({ "factors": factors, "judged": subject.is_judged(), "tracked": subject.can_be_tracked() }),
    }
}

fn workload<W: Workload>(workload: &W) -> Named {
    let point = workload.point();
    let about = match workload.about() {
        about if about.is_empty() => format!("{} tasks on {} workers", point.tasks, point.workers),
        about => about,
    };
    let operations: Vec<_> = W::OPERATIONS
        .iter()
        .map(|it| json!({ "name": it.name, "kind": if it.is_read { "read" } else { "write" } }))
        .collect();
    let more = json!({ "point": point, "operations": operations });
    Named { name: workload.name().to_owned(), about, more }
}

fn text(kind: Kind, items: &[Named]) -> String {
    let title = match kind {
        Kind::Systems => "systems",
        Kind::Workloads => "workloads",
    };
    let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = format!("{title}:\n");
    for Named { name, about, .. } in items {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:width$}  {about}");
    }
    text
}
