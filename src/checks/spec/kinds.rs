//! Where a conversation may stand, as far as the answers show, and where a turn may have taken it in so many steps.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::backend::chat::{Event, Machine, StateKind};

/// A set of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kinds(u16);

impl Kinds {
    /// A turn may begin.
    pub(super) const READY: Self = Self::of(&[StateKind::Idle, StateKind::Failed]);
    /// No turn is at work.
    pub(super) const AT_REST: Self =
        Self::of(&[StateKind::Idle, StateKind::AwaitingToolApproval, StateKind::Failed]);
    /// What decisions on tool calls lead to.
    pub(super) const DECIDED: Self = Self::of(&[
        StateKind::AwaitingToolApproval,
        StateKind::ExecutingTools,
        StateKind::GeneratingResponse,
    ]);

    pub(super) const fn of(kinds: &[StateKind]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < kinds.len() {
            set |= 1 << kinds[at] as u16;
            at += 1;
        }
        Self(set)
    }

    pub(super) const fn only(kind: StateKind) -> Self {
        Self(1 << kind as u16)
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a turn may be at work.
    pub(super) const fn may_work(self) -> bool {
        self.0 & !Self::AT_REST.0 != 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = StateKind> {
        StateKind::ALL.into_iter().filter(move |kind| !self.and(Self::only(*kind)).is_empty())
    }

    /// After exactly so many steps of the turn at work.
    pub(super) fn after_steps(mut self, mut steps: u32) -> Self {
        while steps > 0 && !self.is_empty() {
            let next = self.step();
            if next == self {
                break;
            }
            self = next;
            steps -= 1;
        }
        self
    }

    /// After any number of steps of the turn at work, none included.
    pub(super) fn after_any_steps(mut self) -> Self {
        loop {
            let more = Self(self.0 | self.step().0);
            if more == self {
                return self;
            }
            self = more;
        }
    }

    fn step(self) -> Self {
        let working = self.0 & !Self::AT_REST.0;
        let sets = STEPS.iter().enumerate().filter(|(kind, _)| working & (1 << kind) != 0);
        Self(sets.fold(0, |all, (_, set)| all | set.0))
    }
}

/// By state: where one step of a turn can lead from there. Asked of the state machine itself, from all that it can come
/// to. Steps from states of rest are not among them: those need a request.
static STEPS: LazyLock<[Kinds; StateKind::ALL.len()]> = LazyLock::new(|| {
    let error = || String::from("some error");
    let events = [
        Event::UserMessageSent,
        Event::ModelRequestInitiated,
        Event::StreamStarted,
        Event::FullResponse,
        Event::Chunk,
        Event::StreamEnded,
        Event::Processed { tool_calls: false },
        Event::Processed { tool_calls: true },
        Event::ApprovalsResolved { any_approved: false },
        Event::ApprovalsResolved { any_approved: true },
        Event::ToolsCompleted,
        Event::TransientFailure { error: error() },
        Event::Retry,
        Event::Cancelled,
        Event::FatalError { error: error() },
        Event::Reset,
    ];
    let mut steps = [Kinds(0); StateKind::ALL.len()];
    let (mut seen, mut left) = (HashSet::new(), vec![Machine::default()]);
    while let Some(machine) = left.pop() {
        let place = (machine.state().kind(), machine.state().retries(), machine.tool_rounds());
        if !seen.insert(place) {
            continue;
        }
        for next in events.iter().filter_map(|event| machine.step(event).ok()) {
            if place.0.is_working() {
                steps[place.0 as usize].0 |= Kinds::only(next.state().kind()).0;
            }
            left.push(next);
        }
    }
    steps
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_steps_as_the_state_machine_does() {
        use StateKind as S;

        let after = |kind, steps| Kinds::only(kind).after_steps(steps).iter().collect::<Vec<_>>();
        assert_eq!(after(S::Idle, 1), [], "a turn begins by request only");
        assert_eq!(after(S::AwaitingToolApproval, 1), [], "and continues by request only");
        assert_eq!(after(S::ProcessingUserMessage, 1), [S::Idle, S::AwaitingModel, S::Failed]);
        assert_eq!(after(S::ProcessingResponse, 1), [S::Idle, S::AwaitingToolApproval, S::Failed]);
        assert!(after(S::ProcessingUserMessage, 1000).contains(&S::Streaming));
        assert!(!after(S::ProcessingUserMessage, 2).contains(&S::AwaitingToolApproval));
        assert!(after(S::ProcessingUserMessage, 3).contains(&S::AwaitingToolApproval));
    }

    #[test]
    fn rest_is_what_the_conversation_calls_so() {
        for kind in StateKind::ALL {
            assert_eq!(Kinds::only(kind).may_work(), kind.is_working(), "{kind}");
        }
    }
}
