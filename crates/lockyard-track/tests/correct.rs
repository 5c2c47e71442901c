//! Correct programs, of which nothing wrong may be said for certain at any moment: each ends, in each of three ways of
//! being named.

#[path = "correct/branches.rs"]
mod branches;
mod corpus;
#[path = "correct/moves.rs"]
mod moves;
#[path = "correct/sets.rs"]
mod sets;
#[path = "correct/tasks.rs"]
mod tasks;

use std::collections::BTreeSet;
use std::time::Duration;

use corpus::{Program, WAYS, Way, World, runtime};
use lockyard_track::{Certainty, Kind};

const ALL: [&[Program]; 4] = [branches::ALL, sets::ALL, tasks::ALL, moves::ALL];

/// Programs that take two locks in both orders and give up one of them when it takes too long: that they do is not seen.
const BOTH_ORDERS: [&str; 2] = ["both_orders_with_a_timeout_and_another_try", "a_cycle_that_a_select_leaves"];

fn run(name: &str, program: &Program, way: Way) -> Vec<String> {
    let world = World::new(way);
    runtime().block_on(world.main(program.1(world.clone())));
    world.tracker.look(Duration::ZERO);
    let mut wrong = Vec::new();
    for finding in world.reported() {
        let gives_up = finding.kind == Kind::OrderInversion && BOTH_ORDERS.contains(&name);
        // That a future was left alone is not even suspected while it is polled, unless it has to wait for its turn.
        let is_left = finding.kind == Kind::Futurelock && name != "turns_that_a_combinator_gives";
        if (finding.certainty == Certainty::Certain || is_left) && !gives_up {
            wrong.push(format!("{name}, {way:?}: {finding}"));
        }
    }
    // What tasks wait for is over with them: nothing of it stays suspected.
    for finding in world.tracker.findings() {
        if finding.kind.is_deadly() && finding.certainty != Certainty::Dissolved {
            wrong.push(format!("{name}, {way:?}: left {:?}: {finding}", finding.certainty));
        }
    }
    wrong
}

#[test]
fn nothing_is_certain_of_a_correct_program() {
    let programs = || ALL.iter().flat_map(|list| list.iter());
    let wrong: Vec<_> =
        programs().flat_map(|program| WAYS.map(|way| run(program.0, program, way))).flatten().collect();
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    let names: BTreeSet<_> = programs().map(|program| program.0).collect();
    assert!(names.len() >= 60, "{} programs", names.len());
}
