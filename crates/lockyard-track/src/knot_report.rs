//! A deadlock over locks, permits, channels and joins, in words.

use std::sync::Arc;

use lockyard_evidence::Edge;

use super::cycle::StrandId;
use super::finding::{Certainty, Finding, Kind};
use super::found::Suspicion;
use super::hold::Hold;
use super::report::{accuse, edge, held, places, tasks, waited_for, wanted};
use super::wait::Wait;

/// How a task keeps a wait of another from ending.
#[derive(Clone, Copy)]
pub(super) enum Reason {
    /// It has what is waited for, by a hold of this strand.
    Holds(StrandId, Hold),
    /// It was the last to use a handle by which the wait would end.
    Handle,
    /// It is the task whose end is waited for.
    IsAwaited,
    /// It waits for the same, and goes first.
    Ahead,
}

impl Reason {
    /// Whether it is seen that the task has what it takes. What can be moved may have gone to another task unseen.
    fn is_seen(&self) -> bool {
        match self {
            Self::Holds(_, hold) => !hold.taken.movable,
            Self::Handle => false,
            Self::IsAwaited | Self::Ahead => true,
        }
    }
}

/// One wait of the cycle, and how the task of the next one keeps it from ending.
pub(super) struct KnotEdge {
    pub(super) wait: Arc<Wait>,
    pub(super) reason: Reason,
}

/// What the task of a wait has of what the one before it waits for.
fn has(before: &KnotEdge) -> String {
    let other = waited_for(&before.wait);
    match before.reason {
        Reason::Holds(_, hold) => format!("holds {}", held(&hold)),
        Reason::Handle => format!("was the last to use what would end the wait for {other}"),
        Reason::IsAwaited => "is awaited".to_owned(),
        Reason::Ahead => format!("is queued for {other} ahead of the task before"),
    }
}

/// A cycle of tasks, each kept waiting by the next. `waits` and `reasons` are of all that has to be so, and `others` the tasks
/// outside the cycle that could free one in it if they were not stuck as well.
pub(super) fn knot(edges: &[KnotEdge], waits: &[Arc<Wait>], reasons: &[Reason], others: &[String]) {
    let Some(first) = edges.first() else { return };
    let before = |nth: usize| &edges[(nth + edges.len() - 1) % edges.len()];
    let sentence = |(nth, own): (usize, &KnotEdge)| {
        format!(
            "task `{}` {}, and waits for {}",
            own.wait.strand.title(),
            has(before(nth)),
            wanted(&own.wait)
        )
    };
    let mut message = edges.iter().enumerate().map(sentence).collect::<Vec<_>>().join("; ");
    if !others.is_empty() {
        let also = others.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        message += "; the others that could end one of these waits are stuck, too: ";
        message += &also;
    }
    let drawn = |(nth, own): (usize, &KnotEdge)| match before(nth).reason {
        Reason::Holds(_, hold) => edge(&own.wait, Some(&hold)),
        Reason::Handle => Edge {
            holds: Some(format!("a handle of {}", waited_for(&before(nth).wait))),
            ..edge(&own.wait, None)
        },
        Reason::IsAwaited => {
            Edge { holds: Some("what is awaited: its own end".to_owned()), ..edge(&own.wait, None) }
        }
        Reason::Ahead => edge(&own.wait, None),
    };
    let drawn: Vec<_> = edges.iter().enumerate().map(drawn).collect();
    let seen = edges.iter().enumerate().flat_map(|(nth, own)| {
        let hold = match before(nth).reason {
            Reason::Holds(_, hold) => Some(hold.taken.place),
            _ => None,
        };
        hold.into_iter().chain([own.wait.at])
    });
    let alone = edges.len() == 1;
    let finding = Finding {
        kind: if alone { Kind::SameTaskWait } else { Kind::Deadlock },
        certainty: Certainty::Suspected,
        message: if alone { message } else { format!("{message}: wait cycle (deadlock)") },
        places: places(seen),
        tasks: tasks(edges.iter().map(|it| it.wait.strand.title()).chain(others.iter().cloned())),
        edges: drawn,
        times: 1,
    };
    let holds = reasons.iter().filter_map(|reason| match reason {
        Reason::Holds(strand, hold) => Some((*strand, hold.number)),
        _ => None,
    });
    let is_seen = reasons.iter().all(Reason::is_seen);
    let counted =
        reasons.iter().any(|it| matches!(it, Reason::Holds(_, hold) if !hold.taken.mode.is_ordered()));
    let suspicion = Suspicion {
        waits: accuse(waits),
        holds: holds.collect(),
        // A semaphore may be given more permits by any task that has it.
        provable: is_seen && !counted,
        stays: !is_seen,
        ..Suspicion::default()
    };
    first.wait.lock.tracker.report(&finding, Some(suspicion), waits);
}
