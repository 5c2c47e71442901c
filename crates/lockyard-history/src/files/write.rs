//! Writes what was recorded as lines that can be read again.

use std::io::{self, Write};

use serde_json::value::to_raw_value;

use crate::log::{NEVER, Record};
use crate::recording::{EventTime, Recording};

use super::codec::{Codec, Encoded};
use super::event::{Event, EventKind};

impl<S: Codec + Default> Recording<S> {
    /// Writes it as JSON Lines, without what failed. `name` gives each key, by its number, a name of its own.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut impl Write, name: impl Fn(u32) -> String) -> io::Result<()> {
        self.write_by(&S::default(), out, name)
    }
}

impl<S: Codec> Recording<S> {
    /// The same, by this value of the specification.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_by(&self, spec: &S, out: &mut impl Write, name: impl Fn(u32) -> String) -> io::Result<()> {
        let mut last = 0;
        for EventTime { record: at, returns } in self.events() {
            let Record { called, returned, key, call, answer } = &self.records()[at];
            let key = to_raw_value(&name(*key))?;
            let (kind, Encoded { value, result }) = match (returns, answer) {
                (false, _) => (EventKind::Invoke, Encoded { result: None, ..spec.encode_call(call) }),
                (true, Some(answer)) => (EventKind::Ok, spec.encode_answer(answer)),
                (true, None) => (EventKind::Info, Encoded::default()),
            };
            // A call without an answer has no time of return; its line stands before the next of its process.
            let time = if !returns {
                *called
            } else if *returned == NEVER {
                last
            } else {
                *returned
            };
            last = time;
            let event = Event {
                process: self.process(at),
                kind,
                f: Some(&spec.function(call)),
                key: Some(&key),
                value: value.as_deref(),
                result: result.as_deref(),
                time: Some(time),
            };
            event.write(out)?;
        }
        Ok(())
    }
}
