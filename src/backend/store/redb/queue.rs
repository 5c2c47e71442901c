//! Calls that wait for the database: which of them share the next commit.
//!
//! A commit takes as long as it has bytes to write. So one has large records up to a bound, and what is small need not wait
//! for all that is large and came before it. On one context calls keep their order: what waits makes later ones wait.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::mpsc::Receiver;

use super::call::Call;

/// A change of fewer bytes is small, and shares the next commit whatever else is in it.
const SMALL: usize = 64 << 10;

/// How many bytes of other changes one commit has, but for a single one that has more.
const LARGE: usize = 1 << 20;

/// Calls in the order in which they came.
#[derive(Default)]
pub(super) struct CallQueue(VecDeque<Call>);

impl CallQueue {
    /// Waits for calls, and takes those that come next: at most so many, and at least one. None when no more will come.
    pub(super) fn next(&mut self, calls: &Receiver<Call>, most: NonZeroUsize) -> Option<Vec<Call>> {
        if self.0.is_empty() {
            self.0.push_back(calls.recv().ok()?);
        }
        self.0.extend(calls.try_iter());
        let (mut group, mut deferred, mut large) = (Vec::new(), VecDeque::new(), 0);
        let mut waiting = BTreeSet::new();
        while let Some(call) = self.0.pop_front() {
            let (bytes, context) = (call.request.bytes(), call.request.context());
            let fits = bytes <= SMALL || large == 0 || large + bytes <= LARGE;
            let is_next = context.is_none_or(|context| !waiting.contains(&context));
            if group.len() < most.get() && fits && is_next {
                large += if bytes > SMALL { bytes } else { 0 };
                group.push(call);
            } else {
                waiting.extend(context);
                deferred.push_back(call);
            }
            if group.len() == most.get() {
                break;
            }
        }
        // Those that were not looked at come behind those that were.
        deferred.append(&mut self.0);
        self.0 = deferred;
        Some(group)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use tokio::sync::oneshot;
    use uuid::Uuid;

    use super::super::call::Request;
    use super::super::rows::Write;
    use super::*;
    use crate::backend::chat::{ChatContext, ContextConfig, ContextId, NewMessage, Role, Timestamp};

    fn put(id: u128, bytes: usize) -> Call {
        let config = ContextConfig::new("m", "chat");
        let mut context = ChatContext::new(ContextId(Uuid::from_u128(id)), config, Timestamp(0)).unwrap();
        context.append(NewMessage::text(Role::User, "x".repeat(bytes)), None).unwrap();
        call(Request::Put(Box::new(Write::whole(&context).unwrap())))
    }

    fn call(request: Request) -> Call {
        Call { request, reply: oneshot::channel().0 }
    }

    /// The contexts of each group, in order.
    fn groups(calls: Vec<Call>, most: usize) -> Vec<Vec<u128>> {
        let (sender, receiver) = channel();
        calls.into_iter().for_each(|call| sender.send(call).unwrap());
        drop(sender);
        let (mut queue, most) = (CallQueue::default(), NonZeroUsize::new(most).unwrap());
        let mut groups = Vec::new();
        while let Some(group) = queue.next(&receiver, most) {
            groups.push(group.iter().map(|call| call.request.context().unwrap()).collect());
        }
        groups
    }

    #[test]
    fn what_is_small_shares_the_next_commit_and_what_is_large_comes_in_turn() {
        let large = |id| put(id, LARGE / 2);
        let calls = vec![large(1), large(2), put(3, 1), large(4), put(5, 1), put(6, 3 * LARGE), put(7, 1)];
        assert_eq!(groups(calls, 100), [vec![1, 3, 5, 7], vec![2], vec![4], vec![6]]);
    }

    #[test]
    fn calls_on_one_context_keep_their_order() {
        let delete = |id| call(Request::Delete(ContextId(Uuid::from_u128(id))));
        let load = |id| call(Request::Load(ContextId(Uuid::from_u128(id))));
        let calls = vec![put(1, LARGE), put(2, LARGE), load(2), put(2, 1), delete(2), load(1), put(3, 1)];
        assert_eq!(groups(calls, 100), [vec![1, 1, 3], vec![2, 2, 2, 2]]);
    }

    #[test]
    fn a_group_has_so_many_calls_at_most() {
        let calls = (1..=7).map(|id| put(id, 1)).collect();
        assert_eq!(groups(calls, 3), [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
    }
}
