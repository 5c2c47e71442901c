//! JSON Lines: each line that is not empty is an event.
//!
//! Lines are taken in batches. What stands where in a batch is found without knowing what came before it, so of a long file
//! another thread does that ahead of the one that pairs the events; their order is that of the file.

use std::io::{self, BufRead, Read};
use std::sync::mpsc;
use std::thread;

use super::codec::Codec;
use super::error::{HistoryError, cut_short};
use super::events::{Events, Place};
use super::json_event;
use super::scan::Scan;
use super::spans::{Spans, scanned};

/// How much is taken at once: little enough to stay in the cache of a core.
const BATCH: usize = 1 << 17;

/// So many batches are under way at once.
const AHEAD: usize = 4;

/// Reads the events of all lines. `first` is the number of the first line.
pub(super) fn read<S: Codec>(
    events: &mut Events<'_, S>,
    input: &mut dyn BufRead,
    first: usize,
) -> Result<(), HistoryError> {
    let mut input = Batches { input, begun: Vec::new(), end: None };
    let mut place = Place { line: first, event: 1 };
    let mut batch = Batch::default();
    let goes_on = input.fill(&mut batch);
    batch.scan();
    batch.take(events, &mut place)?;
    if goes_on {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        if cores > 1 {
            ahead(events, &mut input, &mut place)?;
        } else {
            while input.fill(&mut batch) {
                batch.scan();
                batch.take(events, &mut place)?;
            }
            batch.scan();
            batch.take(events, &mut place)?;
        }
    }
    match input.end {
        Some(error) => Err(cut_short(error, place.line)),
        None => Ok(()),
    }
}

/// Reads the rest, and has batches scanned meanwhile.
fn ahead<S: Codec>(
    events: &mut Events<'_, S>,
    input: &mut Batches<'_>,
    place: &mut Place,
) -> Result<(), HistoryError> {
    let (to_scan, unscanned) = mpsc::sync_channel::<Batch>(AHEAD);
    let (to_take, scanned) = mpsc::sync_channel::<Batch>(AHEAD);
    thread::scope(|scope| {
        // Moved into here, so that the thread ends if this does, be it by an error.
        let to_scan = to_scan;
        scope.spawn(move || {
            for mut batch in unscanned {
                batch.scan();
                if to_take.send(batch).is_err() {
                    return;
                }
            }
        });
        let mut goes_on = true;
        let mut idle: Vec<_> = (0..AHEAD).map(|_| Batch::default()).collect();
        loop {
            while goes_on && let Some(mut batch) = idle.pop() {
                goes_on = input.fill(&mut batch);
                to_scan.send(batch).expect("it scans until this ends");
            }
            if idle.len() == AHEAD {
                return Ok(());
            }
            let mut batch = scanned.recv().expect("what is scanned is sent back");
            batch.take(events, place)?;
            idle.push(batch);
        }
    })
}

/// An input in batches of whole lines.
struct Batches<'r> {
    input: &'r mut dyn BufRead,
    /// The beginning of a line that goes on.
    begun: Vec<u8>,
    /// Why the input ended, unless it was at its end.
    end: Option<io::Error>,
}

impl Batches<'_> {
    /// Fills the batch with whole lines, the last of which may have no line break at the end of the input. Whether there is
    /// more.
    fn fill(&mut self, batch: &mut Batch) -> bool {
        let lines = &mut batch.lines;
        lines.clear();
        lines.append(&mut self.begun);
        loop {
            let known = lines.len();
            match Read::take(&mut *self.input, BATCH as u64).read_to_end(lines) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => {
                    // Of a line that is not whole nothing can be said.
                    lines.truncate(memchr::memrchr(b'\n', lines).map_or(0, |last| last + 1));
                    self.end = Some(error);
                    return false;
                }
            }
            if let Some(last) = memchr::memrchr(b'\n', &lines[known..]) {
                self.begun.extend_from_slice(&lines[known + last + 1..]);
                lines.truncate(known + last + 1);
                return true;
            }
        }
    }
}

/// Whole lines.
#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    /// The lines once more, if they are text.
    text: String,
    /// What was found in each line, and where it ends.
    found: Vec<(Spans, usize)>,
}

impl Batch {
    /// Finds out what stands where.
    fn scan(&mut self) {
        self.found.clear();
        match String::from_utf8(std::mem::take(&mut self.lines)) {
            Ok(text) => self.text = text,
            // Each line is then looked at, to tell which.
            Err(error) => (self.lines, self.text) = (error.into_bytes(), String::new()),
        }
        let scan = Scan { text: &self.text, spans_lines: false };
        let lines = if self.lines.is_empty() { self.text.as_bytes() } else { &self.lines };
        let mut start = 0;
        while start < lines.len() {
            let scanned = scanned(scan, start).and_then(|(spans, end)| Some((spans, scan.line_end(end)?)));
            let found = scanned.unwrap_or_else(|| {
                let rest = &lines[start..];
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                (Spans::default(), start + end)
            });
            start = found.1;
            self.found.push(found);
        }
    }

    /// Takes the events, and leaves the batch empty.
    fn take<S: Codec>(&mut self, events: &mut Events<'_, S>, place: &mut Place) -> Result<(), HistoryError> {
        let mut start = 0;
        for &(spans, end) in &self.found {
            if spans.are_none() {
                let lines = if self.lines.is_empty() { self.text.as_bytes() } else { &self.lines };
                let line = lines[start..end].trim_ascii();
                if !line.is_empty() {
                    let fields = json_event::read(line).map_err(|wrong| events.wrong(*place, wrong.what))?;
                    events.take(&fields, *place)?;
                    place.event += 1;
                }
            } else {
                events.take(&spans.fields(&self.text), *place)?;
                place.event += 1;
            }
            place.line += 1;
            start = end;
        }
        if self.lines.is_empty() {
            self.lines = std::mem::take(&mut self.text).into_bytes();
        }
        self.lines.clear();
        Ok(())
    }
}
