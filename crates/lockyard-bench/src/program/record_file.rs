//! The record of a run on disk, while it is measured: whole after each scenario, so that nothing that comes later, be it an
//! error, a signal or the end of the machine, can lose it.

use std::path::PathBuf;

use crate::progress::{Observer, Progress};
use crate::record::Record;
use crate::report;

/// Adds to a record what is known besides.
type Complete = Box<dyn Fn(&mut Record)>;

/// Where the record of a run is kept.
pub struct RecordFile {
    folder: PathBuf,
    newest: Option<Record>,
    is_unwritable: bool,
    /// What is known besides what is measured.
    complete: Option<Complete>,
}

impl RecordFile {
    /// In this folder, which exists.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, newest: None, is_unwritable: false, complete: None }
    }

    /// From now on, whatever is kept is completed so: with what was found before anything was measured.
    pub fn completed_by(&mut self, complete: impl Fn(&mut Record) + 'static) {
        self.complete = Some(Box::new(complete));
    }

    /// Adds to a record what is known besides, as to all that is kept.
    pub fn complete(&self, record: &mut Record) {
        if let Some(complete) = &self.complete {
            complete(record);
        }
    }

    /// Writes what there is by now. A disk that is full may have room again when the run ends, so this is no error: it is said
    /// once, and what is kept in memory is written at the end.
    pub fn keep(&mut self, record: &Record) {
        let mut record = record.clone();
        self.complete(&mut record);
        if let Err(error) = record.write(self.folder.join("run.json"))
            && !std::mem::replace(&mut self.is_unwritable, true)
        {
            let error = anyhow::Error::new(error);
            eprintln!("warning: {error:#}; the run goes on, and writes its record again as it gets on");
        }
        self.newest = Some(record);
    }

    /// Makes the report of what was measured before an error. Where it is, if anything was measured and could be written.
    pub fn rescue(&self) -> Option<PathBuf> {
        let newest = self.newest.as_ref()?;
        match report::write_all(newest, &self.folder) {
            Ok(()) => Some(self.folder.join("index.html")),
            Err(error) => {
                let error = anyhow::Error::new(error);
                eprintln!("error: what was measured could not be written: {error:#}");
                None
            }
        }
    }

    /// An observer that keeps the record, too.
    pub fn observed_by(&mut self, observer: Box<dyn Observer>) -> impl Observer + '_ {
        Keeping { file: self, observer }
    }
}

/// Keeps the record as the run gets on, and passes everything on.
struct Keeping<'a> {
    file: &'a mut RecordFile,
    observer: Box<dyn Observer>,
}

impl Observer for Keeping<'_> {
    fn on(&mut self, progress: &Progress<'_>) {
        if let Progress::Recorded { record } = progress {
            self.file.keep(record);
        }
        self.observer.on(progress);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ModelResult;

    #[test]
    fn what_was_found_before_stands_in_all_that_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = RecordFile::new(folder.path().to_owned());
        file.completed_by(|record| record.models = Some(Vec::<ModelResult>::new()));
        let environment = crate::record::Environment::default();
        file.keep(&Record::empty("", 0, jiff::Timestamp::UNIX_EPOCH, environment));
        let kept = Record::read(folder.path().join("run.json")).unwrap();
        assert_eq!(kept.models, Some(Vec::new()));
        assert_eq!(file.newest.unwrap().models, Some(Vec::new()), "what an error leaves has it, too");
    }
}
