//! From where the walk along the versions stopped to the few operations that show why it had to.
//!
//! Because every answer names its version, two operations are most often enough: the one that cannot be, and the one
//! that last said what it contradicts.

use crate::backend::chat::StateKind;

use super::kinds::Kinds;
use super::known::{LiveSession, SessionState};
use super::sessions::Record;
use super::token::{Token, term, token_term};
use super::versions::{OfKey, PathStep, said};
use super::witness::WalkOutcome;
use super::words::{Answer, Call, Context};

/// So many messages are shown at most where a page shows others.
const MOST_MESSAGES: usize = 4;

/// Operations that cannot all be.
pub(super) struct Conflict {
    pub(super) shown: Vec<PathStep>,
    pub(super) impossible: PathStep,
    pub(super) expected: String,
}

/// Why the walk stopped there; nothing if it went on, or may have had to go elsewhere.
pub(super) fn conflict(records: &[Record], of_key: &OfKey, walk: &WalkOutcome) -> Option<Conflict> {
    match *walk {
        WalkOutcome::Fits | WalkOutcome::Undecided(_) => None,
        WalkOutcome::TooLate { after, late } => {
            let seen = match (&records[after.record].call, after.version, records[late.record].answer) {
                (Call::Delete, ..) => "not found".to_owned(),
                (_, Some(version), Some(answer)) if answer != Answer::Gone => {
                    let (call, _) = said(&records[late.record], late.ended);
                    format!("version {} or newer", version + u32::from(call_changes(&call)))
                }
                _ => "found".to_owned(),
            };
            Some(Conflict { shown: vec![after, late], impossible: late, expected: seen })
        }
        WalkOutcome::Stuck(stop) => Some(Trace::new(records).to(of_key, stop)),
    }
}

/// Walks once more, and remembers which operation said what.
struct Trace<'a> {
    records: &'a [Record],
    known: SessionState,
    last: Option<PathStep>,
    change: Option<PathStep>,
    kind: Option<PathStep>,
    total: Option<PathStep>,
    model: Option<PathStep>,
    mode: Option<PathStep>,
    parameters: Option<PathStep>,
    messages: Vec<(u32, Token, PathStep)>,
}

impl<'a> Trace<'a> {
    fn new(records: &'a [Record]) -> Self {
        Self {
            records,
            known: SessionState::Absent,
            last: None,
            change: None,
            kind: None,
            total: None,
            model: None,
            mode: None,
            parameters: None,
            messages: Vec::new(),
        }
    }

    fn to(mut self, of_key: &OfKey, stop: PathStep) -> Conflict {
        let plain = |record: &usize| PathStep { record: *record, ended: false, version: None };
        let births = of_key.births.iter().map(plain);
        let placed = of_key.placed.iter().map(|place| PathStep::from(*place));
        let deletions = of_key.deletions.iter().map(plain);
        for before in births.chain(placed).chain(deletions).take_while(|before| *before != stop) {
            self.take(before);
        }
        let (call, answer) = said(&self.records[stop.record], stop.ended);
        let (against, known) = match (&self.known, answer) {
            (SessionState::LiveSession(live), Some(answer)) => {
                let mut live = live.clone();
                let against = self.against(&mut live, &call, &answer, stop);
                (against, SessionState::LiveSession(live))
            }
            (known, _) => (vec![self.last], known.clone()),
        };
        let mut shown: Vec<_> = against.into_iter().flatten().filter(|other| *other != stop).collect();
        shown.push(stop);
        Conflict { shown, impossible: stop, expected: known.expected(&call) }
    }

    fn take(&mut self, stop: PathStep) {
        let (call, answer) = said(&self.records[stop.record], stop.ended);
        if let (SessionState::LiveSession(live), Some(version)) = (&mut self.known, stop.version) {
            // An operation without an answer may have been there; what else it did shows in others.
            let before = if call_changes(&call) { version.saturating_sub(1) } else { version };
            if live.version < before && !live.kinds.may_work() {
                live.version = before;
            }
        }
        self.known.take(&call, answer.as_ref());
        self.last = Some(stop);
        let here = Some(stop);
        if call_changes(&call) {
            self.change = here;
        }
        match call {
            Call::Given | Call::Create(_) => {
                (self.change, self.kind, self.total) = (here, here, here);
                (self.model, self.mode, self.parameters) = (here, here, here);
            }
            Call::Context | Call::Ended { .. } => (self.kind, self.total) = (here, here),
            Call::Page { .. } => self.total = here,
            Call::Append(token) => {
                self.total = here;
                self.messages.extend(place(answer).map(|place| (place, token, stop)));
            }
            Call::Update { change, .. } => {
                let set =
                    |field: &mut Option<PathStep>, to: u32| *field = if to == 0 { *field } else { here };
                set(&mut self.model, change.model);
                set(&mut self.mode, change.mode);
                set(&mut self.parameters, change.parameters);
            }
            Call::Send(token) => {
                (self.kind, self.total) = (here, here);
                self.messages.extend(place(answer).map(|place| (place, token, stop)));
            }
            Call::State | Call::Decide | Call::Resume => self.kind = here,
            Call::Delete => {}
        }
    }

