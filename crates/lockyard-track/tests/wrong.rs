//! Wrong programs, each with the kind that it is found to be and how surely. They were written down before suspected
//! and certain findings were distinguished: each keeps its kind, and those that never end are certain.

mod corpus;
#[path = "wrong/hangs.rs"]
mod hangs;
#[path = "wrong/hazards.rs"]
mod hazards;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use corpus::{WAYS, Way, World, runtime};
use lockyard_track::{Certainty, Kind};
use tokio::task::yield_now;

/// How a program shows that it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// It never ends, and that is certain at once where its tasks are the tracker's: nothing else can wake them.
    AtOnce(Kind),
    /// It never ends, which a watch says when it has lasted.
    InTime(Kind),
    /// It ends, and was wrong.
    Without(Kind),
    /// It ends, and may have been wrong.
    Perhaps(Kind),
}

/// A program: its name, what it shows, and how it is made.
pub type Wrong = (&'static str, Shows, fn(World) -> Pin<Box<dyn Future<Output = ()>>>);

/// A list of programs with what they show, each an async block over a world.
#[macro_export]
macro_rules! wrong {
    ($($name:ident($w:ident) $shows:expr => $body:block)*) => {
        &[$((stringify!($name), $shows, |$w: $crate::corpus::World| Box::pin(async move $body))),*]
    };
}

/// Turns of other tasks, by which every program here has come to where it stays.
const TURNS: usize = 200;

/// Whether it is all in one task.
fn is_alone(program: &Wrong) -> bool {
    program.0 == "a_cycle_of_named_branches"
}

fn is_certain(world: &World, kind: Kind) -> bool {
    world.reported().iter().any(|it| it.kind == kind && it.certainty == Certainty::Certain)
}

/// Runs a program that never ends; whether the finding was certain without a watch, and with one.
fn hang(program: &Wrong, way: Way, kind: Kind) -> (bool, bool) {
    let world = World::new(way);
    runtime().block_on(async {
        let seen = async {
            for _ in 0..TURNS {
                yield_now().await;
            }
            let at_once = is_certain(&world, kind);
            // Twice: what a first look suspects, a second one may find unchanged.
            world.tracker.look(Duration::ZERO);
            world.tracker.look(Duration::ZERO);
            (at_once, is_certain(&world, kind))
        };
        tokio::select! {
            biased;
            () = world.main(program.2(world.clone())) => panic!("{} ended, {way:?}", program.0),
            seen = seen => seen,
        }
    })
}

#[test]
fn what_never_ends_is_certain() {
    let mut wrong = Vec::new();
    for program in hangs::ALL {
        for way in WAYS {
            let (kind, at_once) = match program.1 {
                // Spawned tasks are the tracker's in both ways; what the main task waits for with itself is not.
                Shows::AtOnce(kind) => (
                    kind,
                    way == Way::Tasks || way == Way::Scope && kind == Kind::Deadlock && !is_alone(program),
                ),
                Shows::InTime(kind) => (kind, false),
                Shows::Without(_) | Shows::Perhaps(_) => unreachable!("{} hangs", program.0),
            };
            let seen = hang(program, way, kind);
            if seen != (at_once, true) {
                wrong.push(format!("{}, {way:?}: {kind} {seen:?} and not {:?}", program.0, (at_once, true)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_ends_and_was_wrong_keeps_its_kind() {
    let mut wrong = Vec::new();
    for program in hazards::ALL {
        // Who polls a task without a name is not known, nor which of its futures holds what.
        for way in [Way::Tasks, Way::Scope] {
            let world = World::new(way);
            runtime().block_on(world.main(program.2(world.clone())));
            let (kind, certainty) = match program.1 {
                Shows::Without(kind) => (kind, Certainty::Certain),
                Shows::Perhaps(kind) => (kind, Certainty::Suspected),
                Shows::AtOnce(_) | Shows::InTime(_) => unreachable!("{} ends", program.0),
            };
            let found = world.tracker.findings();
            if !found.iter().any(|it| it.kind == kind && it.certainty == certainty) {
                wrong.push(format!("{}, {way:?}: no {certainty:?} {kind} in {found:#?}", program.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_of_them() {
    let names: BTreeSet<_> = hangs::ALL.iter().chain(hazards::ALL).map(|program| program.0).collect();
    assert!(names.len() >= 40, "{}", names.len());
}
