//! A turn is three steps (take the question, ask the model, write down the answer) with nothing that says that one is
//! under way: two turns run through each other, and each answer follows the other's question. Fixed: a turn begins
//! where the session's state lets it, under the lock, and is refused elsewhere.
//!
//! The same among four clients is a model under shuttle, `shuttle-tests/tests/models/main.rs`.

use crate::backend::chat::{NewMessage, Role};
use crate::backend::service::{ChatService, Reply};
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, messages, plainly, said};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "interleaved-turns",
    class: "atomicity",
    about: "two turns run on one session at once, their steps interleaved",
    met: "what OpenAI's Assistants API locked a thread against while a run was in progress (its documentation, \
          \"thread locks\")",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("interleaved turns", tasks::<Host>(variant).play())),
        Trial::Shuttle,
    ],
};

async fn careless_turn<E: SessionEnv>(it: TurnFixture<E>, question: &'static str) {
    let manager = it.manager();
    let taken = manager.write(id(0), |context| context.append(said(question), None)).await;
    let Ok(Reply::Full { text, .. }) = it.ask_model().await else { return };
    let answer = NewMessage::text(Role::Assistant, text);
    let answered = manager.write(id(0), |context| context.append(answer, None)).await;
    let _refused = (taken.is_err(), answered.is_err());
}

async fn turn<E: SessionEnv>(it: TurnFixture<E>, question: &'static str) {
    let _refused = it.backend.send_message_action(id(0), said(question)).await.is_err();
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let it = TurnFixture::<E>::new(plainly);
    let program =
        ["one", "other"].into_iter().fold(PitfallProgram::new(), |program, question| match variant {
            Variant::Wrong => program.part(question, careless_turn(it.clone(), question)),
            Variant::Right => program.part(question, turn(it.clone(), question)),
        });
    program.finally(async move {
        let now = it.now().await?;
        let roles: Vec<_> = messages(&now).iter().map(|message| message.role).collect();
        let in_turn = roles.chunks(2).all(|pair| pair == [Role::User, Role::Assistant]);
        if in_turn { Ok(()) } else { Err(format!("questions and answers do not alternate: {roles:?}")) }
    })
}
