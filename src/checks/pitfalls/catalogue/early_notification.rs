//! A subscriber is notified of a change before it is made: it looks at once, and sees what was there before. Fixed: it
//! is notified when the change can be seen.

use crate::backend::chat::{AppendedDTO, ChatContext, StateKind};
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use crate::checks::spec::{Answer, Call, Token};
use lockyard_explore::Setting;

use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, plainly, said};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "early-notification",
    class: "visibility",
    about: "a change is announced before it takes effect",
    met: "why Spring's TransactionalEventListener waits for the commit unless configured otherwise",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
    ],
};

/// Who reads along, and does not ask.
const SUBSCRIBER: u64 = 9;

/// Appends, and lets those know who wait for it.
async fn append<E: SessionEnv>(it: &TurnFixture<E>, variant: Variant) -> Result<Answer, SessionError> {
    let announce =
        || it.log.notified(SUBSCRIBER, 0, Call::State, Answer::State { version: 1, kind: StateKind::Idle });
    let change = |context: &mut ChatContext| {
        let id = context.append(said("text"), None)?;
        Ok(AppendedDTO { id, version: context.version().next() })
    };
    if variant == Variant::Wrong {
        announce();
        E::yield_now().await;
    }
    let appended = it.manager().write(id(0), change).await?;
    if variant == Variant::Right {
        announce();
    }
    Ok(appended.into())
}

fn fixture<E: SessionEnv<Clock: Copy>>(variant: Variant) -> Fixture {
    let it = TurnFixture::<E>::new(plainly);
    let (writing, looking) = (it.clone(), it.clone());
    let writer = async move {
        writing.log.ask(0, 0, Call::Append(Token::of("text")), append(&writing, variant)).await;
    };
    let reader = async move {
        let look = async { Ok(looking.manager().state(id(0)).await?.into()) };
        looking.log.ask(1, 0, Call::State, look).await;
    };
    let program = PitfallProgram::new().part("writer", writer).part("reader", reader);
    Fixture::new(program, it.log.clone(), async move { it.left().await })
}
