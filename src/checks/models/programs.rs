//! The programs of the models: what clients ask of the system, and what a mutant lacks.

use std::time::Duration;

use crate::backend::session::{Durability, Env, SaveMode, StateMode};
use lockyard_explore::Program;
use lockyard_lock::{AwaitFamily, LockFamily};

use crate::checks::explored::{CacheModel, ModelEnv, numbered};

use super::system::{System, Verdicts};

/// A program, put together anew for every schedule.
pub type Build = Box<dyn Fn(&mut Program)>;

/// What is asked of the system.
#[derive(Clone, Copy, Debug)]
pub(super) enum ProgramKind {
    /// So many tasks append so often.
    Appends { tasks: u32, each: u32, loaded: bool, evicted: bool },
    /// Appends and looks.
    Reads,
    /// A look at the session and one at its state, beside an append.
    LookThenState,
    /// A deletion against appends.
    Deletion,
    /// Two turns on one session.
    Turns,
    /// A turn and a reader.
    Abandoned,
    /// Appends that are acknowledged before they are stored, and auto-save.
    WriteBehind,
}

impl ProgramKind {
    /// How many of the tasks, which are the first, are alike.
    pub(super) fn alike(self) -> usize {
        match self {
            Self::Appends { tasks, .. } => tasks as usize,
            Self::WriteBehind => 2,
            Self::Reads | Self::LookThenState | Self::Deletion | Self::Turns | Self::Abandoned => 0,
        }
    }
}

/// What the mutant lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Writers do not exclude each other.
    NoExclusion,
    /// Nothing orders a session's I/O.
    NoGate,
    /// A turn begins without looking whether another has.
    CarelessTurn,
    /// A turn that is dropped is not rolled back.
    ForgetfulTurn,
    /// The lock's queue lets writers pass.
    Overtaking,
    /// Readers of a snapshot do not help to publish what they have seen.
    Unhelpful,
}

/// A program of this shape. It knows of a mutant only where that is another program.
pub(super) fn program<S, P, L, G>(
    shape: ProgramKind,
    cache: CacheModel,
    mutant: Option<Mutant>,
    fair: bool,
) -> Build
where
    S: SaveMode<L>,
    P: StateMode,
    L: LockFamily,
    G: AwaitFamily,
{
    let verdicts = Verdicts::default();
    Box::new(move |program| {
        let (sessions, durability) = match shape {
            ProgramKind::Appends { evicted: true, .. } => (2, Durability::WriteThrough),
            ProgramKind::WriteBehind => {
                (1, Durability::WriteBehind { max_unsaved: 1, within: Duration::MAX })
            }
            _ => (1, Durability::WriteThrough),
        };
        let system: System<ModelEnv<S, P, L, G>> = System::new(sessions, cache, durability, &verdicts);
        if !matches!(shape, ProgramKind::Appends { loaded: false, .. }) {
            let loaded = program.now(system.manager().load_context(numbered(0)));
            assert!(loaded.is_ok(), "it is in the store");
        }
        add_tasks(program, &system, shape, mutant);
        system.must_hold(program);
        if fair {
            program.at_end(|end| match end.overtaken {
                0 => Ok(()),
                overtaken => {
                    Err(format!("a queued waiter was overtaken {overtaken} times; a fair lock allows none"))
                }
            });
        }
    })
}

fn add_tasks<E: Env>(program: &mut Program, system: &System<E>, shape: ProgramKind, mutant: Option<Mutant>) {
    match shape {
        ProgramKind::Appends { tasks, each, evicted, .. } => {
            add_appends(program, system, tasks, each);
            if evicted {
                let foreign = system.client(99);
                program.task("foreign reader").op("look at session 1", foreign.foreign_read(1)).done();
            }
        }
        ProgramKind::Reads => {
            let [one, other] = [0, 1].map(|process| system.client(process));
            let plan = program.task("client 0").op("append a", one.append(0, "a"));
            plan.op("look at the state", one.state(0)).done();
            let plan = program.task("client 1").op("append b", other.append(0, "b"));
            plan.op("look at the session", other.look(0)).done();
        }
        ProgramKind::LookThenState => {
            let [writer, reader] = [0, 1].map(|process| system.client(process));
            program.task("writer").op("append a", writer.append(0, "a")).done();
            let plan = program.task("reader").op("look at the session", reader.look(0));
            plan.op("look at the state", reader.state(0)).done();
        }
        ProgramKind::Deletion => {
            let [writer, deleter] = [0, 1].map(|process| system.client(process));
            let plan = program.task("writer").op("append a", writer.append(0, "a"));
            plan.op("append b", writer.append(0, "b")).done();
            program.task("deleter").op("delete", deleter.delete(0)).done();
        }
        ProgramKind::Turns => {
            for task in 0..2 {
                let client = system.client(task);
                let text = format!("hello from {task}");
                let plan = program.task(format_args!("client {task}"));
                match mutant {
                    None => plan.op(format_args!("turn {task}"), client.turn(0, &text)),
                    Some(_) => plan.op(format_args!("turn {task}"), client.careless_turn(0, &text)),
                }
                .done();
            }
        }
        ProgramKind::Abandoned => {
            let [speaker, reader] = [0, 1].map(|process| system.client(process));
            let plan = program.task("speaker");
            match mutant {
                None => plan.op("turn", speaker.turn(0, "hello")),
                Some(_) => plan.op("turn", speaker.forgetful_turn(0, "hello")),
            }
            .done();
            program.task("reader").op("look at the state", reader.state(0)).steady().done();
        }
        ProgramKind::WriteBehind => {
            add_appends(program, system, 2, 2);
            program.task("auto-save").op("flush", system.client(2).flush()).done();
        }
    }
}

/// So many clients that append so often to session 0, alike but for their numbers.
fn add_appends<E: Env>(program: &mut Program, system: &System<E>, clients: u32, each: u32) {
    for number in 0..clients {
        let client = system.client(number.into());
        let mut plan = program.task(format_args!("client {number}")).alike();
        for nth in 0..each {
            let text = format!("{number}.{nth}");
            plan = plan.op(format_args!("append {text}"), client.append(0, &text));
        }
        plan.done();
    }
}
