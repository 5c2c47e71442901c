//! A short piece of a session's history, judged by itself: from one look at the whole session to the next.
//!
//! Where operations of unknown outcome leave the order open, the search over all of a long history may take very long to
//! say no. But a look at a session shows all that was before it, but for the messages, and every answer names
//! a version; so what lies between two looks can be judged alone, with every operation of unknown outcome at hand
//! that may have been meant for it. If that is impossible, so is the whole. If it is not, nothing is said.

use crate::backend::chat::StateKind;

use super::known::{CREATED, LiveSession, SessionState};
use super::messages::Messages;
use super::sessions::Record;
use super::versions::{OfKey, PathStep, VersionPosition};
use super::words::{Answer, Call, Context};

/// So many operations beyond the one in question are looked at.
const MOST_BEYOND: usize = 50;

/// A piece of a history.
pub(super) struct Window {
    /// What is known before its first operation.
    pub(super) initial: SessionState,
    /// The look that shows so.
    pub(super) start: PathStep,
    /// Its operations.
    pub(super) stops: Vec<PathStep>,
}

impl Window {
    /// The piece around an operation at which the walk along the versions had to stop.
    pub(super) fn around(records: &[Record], of_key: &OfKey, stop: PathStep) -> Option<Self> {
        let placed = &of_key.placed;
        let at = placed.iter().position(|place| PathStep::from(*place) == stop)?;
        let shows = |place: &VersionPosition| match records[place.record()].answer {
            Some(Answer::Context(context)) => Some(context),
            Some(Answer::Turn { after, .. }) if place.ended() => Some(after),
            _ => None,
        };
        let &birth = of_key.births.first()?;
        let born = match (records[birth].call, records[birth].answer) {
            (Call::Create(settings), _) => {
                Context { version: CREATED, total: 0, settings, kind: StateKind::Idle }
            }
            (_, Some(Answer::Context(context))) => context,
            _ => return None,
        };
        // The nearest look at the whole session whose version is not beyond the one that the operation builds on:
        // what is known there is the state that the piece begins from.
        let before = (0..at).rev().find(|&before| {
            shows(&placed[before]).is_some() && placed[before].version() <= placed[at].after()
        });
        let (first, start, context) = match before {
            Some(before) => (before + 1, PathStep::from(placed[before]), shows(&placed[before])?),
            None => (0, PathStep { record: birth, ended: false, version: None }, born),
        };
        let end = (at + 1..placed.len()).find(|&after| shows(&placed[after]).is_some());
        // Cut off at some operations: fewer are easier to explain, so what is impossible of a part is impossible of
        // the whole.
        let end = end.map_or(placed.len(), |end| end + 1).min(at + MOST_BEYOND);
        let stops = placed[first..end].iter().map(|place| PathStep::from(*place));
        let last_return = placed[first..end].iter().map(|place| records[place.record()].returned).max()?;
        let pending = of_key.pending.iter().filter(|&&at| {
            let Record { call, called, .. } = records[at];
            // One called after the last return cannot have made anything in this piece.
            called <= last_return && !matches!(call, Call::Create(_) | Call::Delete)
        });
        let pending = pending.map(|&record| PathStep { record, ended: false, version: None });
        let messages = messages(records, &placed[..first], born.total, context.total)?;
        let initial = SessionState::LiveSession(LiveSession { messages, ..LiveSession::new(&context) });
        Some(Self { initial, start, stops: stops.chain(pending).collect() })
    }
}

/// The messages whose place was answered. All others may be of any operation.
fn messages(records: &[Record], placed: &[VersionPosition], base: u32, total: u32) -> Option<Messages> {
    let mut messages = Messages::new(base);
    let mut next = base;
    for place in placed.iter().filter(|place| !place.looks()) {
        let Record { call, answer, .. } = records[place.record()];
        let ((Call::Append(token), Some(Answer::Appended { id: at, .. }))
        | (Call::Send(token), Some(Answer::Turn { message: Some(at), .. }))) = (call, answer)
        else {
            continue;
        };
        // The answer names a place that is taken already: no state to begin from can be made of that.
        if at < next {
            return None;
        }
        // The places between belong to messages without an answer, or to turns: they are there, and no digest over
        // them is known.
        if at > next {
            messages.put_somewhere(next);
        }
        messages.put(at, token);
        next = at + 1;
    }
    if next < total {
        messages.put_somewhere(next);
    }
    Some(messages)
}
