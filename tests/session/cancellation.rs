//! A call may be cancelled at any await. Each call here is polled by hand and dropped after every possible number of
//! polls, with and without a competitor in its way; what it leaves behind is then held to the rules.

use std::pin::Pin;
use std::sync::atomic::Ordering::SeqCst;

use lockyard::backend::chat::{ChatContext, ContextId, Timestamp, Version};
use lockyard::backend::session::{SaveMode, SessionError};
use lockyard::lock::LockFamily;
use lockyard::strategy::IdSource;

use crate::support::store::ScriptedStore;
use crate::support::{Manager, config, finish, manager, paused, poll, say, texts};

/// Which other call wants the session, made before or after the one that is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Competitor {
    None,
    WriterBefore,
    WriterAfter,
    ReaderBefore,
    Deleter,
}

const COMPETITORS: [Competitor; 5] = [
    Competitor::None,
    Competitor::WriterBefore,
    Competitor::WriterAfter,
    Competitor::ReaderBefore,
    Competitor::Deleter,
];

/// What is known of the world in which something was dropped.
struct Aftermath<F: LockFamily, S: SaveMode<F>> {
    store: ScriptedStore,
    manager: Manager<F, S>,
    id: ContextId,
    competitor: Competitor,
    /// After how many polls; for messages.
    at: String,
}

impl<F: LockFamily, S: SaveMode<F>> Aftermath<F, S> {
    /// What memory or else the store says, without asking for anything that is not there.
    fn remembered(&self) -> Option<ChatContext> {
        match finish(&mut Box::pin(self.manager.read(self.id, ChatContext::clone))) {
            Ok(context) => Some(context),
            Err(SessionError::NotFound { .. }) => None,
            Err(error) => panic!("{}: {error}", self.at),
        }
    }

    fn unsaved(&self) -> usize {
        finish(&mut Box::pin(self.manager.stats())).unsaved
    }

    /// The rule of the house: when memory is newer than the store, that is known, and the next flush mends it.
    fn assert_in_order(&self) {
        let at = &self.at;
        let memory = self.remembered();
        if memory != self.store.stored(self.id) {
            assert_eq!(self.unsaved(), 1, "{at}: memory and store differ, and the session is not unsaved");
        }
        assert_eq!(finish(&mut Box::pin(self.manager.flush())), [], "{at}");
        assert_eq!(self.store.stored(self.id), memory, "{at}");
        assert_eq!(self.unsaved(), 0, "{at}");
        self.store.assert_no_save_goes_backwards(self.id);
    }
}

/// Lets a competitor come to its end, which may be to find that the session was deleted.
fn let_end(competitor: &mut Pin<Box<impl Future<Output = Result<(), SessionError>>>>, done: bool) {
    let outcome = if done { Ok(()) } else { finish(competitor) };
    assert!(matches!(outcome, Ok(()) | Err(SessionError::NotFound { .. })), "{outcome:?}");
}

/// Drops `call` after 0, 1, 2 … polls until it is done before it can be dropped, each time in a world of its own.
///
/// The store takes a poll for each of its calls before it takes effect, and another one before it answers.
fn drop_at_each_await<F: LockFamily, S: SaveMode<F>>(
    cached: bool,
    call: &impl AsyncFn(&Manager<F, S>, ContextId),
    check: impl Fn(&Aftermath<F, S>),
) {
    for competitor in COMPETITORS {
        let mut drops = 0;
        loop {
            let runtime = paused();
            let _on = runtime.enter();
            let store = ScriptedStore::default();
            let mut planted = ChatContext::new(IdSource::seeded(9).next(), config(), Timestamp(0)).unwrap();
            planted.touch(Timestamp(1));
            let id = planted.id();
            store.plant(planted);
            let manager = manager::<F, S>(&store, 1);
            if cached {
                finish(&mut Box::pin(manager.read(id, texts))).unwrap();
            }
            store.pauses.store(1, SeqCst);

            let mut victim = Box::pin(call(&manager, id));
            let mut before = Box::pin(async {
                match competitor {
                    Competitor::WriterBefore => manager.write(id, say("competitor")).await,
                    Competitor::ReaderBefore => manager.read(id, texts).await.map(drop),
                    Competitor::Deleter => manager.delete(id).await,
                    Competitor::None | Competitor::WriterAfter => Ok(()),
                }
            });
            let mut after = Box::pin(async {
                if competitor == Competitor::WriterAfter {
                    manager.write(id, say("competitor")).await
                } else {
                    Ok(())
                }
            });
            let (mut before_done, mut victim_done, mut after_done) = (false, false, false);
            for _ in 0..drops {
                before_done = before_done || poll(&mut before).is_ready();
                victim_done = victim_done || poll(&mut victim).is_ready();
                after_done = after_done || poll(&mut after).is_ready();
            }
            drop(victim);
            let_end(&mut before, before_done);
            let_end(&mut after, after_done);
            drop((before, after));
            let at = format!("{competitor:?}, dropped after {drops} polls, cached: {cached}");
            check(&Aftermath { store, manager, id, competitor, at });
            if victim_done {
                // A caller that finds the session deleted is answered at once.
                assert!(drops > 1 || competitor == Competitor::Deleter, "there was no await to drop it at");
                break;
            }
            drops += 1;
        }
    }
}

