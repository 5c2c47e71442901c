//! Sessions that several load machines make together and all of them ask: each machine knows them by the same ids, and makes a share.
//!
//! The machines share nothing but the servers and the plan. So a session is created by every machine under one idempotency key,
//! which the plan and the session's place give: whoever comes first creates it, and all are answered with the same id. Its messages
//! are of one machine alone, whose share it is. When a session has as many as it is to begin with, it is whole, whoever looks.
//!
//! | history | sessions | asked by |
//! | --- | --- | --- |
//! | a machine's own | of every block of two for each machine, the first of its own two | that machine alone |
//! | of all machines | the second of each two | all |

use std::time::{Duration, SystemTime};

use lockyard_bench::{JudgedScope, PlannedSetup, PlannedSlice};
use uuid::Uuid;

use crate::backend::chat::{ContextId, IdempotencyKey};

/// A machine whose last round is over ends this long before all have, at most: a slice and a pause.
const NEAR_THE_END: Duration = Duration::from_secs(15);

/// What one machine knows of the sessions of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedSessions {
    /// What distinguishes this plan's sessions from those of any other plan.
    plan: u128,
    /// From 0 on.
    slice: u32,
    of: u32,
    /// Until then all must be whole.
    pub(super) start: SystemTime,
    /// From then on nobody asks.
    pub(super) end: SystemTime,
}

impl PlannedSessions {
    pub(super) fn of(setup: &PlannedSetup<'_>) -> Self {
        let PlannedSlice { plan, slice, .. } = setup.planned;
        // Two plans of one second differ by their nanoseconds; the multiplier (Knuth, as for hashes) spreads them over all bits.
        let start = plan.start.as_nanosecond() as u128;
        Self {
            plan: start.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
            slice: slice - 1,
            of: plan.slices,
            start: plan.start.into(),
            end: setup.ends,
        }
    }

    /// Waits until nobody asks any more; false if that is so far away that this machine ended early.
    pub(super) fn wait_for_end(&self) -> bool {
        let left = self.end.duration_since(SystemTime::now()).unwrap_or_default();
        let is_near = left <= NEAR_THE_END;
        if is_near {
            std::thread::sleep(left);
        }
        is_near
    }

    /// The key under which every machine creates the session that clients know by this id.
    pub(super) fn key(&self, alias: ContextId) -> IdempotencyKey {
        IdempotencyKey { key: Uuid::from_u128(alias.0.as_u128() ^ self.plan), request: Uuid::nil() }
    }

    /// Whether this machine makes, and in the end deletes, the session at this place.
    pub(super) fn is_own(&self, index: usize) -> bool {
        self.maker(index) == self.slice
    }

    /// Which slice makes the session at this place, from 0 on.
    pub(super) fn maker(&self, index: usize) -> u32 {
        (index % self.of as usize) as u32
    }

    /// Whether there are sessions enough for each machine to have some for itself.
    pub(super) fn has_own(&self, sessions: u32) -> bool {
        sessions >= 2 * self.of
    }

    /// The session that is asked in the place of this one, of so many, by operations that are recorded.
    pub(super) fn asked(&self, scope: JudgedScope, session: u32, sessions: u32) -> u32 {
        match scope {
            JudgedScope::Own => {
                let block = session - session % (2 * self.of);
                let own = block + 2 * self.slice;
                // The last block may end before this machine's two.
                if own < sessions { own } else { 2 * self.slice }
            }
            JudgedScope::Common if session | 1 < sessions => session | 1,
            // The last one has no second; of one session all is common.
            JudgedScope::Common => session.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn slice(slice: u32, of: u32) -> PlannedSessions {
        let now = SystemTime::UNIX_EPOCH;
        PlannedSessions { plan: 7 << 100, slice, of, start: now, end: now }
    }

    #[test]
    fn no_two_machines_ask_the_same_sessions_by_themselves_nor_any_that_all_ask() {
        for (of, sessions) in [(2, 4), (2, 5), (3, 6), (3, 1_000), (5, 11)] {
            let asked = |nth, scope| -> BTreeSet<u32> {
                (0..sessions).map(|session| slice(nth, of).asked(scope, session, sessions)).collect()
            };
            let common = asked(0, JudgedScope::Common);
            let mut known = common.clone();
            for nth in 0..of {
                assert!(slice(nth, of).has_own(sessions));
                assert_eq!(asked(nth, JudgedScope::Common), common, "{of} machines, {sessions} sessions");
                let own = asked(nth, JudgedScope::Own);
                assert!(
                    !own.is_empty() && own.is_disjoint(&known),
                    "{of} machines, {sessions} sessions: {own:?}"
                );
                known.extend(own);
            }
            assert!(known.iter().all(|session| *session < sessions));
        }
    }

    #[test]
    fn of_a_single_session_all_machines_ask_that() {
        assert!(!slice(0, 2).has_own(1) && !slice(0, 2).has_own(3));
        assert_eq!(slice(1, 2).asked(JudgedScope::Common, 0, 1), 0);
    }

    #[test]
    fn each_session_is_made_by_one_machine_and_created_under_one_key() {
        let machines = [0, 1, 2].map(|nth| slice(nth, 3));
        for index in 0..10 {
            assert_eq!(machines.iter().filter(|it| it.is_own(index)).count(), 1);
        }
        let ids = [1, 2].map(|nth| ContextId(Uuid::from_u128(nth)));
        assert_eq!(machines[0].key(ids[0]), machines[1].key(ids[0]));
        assert_ne!(machines[0].key(ids[0]), machines[0].key(ids[1]));
        let other = PlannedSessions { plan: 8 << 100, ..machines[0] };
        assert_ne!(other.key(ids[0]), machines[0].key(ids[0]), "another plan has other sessions");
    }
}
