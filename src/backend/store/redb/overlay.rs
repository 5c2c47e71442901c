//! A file that is read and never written: what redb writes while it opens, repairs and checks is kept in memory.
//!
//! Else a look at a damaged file would change it: a check that fails leaves it marked for a repair that must fail too, and
//! then it opens no more.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::ops::Bound;
use std::path::Path;

use parking_lot::Mutex;
use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

const BLOCK: u64 = 4096;

/// The file, and what has been written since it was opened.
#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    changes: Mutex<Changes>,
}

#[derive(Debug)]
struct Changes {
    len: u64,
    /// How far the file can still be seen: it was cut off there.
    seen: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let file = FileBackend::new(File::open(path)?)?;
        let len = file.len()?;
        Ok(Self { file, changes: Mutex::new(Changes { len, seen: len, blocks: BTreeMap::new() }) })
    }

    /// One block as it is now, filled up with zeros.
    fn block(&self, changes: &Changes, at: u64) -> Result<Vec<u8>, Error> {
        if let Some(block) = changes.blocks.get(&at) {
            return Ok(block.clone());
        }
        let mut block = vec![0; BLOCK as usize];
        let there = changes.seen.saturating_sub(at * BLOCK).min(BLOCK) as usize;
        if there > 0 {
            self.file.read(at * BLOCK, &mut block[..there])?;
        }
        Ok(block)
    }

    /// Goes through the blocks of a range: each, where in it the range begins, and which part of the range that is.
    fn parts(offset: u64, bytes: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
        let end = offset + bytes as u64;
        (offset / BLOCK..end.div_ceil(BLOCK)).map(move |at| {
            let (from, until) = (offset.max(at * BLOCK), end.min((at + 1) * BLOCK));
            ((at), (from - at * BLOCK) as usize, (from - offset) as usize..(until - offset) as usize)
        })
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.changes.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let changes = self.changes.lock();
        if offset + out.len() as u64 > changes.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        for (at, from, part) in Self::parts(offset, out.len()) {
            let block = self.block(&changes, at)?;
            out[part.clone()].copy_from_slice(&block[from..from + part.len()]);
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut changes = self.changes.lock();
        changes.blocks.retain(|at, _| at * BLOCK < len);
        changes.seen = changes.seen.min(len);
        changes.len = len;
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut changes = self.changes.lock();
        for (at, from, part) in Self::parts(offset, data.len()) {
            let mut block = self.block(&changes, at)?;
            block[from..from + part.len()].copy_from_slice(&data[part]);
            changes.blocks.insert(at, block);
        }
        Ok(())
    }

    fn close(&self) -> Result<(), Error> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        // Shared, as for any reader: it is not written, and a writer is kept out all the same.
        self.file.try_lock_shared_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
