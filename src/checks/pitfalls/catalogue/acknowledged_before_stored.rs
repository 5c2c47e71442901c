//! In write-through, acknowledged means stored. A change is acknowledged, and its save is left to run beside: after a
//! crash it is gone. Fixed: it is acknowledged when the store has answered.

use std::sync::Arc;

use crate::backend::chat::ChatContextDTO;
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use crate::checks::spec::{Answer, Call, Token};
use lockyard_explore::Setting;

use crate::checks::pitfalls::clients::Clients;
use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::sessions::{CorrectSteps, Entry, Sessions, Steps};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "acknowledged-before-stored",
    class: "durability",
    about: "a change is acknowledged in write-through before its save has completed",
    met: "writes acknowledged and lost: K. Kingsbury, \"Call me maybe: MongoDB\", 2013",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
    ],
};

#[derive(Default)]
struct SavesBeside;

impl<E: SessionEnv> Steps<E> for SavesBeside {
    async fn settle(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> Result<(), SessionError> {
        let (saving, entry) = (all.clone(), entry.clone());
        all.env.spawn(async move {
            let _failed = Self::save(&saving, &entry).await;
        });
        Ok(())
    }
}

fn fixture<E: SessionEnv>(variant: Variant) -> Fixture {
    match variant {
        Variant::Wrong => client::<E, SavesBeside>(),
        Variant::Right => client::<E, CorrectSteps>(),
    }
}

/// One who appends, and then looks at what a crash would have left.
fn client<E: SessionEnv, S: Steps<E>>() -> Fixture {
    let mut clients = Clients::<E, S>::of(1, true).warm();
    let (all, log, process) = (clients.all.clone(), clients.log.clone(), clients.process());
    let client = async move {
        log.ask(process, 0, Call::Append(Token::of("kept?")), all.append(0, "kept?", 0)).await;
        let after_a_crash = async {
            let stored = all.fetch(id(0)).await?;
            Ok(Answer::from(&ChatContextDTO::from(&stored)))
        };
        log.ask(process, 0, Call::Context, after_a_crash).await;
    };
    clients.part("client", client).fixture()
}
