//! A disk in memory that loses power, is full or read-only, on command.

use std::io::ErrorKind;
use std::sync::Arc;

use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use redb::StorageBackend;

/// What a disk writes whole; within it, it does not stop half-way.
const SECTOR: usize = 512;

/// Clones are handles to the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// What the machine sees.
    seen: Vec<u8>,
    /// What is on the disk for good.
    durable: Vec<u8>,
    /// What has been written since it was last synced.
    pending: Vec<Change>,
    /// So many more changes and syncs, and then the power is gone.
    power: Option<usize>,
    /// What every write and sync meets.
    fault: Option<ErrorKind>,
    /// How many bytes have been written.
    written: u64,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(at, data) => {
                // A length that was lost with the power does not keep a later write from its place.
                if bytes.len() < at + data.len() {
                    bytes.resize(at + data.len(), 0);
                }
                bytes[*at..at + data.len()].copy_from_slice(data);
            }
        }
    }
}

impl Disk {
    /// A disk on which this stands.
    pub fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Inner { seen: bytes.clone(), durable: bytes, ..Inner::default() })))
    }

    /// How many bytes have been written so far.
    pub fn written(&self) -> u64 {
        self.0.lock().written
    }

    /// The power will be gone after so many changes and syncs.
    pub fn cut_after(&self, steps: usize) {
        self.0.lock().power = Some(steps);
    }

    /// From now on every write and sync fails so; with none, they work again.
    pub fn fault(&self, fault: Option<ErrorKind>) {
        self.0.lock().fault = fault;
    }

    /// Takes the power away, if it is not gone yet. What is found when it comes back: what was synced, and of the rest
    /// any part, for a disk keeps no order; the last of it is torn.
    pub fn after_power_loss(&self, random: &mut ChaCha8Rng) -> Self {
        let mut inner = self.0.lock();
        inner.power = Some(0);
        let mut durable = inner.durable.clone();
        let mut survivors: Vec<Change> =
            inner.pending.iter().filter(|_| random.random_bool(0.5)).cloned().collect();
        if let Some(Change::Write(_, data)) = survivors.last_mut() {
            data.truncate(random.random_range(0..=data.len() / SECTOR) * SECTOR);
        }
        survivors.iter().for_each(|change| change.apply(&mut durable));
        Self(Arc::new(Mutex::new(Inner { seen: durable.clone(), durable, ..Inner::default() })))
    }

    fn change(&self, change: Change) -> Result<(), std::io::Error> {
        let mut inner = self.0.lock();
        inner.step()?;
        if let Change::Write(_, data) = &change {
            inner.written += data.len() as u64;
        }
        change.apply(&mut inner.seen);
        inner.pending.push(change);
        Ok(())
    }
}

impl Inner {
    fn step(&mut self) -> Result<(), std::io::Error> {
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        match &mut self.power {
            None => Ok(()),
            Some(0) => Err(std::io::Error::other("the power is gone")),
            Some(steps) => {
                *steps -= 1;
                Ok(())
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        Ok(self.0.lock().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        let inner = self.0.lock();
        let from = usize::try_from(offset).unwrap();
        let bytes = inner.seen.get(from..from + out.len());
        let bytes = bytes.ok_or_else(|| std::io::Error::from(ErrorKind::UnexpectedEof))?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.change(Change::Length(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        let mut inner = self.0.lock();
        inner.step()?;
        let pending = std::mem::take(&mut inner.pending);
        pending.iter().for_each(|change| change.apply(&mut inner.durable));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.change(Change::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }
}
