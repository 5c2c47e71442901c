//! A program in a process of its own, and the record that it prints.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::error::AgainstError;
use crate::record::Record;

/// How long an interrupt may stay unnoticed while a program runs.
const HEED: Duration = Duration::from_millis(50);

/// A record is some kilobytes for each cell. A program that prints more prints something else.
const MOST_BYTES: u64 = 64 << 20;

/// So much of what a program said at its end is repeated.
const MOST_WORDS: usize = 600;

/// Runs a program and reads the record that it prints on its stdout. Nothing if `interrupted` becomes true meanwhile, which
/// ends the program, or if the program itself was interrupted.
///
/// Its exit code has no say where there is a record: a run in which operations failed has one, too, and ends with another
/// code for it. Its stdin is empty, and what it says on stderr is repeated only where there is no record.
///
/// # Errors
/// [`AgainstError`] if it cannot be started, or prints no record that this program can read.
#[expect(clippy::missing_panics_doc, reason = "pipes that were asked for are there")]
pub fn record_of(command: &mut Command, interrupted: &AtomicBool) -> Result<Option<Record>, AgainstError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let command_line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let start = |source| AgainstError::Start { program: program.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().map_err(start)?);
    let stdout = read(running.0.stdout.take().expect("it was asked for").take(MOST_BYTES + 1));
    let stderr = read(running.0.stderr.take().expect("it was asked for").take(MOST_BYTES));
    let Some(printed) = wait(&stdout, interrupted) else { return Ok(None) };
    let printed = printed.map_err(start)?;
    if printed.len() as u64 > MOST_BYTES {
        return Err(AgainstError::TooLong { program, limit: MOST_BYTES });
    }
    let Some(said) = wait(&stderr, interrupted) else { return Ok(None) };
    let status = running.0.wait().map_err(start)?;
    match Record::parse(&printed, Path::new("its stdout")) {
        Ok(record) if record.interrupted => Ok(None),
        Ok(record) => Ok(Some(record)),
        // A program that was ended by the same signal may not have come as far as a record.
        Err(_) if interrupted.load(Ordering::Relaxed) => Ok(None),
        Err(source) if status.success() => {
            Err(AgainstError::NoRecord { program, source, command: command_line })
        }
        Err(_) => {
            let said = last_words(&said.unwrap_or_default());
            Err(AgainstError::Ended { program, status, command: command_line, said })
        }
    }
}

/// A process that does not outlive what is done with it, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
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

/// What was read; nothing if interrupted before.
fn wait(reader: &Receiver<io::Result<Vec<u8>>>, interrupted: &AtomicBool) -> Option<io::Result<Vec<u8>>> {
    loop {
        match reader.recv_timeout(HEED) {
            Ok(read) => return Some(read),
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => return None,
            Err(RecvTimeoutError::Timeout) => {}
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
