//! Locks that block, on threads: whatever small programs answer there, many times over, they also answer explored.
//!
//! The same source runs in both. What is detected so: values torn or lost, changes seen out of order, guards that
//! exclude too little. What is not: the place in a queue of one who sleeps, which cannot be seen from outside.

use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};

use super::model_of;
use crate::{Explorer, LockModel, ModelLocks, Reduction, ResultCell, Setting, point};
use lockyard_lock::{ArcSwap, LockClass, LockFamily, LockOf, SharedLock};

static CLASS: LockClass = LockClass::new("conformance");

/// How often each program runs on threads.
const ROUNDS: usize = 150;

/// A small program; its answers depend on who comes when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Litmus {
    /// Three count upwards in one lock, twice each, and say where they came to.
    Order,
    /// Each of two writes its own lock, then reads the other's. One must see the other.
    Buffering,
    /// One writes here, then there; another reads there, then here. Who sees the second must see the first.
    Passing,
    /// One is inside with a change it has not finished; another says whether it came meanwhile, and what it saw.
    Beside,
    /// A reader stays, a writer comes, and another reads twice. It never sees the change undone.
    Behind,
}

const ALL: [Litmus; 5] = [Litmus::Order, Litmus::Buffering, Litmus::Passing, Litmus::Beside, Litmus::Behind];

impl Litmus {
    fn tasks(self) -> usize {
        match self {
            Self::Order | Self::Behind => 3,
            Self::Buffering | Self::Passing | Self::Beside => 2,
        }
    }
}

/// What the tasks of a program share.
struct ProgramState<F: LockFamily> {
    locks: [LockOf<F, u32>; 2],
    flags: [AtomicU32; 2],
    explored: bool,
}

/// Lets others run, on whatever it is that runs this.
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<F: LockFamily> ProgramState<F> {
    fn new(explored: bool) -> Self {
        let locks = [0; 2].map(|value| SharedLock::new(&CLASS, value));
        Self { locks, flags: Default::default(), explored }
    }

    async fn pause(&self) {
        if self.explored {
            point().await;
        } else {
            YieldOnce(false).await;
        }
    }

    /// One task of a program; its answers.
    async fn task(&self, litmus: Litmus, nth: usize) -> Vec<u32> {
        self.pause().await;
        let [one, other] = &self.locks;
        match (litmus, nth) {
            (Litmus::Order, _) => {
                let mut places = Vec::new();
                for _ in 0..2 {
                    let mut count = one.write().await;
                    *count += 1;
                    places.push(*count);
                }
                places
            }
            (Litmus::Buffering, nth) => {
                *self.locks[nth].write().await = 1;
                vec![*self.locks[1 - nth].read().await]
            }
            (Litmus::Passing, 0) => {
                *one.write().await = 1;
                *other.write().await = 1;
                vec![]
            }
            (Litmus::Passing, _) => {
                let later = *other.read().await;
                vec![later, *one.read().await]
            }
            (Litmus::Beside, 0) => {
                let mut inside = one.write().await;
                self.flags[0].store(1, SeqCst);
                self.pause().await;
                *inside = 1;
                vec![self.flags[1].load(SeqCst)]
            }
            (Litmus::Beside, _) => {
                let meanwhile = self.flags[0].load(SeqCst);
                let seen = *one.read().await;
                // On threads the other may end its change between the two; explored, only if there is a step.
                self.pause().await;
                self.flags[1].store(1, SeqCst);
                vec![meanwhile, seen]
            }
            (Litmus::Behind, 0) => {
                let inside = one.read().await;
                self.pause().await;
                vec![*inside]
            }
            (Litmus::Behind, 1) => {
                *one.write().await = 1;
                vec![]
            }
            (Litmus::Behind, _) => {
                let first = *one.read().await;
                vec![first, *one.read().await]
            }
        }
    }
}

/// All that a program may answer over a model.
fn allowed(litmus: Litmus, lock: LockModel) -> BTreeSet<String> {
    let explorer = Explorer {
        setting: Setting { lock, ..Setting::default() },
        // It looks at flags whose accesses are not reported.
        reduction: Reduction::None,
        outcomes: true,
        ..Explorer::default()
    };
    let report = explorer.search(&|program| {
        let state = Rc::new(ProgramState::<ModelLocks>::new(true));
        let answers: Vec<ResultCell<Vec<u32>>> = (0..litmus.tasks()).map(|_| ResultCell::nothing()).collect();
        for (nth, answer) in answers.iter().enumerate() {
            let (state, answer) = (state.clone(), answer.clone());
            let task = async move { answer.set(state.task(litmus, nth).await) };
            program.task(format!("task {nth}")).op("runs", task).done();
        }
        program.outcome(move || rendered(answers.iter().map(|answer| answer.take().unwrap_or_default())));
    });
    assert_eq!(report.failure, None, "{litmus:?} over {lock:?}");
    assert!(report.exhaustive(), "{litmus:?} over {lock:?}");
    report.outcomes
}

