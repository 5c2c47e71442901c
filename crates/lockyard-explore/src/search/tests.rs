//! What the reduction must keep, against one that does not: a search that forgets the real-time order.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use lockyard_lock::{LockClass, LockOf, SharedLock};

use super::Reduction;
use crate::{EventKind, Explorer, ModelLocks, Program, marks};

static NUMBER: LockClass = LockClass::new("number");

fn lock(number: u32) -> Arc<LockOf<ModelLocks, u32>> {
    Arc::new(SharedLock::new(&NUMBER, number))
}

/// It does reduce: by how much is what makes the large models possible.
#[test]
fn the_reduction_reduces() {
    let independent = |program: &mut Program| {
        for task in 0..4 {
            let own = lock(0);
            program.task(format!("{task}")).op("own", async move { *own.write().await += 1 }).done();
        }
    };
    let plain = Explorer { reduction: Reduction::None, ..Explorer::default() }.search(&independent);
    let reduced =
        Explorer { reduction: Reduction::ForgetsRealTime, ..Explorer::default() }.search(&independent);
    assert_eq!(plain.complete, 24, "four steps in every order");
    assert_eq!(reduced.complete, 1, "all of which are the same");
}

/// A cache in front of a register: a writer that answers before the cache knows lets a later reader see the old value.
/// Nothing but the order of the answer and the later question is wrong with it.
fn stale_read(program: &mut Program) {
    let (cached, known) = (lock(0), lock(0));
    let writer = known.clone();
    let saw = Rc::new(RefCell::new(None));
    let write = async move {
        *writer.write().await = 1;
        // The answer is a step of its own, after that of the question.
        drop(writer.read().await);
    };
    program.task("writer").op("write", write).done();
    let (reader, place) = (cached.clone(), saw.clone());
    program
        .task("reader")
        .op("read", async move {
            let value = *reader.read().await;
            *place.borrow_mut() = Some(value);
        })
        .done();
    program.at_end(move |_| {
        let order = marks();
        let at =
            |operation, kind| order.iter().position(|mark| mark.operation == operation && mark.kind == kind);
        let answered = at(0, EventKind::Returned);
        let asked = at(1, EventKind::Invoked);
        match (answered, asked, *saw.borrow()) {
            (Some(answered), Some(asked), Some(0)) if answered < asked => {
                Err("a read that was asked after the write was answered has missed it".to_owned())
            }
            _ => Ok(()),
        }
    });
}

#[test]
fn a_stale_read_is_found_with_the_reduction_on() {
    let search =
        |reduction| Explorer { reduction, keep_going: true, ..Explorer::default() }.search(&stale_read);
    let [plain, reduced, forgetful] =
        [Reduction::None, Reduction::SleepSets, Reduction::ForgetsRealTime].map(search);
    assert!(plain.failed > 0, "the fault is there");
    assert!(reduced.failed > 0, "the reduction keeps it");
    // Which of the two orders a search that forgets real time happens to try is luck; that it tries only one is not.
    assert_eq!(forgetful.complete, 1, "only the dependence distinguishes the two orders");
    assert!(reduced.complete > 1, "and the reduction tries both");
}
