//! A run that takes turns with another one: it measures a round when it is told to, and says what came of it.
//!
//! Two programs that are measured one after the other differ by what the machine did meanwhile, often by more than a tenth in
//! a second. Programs that take turns round by round, as subjects of one process do, share it. So a run can be led through its
//! rounds from outside, over stdin and stdout, a line for each message:
//!
//! ```text
//! ◀─ {"turn":"ready"}                    all is set up and warm
//! ─▶ go
//! ◀─ {"turn":"done","ops_per_s":1.2e6}   one round of the first subject under the first workload
//! ─▶ go …                                until its rounds are over, or stdin is closed
//! ◀─ the record, as ever
//! ```
//!
//! A line `wait` says that its turn will come. When nothing at all is said for ten seconds it goes on by itself: whoever asked
//! for turns may not hear it, as behind a pipe that holds lines back.
//!
//! It is asked for by an environment variable, so that programs which do not know it run as ever: what leads them sees that
//! from their first line.

use std::io::{self, BufRead, BufReader, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The environment variable that asks a program to take turns, when it is set and not empty.
pub const TURNS: &str = "LOCKYARD_TURNS";

/// What tells a run to go on, and that it will be told to.
pub(crate) const GO: &str = "go";
pub(crate) const WAIT: &str = "wait";

/// After so long without a word a run goes on by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program says between its rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "turn", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Turn {
    /// All is set up and warm.
    Ready,
    /// A round is done.
    Done {
        /// What its first subject did in the slice that tells throughput, in operations a second; nothing where it did not.
        ops_per_s: Option<f64>,
    },
}

/// The other end of a run that takes turns.
pub struct Turns {
    /// What was said, line by line; closed when nothing will be said any more.
    lines: Receiver<String>,
    output: Box<dyn Write + Send>,
    patience: Duration,
    /// Nobody leads this run.
    alone: bool,
}

impl Turns {
    /// Over stdin and stdout, if the environment variable [`TURNS`] asks for it. Nothing else may be written to stdout but the
    /// record, once all is measured.
    #[must_use]
    pub fn asked() -> Option<Self> {
        let asked = std::env::var_os(TURNS).is_some_and(|asked| !asked.is_empty());
        asked.then(|| Self::new(BufReader::new(io::stdin()), io::stdout()))
    }

    /// Over these. The input is read on a thread of its own.
    pub fn new(input: impl BufRead + Send + 'static, output: impl Write + Send + 'static) -> Self {
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // An error is an end, too: whoever led this run is gone. So is the receiver when the run is over.
            for line in input.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self { lines, output: Box::new(output), patience: PATIENCE, alone: false }
    }

    /// All is set up and warm.
    pub(crate) fn ready(&mut self) {
        self.say(Turn::Ready);
    }

    /// Waits for its turn; false when there will be none any more.
    pub(crate) fn wait(&mut self) -> bool {
        while !self.alone {
            match self.lines.recv_timeout(self.patience) {
                Ok(line) if line == WAIT => {}
                Ok(line) => return line == GO,
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => self.alone = true,
            }
        }
        true
    }

    /// A round is done.
    pub(crate) fn done(&mut self, ops_per_s: Option<f64>) {
        if !self.alone {
            self.say(Turn::Done { ops_per_s });
        }
    }

    fn say(&mut self, turn: Turn) {
        let line = serde_json::to_string(&turn).expect("a number and a word");
        // A reader that is gone also closes stdin, and that ends the run.
        let _ = writeln!(self.output, "{line}").and_then(|()| self.output.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_when_told_to_and_ends_when_nothing_is_said() {
        for (input, goes) in
            [("go\n", true), ("go\r\n", true), ("wait\nwait\ngo\n", true), ("", false), ("stop\n", false)]
        {
            assert_eq!(Turns::new(input.as_bytes(), io::sink()).wait(), goes, "{input:?}");
        }
    }

    #[test]
    fn it_goes_by_itself_when_nothing_is_said_at_all() {
        let (reader, _open) = io::pipe().expect("a pipe");
        let patience = Duration::from_millis(1);
        let mut turns = Turns { patience, ..Turns::new(BufReader::new(reader), io::sink()) };
        assert!(turns.wait() && turns.wait() && turns.alone);
    }

    #[test]
    fn a_record_is_no_turn() {
        for turn in [Turn::Ready, Turn::Done { ops_per_s: Some(1.5e6) }, Turn::Done { ops_per_s: None }] {
            let line = serde_json::to_string(&turn).unwrap();
            assert_eq!(serde_json::from_str::<Turn>(&line).unwrap(), turn, "{line}");
        }
        for other in ["{", "", "{\"schema_version\":2}", "Measuring after"] {
            assert!(serde_json::from_str::<Turn>(other).is_err(), "{other}");
        }
    }
}
