//! The access log: a line of JSON for every request, written by a thread of its own, so that no request waits for a disk.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;

use crate::backend::http::{AccessLog, AccessRecord};

/// How many lines may wait for the disk; more are left out and counted.
const WAITING: usize = 16_384;

/// Where the log goes.
#[derive(Clone, Debug)]
pub(super) enum LogTarget {
    Stderr,
    File(PathBuf),
}

impl FromStr for LogTarget {
    type Err = std::convert::Infallible;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        Ok(if given == "-" { Self::Stderr } else { Self::File(given.into()) })
    }
}

/// A line that waits to be written; none ends the log.
type Line = Option<Vec<u8>>;

/// A log that is being written.
pub(super) struct AccessLogFile {
    lines: SyncSender<Line>,
    left_out: Arc<AtomicU64>,
    writing: JoinHandle<()>,
}

#[derive(Serialize)]
struct Entry<'a> {
    time: Timestamp,
    #[serde(flatten)]
    record: &'a AccessRecord<'a>,
}

impl AccessLogFile {
    /// Opens it and begins to write.
    ///
    /// # Errors
    /// The file cannot be appended to, or there is no thread to be had.
    pub(super) fn open(target: &LogTarget) -> anyhow::Result<Self> {
        let out: Box<dyn Write + Send> = match target {
            LogTarget::Stderr => Box::new(std::io::stderr()),
            LogTarget::File(path) => {
                let file = OpenOptions::new().append(true).create(true).open(path);
                Box::new(file.with_context(|| format!("--access-log {} cannot be written", path.display()))?)
            }
        };
        let (lines, waiting) = sync_channel(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let missing = left_out.clone();
        let write = move || write(out, &waiting, &missing);
        let writing = std::thread::Builder::new().name("access-log".to_owned()).spawn(write)?;
        Ok(Self { lines, left_out, writing })
    }

    /// What a server calls with every request.
    pub(super) fn writer(&self) -> AccessLog {
        let (lines, left_out) = (self.lines.clone(), self.left_out.clone());
        Arc::new(move |record: &AccessRecord<'_>| {
            let entry = Entry { time: Timestamp::now(), record };
            let Ok(mut line) = serde_json::to_vec(&entry) else { return };
            line.push(b'\n');
            if lines.try_send(Some(line)).is_err() {
                left_out.fetch_add(1, Relaxed);
            }
        })
    }

    /// Writes what waits, and ends. Blocks until that is done.
    pub(super) fn close(self) {
        // The writers of connections that were cut off may still be there, so it is told.
        let _ = self.lines.send(None);
        let _ = self.writing.join();
    }
}

/// Writes lines until the end. What cannot be written is said once, and again with every thousandth line.
fn write(out: Box<dyn Write + Send>, waiting: &Receiver<Line>, left_out: &AtomicU64) {
    let mut out = BufWriter::new(out);
    let mut failed = 0u64;
    let mut note = |written: std::io::Result<()>| {
        if let Err(error) = written {
            if failed.is_multiple_of(1000) {
                tracing::error!(failed, %error, "the access log cannot be written");
            }
            failed += 1;
        }
    };
    while let Ok(Some(line)) = waiting.recv() {
        note(out.write_all(&line));
        let mut ended = false;
        // Flushed when nothing waits, and not for each line.
        while let Ok(next) = waiting.try_recv() {
            match next {
                Some(line) => note(out.write_all(&line)),
                None => ended = true,
            }
        }
        let missing = left_out.swap(0, Relaxed);
        if missing > 0 {
            note(writeln!(out, r#"{{"time":"{}","left_out":{missing}}}"#, Timestamp::now()));
        }
        note(out.flush());
        if ended {
            break;
        }
    }
}
