//! Two clients load one document, change different fields of it, and save it: the whole of it, as object mappers do.
//! The second save puts back what it has loaded of the other's field. Fixed: a record knows which fields were
//! changed, and its save writes these and no other.
//!
//! In `lost-update` two clients write the same value; here no two write the same.

use std::collections::BTreeMap;
use std::rc::Rc;

use lockyard_explore::{LockModel, ModelLocks, Setting};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock, TokioRwLock};

use crate::checks::pitfalls::kv_log::KvLog;
use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "whole-document-save",
    class: "lost update",
    about: "two clients change different fields of a document, and each saves all fields as it had loaded them",
    met: "balderdashy/waterline-docs issue 80, \"save() can clobber values\"; of sessions, aspnet/Session issue \
          72",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::History(|variant| {
            Detection::unless("not linearizable", tasks::<TokioRwLock>(variant, turns).play())
        }),
    ],
};

static DOCUMENT: LockClass = LockClass::new("document");

/// Each field, and what it is set to.
const CHANGES: [(&str, &str); 2] = [("title", "Travel plans"), ("model", "large")];

type Fields = BTreeMap<&'static str, String>;
type Stored<F> = Rc<LockOf<F, Fields>>;

/// What a save writes.
trait Save: 'static {
    fn fields(record: Record) -> Fields;
}

struct AllFields;

impl Save for AllFields {
    fn fields(Record { mut loaded, changed }: Record) -> Fields {
        loaded.extend(changed);
        loaded
    }
}

struct ChangedFields;

impl Save for ChangedFields {
    fn fields(record: Record) -> Fields {
        record.changed
    }
}

/// A document as a client has it.
struct Record {
    loaded: Fields,
    changed: Fields,
}

impl Record {
    async fn load<F: LockFamily>(stored: &Stored<F>) -> Self {
        Self { loaded: stored.read().await.clone(), changed: Fields::new() }
    }

    fn set(&mut self, (field, text): (&'static str, &str)) {
        self.changed.insert(field, text.to_owned());
    }

    async fn save<F: LockFamily, S: Save>(self, stored: &Stored<F>) {
        let fields = S::fields(self);
        stored.write().await.extend(fields);
    }
}

async fn change<F: LockFamily, S: Save>(stored: Stored<F>, change: (&'static str, &str), yield_now: YieldFn) {
    let mut record = Record::load::<F>(&stored).await;
    yield_now().await;
    record.set(change);
    record.save::<F, S>(&stored).await;
}

fn tasks<F: LockFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    match variant {
        Variant::Wrong => clients::<F, AllFields>(yield_now),
        Variant::Right => clients::<F, ChangedFields>(yield_now),
    }
}

/// A client for each field, and one who reads them all when these have ended.
fn clients<F: LockFamily, S: Save>(yield_now: YieldFn) -> PitfallProgram {
    let empty = CHANGES.map(|(field, _)| (field, String::new()));
    let stored: Stored<F> = Rc::new(SharedLock::new(&DOCUMENT, Fields::from(empty)));
    let log = KvLog::default();
    let program = (0..).zip(CHANGES).fold(PitfallProgram::new(), |program, (process, (field, text))| {
        let (stored, log) = (stored.clone(), log.clone());
        let put = async move {
            log.put(process, field, text, change::<F, S>(stored, (field, text), yield_now)).await;
        };
        program.part(format!("sets {field}"), put)
    });
    program.finally(async move {
        for (process, (field, _)) in (CHANGES.len() as u64..).zip(CHANGES) {
            log.get(process, field, async { stored.read().await[field].clone() }).await;
        }
        log.judge()
    })
}
