//! A change for one version of a session: the version is looked at under one lock, and the change made under the next.
//! Two clients both find the version they know, and the second overwrites the first. Fixed: the version is looked at
//! under the lock it is written under.

use crate::backend::chat::{ChatContext, ContextUpdate, Version};
use crate::backend::service::{ChatService, UpdateContext};
use crate::backend::session::SessionError;
use crate::checks::explored::ModelEnv;
use crate::checks::spec::{Answer, Call, Settings};
use lockyard_explore::Setting;

use crate::checks::pitfalls::fixture::Fixture;
use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, of_session, plainly};
use crate::checks::pitfalls::{ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "check-then-act",
    class: "check then act",
    about: "a condition is checked under the read lock and acted on under the write lock",
    met: "M. Bishop, M. Dilger, \"Checking for race conditions in file accesses\", 1996; what If-Match is for in RFC \
          9110",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| fixture::<ModelEnv>(variant).explore(program),
        }),
        Trial::History(|variant| fixture::<Host>(variant).history()),
    ],
};

const SEEN: Version = Version(0);

async fn update<E: SessionEnv>(
    it: &TurnFixture<E>,
    update: ContextUpdate,
    variant: Variant,
) -> Result<Answer, SessionError> {
    let version = match variant {
        Variant::Wrong => {
            let refused = |source| SessionError::Refused { id: id(0), source };
            let unchanged = it.manager().read(id(0), |context| context.expect_version(SEEN)).await?;
            unchanged.map_err(refused)?;
            E::yield_now().await;
            let act = |context: &mut ChatContext| {
                context.update(&update)?;
                Ok(context.version().next())
            };
            it.manager().write(id(0), act).await?
        }
        Variant::Right => {
            let request = UpdateContext { update, expected_version: Some(SEEN) };
            it.backend.update_context(id(0), request).await.map_err(of_session)?
        }
    };
    Ok(Answer::changed(version))
}

fn fixture<E: SessionEnv<Clock: Copy>>(variant: Variant) -> Fixture {
    let it = TurnFixture::<E>::new(plainly);
    let client = |process, mode: &'static str| {
        let it = it.clone();
        async move {
            let change = ContextUpdate { mode: Some(mode.to_owned()), ..ContextUpdate::default() };
            let call = Call::Update { change: Settings::from(&change), expected: Some(0) };
            it.log.ask(process, 0, call, update(&it, change, variant)).await;
        }
    };
    let program = PitfallProgram::new().part("one", client(0, "plan")).part("other", client(1, "act"));
    Fixture::new(program, it.log.clone(), async move { it.left().await })
}
