//! An interleaving in which a property does not hold, as data and as a page.

use super::edge::Edge;
use super::step::Step;
use super::trace::{Trace, escaped};

/// An interleaving in which a property does not hold. [`trace`](Self::trace) draws it.
///
/// It is read in every version of the record. Before its schema 2 the steps were the lines of a drawing: these are read as
/// further lines of the message, and there are no steps then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counterexample {
    /// What went wrong.
    pub message: String,
    /// What the tasks are called, by their places.
    pub tasks: Vec<String>,
    /// What happened, step by step; empty where the engine that found it keeps no steps.
    pub steps: Vec<Step>,
    /// Of a deadlock the wait cycle, each task waiting for the next; empty of anything else.
    pub edges: Vec<Edge>,
    /// The command that shows it again.
    pub replay: String,
}

impl Counterexample {
    /// The run, to draw.
    pub fn trace(&self) -> Trace<'_> {
        Trace { tasks: (&self.tasks).into(), steps: (&self.steps).into(), wrong: None }
    }

    /// A page of its own: one file, nothing to load, no script.
    pub fn to_html(&self, title: &str) -> String {
        let (title, replay) = (escaped(title), escaped(&self.replay));
        // What follows the first line is a drawing, and keeps its columns.
        let (first, rest) = self.message.split_once('\n').unwrap_or((&self.message, ""));
        let (message, drawing) = (escaped(first), escaped(rest));
        let drawing = if drawing.is_empty() { drawing } else { format!("<pre>{drawing}</pre>\n") };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
             <style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<p class=\"failure\">{message}</p>\n{drawing}\
             <p>Replay: <code>{replay}</code></p>\n{}\n</body></html>\n",
            self.trace().to_html()
        )
    }
}

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}\
th,td{padding:.2rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8883}\
td.holds{border-left:4px solid #c60}td.acts{font-weight:600}td.waits{color:#888}\
th[scope=row],td.place{color:#888;font-family:monospace;font-weight:400}\
p.failure{color:#b00020;font-weight:600}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}p.failure{color:#ff8a80}}";

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Counterexample {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A row, or a line of the drawing that schema 1 had.
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum RowOrLine {
            Row(Step),
            Line(String),
        }

        #[derive(serde::Deserialize)]
        struct Written {
            message: String,
            #[serde(default)]
            tasks: Vec<String>,
            steps: Vec<RowOrLine>,
            #[serde(default)]
            edges: Vec<Edge>,
            replay: String,
        }

        let Written { mut message, tasks, steps: written, edges, replay } =
            Written::deserialize(deserializer)?;
        let mut steps = Vec::new();
        for written in written {
            match written {
                RowOrLine::Row(step) => steps.push(step),
                RowOrLine::Line(line) => message.extend(["\n", &line]),
            }
        }
        Ok(Self { message, tasks, steps, edges, replay })
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use crate::Action;

    #[test]
    fn what_is_written_is_read_and_the_lines_of_schema_1_are_not_lost() {
        let step = Step {
            nth: 1,
            task: 0,
            action: Action::NoReturn,
            object: Some("get".to_owned()),
            value: None,
            place: None,
            holds: Vec::new(),
            waits_for: vec!["cache".to_owned()],
        };
        let (tasks, steps) = (vec!["task 0".to_owned()], vec![step]);
        let edges = vec![Edge {
            task: "task 0".to_owned(),
            holds: None,
            locked_at: None,
            waits_for: "cache #0 (write)".to_owned(),
            place: Some("src/a.rs:1:2".to_owned()),
        }];
        let today =
            Counterexample { message: "stuck".to_owned(), tasks, steps, edges, replay: "again".to_owned() };
        let json = serde_json::to_string(&today).unwrap();
        assert!(json.contains("\"action\":\"no return\""), "{json}");
        assert_eq!(serde_json::from_str::<Counterexample>(&json).unwrap(), today);

        let before = r#"{"message":"lost","steps":["step  task 0","   1  ● asks: get"],"replay":"again"}"#;
        let read: Counterexample = serde_json::from_str(before).unwrap();
        assert_eq!(read.message, "lost\nstep  task 0\n   1  ● asks: get");
        assert!(read.steps.is_empty() && read.edges.is_empty() && read.replay == "again");
    }

    #[test]
    fn the_page_loads_nothing_and_escapes_what_it_shows() {
        let (message, replay) = ("a < b\n1  ● x < y".to_owned(), "again --with '<>'".to_owned());
        let page =
            Counterexample { message, tasks: Vec::new(), steps: Vec::new(), edges: Vec::new(), replay }
                .to_html("<model>");
        assert!(
            page.contains("<h1>&lt;model&gt;</h1>")
                && page.contains("a &lt; b</p>\n<pre>1  ● x &lt; y</pre>"),
            "{page}"
        );
        assert!(!page.contains("<script") && !page.contains("http"));
    }
}
