//! Records on disk: written whole or not at all, and refused in words when they cannot be read.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::error::Category;

use super::check::{Contradiction, contradictions};
use super::run::{Record, SCHEMA_VERSION};

/// How every gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file could not be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a directory.
    #[error("{} is a directory: name the record in it, such as {}", path.display(), path.join("run.json").display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// The text is not JSON, or stops too early.
    #[error("{}:{line}:{column}: {what}", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1; 0 at the start of a line.
        column: usize,
        /// What is wrong there, and what would be right.
        what: String,
    },
    /// The text is JSON, but no record of a run.
    #[error("{}:{line}:{column}: not a record of a run: {what}", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong there, and what would be right.
        what: String,
    },
    /// The record says what no run can have measured: it was edited or damaged since.
    #[error("{}: {at} {what}{}: use the record as the run wrote it", path.display(), and_more(*more))]
    Impossible {
        /// The file.
        path: PathBuf,
        /// The field, such as `comparisons[3].ci`.
        at: Box<str>,
        /// What is wrong there, and what would be right.
        what: Box<str>,
        /// How many more fields are wrong.
        more: usize,
    },
    /// The record has a newer format than this program knows.
    #[error("{}: written by a newer Lockyard (schema {found}; this one reads up to {SCHEMA_VERSION}): use that version, or run again with this one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: u64,
    },
    /// The record could not be written. What stood there before still does.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Record {
    /// Reads the record at `path`, which may be compressed by gzip, as a page has it.
    ///
    /// # Errors
    /// [`RecordError`] if there is no file that can be read, or it holds no record that this version knows.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, RecordError> {
        let path = path.as_ref();
        if path.is_dir() {
            return Err(RecordError::Directory { path: path.to_owned() });
        }
        let unreadable = |source| RecordError::Read { path: path.to_owned(), source };
        let mut bytes = fs::read(path).map_err(unreadable)?;
        if bytes.starts_with(&GZIP) {
            let compressed = std::mem::take(&mut bytes);
            GzDecoder::new(&compressed[..]).read_to_end(&mut bytes).map_err(unreadable)?;
        }
        Self::parse(&bytes, path)
    }

    /// Reads a record from the text of one. `path` is where that came from, for words about what is wrong with it.
    ///
    /// # Errors
    /// [`RecordError`] if it is no record, one of a newer version, or one that contradicts itself, such as by a ratio
    /// outside its own interval.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, RecordError> {
        // The version comes first: a newer record may differ in anything else, and should not be called broken.
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| refusal(path, &error))?;
        match value.get("schema_version").map(serde_json::Value::as_u64) {
            None => Err(not_a_record(path, "it has no schema_version; a record is the run.json of a run")),
            Some(None | Some(0)) => Err(not_a_record(path, "its schema_version is not a number from 1")),
            Some(Some(found)) if found > u64::from(SCHEMA_VERSION) => {
                Err(RecordError::Newer { path: path.to_owned(), found })
            }
            // From the text again, not from the value, so that a mistake has a line and a column.
            Some(Some(_)) => {
                let record = serde_json::from_slice(bytes).map_err(|error| refusal(path, &error))?;
                possible(record, path)
            }
        }
    }

    /// Writes the record to `path`, as a whole: a reader sees the old file or the new one, also after a crash.
    ///
    /// # Errors
    /// [`RecordError::Write`] if the file cannot be written, or a number in the record is not finite.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), RecordError> {
        let (path, json) = (path.as_ref(), self.to_json());
        // JSON has no infinity and no NaN: they turn into null, and what cannot be read again must not replace what can.
        serde_json::from_slice::<Self>(json.as_bytes())
            .map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("a number is not finite ({error})"))
            })
            .and_then(|_| write_atomically(path, &json))
            .map_err(|source| RecordError::Write { path: path.to_owned(), source })
    }

    /// The record as JSON without indentation, compressed by gzip: the same bytes whenever it is the same record.
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings, and memory takes what is written to it"
    )]
    pub fn to_gzip(&self) -> Vec<u8> {
        let json = serde_json::to_vec(self).expect("a record has nothing but string keys");
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(&json).and_then(|()| compressed.finish()).expect("memory takes it")
    }

    /// The record as indented JSON, with a line break at its end.
    #[expect(
        clippy::missing_panics_doc,
        reason = "all keys are strings, and nothing else in a record can fail"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a record has nothing but string keys");
        json.push('\n');
        json
    }
}

/// Writes a file beside `path` and moves it there once it is on the disk: a reader meanwhile, or after a crash, finds
/// the old file or the new one, whole.
///
/// # Errors
/// What the system says.
pub fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let mut beside = name.to_owned();
    // The process id keeps two runs that write to one place from writing into each other.
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // The first error is the one to report; a leftover that cannot be removed changes nothing about it.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The record, unless it says what no run can have measured.
fn possible(record: Record, path: &Path) -> Result<Record, RecordError> {
    let found = contradictions(&record);
    let Some(Contradiction { at, what }) = found.first().cloned() else { return Ok(record) };
    let (at, what) = (at.into(), what.into());
    Err(RecordError::Impossible { path: path.to_owned(), at, what, more: found.len() - 1 })
}

/// That there is more than what was named.
fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more") }
}

fn not_a_record(path: &Path, what: &str) -> RecordError {
    RecordError::NotARecord { path: path.to_owned(), line: 1, column: 1, what: what.to_owned() }
}

fn refusal(path: &Path, error: &serde_json::Error) -> RecordError {
    let (path, line, column) = (path.to_owned(), error.line(), error.column());
    let place = format!(" at line {line} column {column}");
    let message = error.to_string();
    let message = message.strip_suffix(&place).unwrap_or(&message);
    match error.classify() {
        Category::Eof => {
            let what =
                format!("the file ends too early ({message}): it was cut short, run again or copy it whole");
            RecordError::NotJson { path, line, column, what }
        }
        Category::Syntax | Category::Io => {
            let what = format!("not JSON ({message}); a record is the run.json of a run");
            RecordError::NotJson { path, line, column, what }
        }
        Category::Data => RecordError::NotARecord { path, line, column, what: message.to_owned() },
    }
}
