//! A client reads a session, changes what it has read, and writes the whole of it back: what others have written in
//! between is gone. Fixed: a client says what to change, and changes what is there.

use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::backend::session::SESSION;
use lockyard_explore::{LockModel, ModelLocks, Setting, Violated};
use lockyard_history::{Kv, KvAnswer, KvCall, Pairing, Verdict, check};
use lockyard_lock::{LockFamily, LockOf, SharedLock, TokioRwLock};

use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "lost-update",
    class: "lost update",
    about: "what was read is written back whole, over concurrent changes",
    met: "the lost update (P4) of H. Berenson et al., \"A critique of ANSI SQL isolation levels\", 1995",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| {
                let (session, written) = (session::<ModelLocks>(), Written::default());
                let tasks = tasks::<ModelLocks>(&session, variant, no_yield, &written, None);
                tasks.finally(all_are_there::<ModelLocks>(session, written)).explore(program);
            },
        }),
        Trial::History(history),
    ],
};

type Session<F> = Rc<LockOf<F, String>>;
type Log = Rc<Mutex<Pairing<Kv>>>;

/// Words whose append was acknowledged.
type Written = Rc<Mutex<Vec<&'static str>>>;

fn session<F: LockFamily>() -> Session<F> {
    Rc::new(SharedLock::new(&SESSION, String::new()))
}

async fn append<F: LockFamily>(
    session: Session<F>,
    word: &'static str,
    variant: Variant,
    yield_now: YieldFn,
) {
    match variant {
        Variant::Wrong => {
            let mut seen = session.read().await.clone();
            yield_now().await;
            seen.push_str(word);
            *session.write().await = seen;
        }
        Variant::Right => session.write().await.push_str(word),
    }
}

fn tasks<F: LockFamily>(
    session: &Session<F>,
    variant: Variant,
    yield_now: YieldFn,
    written: &Written,
    log: Option<&Log>,
) -> PitfallProgram {
    (0..).zip(["one ", "two "]).fold(PitfallProgram::new(), |program, (process, word)| {
        let (append, log) = (append::<F>(session.clone(), word, variant, yield_now), log.cloned());
        let written = written.clone();
        program.part(word.trim(), async move {
            let note = |what: &dyn Fn(&mut Pairing<Kv>) -> Result<(), String>| {
                log.as_ref().map_or(Ok(()), |log| what(&mut log.lock())).expect("one thing at a time");
            };
            note(&|log| log.invoke(process, None, KvCall::Append(word.into())));
            append.await;
            written.lock().push(word);
            note(&|log| log.ok(process, None, KvAnswer::Done));
        })
    })
}

async fn all_are_there<F: LockFamily>(session: Session<F>, written: Written) -> Result<(), Violated> {
    let (words, mut written) = (session.read().await, std::mem::take(&mut *written.lock()));
    // Named in one order, in whichever of them they were acknowledged.
    written.sort_unstable();
    match written.iter().find(|word| !words.contains(**word)) {
        None => Ok(()),
        Some(lost) => {
            Err(format!("{lost:?} was acknowledged and is lost: of {written:?} there is {:?}", *words))
        }
    }
}

/// A client reads when both have ended.
fn history(variant: Variant) -> Option<Detection> {
    let (session, log) = (session::<TokioRwLock>(), Log::default());
    let program = tasks::<TokioRwLock>(&session, variant, turns, &Written::default(), Some(&log));
    let judge = async move {
        let seen = session.read().await.clone();
        let mut pairing = std::mem::take(&mut *log.lock());
        pairing.invoke(2, None, KvCall::Get)?;
        pairing.ok(2, None, KvAnswer::Got(seen.into()))?;
        let history = pairing.finish().map_err(|error| error.to_string())?;
        match check(&Kv, &history, Duration::from_secs(5)) {
            Verdict::Linearizable => Ok(()),
            Verdict::Violation(found) => Err(format!("no linearization explains these answers\n{found}")),
            Verdict::Unknown => Err("linearizability was not decided in time".to_owned()),
        }
    };
    Detection::unless("not linearizable", program.finally(judge).play())
}
