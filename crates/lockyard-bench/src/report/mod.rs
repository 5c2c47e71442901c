//! How is a record rendered for a person, or for a program that shows it? Each format is a file of its own.
//!
//! A report reads the record and nothing else. It measures nothing and comes to no verdict of its own: those stand in
//! the record, so that the table, the page and the gate can never contradict each other.

mod ablation;
mod advice;
mod answer;
mod axis;
mod columns;
mod combination_name;
mod correct;
mod diff;
mod excluded;
mod failures;
mod format;
mod html;
mod junit;
mod labels;
mod leaders;
mod located;
mod locks;
mod machines;
mod markdown;
mod markup;
mod plane;
mod ranking;
mod row;
mod rows;
mod sarif;
mod scaling;
mod side;
mod simulated;
mod strategies;
mod terminal;
mod trends;
mod verdict;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::record::write_atomically;
use crate::record::{Record, RecordError, Trends};

pub use diff::{diff_junit, diff_page, diff_summary, diff_text, diff_verdict};
pub use failures::failures;
pub use format::ratio;
pub use html::page;
pub use junit::junit;
pub use markdown::summary;
pub use sarif::sarif;
pub use terminal::{Colour, TextOptions, text, wrapped};
pub use trends::{trends_page, trends_summary, trends_text, trends_verdict};
pub use verdict::verdict;

/// What a record can be rendered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The first screen for a terminal of 80 columns, without colour; [`text`] has the choice.
    Text,
    /// The record itself.
    Json,
    /// A summary in markdown.
    Markdown,
    /// A page of its own, for a browser.
    Html,
    /// Test cases for a CI system.
    Junit,
    /// Findings at their places in the source, for a code host.
    Sarif,
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The record among its files could not be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The directory could not be made, or a file in it not written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The text names no format.
#[derive(Debug, thiserror::Error)]
#[error("unknown format {0:?}: it is text, json, markdown, html, junit or sarif")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            "junit" => Ok(Self::Junit),
            "sarif" => Ok(Self::Sarif),
            _ => Err(UnknownFormat(name.to_owned())),
        }
    }
}

/// The record in a format.
pub fn render(record: &Record, format: Format) -> String {
    match format {
        Format::Text => text(record, &TextOptions::default()),
        Format::Json => record.to_json(),
        Format::Markdown => summary(record),
        Format::Html => page(record),
        Format::Junit => junit(record),
        Format::Sarif => sarif(record),
    }
}

/// Writes `run.json`, `index.html` and `summary.md` to a directory, which is made if need be. Each file is replaced as
/// a whole; the record comes first, since the others can be made from it again.
///
/// # Errors
/// [`ReportError`] for the first file, or the directory, that cannot be written.
pub fn write_all(record: &Record, dir: impl AsRef<Path>) -> Result<(), ReportError> {
    let dir = dir.as_ref();
    create(dir)?;
    record.write(dir.join("run.json"))?;
    write_files(dir, &[("index.html", page(record)), ("summary.md", summary(record))])
}

/// Writes `trends.html` and `trends.md` to a directory, which is made if need be. `latest` is the record of the last run.
///
/// # Errors
/// [`ReportError`] for the first file, or the directory, that cannot be written.
pub fn write_trends(trends: &Trends, latest: &Record, dir: impl AsRef<Path>) -> Result<(), ReportError> {
    let dir = dir.as_ref();
    create(dir)?;
    write_files(dir, &[("trends.html", trends_page(trends, latest)), ("trends.md", trends_summary(trends))])
}

fn create(dir: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(dir).map_err(|source| ReportError::Write { path: dir.to_owned(), source })
}

/// Each replaced as a whole.
fn write_files(dir: &Path, files: &[(&str, String)]) -> Result<(), ReportError> {
    for (name, text) in files {
        let path = dir.join(name);
        write_atomically(&path, text).map_err(|source| ReportError::Write { path, source })?;
    }
    Ok(())
}