    /// The operations that say otherwise. `live` is left as known where that became plain.
    fn against(
        &self,
        live: &mut LiveSession,
        call: &Call,
        answer: &Answer,
        stop: PathStep,
    ) -> Vec<Option<PathStep>> {
        let before = live.clone();
        let Some(version) = stop.version else { return vec![self.last] };
        let target = if call_changes(call) { version.saturating_sub(1) } else { version };
        if target < live.version {
            return vec![self.change];
        }
        if live.reach(target).is_none() {
            *live = before;
            return vec![self.last];
        }
        let reached = live.clone();
        let kinds = match (call, answer) {
            (_, Answer::State { kind, .. }) => Some(Kinds::only(*kind)),
            (Call::Send(_), _) => Some(Kinds::READY),
            (Call::Decide | Call::Resume, _) => Some(Kinds::only(StateKind::AwaitingToolApproval)),
            (_, Answer::Context(Context { kind, .. })) => Some(Kinds::only(*kind)),
            _ => None,
        };
        let total = match answer {
            Answer::Context(context) => Some(context.total),
            Answer::Page(page) => Some(page.total),
            _ => place(Some(*answer)),
        };
        let against = if kinds.is_some_and(|kinds| live.stands(kinds).is_none()) {
            vec![self.kind]
        } else if total.is_some_and(|total| live.has(total).is_none()) {
            vec![self.total]
        } else {
            match (call, answer) {
                (_, Answer::Context(context)) if context.settings != live.settings => {
                    let (shown, known) = (context.settings, live.settings);
                    let model = self.model.filter(|_| shown.model != known.model);
                    let mode = self.mode.filter(|_| shown.mode != known.mode);
                    let parameters = self.parameters.filter(|_| shown.parameters != known.parameters);
                    let mut sources = vec![model, mode, parameters];
                    sources.dedup();
                    sources
                }
                (Call::Page { offset, limit }, Answer::Page(page)) => {
                    let end = offset.saturating_add(*limit).min(page.total);
                    self.other_messages(&reached, (*offset).min(end)..end, page.digest)
                }
                _ => vec![self.change],
            }
        };
        *live = reached;
        against
    }

    /// The messages that should be on a page and are not, or are there in the place of others.
    fn other_messages(
        &self,
        live: &LiveSession,
        places: std::ops::Range<u32>,
        digest: u64,
    ) -> Vec<Option<PathStep>> {
        let due: Vec<_> = self.messages.iter().filter(|(place, ..)| places.contains(place)).collect();
        let lack = live.messages.digest(places.clone()).unwrap_or_default().wrapping_sub(digest);
        // Missing, its place taken by something unknown; or the last, and its place empty.
        let missing = due
            .iter()
            .find(|(place, token, _)| lack == token_term(*place, *token) || lack == term(*place, *token));
        if let Some((.., stop)) = missing {
            return vec![Some(*stop)];
        }
        // In the place of another.
        for (place, token, stop) in &due {
            let duplicate = self.messages.iter().find(|(_, other, _)| {
                lack == token_term(*place, *token).wrapping_sub(token_term(*place, *other))
            });
            if let Some((.., duplicate)) = duplicate {
                return vec![Some(*stop), Some(*duplicate)];
            }
        }
        // No message was to be there.
        let stray = places
            .clone()
            .flat_map(|place| self.messages.iter().map(move |message| (place, message)))
            .find(|(place, (_, token, _))| lack == 0_u64.wrapping_sub(token_term(*place, *token)));
        if let Some((_, (.., stop))) = stray {
            return vec![Some(*stop)];
        }
        due.iter().rev().take(MOST_MESSAGES).map(|(.., stop)| Some(*stop)).collect()
    }
}

fn call_changes(call: &Call) -> bool {
    !matches!(call, Call::State | Call::Context | Call::Page { .. } | Call::Ended { .. })
}

fn place(answer: Option<Answer>) -> Option<u32> {
    match answer {
        Some(Answer::Appended { id, .. }) => Some(id),
        Some(Answer::Turn { message, .. }) => message,
        _ => None,
    }
}
