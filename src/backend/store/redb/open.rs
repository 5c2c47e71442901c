//! How a file becomes an open store: looked at, repaired if its owner crashed, and brought to the format that is written.

use std::path::Path;

use redb::{Builder, Database, DatabaseError};

use crate::backend::store::StoreError;

use super::format::{self, Contents};
use super::migrate;
use super::overlay::Overlay;

/// How many bytes of pages are kept in memory. redb's own default of 1 GiB is all that a server with default limits may take.
const CACHE_BYTES: usize = 64 << 20;

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Opens once more what was open before. It must be there: a new file in its place would be an empty store.
pub(super) fn again(path: &Path) -> Result<Database, DatabaseError> {
    builder().open(path)
}

/// Opens the store at `path`, or makes a new one where there is no file or an empty one. A file of an older format is
/// migrated.
pub(super) fn or_make(path: &Path) -> Result<Database, StoreError> {
    if path.is_dir() {
        return Err(unusable(path, "it is a directory; name a file in it".to_owned()));
    }
    open(path, |path| builder().create(path)).map_err(|reason| unusable(path, reason))
}

/// Opens a file that must be there, to be read: nothing is written to it, unless it has to be migrated first.
pub(super) fn to_read(path: &Path) -> Result<Database, StoreError> {
    must_be_there(path)?;
    let apart = |path: &Path| Builder::new().create_with_backend(Overlay::open(path)?);
    let open = || {
        format::look(path)?;
        let mut database = format::guarded(|| apart(path))?;
        if format::contents(&database)? == Contents::WHOLE_CONTEXTS {
            drop(database);
            open(path, again)?;
            database = format::guarded(|| apart(path))?;
        }
        format::check(&database).map(|()| database)
    };
    open().map_err(|reason| unusable(path, reason))
}

fn must_be_there(path: &Path) -> Result<(), StoreError> {
    if path.is_file() {
        return Ok(());
    }
    Err(unusable(path, "there is no such file; name a store that was served from".to_owned()))
}

pub(super) fn unusable(path: &Path, reason: String) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason }
}

fn open(path: &Path, open: impl Fn(&Path) -> Result<Database, DatabaseError>) -> Result<Database, String> {
    format::look(path)?;
    let mut database = format::guarded(|| open(path))?;
    if format::contents(&database)? == Contents::WHOLE_CONTEXTS {
        migrate::migrate(path, database)?;
        database = format::guarded(|| open(path))?;
    }
    format::prepare(&database)?;
    Ok(database)
}
