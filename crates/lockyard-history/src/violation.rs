//! A violation as data, from the operations that cannot be explained.

use lockyard_evidence::{OperationSpan, Violation};

use super::evidence::Evidence;
use super::operation::OperationOf;
use super::spec::SequentialSpec;

impl<S: SequentialSpec> Evidence<'_, S> {
    /// The violation, on the object of this key.
    pub fn violation(&self, spec: &S, key: &str) -> Violation {
        let (mut operations, mut impossible): (Vec<OperationSpan>, _) = (Vec::new(), 0);
        for (at, operation) in self.operations.iter().enumerate() {
            let span = span(spec, operation);
            match operations.last_mut() {
                // What took effect twice was one operation for its process.
                Some(last) if last.call == span.call => last.what = format!("{}; {}", last.what, span.what),
                _ => operations.push(span),
            }
            if at == self.impossible {
                impossible = operations.len() - 1;
            }
        }
        Violation { key: key.to_owned(), operations, impossible, expected: self.expected.clone() }
    }
}

/// An operation in words, from its invocation to its return.
pub fn span<S: SequentialSpec>(spec: &S, operation: &OperationOf<S>) -> OperationSpan {
    let (ret, answer) = operation.ret.as_ref().map(|(ret, answer)| (*ret, answer)).unzip();
    OperationSpan {
        process: operation.process,
        f: spec.function(&operation.asked).into_owned(),
        what: spec.describe(&operation.asked, answer),
        call: operation.call,
        ret,
    }
}
