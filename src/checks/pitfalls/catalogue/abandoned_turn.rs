//! A client goes away while the model thinks. Its turn ends where it stands, and leaves the session at work
//! indefinitely: every turn after it is refused. Fixed: a turn is rolled back when it is dropped.
//!
//! The same among three clients is a model under shuttle, `shuttle-tests/tests/models/main.rs`.

use crate::backend::chat::ChatContext;
use crate::backend::service::{ChatService, Reply};
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, plainly, said};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "abandoned-turn",
    class: "cancellation",
    about: "a turn is cancelled midway, and the session stays in a working state with no task working on it",
    met: "Rain, \"Cancelling async Rust\", 2025: a future that is dropped leaves what it has changed as it is",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { cancels: 1, ..Setting::default() },
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("stuck session", tasks::<Host>(variant).play())),
        Trial::Shuttle,
    ],
};

async fn forgetful_turn<E: SessionEnv>(it: &TurnFixture<E>) -> Result<(), SessionError> {
    let manager = it.manager();
    let begin = |context: &mut ChatContext| {
        context.begin_turn(said("hello"))?;
        context.request_model()
    };
    manager.write(id(0), begin).await?;
    let Ok(Reply::Full { text, .. }) = it.ask_model().await else { return Ok(()) };
    let end = |context: &mut ChatContext| {
        context.full_response(text)?;
        context.finish_response(Vec::new())
    };
    manager.write(id(0), end).await.map(|_| ())
}

async fn turn<E: SessionEnv>(it: TurnFixture<E>, variant: Variant) {
    let _refused = match variant {
        Variant::Wrong => forgetful_turn(&it).await.is_err(),
        Variant::Right => it.backend.send_message_action(id(0), said("hello")).await.is_err(),
    };
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let it = TurnFixture::<E>::new(plainly);
    let client = E::giving_up(turn(it.clone(), variant));
    PitfallProgram::new().part("client", client).finally(async move {
        match it.now().await?.state_kind() {
            state if state.is_working() => {
                Err(format!("no task works on it, and the session is left {state}"))
            }
            _ => Ok(()),
        }
    })
}
