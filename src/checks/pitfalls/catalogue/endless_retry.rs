//! A model that is overloaded is asked again, as often as it takes. When that never ends, neither does the
//! turn, and the retries are the load. Fixed: the failures are counted in the session's state, up to a limit.

use crate::backend::chat::{ChatContext, MAX_RETRIES};
use crate::backend::service::{ChatService, ModelError, Reply};
use crate::checks::explored::ModelEnv;
use lockyard_explore::Setting;

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, said};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "endless-retry",
    class: "state machine",
    about: "a request that fails is retried without limit",
    met: "N. Bronson et al., \"Metastable failures in distributed systems\", HotOS 2021: what keeps the overload up \
          is retries",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Contract(|variant| Detection::unless("retries", tasks::<Host>(variant).play())),
    ],
};

/// It would go on; this run has to end.
fn overloaded(nth: u32) -> Result<Reply, ModelError> {
    let error = "overloaded".to_owned();
    Err(if nth < 100 { ModelError::Transient(error) } else { ModelError::Fatal(error) })
}

async fn stubborn_turn<E: SessionEnv>(it: &TurnFixture<E>) {
    let begin = |context: &mut ChatContext| {
        context.begin_turn(said("hello"))?;
        context.request_model()
    };
    if it.manager().write(id(0), begin).await.is_err() {
        return;
    }
    let error = loop {
        match it.ask_model().await {
            Err(ModelError::Transient(_)) => {}
            Err(ModelError::Fatal(error)) => break error,
            Ok(_) => return,
        }
    };
    let _refused = it.manager().write(id(0), |context| context.fail(error)).await.is_err();
}

async fn turn<E: SessionEnv>(it: TurnFixture<E>, variant: Variant) {
    match variant {
        Variant::Wrong => stubborn_turn(&it).await,
        Variant::Right => {
            let _failed = it.backend.send_message_action(id(0), said("hello")).await.is_err();
        }
    }
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let it = TurnFixture::<E>::new(overloaded);
    PitfallProgram::new().part("client", turn(it.clone(), variant)).finally(async move {
        let (asked, most) = (it.model.asked(), u32::from(MAX_RETRIES) + 1);
        if asked > most {
            return Err(format!("one turn called the model {asked} times, and {most} are allowed"));
        }
        Ok(())
    })
}
