//! Is there an order of events in which my cache loads a value twice? Two callers of a small cache in every order: one
//! version that looks under one lock and stores under the next, and one that does both under the same lock.
//!
//! ```sh
//! cargo run -p lockyard-explore --example cache
//! ```

use std::sync::Arc;

use lockyard_explore::{Explorer, ModelLocks, Program, Report, Setting, look};
use lockyard_lock::{LockClass, LockFamily, LockOf, SharedLock};

static CACHE: LockClass = LockClass::new("cache");

/// The value, and how often it was loaded.
#[derive(Clone, Default)]
struct Cached {
    value: Option<u32>,
    loads: u32,
}

impl Cached {
    fn load(&mut self) -> u32 {
        self.loads += 1;
        *self.value.insert(7)
    }
}

/// Looks under one lock, and loads under the next: another caller may load between the two.
async fn get_in_two_steps<F: LockFamily>(cache: Arc<LockOf<F, Cached>>) -> u32 {
    let seen = cache.read().await.value;
    match seen {
        Some(value) => value,
        None => cache.write().await.load(),
    }
}

/// Looks again under the lock that it loads under.
async fn get<F: LockFamily>(cache: Arc<LockOf<F, Cached>>) -> u32 {
    let mut cache = cache.write().await;
    match cache.value {
        Some(value) => value,
        None => cache.load(),
    }
}

/// Two callers of one cache, and what must hold when both are done.
fn two_callers<Get>(program: &mut Program, get: impl Fn(Arc<LockOf<ModelLocks, Cached>>) -> Get)
where
    Get: Future<Output = u32> + 'static,
{
    let cache: Arc<LockOf<ModelLocks, Cached>> = Arc::new(SharedLock::new(&CACHE, Cached::default()));
    for name in ["one", "other"] {
        let call = get(cache.clone());
        program.task(name).op("get", async { _ = call.await }).done();
    }
    program.at_end(move |_| match look(async { cache.read().await.loads })? {
        1 => Ok(()),
        loads => Err(format!("the value was loaded {loads} times")),
    });
}

/// What the search says of the wrong version and of the right one, and the trace of the failure.
pub(crate) fn explore() -> (Report, Report, String) {
    let explorer = Explorer::new(Setting::default());
    let wrong = |program: &mut Program| two_callers(program, get_in_two_steps::<ModelLocks>);
    let found = explorer.search(&wrong);
    let drawn = found.failure.as_ref().map(|failure| explorer.trace(&failure.schedule, &wrong));
    let drawn = drawn.map_or_else(String::new, |run| run.to_string());
    (found, explorer.search(&|program| two_callers(program, get::<ModelLocks>)), drawn)
}

fn main() {
    let (wrong, right, drawn) = explore();
    let failure = wrong.failure.expect("two callers load twice in some order");
    println!("in two steps: {}\n\n{drawn}\nto replay: {}\n", failure.message, failure.schedule);
    println!("under one lock: no failure in {} schedules, all that there are", right.schedules());
}