fn a_dropped_write_leaves_no_change_or_a_known_one<F: LockFamily, S: SaveMode<F>>() {
    for cached in [false, true] {
        drop_at_each_await::<F, S>(
            cached,
            &async |manager, id| drop(manager.write(id, say("victim")).await),
            |aftermath| {
                if let Some(context) = aftermath.remembered() {
                    let said = texts(&context);
                    let competing = said.iter().filter(|text| *text == "competitor").count();
                    let wrote =
                        matches!(aftermath.competitor, Competitor::WriterBefore | Competitor::WriterAfter);
                    assert_eq!(competing, usize::from(wrote), "{}", aftermath.at);
                    assert_eq!(context.version(), Version(1 + said.len() as u64), "{}", aftermath.at);
                }
                aftermath.assert_in_order();
            },
        );
    }
}

fn a_dropped_reader_leaves_nothing<F: LockFamily, S: SaveMode<F>>() {
    drop_at_each_await::<F, S>(
        false,
        &async |manager, id| drop(manager.read(id, texts).await),
        |aftermath| {
            assert!(aftermath.store.load_count() <= 2, "{}", aftermath.at);
            aftermath.assert_in_order();
        },
    );
}

fn a_dropped_deletion_has_happened_or_not<F: LockFamily, S: SaveMode<F>>() {
    for cached in [false, true] {
        drop_at_each_await::<F, S>(
            cached,
            &async |manager, id| drop(manager.delete(id).await),
            |aftermath| {
                // Asked twice, with all handles dropped in between: gone stays gone.
                let gone = aftermath.remembered().is_none();
                aftermath.assert_in_order();
                assert_eq!(aftermath.remembered().is_none(), gone, "{}", aftermath.at);
            },
        );
    }
}

fn a_dropped_creation_leaves_a_whole_session_or_none<F: LockFamily, S: SaveMode<F>>() {
    for drops in 0.. {
        let runtime = paused();
        let _on = runtime.enter();
        let store = ScriptedStore::default();
        store.pauses.store(1, SeqCst);
        let manager = manager::<F, S>(&store, 1);
        let id = IdSource::seeded(1).next(); // the first that the manager will give
        let mut creation = Box::pin(manager.create_session(config(), say("hello")));
        let done = (0..drops).any(|_| poll(&mut creation).is_ready());
        drop(creation);
        let aftermath = Aftermath {
            store,
            manager,
            id,
            competitor: Competitor::None,
            at: format!("dropped after {drops} polls"),
        };
        if let Some(context) = aftermath.remembered() {
            assert_eq!((context.version(), texts(&context)), (Version(1), vec!["hello".to_owned()]));
        }
        aftermath.assert_in_order();
        if done {
            assert!(drops > 1, "there was no await to drop it at");
            break;
        }
    }
}

macro_rules! cancellation {
    ($($module:ident: $lock:ident, $save:ident;)*) => { $(
        mod $module {
            use lockyard::lock::$lock;
            use lockyard::backend::session::$save;

            cancellation! { @tests $lock, $save:
                a_dropped_write_leaves_no_change_or_a_known_one
                a_dropped_reader_leaves_nothing
                a_dropped_deletion_has_happened_or_not
                a_dropped_creation_leaves_a_whole_session_or_none
            }
        }
    )* };
    (@tests $lock:ident, $save:ident: $($test:ident)*) => { $(
        #[test]
        fn $test() {
            super::$test::<$lock, $save>();
        }
    )* };
}

cancellation! {
    tokio_mutex_under_lock: TokioMutex, UnderLock;
    tokio_rwlock_under_lock: TokioRwLock, UnderLock;
    tokio_rwlock_after_unlock: TokioRwLock, AfterUnlock;
    std_mutex_after_unlock: StdMutex, AfterUnlock;
    parking_lot_rwlock_after_unlock: ParkingLotRwLock, AfterUnlock;
}
