//! A transcript is a file that is read and written anew, under a lock that every writer takes: those of the turn do,
//! and the listener that adds a tool's result when it comes does not. Its line and a line of the turn overwrite each
//! other. Fixed: the listener takes the lock as all others do.
//!
//! The lock is right and so are its users; what is wrong is who is none. In `lost-update` there is no such lock.

use std::rc::Rc;

use parking_lot::Mutex;

use lockyard_explore::{LockModel, ModelLocks, Setting, Shared};
use lockyard_lock::{AwaitFamily, LockClass, LockOf, SharedLock, TokioMutex};

use crate::checks::pitfalls::kv_log::KvLog;
use crate::checks::pitfalls::program::{PitfallProgram, YieldFn, no_yield, turns};
use crate::checks::pitfalls::{Detection, ExploredProgram, Pitfall, Trial, Variant};

pub(super) const PITFALL: Pitfall = Pitfall {
    name: "one-path-skips-lock",
    class: "missing lock",
    about: "all writers of a transcript lock it but one",
    met: "openclaw/openclaw pull request 85402: listeners that write a session's transcript outside its lock; \
          spiceai/spiceai pull request 12839, \"the one that did not\"",
    trials: &[
        Trial::Explorer(ExploredProgram {
            setting: || Setting { lock: LockModel::UNFAIR_MUTEX, ..Setting::default() },
            program: |variant, program| tasks::<ModelLocks>(variant, no_yield).explore(program),
        }),
        Trial::History(|variant| {
            Detection::unless("not linearizable", tasks::<TokioMutex>(variant, turns).play())
        }),
    ],
};

static TRANSCRIPT: LockClass = LockClass::new("transcript");

/// A read of it and a write of it are whole, each by itself.
#[derive(Default)]
struct File {
    text: Mutex<String>,
    calls: Shared,
}

impl File {
    async fn read(&self) -> String {
        self.calls.step("read the file", false).await;
        self.text.lock().clone()
    }

    async fn write(&self, text: String) {
        self.calls.step("write the file", true).await;
        *self.text.lock() = text;
    }
}

struct Transcript<F: AwaitFamily> {
    lock: LockOf<F, ()>,
    file: File,
    yield_now: YieldFn,
}

impl<F: AwaitFamily> Transcript<F> {
    /// Adds a line. To be called with the lock.
    async fn append(&self, line: &str) {
        let mut lines = self.file.read().await;
        (self.yield_now)().await;
        lines.push_str(line);
        self.file.write(lines).await;
    }

    /// What a turn does.
    async fn add_message(&self, line: &str) {
        let _lock = F::hold(&self.lock).await;
        self.append(line).await;
    }

    /// What the listener does.
    async fn add_tool_result(&self, line: &str, variant: Variant) {
        let _lock = match variant {
            Variant::Wrong => None,
            Variant::Right => Some(F::hold(&self.lock).await),
        };
        self.append(line).await;
    }
}

fn tasks<F: AwaitFamily>(variant: Variant, yield_now: YieldFn) -> PitfallProgram {
    let lock = SharedLock::new(&TRANSCRIPT, ());
    let all = Rc::new(Transcript::<F> { lock, file: File::default(), yield_now });
    let log = KvLog::default();
    let write = |process, line: &'static str, is_tool: bool| {
        let (all, log) = (all.clone(), log.clone());
        async move {
            let append = async {
                if is_tool { all.add_tool_result(line, variant).await } else { all.add_message(line).await }
            };
            log.append(process, "transcript", line, append).await;
        }
    };
    let program = PitfallProgram::new()
        .part("user", write(0, "question ", false))
        .part("model", write(1, "answer ", false))
        .part("tool", write(2, "result ", true));
    program.finally(async move {
        log.get(3, "transcript", all.file.read()).await;
        log.judge()
    })
}
