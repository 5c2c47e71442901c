//! The file that the histories of a run are written to, one slice after another.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// The file that the histories of a run are written to.
pub(crate) struct HistoryFile {
    path: PathBuf,
    file: File,
    written: usize,
}

impl HistoryFile {
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn create(path: &Path) -> Result<Self, RunError> {
        let file = File::create(path).map_err(|source| cannot_write(path, source))?;
        Ok(Self { path: path.to_owned(), file, written: 0 })
    }

    /// Adds what a slice has recorded, as JSON Lines. The number of the slice distinguishes its keys from those of others.
    pub(super) fn add(
        &mut self,
        write: impl FnOnce(&mut dyn Write, &dyn Fn(u32) -> String) -> io::Result<()>,
        name: impl Fn(u32) -> String,
    ) -> Result<(), RunError> {
        self.written += 1;
        let nth = self.written;
        let mut out = io::BufWriter::new(&self.file);
        write(&mut out, &|key| format!("{nth}/{}", name(key)))
            .and_then(|()| out.flush())
            .map_err(|source| cannot_write(&self.path, source))
    }
}

/// One machine's share of the history of several, which is judged where all shares are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommonHistory<'a> {
    pub(crate) path: &'a Path,
    /// What was answered later counts as not answered, in nanoseconds of the history's clock.
    pub(crate) cut_ns: u64,
}

impl CommonHistory<'_> {
    /// Writes it, as JSON Lines. Its keys are those of the other machines' shares.
    pub(super) fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), RunError> {
        let written = File::create(self.path).and_then(|file| {
            let mut out = io::BufWriter::new(file);
            write(&mut out).and_then(|()| out.flush())
        });
        written.map_err(|source| cannot_write(self.path, source))
    }
}

fn cannot_write(path: &Path, source: io::Error) -> RunError {
    RunError::History { path: path.to_owned(), source }
}
