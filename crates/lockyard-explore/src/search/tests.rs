//! What the reduction must keep, against one that does not: a search that forgets the real-time order.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use lockyard_lock::{LockClass, LockOf, SharedLock};

use super::{DepthFirst, Reduction};
use crate::execute::{Executor, Verdict};
use crate::footprint::Footprint;
use crate::guest::choose;
use crate::schedule::Move;
use crate::scheduler::Scheduler;
use crate::{EventKind, Explorer, LockModel, ModelLocks, Program, Setting, Shared, marks, point};

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

/// A search whose runs are noted, step by step, with what was chosen in each and what it has touched.
struct Noted {
    search: DepthFirst,
    steps: Vec<(Vec<Move>, Footprint)>,
}

impl Noted {
    /// The Foata normal form of the run (Cartier and Foata, 1969), which two runs have in common if they differ by the order of
    /// independent steps alone: each step as early as those allow that it depends on.
    fn normal_form(&self) -> Vec<(usize, Vec<Move>)> {
        let depends = |(one, touched): &(Vec<Move>, Footprint), (other, touches): &(Vec<Move>, Footprint)| {
            let independent = touched.may_go_before(touches, true) && touches.may_go_before(touched, true);
            one[0].task == other[0].task || !independent
        };
        let mut levels: Vec<(usize, Vec<Move>)> = Vec::new();
        for (nth, step) in self.steps.iter().enumerate() {
            let before = (0..nth).filter(|it| depends(&self.steps[*it], step));
            let level = before.map(|it| levels[it].0 + 1).max().unwrap_or(0);
            levels.push((level, step.0.clone()));
        }
        levels.sort_by_key(|(level, moves)| (*level, moves[0].task));
        levels
    }
}

impl Scheduler for Noted {
    fn begins_in_order(&self) -> bool {
        self.search.begins_in_order()
    }

    fn known(&mut self, depth: usize) -> Option<Move> {
        self.search.known(depth)
    }

    fn choose(&mut self, depth: usize, moves: &[Move]) -> Option<Move> {
        self.search.choose(depth, moves)
    }

    fn choice(&self, depth: usize, nth: usize) -> Option<Move> {
        self.search.choice(depth, nth)
    }

    fn chose(&mut self, depth: usize, choice: Move, of: u8) -> bool {
        self.search.chose(depth, choice, of)
    }

    fn taken(&mut self, depth: usize, choices: usize, footprint: &Footprint) -> bool {
        let made = self.search.moves()[depth..=depth + choices].to_vec();
        self.steps.push((made, *footprint));
        self.search.taken(depth, choices, footprint)
    }
}

/// How many runs a search completes, how many it gives up, and how many of the first are different traces.
fn traces(reduction: Reduction, setting: &Setting, program: &dyn Fn(&mut Program)) -> (usize, usize, usize) {
    let mut noted = Noted { search: DepthFirst::new(reduction, None), steps: Vec::new() };
    let (mut executor, mut different) = (Executor::default(), HashSet::new());
    let (mut complete, mut pruned) = (0, 0);
    loop {
        noted.steps.clear();
        match executor.run(setting, &[], program, &mut noted, &mut |_, _| {}).verdict {
            Verdict::Held => {
                complete += 1;
                different.insert(noted.normal_form());
            }
            Verdict::Pruned => pruned += 1,
            Verdict::Failed(cause) => panic!("{cause:?}"),
        }
        if !noted.search.advance() {
            return (complete, pruned, different.len());
        }
    }
}

/// Tasks that share some things and not others, in steps, by locks, and with a choice.
fn sharing(tasks: usize) -> impl Fn(&mut Program) {
    move |program| {
        let (a, b, word) = (lock(0), lock(0), Shared::default());
        for task in 0..tasks {
            let (a, b, word) = (a.clone(), b.clone(), word.clone());
            let steps = async move {
                point().await;
                if task == 0 {
                    *a.write().await += choose(2, "sum") as u32;
                } else {
                    drop(a.read().await);
                }
                word.step("look", task != 1).await;
                if task < 2 {
                    *b.write().await += 1;
                }
            };
            program.task(task).op("steps", steps).done();
        }
    }
}

/// What source sets or an optimal reduction (Abdulla, Aronis, Jonsson and Sagonas, "Optimal Dynamic Partial Order Reduction",
/// 2014) could save beside sleep sets are the runs that are given up, and nothing of those that are complete.
#[test]
fn of_each_trace_one_run_is_complete() {
    for lock in [LockModel::UNFAIR, LockModel::FIFO, LockModel::WRITERS_FIRST] {
        for (tasks, cancels) in [(3, 0), (2, 1)] {
            let setting = Setting { lock, cancels, ..Setting::default() };
            let (every, _, all) = traces(Reduction::None, &setting, &sharing(tasks));
            let (complete, _, different) = traces(Reduction::SleepSets, &setting, &sharing(tasks));
            assert_eq!(complete, different, "{lock:?}, {cancels} cancelled");
            assert!(different <= all && 2 * complete < every, "{complete} of {every}, {all} traces");
        }
    }
}