fn rendered(answers: impl Iterator<Item = Vec<u32>>) -> String {
    format!("{:?}", answers.collect::<Vec<_>>())
}

/// What a program answers on threads, once.
fn observed<F: LockFamily>(litmus: Litmus) -> String {
    let (state, start) = (ProgramState::<F>::new(false), Barrier::new(litmus.tasks()));
    std::thread::scope(|scope| {
        let run = |nth| {
            let (state, start) = (&state, &start);
            move || {
                let mut task = pin!(state.task(litmus, nth));
                start.wait();
                loop {
                    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                        Poll::Ready(answers) => return answers,
                        Poll::Pending => std::thread::yield_now(),
                    }
                }
            }
        };
        let threads: Vec<_> = (0..litmus.tasks()).map(|nth| scope.spawn(run(nth))).collect();
        rendered(threads.into_iter().map(|thread| thread.join().expect("it does not panic")))
    })
}

fn conforms<F: LockFamily>() {
    for litmus in ALL {
        let allowed = allowed(litmus, model_of::<F>());
        for _ in 0..ROUNDS {
            let observed = observed::<F>(litmus);
            let name = F::NAME;
            assert!(allowed.contains(&observed), "{name}, {litmus:?}: {observed} is none of {allowed:?}");
        }
    }
}

macro_rules! blocking {
    ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
        mod the_model_allows_what_is_granted_by {
            $(blocking! { @test $($await)? $module $family })*
        }
    };
    (@test await $module:ident $family:ident) => {};
    (@test $module:ident $family:ident) => {
        #[test]
        fn $module() {
            super::conforms::<lockyard_lock::$family>();
        }
    };
}

lockyard_lock::for_each_lock! { blocking }

/// What makes the tests above worth something: programs whose answers say nothing would conform to anything.
#[test]
fn a_lock_does_not_conform_to_the_model_of_another() {
    // One reads while the other is inside: by hand, so that it is no luck.
    let state = Arc::new(ProgramState::<ArcSwap>::new(false));
    let mut context = Context::from_waker(Waker::noop());
    let (mut inside, mut reader) =
        (Box::pin(state.task(Litmus::Beside, 0)), Box::pin(state.task(Litmus::Beside, 1)));
    let begun = [inside.as_mut().poll(&mut context), inside.as_mut().poll(&mut context)];
    assert!(begun.iter().all(Poll::is_pending), "it is inside");
    assert!(reader.as_mut().poll(&mut context).is_pending(), "it begins");
    assert!(reader.as_mut().poll(&mut context).is_pending(), "it has seen what it saw");
    let (Poll::Ready(seen), Poll::Ready(meanwhile)) =
        (reader.as_mut().poll(&mut context), inside.as_mut().poll(&mut context))
    else {
        panic!("a reader of a snapshot does not wait")
    };
    let observed = rendered([meanwhile, seen].into_iter());
    assert!(allowed(Litmus::Beside, LockModel::SNAPSHOT).contains(&observed), "{observed}");
    for model in [LockModel::UNFAIR_MUTEX, LockModel::UNFAIR, LockModel::WRITERS_FIRST, LockModel::FIFO] {
        assert!(!allowed(Litmus::Beside, model).contains(&observed), "{observed} over {model:?}");
    }
}

/// A second proof, from the side of the programs: none of them has one answer alone, and none has all.
#[test]
fn the_programs_tell_orders_apart() {
    for litmus in ALL {
        assert!(allowed(litmus, LockModel::UNFAIR_MUTEX).len() > 1, "{litmus:?}");
    }
    assert!(!allowed(Litmus::Buffering, LockModel::UNFAIR).contains("[[0], [0]]"));
    assert!(!allowed(Litmus::Passing, LockModel::UNFAIR).contains("[[], [1, 0]]"));
    assert!(!allowed(Litmus::Behind, LockModel::UNFAIR).iter().any(|answers| answers.ends_with("[1, 0]]")));
}
