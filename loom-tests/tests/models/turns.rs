//! Two turns on one session: the second is refused, or comes after the first, and what they say is never interleaved.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lockyard::backend::chat::{ChatContext, Message, NewMessage, Role};
use lockyard::backend::service::{Backend, ChatService, DtoPolicy, Prompts, Simulator, SimulatorConfig};
use lockyard::backend::session::{ChatSessionManager, Durability};
use loom::thread;
use loom_tests::{LoomEnv, LoomRwLock, ModelCheck, Mutant, StoppedClock, block_on, id};

type Environment = LoomEnv<LoomRwLock, LoomRwLock>;
type Service = Backend<Environment, Simulator<StoppedClock>>;

const PREEMPTIONS: Option<usize> = Some(6);

/// Saves are left to others: a turn is protected by the session's state, in memory.
fn service() -> Arc<Service> {
    let durability = Durability::WriteBehind { max_unsaved: usize::MAX, within: Duration::MAX };
    let manager = Arc::new(ChatSessionManager::new(Environment::new(1), NonZeroUsize::MIN, durability));
    block_on(manager.load_context(id(0))).expect("it is in the store");
    let model = Simulator::new(StoppedClock, SimulatorConfig::default());
    Arc::new(Backend::new(manager, model, Prompts::default(), DtoPolicy::Borrowed))
}

/// Whether a turn was made, rather than refused.
fn turn(service: &Service) -> bool {
    let outcome = block_on(service.send_message_action(id(0), NewMessage::text(Role::User, "hello")));
    if let Err(error) = &outcome {
        assert!(error.is_refusal(), "{error}");
    }
    outcome.is_ok()
}

/// A turn by a caller that looks whether another is at work, and then begins all the same.
fn careless_turn(service: &Service) -> bool {
    let manager = service.manager();
    let state = block_on(manager.read(id(0), ChatContext::state_kind)).expect("it is loaded");
    if state.is_working() {
        return false;
    }
    let begin = |context: &mut ChatContext| {
        if context.state_kind().is_working() {
            context.cancel()?;
        }
        context.begin_turn(NewMessage::text(Role::User, "hello"))?;
        Ok(())
    };
    block_on(manager.write(id(0), begin)).expect("it has seen to that");
    let finish = |context: &mut ChatContext| {
        context.request_model()?;
        context.full_response("word")?;
        context.finish_response(vec![])
    };
    block_on(manager.write(id(0), finish)).is_ok()
}

fn two_turns(turn: fn(&Service) -> bool) {
    let service = service();
    let other = {
        let service = service.clone();
        thread::spawn(move || turn(&service))
    };
    let made = [turn(&service), other.join().unwrap()].into_iter().filter(|made| *made).count();
    let look = |context: &ChatContext| {
        let roles: Vec<_> =
            context.messages(None).expect("a branch").map(|message: &Message| message.role).collect();
        (roles, context.state_kind())
    };
    let (roles, state) = block_on(service.manager().read(id(0), look)).expect("it is loaded");
    assert!(!state.is_working(), "a turn is left at work");
    let expected = [Role::User, Role::Assistant].repeat(made);
    assert!(roles == expected, "{made} turns were made, and these have spoken: {roles:?}");
    assert!(made >= 1, "each was refused for the other's sake");
}

#[test]
fn a_turn_is_alone_with_its_session() {
    ModelCheck { name: "turns", over: "loom-rwlock", preemptions: PREEMPTIONS, min_executions: 14_000 }
        .check(|| two_turns(turn));
}

#[test]
fn where_looking_and_beginning_are_two_steps_turns_meet() {
    Mutant {
        name: "turns/careless-turn",
        class: "check then act",
        preemptions: PREEMPTIONS,
        complaint: "these have spoken",
    }
    .must_fail(|| two_turns(careless_turn));
}
