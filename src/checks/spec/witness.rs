//! The fast way: each answer names the version that it made or saw, so the order of a session's operations is known but
//! for operations without an answer, and one walk along it is all it takes.
//!
//! The walk takes the operations in the order of their versions through the very specification that the search uses,
//! and looks whether each returned after all before it had been called. If it comes to the end, it has found an order,
//! and nothing else is said to be right. If it does not, and every operation was answered, there was no other order to
//! try; else it is the search that has to say.

use super::known::SessionState;
use super::sessions::Record;
use super::versions::{OfKey, PathStep, VersionPosition, said};
use super::words::{Answer, Call};

/// What the walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkOutcome {
    /// To the end: this is an order.
    Fits,
    /// There is no order. After `after` has been answered, `late` cannot have been asked and answered so.
    TooLate { after: PathStep, late: PathStep },
    /// There is no order. What is here does not fit to what is before it.
    Stuck(PathStep),
    /// It stopped here, where something else might be tried.
    Undecided(PathStep),
}

/// Walks along the operations of one session.
pub(super) fn walk(records: &[Record], of_key: &mut OfKey) -> WalkOutcome {
    // By version, the change before its looks: the order in which the walk takes them. Equal places do not exist,
    // since each holds the number of its record, so the sort need not be stable.
    of_key.placed.sort_unstable();
    // In the order of calls none of those that found nothing is too late for another.
    of_key.gone.sort_unstable_by_key(|&at| records[at].called);
    of_key.pending.sort_unstable_by_key(|&at| records[at].called);
    let mut pending = of_key.pending.clone();
    let walker = Walker {
        records,
        known: SessionState::Absent,
        latest: (0, None),
        pending: &mut pending,
        guessed: false,
    };
    match walker.walk(&of_key.placed, &of_key.births, &of_key.deletions, &of_key.gone) {
        Ok(()) => WalkOutcome::Fits,
        // A guess may be to blame. What holds whatever was guessed is looked for before the search is asked.
        Err(undecided @ WalkOutcome::Undecided(_)) => certain(records, of_key).unwrap_or(undecided),
        Err(stopped) => stopped,
    }
}

/// What no operation of unknown outcome can explain: versions against time, two that made one version, and anything
/// after a deletion.
fn certain(records: &[Record], of_key: &OfKey) -> Option<WalkOutcome> {
    let mut latest = (0, None);
    for group in of_key.placed.chunk_by(|one, other| one.stands_with(*other)) {
        // A version is made once; no operation without an answer can change that.
        if let [_, second, ..] = group
            && !second.looks()
        {
            return Some(WalkOutcome::Stuck((*second).into()));
        }
        // Each against what came before its group and not against its own group: looks at one version have no order
        // among themselves.
        for &place in group {
            if let (called, Some(late)) = latest
                && records[place.record()].returned < called
            {
                return Some(WalkOutcome::TooLate { after: place.into(), late });
            }
        }
        let called = |place: &VersionPosition| (records[place.record()].called, Some(PathStep::from(*place)));
        latest = group.iter().map(called).fold(latest, MaxByCall::max_by_call);
    }
    let (called, late) = latest;
    // A deletion comes after every version. One that returned before an operation with a version was called cannot.
    let deleted = of_key.deletions.iter().find(|&&at| records[at].returned < called);
    deleted.zip(late).map(|(&at, late)| WalkOutcome::TooLate { after: PathStep::at(at), late })
}

struct Walker<'a> {
    records: &'a [Record],
    known: SessionState,
    /// When the last called of those taken was called, and which it is.
    latest: (u64, Option<PathStep>),
    /// What is left of them.
    pending: &'a mut Vec<usize>,
    /// Whether something was chosen that might have been chosen otherwise.
    guessed: bool,
}

/// What cannot be tried together: a few pending operations in a row are guessed, no more.
const MOST_GUESSES: u32 = 3;

/// So many records are brought near at a time.
const AHEAD: usize = 64;

