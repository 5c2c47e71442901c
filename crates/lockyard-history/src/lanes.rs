//! A violation as people read it: a lane for each process, a bar for each operation, and under the one whose answer
//! cannot be, what it should have been. The same as data, for pages and programs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::Serialize;

use super::evidence::Evidence;
use super::operation::OperationOf;
use super::spec::SequentialSpec;

/// The operations that together cannot be explained. Its text is the drawing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lanes {
    /// What they were done to; empty where there is one key only.
    pub key: String,
    /// In the order of their calls.
    pub operations: Vec<Bar>,
    /// The place among them of the one whose answer cannot be.
    pub impossible: usize,
    /// What it could have answered instead; more answers may be possible where there are many.
    pub expected: Vec<String>,
}

/// One operation, from its call to its return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// Who asked.
    pub process: u64,
    /// Which function.
    pub f: Cow<'static, str>,
    /// What was asked, and answered.
    pub what: String,
    /// The moment of the call: these moments order the events, and measure nothing.
    pub call: usize,
    /// The moment of the return; null if the outcome is unknown.
    pub ret: Option<usize>,
}

impl Lanes {
    /// The drawing of what cannot be explained.
    pub fn new<S: SequentialSpec>(spec: &S, key: &str, evidence: &Evidence<'_, S>) -> Self {
        let (mut operations, mut impossible): (Vec<Bar>, _) = (Vec::new(), 0);
        for (at, operation) in evidence.operations.iter().enumerate() {
            let bar = Bar::new(spec, operation);
            match operations.last_mut() {
                // What took effect twice was one operation for whoever asked.
                Some(last) if last.call == bar.call => last.what = format!("{}; {}", last.what, bar.what),
                _ => operations.push(bar),
            }
            if at == evidence.impossible {
                impossible = operations.len() - 1;
            }
        }
        Self { key: key.to_owned(), operations, impossible, expected: evidence.expected.clone() }
    }

    /// Shows one operation more, unless it is there.
    pub fn add<S: SequentialSpec>(&mut self, spec: &S, operation: &OperationOf<S>) {
        let at = self.operations.partition_point(|other| other.call < operation.call);
        if self.operations.get(at).is_some_and(|other| other.call == operation.call) {
            return;
        }
        // The place of the impossible operation moves if the new one stands before it, or at its place.
        self.impossible += usize::from(at <= self.impossible);
        self.operations.insert(at, Bar::new(spec, operation));
    }

    /// The column of each moment: in order, and wide enough apart for each bar to hold its words.
    fn columns(&self) -> BTreeMap<usize, usize> {
        let moments = self.operations.iter().flat_map(|bar| [Some(bar.call), bar.ret]).flatten();
        let mut columns: BTreeMap<usize, usize> = moments.map(|moment| (moment, 0)).collect();
        let mut free = 0;
        // In the order of moments: a bar's call comes before its return, so the column of the call is final when
        // that of the return is made from it.
        for moment in columns.keys().copied().collect::<Vec<_>>() {
            let ends = self.operations.iter().filter(|bar| bar.ret == Some(moment));
            let needed = ends.map(|bar| columns[&bar.call] + bar.width()).max().unwrap_or(0);
            // A process may go on after an operation of unknown outcome; their bars must not overlap.
            let begins = self.operations.iter().filter(|bar| bar.call == moment);
            let lane =
                begins.flat_map(|bar| self.operations.iter().filter(|other| other.process == bar.process));
            let before = lane.filter(|bar| bar.ret.is_none() && bar.call < moment);
            let after = before.map(|bar| columns[&bar.call] + bar.width() + 1).max().unwrap_or(0);
            let column = free.max(needed).max(after);
            columns.insert(moment, column);
            free = column + 1;
        }
        columns
    }
}

impl Bar {
    fn new<S: SequentialSpec>(spec: &S, operation: &OperationOf<S>) -> Self {
        let (ret, answer) = operation.ret.as_ref().map(|(ret, answer)| (*ret, answer)).unzip();
        Self {
            process: operation.process,
            f: spec.function(&operation.asked),
            what: spec.describe(&operation.asked, answer),
            call: operation.call,
            ret,
        }
    }

    /// With its ends, but for the last column.
    fn width(&self) -> usize {
        self.what.chars().count() + 5
    }
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns();
        let mut lanes: BTreeMap<u64, Vec<&Bar>> = BTreeMap::new();
        for bar in &self.operations {
            lanes.entry(bar.process).or_default().push(bar);
        }
        let impossible = &self.operations[self.impossible];
        let names = lanes.keys().map(|process| process.to_string().len()).max().unwrap_or(0);
        for (process, bars) in lanes {
            let mut line = format!("process {process:>names$}  ");
            let margin = line.chars().count();
            for bar in bars {
                let from = margin + columns[&bar.call];
                // Never below zero, since the operations of a process do not overlap: `columns` puts each behind
                // the last one's end, and behind the whole of one without an answer.
                line.extend(std::iter::repeat_n(' ', from - line.chars().count()));
                let to = bar.ret.map(|ret| columns[&ret]);
                let width = to.map_or(bar.width(), |to| to - columns[&bar.call]) - 1;
                let end = if to.is_some() { '|' } else { '?' };
                write!(line, "|{:-^width$}{end}", format!(" {} ", bar.what))?;
            }
            writeln!(f, "{line}")?;
            if process == impossible.process {
                let under = margin + columns[&impossible.call];
                writeln!(f, "{:under$}^ impossible{}", "", self.should())?;
            }
        }
        Ok(())
    }
}

impl Lanes {
    fn should(&self) -> String {
        match &*self.expected {
            [] => String::new(),
            [only] => format!(": should have been {only}"),
            several => format!(": should have been {}", several.join(" or ")),
        }
    }
}
