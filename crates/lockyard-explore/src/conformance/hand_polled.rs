//! Locks that yield, step by step: on hand-polled futures, through all short scripts of asking, polling, giving up and
//! leaving.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::model_of;
use lockyard_lock::{LockClass, LockFamily, LockOf, Policy, SharedLock};

use crate::footprint::Object;
use crate::lock_state::{LockModel, LockRequest, LockState};

static CLASS: LockClass = LockClass::new("conformance");
const TASKS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Read(usize),
    Write(usize),
    Poll(usize),
    GiveUp(usize),
    Release(usize),
}

enum Guard<'a, F: LockFamily> {
    Read { _guard: <LockOf<F, u32> as SharedLock<u32>>::Read<'a> },
    Write { _guard: <LockOf<F, u32> as SharedLock<u32>>::Write<'a> },
}

type Asking<'a, F> = Pin<Box<dyn Future<Output = Guard<'a, F>> + 'a>>;

enum Place<'a, F: LockFamily> {
    Outside,
    Waiting(Asking<'a, F>, LockRequest),
    Inside(Guard<'a, F>, LockRequest),
}

/// Runs a script; what may be done next, and whether all that was granted was allowed.
fn run<F: LockFamily>(model: LockModel, script: &[Action]) -> Result<Vec<Action>, String> {
    let lock: LockOf<F, u32> = SharedLock::new(&CLASS, 0);
    let lock = &lock;
    // A model may do one thing or another; these are all it can have come to.
    let mut lock_states = vec![LockState::new(&CLASS, Object::nth(0), model)];
    let mut places: [Place<'_, F>; TASKS] = std::array::from_fn(|_| Place::Outside);
    let mut ticket = 0;
    let mut context = Context::from_waker(Waker::noop());
    for action in script {
        match *action {
            Action::Read(task) | Action::Write(task) => {
                let write = matches!(action, Action::Write(_));
                let asking: Asking<'_, F> = if write {
                    Box::pin(async move { Guard::Write { _guard: lock.write().await } })
                } else {
                    Box::pin(async move { Guard::Read { _guard: lock.read().await } })
                };
                ticket += 1;
                let write = write || !model.shared_reads;
                let request = LockRequest::new(task, ticket, write, Location::caller());
                places[task] = Place::Waiting(asking, request);
                poll(&mut places[task], &mut lock_states, &mut context)
                    .map_err(|()| format!("{script:?}: {action:?} was granted"))?;
                if let Place::Waiting(_, request) = &places[task] {
                    lock_states.iter_mut().for_each(|lock_state| lock_state.wait(*request));
                }
            }
            Action::Poll(task) => {
                poll(&mut places[task], &mut lock_states, &mut context)
                    .map_err(|()| format!("{script:?}: {action:?} was granted"))?;
            }
            Action::GiveUp(task) | Action::Release(task) => {
                match std::mem::replace(&mut places[task], Place::Outside) {
                    Place::Waiting(_, request) | Place::Inside(_, request) => {
                        lock_states.iter_mut().for_each(|lock_state| lock_state.release(request.ticket));
                    }
                    Place::Outside => {}
                }
            }
        }
    }
    let next = places.iter().enumerate().flat_map(|(task, place)| match place {
        Place::Outside => vec![Action::Read(task), Action::Write(task)],
        Place::Waiting(..) => vec![Action::Poll(task), Action::GiveUp(task)],
        Place::Inside(..) => vec![Action::Release(task)],
    });
    Ok(next.collect())
}

/// Polls one that waits. An error if it was granted what the model does not allow.
fn poll<F: LockFamily>(
    place: &mut Place<'_, F>,
    lock_states: &mut Vec<LockState>,
    context: &mut Context<'_>,
) -> Result<(), ()> {
    let Place::Waiting(asking, request) = place else { return Ok(()) };
    if let Poll::Ready(guard) = asking.as_mut().poll(context) {
        lock_states.retain(|lock_state| lock_state.admits(request));
        if lock_states.is_empty() {
            return Err(());
        }
        lock_states.iter_mut().for_each(|lock_state| lock_state.enter(*request));
        *place = Place::Inside(guard, *request);
    } else {
        let mut claimed: Vec<_> =
            lock_states.iter().filter(|lock_state| lock_state.may_claim(request.ticket)).cloned().collect();
        claimed.iter_mut().for_each(|lock_state| lock_state.claim(request.ticket));
        lock_states.append(&mut claimed);
    }
    Ok(())
}

/// Tries all scripts of this length; how many there were, and the shortest one at which the model says no.
fn conforms<F: LockFamily>(model: LockModel, length: usize) -> (usize, Option<String>) {
    let (mut scripts, mut layer) = (0, vec![Vec::new()]);
    for _ in 0..=length {
        scripts += layer.len();
        let mut longer = Vec::new();
        for script in layer {
            match run::<F>(model, &script) {
                Err(refused) => return (scripts, Some(refused)),
                Ok(next) => longer.extend(next.into_iter().map(|action| [&script[..], &[action]].concat())),
            }
        }
        layer = longer;
    }
    (scripts, None)
}

fn allows_what_it_grants<F: LockFamily>() {
    let (scripts, refused) = conforms::<F>(model_of::<F>(), 6);
    assert_eq!(refused, None);
    assert!(scripts > 10_000, "{scripts}");
}

/// Models that promise too much are refused; how many there are.
fn refuses_what_it_does_not_grant<F: LockFamily>() -> usize {
    let exclusive = LockModel { policy: Policy::Unfair, shared_reads: false };
    if F::SHARED_READS {
        assert!(conforms::<F>(exclusive, 2).1.is_some(), "{}: readers share there", F::NAME);
    }
    let in_order = LockModel { policy: Policy::FifoFair, shared_reads: true };
    let overtaking = F::POLICY == Policy::WriterPreferring;
    if overtaking {
        assert!(conforms::<F>(in_order, 6).1.is_some(), "{}: writers overtake readers there", F::NAME);
    }
    usize::from(F::SHARED_READS) + usize::from(overtaking)
}

macro_rules! yielding {
    ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
        mod the_model_allows_what_is_granted_by {
            $($(yielding! { @$await $module $family })?)*
        }

        /// What makes the tests above worth something.
        #[test]
        fn a_model_that_promises_too_much_is_rejected() {
            let refused = [$($(yielding! { @refused $await $family },)?)*];
            assert!(refused.into_iter().sum::<usize>() >= 3);
        }
    };
    (@await $module:ident $family:ident) => {
        #[test]
        fn $module() {
            super::allows_what_it_grants::<lockyard_lock::$family>();
        }
    };
    (@refused await $family:ident) => {
        refuses_what_it_does_not_grant::<lockyard_lock::$family>()
    };
}

lockyard_lock::for_each_lock! { yielding }
