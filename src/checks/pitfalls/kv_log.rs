//! Texts under keys: who asked what of which and was answered what, written down while a program runs, for the check of
//! histories.

use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;

use lockyard_explore::{Shared, Violated};
use lockyard_history::{Kv, KvAnswer, KvCall, Pairing, Verdict, check};

/// The history of a few operations is judged in far less.
const BUDGET: Duration = Duration::from_secs(5);

/// The operations of a program so far.
#[derive(Clone, Default)]
pub(super) struct KvLog(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Invocations and responses, as the explorer sees them: their order is what a history is judged by.
    order: Shared,
    events: Mutex<Pairing<Kv>>,
}

impl KvLog {
    /// Reads the text under a key.
    pub(super) async fn get(&self, process: u64, key: &str, get: impl Future<Output = String>) {
        self.invoke(process, key, KvCall::Get).await;
        let got = get.await;
        self.answer(process, KvAnswer::Got(got.into()));
    }

    /// Has a text take the place of the one under a key.
    pub(super) async fn put(&self, process: u64, key: &str, text: &str, put: impl Future<Output = ()>) {
        self.invoke(process, key, KvCall::Put(text.into())).await;
        put.await;
        self.answer(process, KvAnswer::Done);
    }

    /// Adds a text to the one under a key.
    pub(super) async fn append(&self, process: u64, key: &str, text: &str, append: impl Future<Output = ()>) {
        self.invoke(process, key, KvCall::Append(text.into())).await;
        append.await;
        self.answer(process, KvAnswer::Done);
    }

    async fn invoke(&self, process: u64, key: &str, call: KvCall) {
        self.0.order.step("request", false).await;
        self.0.events.lock().invoke(process, Some(key), call).expect("a process has one operation at a time");
    }

    fn answer(&self, process: u64, answer: KvAnswer) {
        self.0.order.touch(true);
        self.0.events.lock().ok(process, None, answer).expect("its operation was invoked");
    }

    /// Whether one operation at a time could have been answered so. Once.
    pub(super) fn judge(&self) -> Result<(), Violated> {
        let history = std::mem::take(&mut *self.0.events.lock()).finish();
        let history = history.map_err(|error| error.to_string())?;
        match check(&Kv, &history, BUDGET) {
            Verdict::Linearizable => Ok(()),
            Verdict::Violation(found) => Err(format!("no linearization explains these answers\n{found}")),
            Verdict::Unknown => Err("linearizability was not decided in time".to_owned()),
        }
    }
}
