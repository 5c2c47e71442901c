//! A program in a process of its own: it is led through its turns, if it takes them, and its record is read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::error::AgainstError;
use crate::record::{Record, RecordError};
use crate::turns::{GO, TURNS, Turn, WAIT};

/// How long an interrupt may stay unnoticed while a program runs.
const HEED: Duration = Duration::from_millis(50);

/// A record is some kilobytes for each cell. A program that prints more prints something else.
const MOST_BYTES: u64 = 64 << 20;

/// So much of what a program said at its end is repeated.
const MOST_WORDS: usize = 600;

/// What a program prints.
pub(super) enum Printed {
    /// A line between its rounds.
    Turn(Turn),
    /// Everything else, to the end.
    Rest(io::Result<Vec<u8>>),
}

/// A program that runs.
pub(super) struct Program {
    process: Process,
    stdin: Option<ChildStdin>,
    stdout: Receiver<Printed>,
    stderr: Receiver<io::Result<Vec<u8>>>,
    name: String,
    command_line: String,
}

/// What comes of waiting for a program: nothing when it was interrupted, or else what it said.
type Waited<T> = Result<Option<T>, AgainstError>;

impl Program {
    /// Starts it, and asks it to take turns.
    pub(super) fn start(command: &mut Command) -> Result<Self, AgainstError> {
        let name = command.get_program().to_string_lossy().into_owned();
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let command_line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        command.env(TURNS, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = |source| AgainstError::Start { program: name.clone(), source };
        let mut child = command.spawn().map_err(start)?;
        let piped = "it was asked for";
        let stdin = child.stdin.take();
        let stdout = printed(child.stdout.take().expect(piped).take(MOST_BYTES + 1));
        let stderr = read(child.stderr.take().expect(piped).take(MOST_BYTES));
        Ok(Self { process: Process(child), stdin, stdout, stderr, name, command_line })
    }

    /// Lets it have its turn.
    pub(super) fn go(&mut self) {
        self.tell(GO);
    }

    /// Says that its turn will come.
    pub(super) fn keep_waiting(&mut self) {
        self.tell(WAIT);
    }

    fn tell(&mut self, word: &str) {
        if let Some(stdin) = &mut self.stdin {
            // One that has ended says so by what it printed.
            let _ = writeln!(stdin, "{word}").and_then(|()| stdin.flush());
        }
    }

    /// What it prints next; nothing if interrupted before. Calls `meanwhile` as long as it prints nothing.
    pub(super) fn next(&self, interrupted: &AtomicBool, meanwhile: impl FnMut()) -> Option<Printed> {
        wait(&self.stdout, interrupted, meanwhile)
    }

    /// The record that it has printed, or prints once its turns are over. Nothing if `interrupted` becomes true meanwhile, or if
    /// the program itself was interrupted.
    ///
    /// Its exit code has no say where there is a record: a run in which operations failed has one, too, and ends with another
    /// code for it. What it says on stderr is repeated only where there is no record.
    pub(super) fn record(
        mut self,
        rest: Option<io::Result<Vec<u8>>>,
        interrupted: &AtomicBool,
    ) -> Waited<Record> {
        drop(self.stdin.take());
        let mut rest = rest;
        let rest = loop {
            match rest.take().map(Printed::Rest).or_else(|| self.next(interrupted, || ())) {
                None => return Ok(None),
                Some(Printed::Turn(_)) => {}
                Some(Printed::Rest(rest)) => break rest,
            }
        };
        let start = |source| AgainstError::Start { program: self.name.clone(), source };
        let printed = rest.map_err(start)?;
        if printed.len() as u64 > MOST_BYTES {
            return Err(AgainstError::TooLong { program: self.name, limit: MOST_BYTES });
        }
        let Some(said) = wait(&self.stderr, interrupted, || ()) else { return Ok(None) };
        let status = self.process.0.wait().map_err(start)?;
        let (program, command) = (self.name, self.command_line);
        match Record::parse(&printed, Path::new("its stdout")) {
            Ok(record) if record.is_partial() => Ok(None),
            Ok(record) => Ok(Some(record)),
            // A program that was ended by the same signal may not have come as far as a record.
            Err(_) if interrupted.load(Ordering::Relaxed) => Ok(None),
            Err(source) if status.success() || matches!(source, RecordError::Impossible { .. }) => {
                Err(AgainstError::NoRecord { program, source, command })
            }
            Err(_) => {
                let said = last_words(&said.unwrap_or_default());
                Err(AgainstError::Ended { program, status, command, said })
            }
        }
    }
}

/// A process that does not outlive what is done with it, however that ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Reads turns, and then the rest, on a thread of its own.
fn printed(from: impl Read + Send + 'static) -> Receiver<Printed> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        loop {
            let mut line = Vec::new();
            let read = from.read_until(b'\n', &mut line);
            if let (Ok(1..), Ok(turn)) = (&read, serde_json::from_slice(&line)) {
                // If the run was interrupted, the receiver is gone.
                drop(send.send(Printed::Turn(turn)));
                continue;
            }
            let rest = read.and_then(|_| from.read_to_end(&mut line)).map(|_| line);
            drop(send.send(Printed::Rest(rest)));
            return;
        }
    });
    receive
}

/// Reads to the end on a thread of its own: a program that fills one pipe while the other is read would block indefinitely.
fn read(mut from: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = from.read_to_end(&mut bytes);
        // If the run was interrupted, the receiver is gone.
        drop(send.send(read.map(|_| bytes)));
    });
    receive
}

/// What a reader has; nothing if interrupted before.
fn wait<T>(reader: &Receiver<T>, interrupted: &AtomicBool, mut meanwhile: impl FnMut()) -> Option<T> {
    loop {
        match reader.recv_timeout(HEED) {
            Ok(read) => return Some(read),
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => return None,
            Err(RecvTimeoutError::Timeout) => meanwhile(),
            Err(RecvTimeoutError::Disconnected) => unreachable!("a reader answers before it ends"),
        }
    }
}

/// The last lines of what a program said, for the end of a message.
fn last_words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut length = 0;
    for line in lines.into_iter().rev() {
        length += line.len();
        if length > MOST_WORDS && !kept.is_empty() {
            break;
        }
        kept.insert(0, line);
    }
    if kept.is_empty() { String::new() } else { format!(" and said: {}", kept.join(" / ")) }
}
