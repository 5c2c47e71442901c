//! How a file becomes an open store: looked at, repaired if its owner crashed, and brought to the format that is written.

use std::path::Path;

use redb::Database;

use crate::backend::store::StoreError;

use super::format::{self, Contents};
use super::migrate;

/// Opens the store at `path`, or makes a new one where there is no file or an empty one. A file of an older format is
/// migrated.
pub(super) fn or_make(path: &Path) -> Result<Database, StoreError> {
    if path.is_dir() {
        return Err(unusable(path, "it is a directory; name a file in it".to_owned()));
    }
    open(path, |path| Database::create(path)).map_err(|reason| unusable(path, reason))
}

/// Opens a file that must be there. One that was not closed is repaired.
pub(super) fn existing(path: &Path) -> Result<Database, StoreError> {
    must_be_there(path)?;
    open(path, |path| Database::open(path)).map_err(|reason| unusable(path, reason))
}

pub(super) fn must_be_there(path: &Path) -> Result<(), StoreError> {
    if path.is_file() {
        return Ok(());
    }
    Err(unusable(path, "there is no such file; name a store that was served from".to_owned()))
}

pub(super) fn unusable(path: &Path, reason: String) -> StoreError {
    StoreError::Unusable { path: path.display().to_string(), reason }
}

fn open(
    path: &Path,
    open: impl Fn(&Path) -> Result<Database, redb::DatabaseError>,
) -> Result<Database, String> {
    format::look(path)?;
    let mut database = format::guarded(|| open(path))?;
    if format::contents(&database)? == Contents::WHOLE_CONTEXTS {
        migrate::migrate(path, database)?;
        database = format::guarded(|| open(path))?;
    }
    format::prepare(&database)?;
    Ok(database)
}
