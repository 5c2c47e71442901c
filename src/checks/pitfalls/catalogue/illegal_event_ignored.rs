//! The answer of the model comes to a session that has moved on: the turn was called off. The state machine refuses
//! the event, the refusal is ignored, and the client gets an answer to its question. Fixed: the client gets the refusal.

use std::cell::Cell;
use std::rc::Rc;

use crate::backend::chat::{ChatContext, Role};
use crate::backend::service::{ChatService, Reply};
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, messages, plainly, said};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "illegal-event-ignored",
    class: "state machine",
    about: "an event without a transition in the current state is dropped, and acknowledged as if handled",
    met: "the rule of UML's state machines: an event that enables no transition is discarded (OMG, UML 2.5.1)",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("lost answer", tasks::<Host>(variant).play())),
    ],
};

async fn deaf_turn<E: SessionEnv>(it: &TurnFixture<E>) -> Result<(), SessionError> {
    let begin = |context: &mut ChatContext| {
        context.begin_turn(said("hello"))?;
        context.request_model()
    };
    it.manager().write(id(0), begin).await?;
    let Ok(Reply::Full { text, .. }) = it.ask_model().await else { return Ok(()) };
    let end = |context: &mut ChatContext| {
        let _ignored = context.full_response(text).and_then(|_| context.finish_response(Vec::new()));
        Ok(())
    };
    it.manager().write(id(0), end).await
}

/// Asks, and sets whether it got an answer.
async fn client<E: SessionEnv>(it: TurnFixture<E>, variant: Variant, answered: Rc<Cell<bool>>) {
    answered.set(match variant {
        Variant::Wrong => deaf_turn(&it).await.is_ok(),
        Variant::Right => it.backend.send_message_action(id(0), said("hello")).await.is_ok(),
    });
}

async fn call_off<E: SessionEnv>(it: TurnFixture<E>) {
    E::yield_now().await;
    let _nothing_to_call_off = it.manager().write(id(0), ChatContext::cancel).await.is_err();
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let (it, answered) = (TurnFixture::<E>::new(plainly), Rc::new(Cell::new(false)));
    let program = PitfallProgram::new()
        .part("client", client(it.clone(), variant, answered.clone()))
        .part("other client", call_off(it.clone()));
    program.finally(async move {
        let now = it.now().await?;
        let said = messages(&now).iter().any(|message| message.role == Role::Assistant);
        if answered.get() && !said {
            return Err("the client got an acknowledgement, and there is no answer".to_owned());
        }
        Ok(())
    })
}
