//! The specification of sessions once more, written plainly with sets and maps.

use std::collections::{BTreeMap, BTreeSet};

use lockyard::backend::chat::StateKind;
use lockyard::checks::spec::{Answer, Call, Context, Page, Sessions, Settings, Token};
use lockyard::history::History;
use rand::rngs::ChaCha8Rng;

use super::Plain;
use super::sessions::Story;

/// What is known of a session.
#[derive(Clone, Debug, Default)]
pub enum Known {
    #[default]
    Absent,
    Live(Live),
    Deleted,
}

#[derive(Clone, Debug)]
pub struct Live {
    version: u32,
    floating: bool,
    kinds: BTreeSet<StateKind>,
    totals: (u32, u32),
    settings: Settings,
    began: u32,
    tokens: BTreeMap<u32, Token>,
    unsure_from: u32,
}

/// Where a turn at work gets in one step: the arrows of the design's table, without those that need a request.
fn step(from: StateKind) -> Vec<StateKind> {
    use StateKind as S;
    let mut to = match from {
        S::ProcessingUserMessage | S::ProcessingToolResults | S::GeneratingResponse | S::TransientFailure => {
            vec![S::AwaitingModel]
        }
        S::AwaitingModel | S::Streaming => vec![S::Streaming, S::ProcessingResponse, S::TransientFailure],
        S::ProcessingResponse => vec![S::AwaitingToolApproval],
        S::ExecutingTools => vec![S::ProcessingToolResults, S::TransientFailure],
        S::Idle | S::AwaitingToolApproval | S::Failed => return vec![],
    };
    to.extend([S::Idle, S::Failed]);
    to
}

