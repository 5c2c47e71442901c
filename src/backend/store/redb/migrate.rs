//! From format 1, which had each context in one piece, to rows.
//!
//! The old file is not written to. A new one is made beside it, and takes its name when it is complete; the old one keeps
//! another name from then on. So there is a whole store under the name at every moment, whatever interrupts this.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};
use uuid::Uuid;

use crate::backend::chat::ChatContext;

use super::format;
use super::rows::{Tables, Write};
use super::salvage::{self, Keys};

/// Contexts as JSON, by id.
const CONTEXTS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("contexts");

/// Puts a file of the current format in the place of `old`, which is open at `path`. Contexts that cannot be read are left
/// out and named in the log; they are in the old file still.
pub(super) fn migrate(path: &Path, old: Database) -> Result<(), String> {
    let told =
        |what: &'static str| move |error: std::io::Error| format!("it cannot be migrated: {what}: {error}");
    let kept = free_name(path);
    tracing::warn!(
        "{} has an older format and is migrated; the old file is kept as {}",
        path.display(),
        kept.display()
    );
    let new = with(path, ".migrating");
    // Left by a migration that was interrupted.
    if new.exists() {
        fs::remove_file(&new).map_err(told("what an earlier attempt has left cannot be removed"))?;
    }
    let contexts = fill(&new, &old).map_err(|reason| format!("it cannot be migrated: {reason}"))?;
    // Its own name is given away last, and by one step. Until then this can be begun again.
    if fs::hard_link(path, &kept).is_err() {
        let copy = with(&kept, ".copying");
        fs::copy(path, &copy).map_err(told("it cannot be copied"))?;
        File::open(&copy).and_then(|copy| copy.sync_all()).map_err(told("its copy cannot be synced"))?;
        fs::rename(&copy, &kept).map_err(told("its copy cannot be renamed"))?;
    }
    sync_folder(path);
    fs::rename(&new, path).map_err(told("the new file cannot take its name"))?;
    sync_folder(path);
    drop(old);
    tracing::warn!("{} is migrated: {contexts} contexts", path.display());
    Ok(())
}

/// Makes the file at `new` of the contexts in `old`; how many there are.
fn fill(new: &Path, old: &Database) -> Result<u64, String> {
    let database = format::guarded(|| Database::create(new))?;
    format::prepare(&database)?;
    let open = || -> Result<_, redb::Error> { Ok(old.begin_read()?.open_table(CONTEXTS)?) };
    let contexts =
        salvage::guarded(open).map_err(|reason| format!("its contexts cannot be read: {reason}"))?;
    let Keys { found, lost } = salvage::keys_of(&contexts);
    for range in lost {
        let [from, until] = [*range.start(), *range.end()].map(Uuid::from_u128);
        tracing::error!("contexts from {from} to {until} cannot be read and are not migrated");
    }
    let transaction = database.begin_write().map_err(|error| error.to_string())?;
    let mut count = 0;
    {
        let mut tables = Tables::open(&transaction).map_err(|error| error.to_string())?;
        for key in found {
            match read(&contexts, key) {
                Ok(context) => {
                    let write = Write::whole(&context).map_err(|error| error.to_string())?;
                    write.apply(&mut tables).map_err(|error| error.to_string())?;
                    count += 1;
                }
                Err(reason) => {
                    let id = Uuid::from_u128(key);
                    tracing::error!("the context {id} cannot be read and is not migrated: {reason}");
                }
            }
        }
    }
    transaction.commit().map_err(|error| error.to_string())?;
    database.close().map_err(|error| error.to_string())?;
    Ok(count)
}

/// One context of the old file, if it is whole.
fn read(contexts: &ReadOnlyTable<u128, &'static [u8]>, key: u128) -> Result<ChatContext, String> {
    let bytes =
        salvage::guarded(|| contexts.get(key).map(|found| found.map(|bytes| bytes.value().to_vec())))?;
    let context: ChatContext =
        serde_json::from_slice(&bytes.ok_or("it is not there")?).map_err(|error| error.to_string())?;
    if context.id().0.as_u128() == key {
        Ok(context)
    } else {
        Err(format!("it says it is the context {}", context.id()))
    }
}

/// Beside `path`: its name and this ending.
fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A name for the old file that nothing has.
fn free_name(path: &Path) -> PathBuf {
    let first = with(path, ".format-1");
    let more = (2..).map(|nth: u32| with(path, &format!(".format-1.{nth}")));
    std::iter::once(first).chain(more).find(|name| !name.exists()).expect("there are more numbers than files")
}

/// Makes names durable, where folders can be synced.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder of the store was not synced");
    }
}
