//! A small session manager of which each step can be another: what most would write first, correct as it stands.
//!
//! [`Sessions`] knows what there is, [`Steps`] says what is done with it. A pitfall is an implementation of the trait
//! that does one step otherwise; the fixed variant, [`CorrectSteps`], does none.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use crate::backend::chat::{AppendedDTO, ChatContext, ChatContextDTO, ContextId, NewMessage, Role, Version};
use crate::backend::session::{Clock, Env, GATE, SESSION, SessionError, Short};
use crate::backend::store::{Store, StoreError};
use crate::checks::sessions::{context, id};
use crate::checks::spec::Answer;
use lockyard_lock::{AwaitFamily, LockOf, SharedLock};

use super::operation_log::Left;
use super::session_env::SessionEnv;

/// One live session.
pub(super) struct Entry<E: Env> {
    pub(super) id: ContextId,
    pub(super) slot: LockOf<E::Locks, Slot>,
    /// Its holder may do I/O for this session.
    pub(super) gate: LockOf<E::Gate, ()>,
    _tie: <E::Short<Tables<E>> as Short<Tables<E>>>::Tie,
}

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there are few, and most of them live")]
pub(super) enum Slot {
    Empty,
    Live(ChatContext),
    Gone,
}

/// Who is known.
pub(super) struct Tables<E: Env> {
    /// By recency, the oldest first.
    pub(super) cached: Vec<Arc<Entry<E>>>,
    /// All live entries, cached or held.
    living: BTreeMap<ContextId, Weak<Entry<E>>>,
    /// Entries that are newer than the store, and their versions.
    pub(super) unsaved: BTreeMap<ContextId, (Arc<Entry<E>>, Version)>,
}

impl<E: Env> Tables<E> {
    /// Makes it the newest; what has to go for it.
    pub(super) fn keep(&mut self, entry: &Arc<Entry<E>>, room: usize) -> Option<Arc<Entry<E>>> {
        self.cached.retain(|other| other.id != entry.id);
        self.cached.push(entry.clone());
        (self.cached.len() > room).then(|| self.cached.remove(0))
    }

    pub(super) fn forget(&mut self, id: ContextId) {
        self.cached.retain(|other| other.id != id);
        self.unsaved.remove(&id);
    }
}

/// What a manager is.
pub(super) struct Sessions<E: SessionEnv, S> {
    pub(super) env: E,
    pub(super) tables: E::Short<Tables<E>>,
    /// How many may be cached.
    pub(super) room: usize,
    /// Whether acknowledged means stored.
    pub(super) write_through: bool,
    /// What the steps of a pitfall have beside.
    pub(super) steps: S,
}

type Outcome<T> = Result<T, SessionError>;