impl Live {
    fn works(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_working())
    }

    fn steps(&mut self, steps: u32) {
        for _ in 0..steps {
            self.kinds = self.kinds.iter().flat_map(|kind| step(*kind)).collect();
        }
    }

    fn any_steps(&mut self) {
        for _ in 0..20 {
            let more: Vec<_> = self.kinds.iter().flat_map(|kind| step(*kind)).collect();
            self.kinds.extend(more);
        }
    }

    fn reach(&mut self, version: u32) -> Option<()> {
        let steps = version.checked_sub(self.version)?;
        if steps > 0 {
            if self.floating { self.any_steps() } else { self.steps(steps) }
        }
        self.totals.1 += steps;
        (self.version, self.floating) = (version, false);
        (!self.kinds.is_empty()).then_some(())
    }

    fn is_in(&mut self, kinds: &[StateKind]) -> Option<()> {
        self.kinds.retain(|kind| kinds.contains(kind));
        (!self.kinds.is_empty()).then_some(())
    }

    /// In one of these now, or after some steps that are not counted.
    fn comes_to(&mut self, kinds: &[StateKind]) -> Option<()> {
        if self.works() {
            self.floating = true;
            self.any_steps();
        }
        self.is_in(kinds)
    }

    fn has(&mut self, total: u32) -> Option<()> {
        let fits = self.totals.0 <= total && total <= self.totals.1;
        self.totals = (total, total);
        fits.then_some(())
    }

    fn shows(&mut self, context: &Context) -> Option<()> {
        self.reach(context.version)?;
        self.is_in(&[context.kind])?;
        self.has(context.total)?;
        (self.settings == context.settings).then_some(())
    }

    fn append(&mut self, token: Token, place: Option<u32>) {
        match place {
            Some(place) => drop(self.tokens.insert(place, token)),
            None => self.unsure_from = self.unsure_from.min(self.totals.0),
        }
        self.totals = (self.totals.0 + 1, self.totals.1 + 1);
    }

    fn sure_place(&self) -> Option<u32> {
        (self.totals.0 == self.totals.1 && !self.floating).then_some(self.totals.0)
    }

    fn set(&mut self, change: Settings) {
        let or = |new: u32, old: u32| if new == 0 { old } else { new };
        self.settings = Settings {
            model: or(change.model, self.settings.model),
            mode: or(change.mode, self.settings.mode),
            parameters: or(change.parameters, self.settings.parameters),
        };
    }

    fn answered(&mut self, call: &Call, answer: &Answer) -> Option<()> {
        const REST: [StateKind; 3] = [StateKind::Idle, StateKind::AwaitingToolApproval, StateKind::Failed];
        match (call, answer) {
            (Call::State, Answer::State { version, kind }) => {
                self.reach(*version)?;
                self.is_in(&[*kind])
            }
            (Call::Context, Answer::Context(context)) => self.shows(context),
            (Call::Ended { began }, Answer::Context(context)) => {
                self.shows(context)?;
                if self.began == *began { self.is_in(&REST) } else { Some(()) }
            }
            (Call::Page { offset, limit }, Answer::Page(page)) => {
                self.reach(page.version)?;
                self.has(page.total)?;
                let places: Vec<u32> =
                    (*offset..offset + limit).filter(|place| *place < page.total).collect();
                let token = |place: &u32| self.tokens.get(place).copied().unwrap_or_default();
                let due = places.iter().map(|place| (*place, token(place)));
                let unsure = places.last().is_some_and(|last| *last >= self.unsure_from);
                let due = Page::new(page.version, page.total, due);
                (page.count == due.count && (unsure || page.digest == due.digest)).then_some(())
            }
            (Call::Append(token), Answer::Appended { version, id }) => {
                self.reach(version - 1)?;
                self.version += 1;
                self.has(*id)?;
                self.append(*token, Some(*id));
                Some(())
            }
            (Call::Update { change, expected }, Answer::Changed(version)) => {
                self.reach(version - 1)?;
                let met = expected.is_none_or(|expected| expected == self.version);
                self.version += 1;
                self.set(*change);
                met.then_some(())
            }
            (Call::Decide, Answer::Changed(version)) => {
                self.reach(version - 1)?;
                self.version += 1;
                self.is_in(&[StateKind::AwaitingToolApproval])
            }
            (Call::Send(token), Answer::Turn { began, message: Some(id), .. }) => {
                self.reach(began - 1)?;
                self.is_in(&[StateKind::Idle, StateKind::Failed])?;
                self.begin(*token, Some(*id))
            }
            (Call::Resume, Answer::Turn { began, message: None, .. }) => {
                self.reach(began - 1)?;
                self.is_in(&[StateKind::AwaitingToolApproval])?;
                self.resume();
                Some(())
            }
            _ => None,
        }
    }

    fn begin(&mut self, token: Token, place: Option<u32>) -> Option<()> {
        self.version += 1;
        self.began = self.version;
        self.kinds = BTreeSet::from([StateKind::ProcessingUserMessage]);
        place.map_or(Some(()), |place| self.has(place))?;
        self.append(token, place);
        Some(())
    }

    fn resume(&mut self) {
        use StateKind as S;
        self.version += 1;
        self.began = self.version;
        self.totals.1 += 1;
        self.kinds = BTreeSet::from([S::AwaitingToolApproval, S::ExecutingTools, S::GeneratingResponse]);
    }

    fn unanswered(&mut self, call: &Call) -> Option<()> {
        match call {
            Call::Append(token) => {
                self.version += 1;
                let place = self.sure_place().filter(|_| !self.works());
                self.append(*token, place);
            }
            Call::Update { change, expected } => {
                expected.map_or(Some(()), |expected| self.reach(expected))?;
                self.version += 1;
                self.set(*change);
            }
            Call::Decide => {
                self.comes_to(&[StateKind::AwaitingToolApproval])?;
                self.version += 1;
            }
            Call::Send(token) => {
                self.comes_to(&[StateKind::Idle, StateKind::Failed])?;
                let place = self.sure_place();
                self.begin(*token, place)?;
            }
            Call::Resume => {
                self.comes_to(&[StateKind::AwaitingToolApproval])?;
                self.resume();
            }
            _ => return None,
        }
        Some(())
    }
}

impl Plain for Sessions {
    type Object = Known;

    fn after(object: &Known, call: &Call, answer: Option<&Answer>) -> Option<Known> {
        let new = |context: &Context| {
            Known::Live(Live {
                version: context.version,
                floating: false,
                kinds: BTreeSet::from([context.kind]),
                totals: (context.total, context.total),
                settings: context.settings,
                began: 0,
                tokens: BTreeMap::new(),
                unsure_from: u32::MAX,
            })
        };
        match (object, call, answer) {
            (Known::Live(_), _, Some(Answer::Gone))
            | (_, Call::Given | Call::Create(_), Some(Answer::Gone)) => None,
            (gone, _, Some(Answer::Gone)) => Some(gone.clone()),
            (Known::Absent, Call::Given, Some(Answer::Context(context))) => Some(new(context)),
            (Known::Absent, Call::Create(settings), _) => {
                let (settings, kind) = (*settings, StateKind::Idle);
                Some(new(&Context { version: 1, total: 0, settings, kind }))
            }
            (Known::Live(_), Call::Delete, _) => Some(Known::Deleted),
            (Known::Live(live), call, answer) => {
                let mut live = live.clone();
                match answer {
                    Some(answer) => live.answered(call, answer)?,
                    None => live.unanswered(call)?,
                }
                Some(Known::Live(live))
            }
            _ => None,
        }
    }

    fn history(random: &mut ChaCha8Rng, most: usize) -> History<Self> {
        Story::new(random, most).build()
    }
}
