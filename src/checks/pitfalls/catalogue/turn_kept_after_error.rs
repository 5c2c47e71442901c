//! A turn marks its session as taken, asks the model, and takes the mark away when it has the answer. The model
//! fails, `?` returns, and the mark stays: every turn after it is refused. Fixed: the mark is a value whose end takes
//! it away, whichever way the function is left.
//!
//! No task is cancelled here, unlike in `abandoned-turn` and `permit-leak`: the turn ends, with an error.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::backend::chat::ContextId;
use crate::backend::service::{ModelError, Reply};
use crate::backend::session::{Env, Short};
use crate::checks::explored::ModelEnv;
use lockyard_explore::{Setting, point_as};

use crate::checks::pitfalls::host::Host;
use crate::checks::pitfalls::program::PitfallProgram;
use crate::checks::pitfalls::session_env::SessionEnv;
use crate::checks::pitfalls::turn_fixture::{TurnFixture, plainly};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};
use crate::checks::sessions::id;

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "turn-kept-after-error",
    class: "error path",
    about: "a turn whose model call fails returns early and leaves its session locked",
    met: "openclaw/openclaw issue 18060: a model call that fails leaves the session's lock file, and every \
          message after it waits",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: Setting::default,
            program: |variant, program| tasks::<ModelEnv>(variant).explore(program),
        }),
        Trial::Invariants(|variant| Detection::unless("session left locked", tasks::<Host>(variant).play())),
    ],
};

/// The sessions with a turn under way.
type Turns<E> = <E as Env>::Short<BTreeSet<ContextId>>;

/// A session that is taken until this ends.
struct Turn<'a, E: SessionEnv>(&'a Turns<E>);

impl<E: SessionEnv> Drop for Turn<'_, E> {
    fn drop(&mut self) {
        self.0.with(|turns| turns.remove(&id(0)));
    }
}

/// The model cannot be reached at first.
fn fails_once(nth: u32) -> Result<Reply, ModelError> {
    if nth == 1 { Err(ModelError::Fatal("429 Too Many Requests".to_owned())) } else { plainly(nth) }
}

enum Refused {
    Busy,
    Model,
}

impl From<ModelError> for Refused {
    fn from(_: ModelError) -> Self {
        Self::Model
    }
}

async fn call<E: SessionEnv>(it: &TurnFixture<E>) -> Result<Reply, ModelError> {
    let reply = it.ask_model().await;
    if reply.is_err() {
        point_as("the model call fails").await;
    }
    reply
}

async fn turn<E: SessionEnv>(
    it: &TurnFixture<E>,
    turns: &Turns<E>,
    variant: Variant,
) -> Result<Reply, Refused> {
    if !turns.at(|turns| turns.insert(id(0))).await {
        return Err(Refused::Busy);
    }
    match variant {
        Variant::Wrong => {
            let reply = call(it).await?;
            turns.at(|turns| turns.remove(&id(0))).await;
            Ok(reply)
        }
        Variant::Right => {
            let _turn = Turn::<E>(turns);
            Ok(call(it).await?)
        }
    }
}

fn tasks<E: SessionEnv<Clock: Copy>>(variant: Variant) -> PitfallProgram {
    let it = TurnFixture::<E>::new(fails_once);
    let turns: Rc<Turns<E>> = Rc::new(Short::new(BTreeSet::new()));
    let program = ["asks", "asks too"].into_iter().fold(PitfallProgram::new(), |program, name| {
        let (it, turns) = (it.clone(), turns.clone());
        program.part(name, async move { drop(turn(&it, &turns, variant).await) })
    });
    program.finally(async move {
        match turn(&it, &turns, variant).await {
            Err(Refused::Busy) => {
                Err("every turn has ended, and the session refuses the next: it is still locked for the one that failed"
                    .to_owned())
            }
            Ok(_) | Err(Refused::Model) => Ok(()),
        }
    })
}