/// What is done, step by step.
pub(super) trait Steps<E: SessionEnv>: Default + Send + Sync + 'static {
    /// The session, loaded.
    fn open(
        all: &Arc<Sessions<E, Self>>,
        id: ContextId,
    ) -> impl Future<Output = Outcome<Arc<Entry<E>>>> + Send {
        async move {
            if let Some(entry) = all.cached(id).await {
                return Ok(entry);
            }
            let entry = Self::find(all, id).await;
            Self::load(all, &entry).await?;
            Self::keep(all, &entry).await;
            Ok(entry)
        }
    }

    /// The one entry of a session that is not cached.
    fn find(all: &Arc<Sessions<E, Self>>, id: ContextId) -> impl Future<Output = Arc<Entry<E>>> + Send {
        let find = move |tables: &mut Tables<E>| {
            if let Some(entry) = tables.living.get(&id).and_then(Weak::upgrade) {
                return entry;
            }
            let entry = all.entry(id, Slot::Empty);
            tables.living.insert(id, Arc::downgrade(&entry));
            entry
        };
        all.tables.at(find)
    }

    /// Loads the session unless it is loaded.
    fn load(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> impl Future<Output = Outcome<()>> + Send {
        async move {
            let _gate = E::Gate::hold(&entry.gate).await;
            match entry.look().await {
                Slot::Live(_) => Ok(()),
                Slot::Gone => Err(SessionError::NotFound { id: entry.id }),
                Slot::Empty => {
                    let loaded = all.fetch(entry.id).await?;
                    *entry.slot.write().await = Slot::Live(loaded);
                    Ok(())
                }
            }
        }
    }

    /// Puts it into the cache, in the place of the least recently used.
    fn keep(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> impl Future<Output = ()> + Send {
        async move {
            let evicted = all.tables.at(|tables| tables.keep(entry, all.room)).await;
            drop(evicted); // with the tables free, for it may be the session's end
        }
    }

    /// Brings a change to the store before it is acknowledged.
    fn settle(
        all: &Arc<Sessions<E, Self>>,
        entry: &Arc<Entry<E>>,
    ) -> impl Future<Output = Outcome<()>> + Send {
        Self::save(all, entry)
    }

    /// Brings the store up to date.
    fn save(all: &Arc<Sessions<E, Self>>, entry: &Arc<Entry<E>>) -> impl Future<Output = Outcome<()>> + Send {
        async move {
            let _gate = E::Gate::hold(&entry.gate).await;
            let now = entry.look().await;
            all.put(entry, now).await
        }
    }

    /// Saves whatever is unsaved; what fails stays marked.
    fn flush(all: &Arc<Sessions<E, Self>>) -> impl Future<Output = ()> + Send {
        async move {
            for entry in all.unsaved().await {
                let _failed = Self::save(all, &entry).await;
            }
        }
    }

    /// Deletes it for good.
    fn delete(all: &Arc<Sessions<E, Self>>, id: ContextId) -> impl Future<Output = Outcome<()>> + Send {
        async move {
            let entry = Self::open(all, id).await?;
            let _gate = E::Gate::hold(&entry.gate).await;
            *entry.slot.write().await = Slot::Gone;
            all.tables.at(|tables| tables.forget(id)).await;
            all.env.store().delete(id).await.map_err(failed(id))
        }
    }
}

/// Every step as it should be.
#[derive(Default)]
pub(super) struct CorrectSteps;

impl<E: SessionEnv> Steps<E> for CorrectSteps {}

fn failed(id: ContextId) -> impl Fn(StoreError) -> SessionError {
    move |source| SessionError::Store { id, source }
}

impl<E: Env> Entry<E> {
    /// What it is now.
    pub(super) async fn look(&self) -> Slot {
        self.slot.read().await.clone()
    }
}

impl<E: SessionEnv, S: Steps<E>> Sessions<E, S> {
    /// A manager with room for `room` sessions over a store that holds those from zero on; the first is cached already.
    pub(super) fn new(sessions: u32, room: usize, write_through: bool) -> Arc<Self> {
        let env = E::over((0..sessions).map(context).collect());
        let tables = Tables { cached: Vec::new(), living: BTreeMap::new(), unsaved: BTreeMap::new() };
        let tables = E::Short::new(tables);
        Arc::new(Self { env, tables, room, write_through, steps: S::default() })
    }

    /// Has the session in the cache before anything happens.
    pub(super) fn warm(self: &Arc<Self>, key: u32) {
        let entry = self.entry(id(key), Slot::Live(context(key)));
        self.tables.with(|tables| {
            tables.living.insert(entry.id, Arc::downgrade(&entry));
            tables.cached.push(entry);
        });
    }

    pub(super) fn entry(&self, id: ContextId, slot: Slot) -> Arc<Entry<E>> {
        let (slot, gate) = (SharedLock::new(&SESSION, slot), SharedLock::new(&GATE, ()));
        Arc::new(Entry { id, slot, gate, _tie: self.tables.tie() })
    }

    pub(super) async fn cached(&self, id: ContextId) -> Option<Arc<Entry<E>>> {
        let hit = |tables: &mut Tables<E>| {
            let entry = tables.cached.iter().find(|entry| entry.id == id).cloned()?;
            tables.keep(&entry, usize::MAX);
            Some(entry)
        };
        self.tables.at(hit).await
    }

    pub(super) async fn unsaved(&self) -> Vec<Arc<Entry<E>>> {
        self.tables.at(|tables| tables.unsaved.values().map(|(entry, _)| entry.clone()).collect()).await
    }

    pub(super) async fn fetch(&self, id: ContextId) -> Outcome<ChatContext> {
        let loaded = self.env.store().read(id).await.map_err(failed(id))?;
        loaded.ok_or(SessionError::NotFound { id })
    }

    /// Puts what was seen of a session into the store. To be called with its gate.
    pub(super) async fn put(&self, entry: &Arc<Entry<E>>, seen: Slot) -> Outcome<()> {
        let (Slot::Live(context), id) = (seen, entry.id) else { return Ok(()) };
        let version = context.version();
        self.env.store().write(context).await.map_err(failed(id))?;
        self.tables.with(|tables| {
            if tables.unsaved.get(&id).is_some_and(|(_, newest)| *newest <= version) {
                tables.unsaved.remove(&id);
            }
        });
        Ok(())
    }

    /// Appends a message, holding the session for some steps before it is changed.
    pub(super) async fn append(self: &Arc<Self>, key: u32, text: &str, steps: usize) -> Outcome<Answer> {
        let id = id(key);
        let entry = S::open(self, id).await?;
        for _ in 0..steps {
            E::yield_now().await;
        }
        let appended = {
            let mut slot = entry.slot.write().await;
            let Slot::Live(context) = &mut *slot else { return Err(SessionError::NotFound { id }) };
            let message = NewMessage::text(Role::User, text);
            let refused = |source| SessionError::Refused { id, source };
            let place = context.append(message, None).map_err(refused)?;
            context.touch(self.env.clock().now());
            let version = context.version();
            self.tables.with(|tables| tables.unsaved.insert(id, (entry.clone(), version)));
            AppendedDTO { id: place, version }
        };
        if self.write_through {
            S::settle(self, &entry).await?;
        }
        Ok(appended.into())
    }

    pub(super) async fn delete(self: &Arc<Self>, key: u32) -> Outcome<Answer> {
        S::delete(self, id(key)).await?;
        Ok(Answer::Done)
    }

    pub(super) async fn read(self: &Arc<Self>, key: u32) -> Outcome<Answer> {
        Ok(Answer::from(&ChatContextDTO::from(&self.remember(key).await?)))
    }

    async fn remember(self: &Arc<Self>, key: u32) -> Outcome<ChatContext> {
        match S::open(self, id(key)).await?.look().await {
            Slot::Live(context) => Ok(context),
            Slot::Empty | Slot::Gone => Err(SessionError::NotFound { id: id(key) }),
        }
    }

    /// Memory and store in the end, when all has been saved.
    pub(super) async fn left(self: &Arc<Self>, sessions: u32) -> (Left, Left) {
        for _ in 0..2 {
            S::flush(self).await; // the second time for what was to fail once
        }
        let (mut memory, mut store) = (Left::new(), Left::new());
        for key in 0..sessions {
            memory.extend(self.remember(key).await.ok().map(|context| (key, context)));
            store.extend(self.fetch(id(key)).await.ok().map(|context| (key, context)));
        }
        (memory, store)
    }
}