impl Walker<'_> {
    fn walk(
        mut self,
        placed: &[VersionPosition],
        births: &[usize],
        deletions: &[usize],
        gone: &[usize],
    ) -> Result<(), WalkOutcome> {
        // Any of them may have been the birth or the end of the session, so whatever fails may fail for want of it.
        // A birth that was not answered makes every failure below uncertain, from the first operation on.
        self.guessed |= self.pending.iter().any(|&at| matches!(self.records[at].call, Call::Create(_)));
        let last_call = if gone.is_empty() { 0 } else { self.last_call(placed, deletions) };
        let ends = !deletions.is_empty() || self.pending_deletion().is_some();
        // What found nothing stands before the birth or after the end. If it returned before the last operation
        // that found the session was called, it cannot stand after the end; otherwise it can, and is in time there.
        let is_after = |records: &[Record], at: usize| ends && records[at].returned >= last_call;
        for &at in gone.iter().filter(|&&at| !is_after(self.records, at)) {
            self.take(PathStep::at(at))?;
        }
        // The session was seen, so it was created; if no creation was answered, it was one of those without an
        // answer.
        if births.is_empty() && !placed.is_empty() {
            self.take_pending_birth();
        }
        for &at in births {
            self.take(PathStep::at(at))?;
        }
        self.take_placed(placed)?;
        for &at in deletions {
            self.take(PathStep::at(at))?;
        }
        let mut after = gone.iter().filter(|&&at| is_after(self.records, at)).peekable();
        if deletions.is_empty()
            && after.peek().is_some()
            && let Some(at) = self.pending_deletion()
        {
            self.guessed = true;
            self.take(PathStep::at(at))?;
        }
        after.try_for_each(|&at| self.take(PathStep::at(at)))
    }

    fn take_placed(&mut self, placed: &[VersionPosition]) -> Result<(), WalkOutcome> {
        let mut made = None;
        let (mut at, mut fetched) = (0, 0);
        for group in placed.chunk_by(|one, other| one.stands_with(*other)) {
            at += group.len();
            if at > fetched {
                fetched = at + AHEAD;
                self.fetch(&placed[at - group.len()..fetched.min(placed.len())]);
            }
            // Looks at one version can have come in any order, so none is too late for another.
            // Gathered apart while the group lasts: `self.latest` remains what came before the group, against which
            // `in_time` holds each of its looks.
            let mut latest = self.latest;
            for &place in group {
                let record = &self.records[place.record()];
                if self.is_gap(place.after()) {
                    self.fill(place)?;
                    latest = latest.max_by_call(self.latest);
                }
                let stop = PathStep::from(place);
                self.in_time(record, stop)?;
                if !place.looks()
                    && made.is_some_and(|made: VersionPosition| made.version() == place.version())
                {
                    return Err(WalkOutcome::Stuck(stop)); // no guess makes room for two
                }
                let fits = if place.ended() {
                    let (call, answer) = said(record, true);
                    self.known.take(&call, answer.as_ref())
                } else {
                    self.known.take(&record.call, record.answer.as_ref())
                };
                if !fits {
                    return Err(self.stuck(stop));
                }
                latest = latest.max_by_call((record.called, Some(stop)));
                if !place.looks() {
                    made = Some(place);
                    // A change stands alone at its version: what follows it is held against it at once.
                    self.latest = latest;
                }
            }
            self.latest = latest;
        }
        Ok(())
    }

    /// Brings records near before they are needed: they lie far apart, and each would be waited for by itself.
    fn fetch(&self, placed: &[VersionPosition]) {
        let touch = |place: &VersionPosition| {
            let Record { called, answer, .. } = &self.records[place.record()];
            called ^ u64::from(answer.is_some())
        };
        // The reads are independent, so they overlap in memory; `black_box` keeps them from being removed as
        // unused.
        std::hint::black_box(placed.iter().fold(0, |all, place| all ^ touch(place)));
    }

    /// Takes what names no version.
    fn take(&mut self, stop: PathStep) -> Result<(), WalkOutcome> {
        let record = &self.records[stop.record];
        self.in_time(record, stop)?;
        if !self.known.take(&record.call, record.answer.as_ref()) {
            return Err(self.stuck(stop));
        }
        self.latest = self.latest.max_by_call((record.called, Some(stop)));
        Ok(())
    }

    /// Whether it returned after all before it had been called.
    #[inline]
    fn in_time(&self, record: &Record, stop: PathStep) -> Result<(), WalkOutcome> {
        match self.latest {
            (called, Some(late)) if record.returned < called => {
                // Two versions can have no other order, whatever was guessed, and nothing comes after a deletion.
                let deleted = record.call == Call::Delete && record.answer == Some(Answer::Done);
                let certain = (stop.version.is_some() || deleted) && late.version.is_some();
                let too_late = WalkOutcome::TooLate { after: stop, late };
                Err(if certain || self.is_certain(stop) { too_late } else { WalkOutcome::Undecided(stop) })
            }
            // Nothing taken yet, or overlapping in time: operations that overlap may stand in either order.
            _ => Ok(()),
        }
    }

    /// Whether there was no other way to come here: nothing was guessed, and no operation of unknown outcome was called
    /// in time to stand before this one.
    fn is_certain(&self, stop: PathStep) -> bool {
        let returned = self.records[stop.record].returned;
        !self.guessed && self.pending.iter().all(|&at| self.records[at].called > returned)
    }

    fn stuck(&self, stop: PathStep) -> WalkOutcome {
        if self.is_certain(stop) { WalkOutcome::Stuck(stop) } else { WalkOutcome::Undecided(stop) }
    }

    /// Whether no answered operation can have brought the session to this version.
    #[inline]
    fn is_gap(&self, version: u32) -> bool {
        // A turn at work, or one that may have begun at any version, makes steps of its own: then a missing version
        // is no gap.
        matches!(&self.known, SessionState::LiveSession(live)
            if version > live.version && !live.floating && !live.kinds.may_work())
    }

    /// Guesses which operations without an answer stand before this place.
    fn fill(&mut self, place: VersionPosition) -> Result<(), WalkOutcome> {
        let stop = PathStep::from(place);
        // No pending operation was called in time to make the missing version, and nothing was guessed before.
        if self.is_certain(stop) {
            return Err(WalkOutcome::Stuck(stop));
        }
        self.guessed = true;
        let Some((known, taken)) = self.guess(&self.known, place, MOST_GUESSES) else {
            return Err(WalkOutcome::Undecided(stop));
        };
        self.known = known;
        for at in taken {
            // Each is used once: left in, it could fill a second gap.
            self.pending.retain(|&other| other != at);
            self.latest = self.latest.max_by_call((self.records[at].called, Some(PathStep::at(at))));
        }
        Ok(())
    }

    fn guess(
        &self,
        known: &SessionState,
        place: VersionPosition,
        more: u32,
    ) -> Option<(SessionState, Vec<usize>)> {
        let record = &self.records[place.record()];
        let (call, answer) = said(record, place.ended());
        // Called after this place returned, it cannot stand before it.
        let called = self.pending.iter().filter(|&&at| self.records[at].called <= record.returned);
        let next = called.filter_map(|&at| {
            let mut next = known.clone();
            next.take(&self.records[at].call, None).then_some((at, next))
        });
        let next: Vec<_> = next.collect();
        let fits = |next: &SessionState| next.clone().take(&call, answer.as_ref());
        if let Some((at, known)) = next.iter().find(|(_, next)| fits(next)) {
            return Some((known.clone(), vec![*at]));
        }
        if more == 0 {
            return None;
        }
        next.iter().find_map(|(at, next)| {
            let (known, mut taken) = self.guess(next, place, more - 1)?;
            taken.insert(0, *at);
            // The recursion does not exclude what was taken before it, so a way that uses one operation twice is
            // dropped here. A guess may be missed by it; then the walk is undecided and the search is asked.
            let once = taken.iter().filter(|other| *other == at).count() == 1;
            once.then_some((known, taken))
        })
    }

    fn take_pending_birth(&mut self) {
        let births = self.pending.iter().position(|&at| matches!(self.records[at].call, Call::Create(_)));
        if let Some(at) = births.map(|at| self.pending.remove(at)) {
            let record = &self.records[at];
            self.known.take(&record.call, None);
            self.latest = self.latest.max_by_call((record.called, Some(PathStep::at(at))));
        }
    }

    fn pending_deletion(&self) -> Option<usize> {
        self.pending.iter().copied().find(|&at| self.records[at].call == Call::Delete)
    }

    /// When the last operation was called that found the session or ended it.
    fn last_call(&self, placed: &[VersionPosition], deletions: &[usize]) -> u64 {
        let all = placed.iter().map(|place| place.record()).chain(deletions.iter().copied());
        let last = all.map(|at| self.records[at].called).max().unwrap_or(0);
        // A deletion without an answer counts as well: what found nothing may have found it deleted by that one.
        let ending = deletions.is_empty().then(|| self.pending_deletion()).flatten();
        last.max(ending.map_or(0, |at| self.records[at].called))
    }
}

/// The later of two calls.
trait MaxByCall {
    fn max_by_call(self, other: Self) -> Self;
}

impl MaxByCall for (u64, Option<PathStep>) {
    #[inline]
    fn max_by_call(self, other: Self) -> Self {
        if other.1.is_some() && (self.1.is_none() || other.0 > self.0) { other } else { self }
    }
}
