//! Rows found page by page, where the trees that lead to them are damaged: the last resort.
//!
//! A leaf of redb's file format 3, for keys of a fixed width and values that are not, begins at a multiple of 4096 bytes:
//!
//! ```text
//! 1 byte 1 │ 1 byte │ n: 2 bytes │ n ends of values: 4 bytes each │ n keys │ n values
//! ```
//!
//! What looks like one and is none has no row with a right checksum: no JSON contains the byte that a leaf begins with. Pages
//! that are free may have older rows, and those of contexts that were deleted; the versions in the rows tell which are
//! newer, and whatever is found this way is named as doubtful.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use uuid::Uuid;

use crate::backend::chat::{ContextId, Version};

use super::found::Found;
use super::rows::{self, ROW_LIMIT};

const PAGE: usize = 4096;
const LEAF: u8 = 1;
/// An id and the number of a row.
const KEY: usize = size_of::<u128>() + size_of::<u32>();

/// Where the newest of each row is in a file.
pub(super) struct PageRows {
    file: File,
    places: BTreeMap<(u128, u32), Place>,
}

struct Place {
    version: Version,
    at: u64,
    bytes: usize,
}

impl PageRows {
    /// Reads the whole file.
    pub(super) fn scan(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let end = file.metadata()?.len();
        let mut found = Self { file: file.try_clone()?, places: BTreeMap::new() };
        let mut page = Vec::new();
        for at in (0..end).step_by(PAGE) {
            read(&mut file, at, PAGE.min((end - at) as usize), &mut page)?;
            let Some(bytes) = bytes_of_leaf(&page).filter(|bytes| *bytes as u64 <= end - at) else {
                continue;
            };
            if bytes > page.len() {
                read(&mut file, at, bytes, &mut page)?;
            }
            found.add(at, &page);
        }
        Ok(found)
    }

    fn add(&mut self, at: u64, leaf: &[u8]) {
        let rows = u16_at(leaf, 2).unwrap_or_default() as usize;
        let keys = 4 + rows * size_of::<u32>();
        let mut from = keys + rows * KEY;
        for nth in 0..rows {
            let Some(until) = u32_at(leaf, 4 + nth * size_of::<u32>()) else { return };
            let key = leaf.get(keys + nth * KEY..keys + (nth + 1) * KEY);
            let (Some(key), Some(value)) = (key, leaf.get(from..until as usize)) else { return };
            let (id, row) = key.split_at(size_of::<u128>());
            let id = u128::from_le_bytes(id.try_into().unwrap_or_default());
            let row = u32::from_le_bytes(row.try_into().unwrap_or_default());
            if let Some(version) = rows::version_in(id, row, value) {
                let place = Place { version, at: at + from as u64, bytes: value.len() };
                let newest = self.places.entry((id, row)).or_insert(Place { version, ..place });
                if newest.version < version {
                    *newest = place;
                }
            }
            from = until as usize;
        }
    }

    /// The contexts of which there is a row.
    pub(super) fn ids(&self) -> BTreeSet<u128> {
        self.places.keys().map(|(id, _)| *id).collect()
    }

    /// The newest rows of a context, as many as its head says.
    pub(super) fn find(&mut self, id: u128) -> Result<Found, String> {
        let Self { file, places } = self;
        let mut get = |row| {
            let place = places.get(&(id, row))?;
            let mut bytes = Vec::new();
            read(file, place.at, place.bytes, &mut bytes).ok()?;
            Some(bytes)
        };
        Found::gathered(ContextId(Uuid::from_u128(id)), &mut get)
    }
}

/// How long the leaf is that begins so; `None` if it is none.
fn bytes_of_leaf(page: &[u8]) -> Option<usize> {
    let rows = u16_at(page, 2)? as usize;
    if page.first() != Some(&LEAF) || rows == 0 {
        return None;
    }
    let bytes = u32_at(page, 4 + (rows - 1) * size_of::<u32>())? as usize;
    (bytes > 4 + rows * (size_of::<u32>() + KEY) && bytes <= ROW_LIMIT + PAGE).then_some(bytes)
}

fn read(file: &mut File, at: u64, bytes: usize, into: &mut Vec<u8>) -> io::Result<()> {
    into.resize(bytes, 0);
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(into)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
