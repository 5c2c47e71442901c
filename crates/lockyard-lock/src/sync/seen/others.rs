//! What others have made without locks: each call one step, which is what they promise.
//!
//! A step is an access to one atomic, and the value stands beside it. A later access synchronizes with it.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::sync::{Arc, PoisonError};
use std::thread::panicking;

use super::atomic::{AtomicBool, AtomicUsize};
use super::fault::{self, Fault};

/// A value in which every access is one step.
#[derive(Debug)]
struct Stepwise<T> {
    steps: AtomicUsize,
    value: std::sync::Mutex<T>,
}

impl<T> Stepwise<T> {
    fn new(value: T) -> Self {
        Self { steps: AtomicUsize::new(0), value: std::sync::Mutex::new(value) }
    }

    fn step<R>(&self, step: impl FnOnce(&mut T) -> R) -> R {
        // A read-modify-write reads the latest value there is, so all steps are in one order; acquire and release
        // make each in step with those before. Two loads in a row would not do: a load may show an old value. loom
        // switches threads only at its own primitives, so none comes between this and the access below.
        self.steps.fetch_add(1, AcqRel);
        step(&mut self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `std`'s cell that is filled once.
#[derive(Debug)]
pub struct OnceLock<T> {
    filled: AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// An empty one.
    pub fn new() -> Self {
        Self::from(std::sync::OnceLock::new())
    }

    /// Fills it, if it is empty.
    ///
    /// # Errors
    /// The value, if it is filled.
    pub fn set(&self, value: T) -> Result<(), T> {
        // Acquire for the one that comes second, release for the first: paired with the load in `get`. The value is
        // filled after the flag, which is right only because loom does not switch threads in between.
        if self.filled.swap(true, AcqRel) {
            return Err(value);
        }
        // Of two that have found it empty, the first one's value stands: loom sees it only as a whole.
        let _second = self.value.set(value);
        Ok(())
    }

    /// What it is filled with.
    pub fn get(&self) -> Option<&T> {
        // A message that is put together for a panic may well look.
        // Acquire, so that what was written before the value was set has been seen with it.
        if panicking() || self.filled.load(Acquire) { self.value.get() } else { None }
    }

    /// What it is filled with; the caller has the only reference.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }
}

impl<T> From<std::sync::OnceLock<T>> for OnceLock<T> {
    fn from(value: std::sync::OnceLock<T>) -> Self {
        Self { filled: AtomicBool::new(value.get().is_some()), value }
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(Self::new, |value| Self::from(std::sync::OnceLock::from(value)))
    }
}

/// `arc_swap`'s pointer that may point nowhere.
#[derive(Debug)]
pub struct ArcSwapOption<T>(Stepwise<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    /// Pointing there.
    pub fn new(value: Option<Arc<T>>) -> Self {
        Self(Stepwise::new(value))
    }

    /// Where it points.
    pub fn load(&self) -> Guard<Option<Arc<T>>> {
        Guard(self.load_full())
    }

    /// Where it points, as a handle.
    pub fn load_full(&self) -> Option<Arc<T>> {
        self.0.step(|value| value.clone())
    }

    /// Lets it point elsewhere; where it pointed.
    pub fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
        if fault::is(Fault::TwoSteps) {
            // Two steps: another swap may come between them, and its value is then lost and never returned.
            let old = self.load_full();
            self.0.step(|at| *at = value);
            return old;
        }
        self.0.step(|at| std::mem::replace(at, value))
    }
}

/// `arc_swap`'s pointer.
#[derive(Debug)]
pub struct ArcSwap<T>(ArcSwapOption<T>);

impl<T> ArcSwap<T> {
    /// Pointing at this.
    pub fn from_pointee(value: T) -> Self {
        Self(ArcSwapOption::new(Some(Arc::new(value))))
    }

    /// Where it points.
    pub fn load(&self) -> Guard<Arc<T>> {
        Guard(self.load_full())
    }

    /// Where it points, as a handle.
    ///
    /// # Panics
    /// Never: it points somewhere.
    pub fn load_full(&self) -> Arc<T> {
        self.0.load_full().expect("it points somewhere")
    }

    /// Lets it point elsewhere; where it pointed.
    ///
    /// # Panics
    /// Never: it points somewhere.
    pub fn swap(&self, value: Arc<T>) -> Arc<T> {
        self.0.swap(Some(value)).expect("it points somewhere")
    }
}

/// What a pointer pointed at when it was looked at.
#[derive(Debug)]
pub struct Guard<T>(T);

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// `papaya`'s map.
#[derive(Debug)]
pub struct HashMap<K, V, S = RandomState>(Stepwise<std::collections::HashMap<K, Arc<V>, S>>);

/// A map that is being made.
#[derive(Debug)]
pub struct Builder<K, V, S>(S, PhantomData<fn() -> (K, V)>);

/// A look at a map. What is found in it outlives the look here, which no test can observe.
#[derive(Debug)]
pub struct Pinned<'a, K, V, S>(&'a HashMap<K, V, S>);

impl<K, V> HashMap<K, V> {
    /// A map to be made.
    pub fn builder() -> Builder<K, V, RandomState> {
        Builder(RandomState::new(), PhantomData)
    }
}

impl<K, V, S> Builder<K, V, S> {
    /// With this hasher.
    pub fn hasher<H>(self, hasher: H) -> Builder<K, V, H> {
        Builder(hasher, PhantomData)
    }

    /// The map.
    pub fn build(self) -> HashMap<K, V, S> {
        HashMap(Stepwise::new(std::collections::HashMap::with_hasher(self.0)))
    }
}

impl<K, V, S> HashMap<K, V, S> {
    /// A look at it.
    pub fn pin(&self) -> Pinned<'_, K, V, S> {
        Pinned(self)
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Pinned<'_, K, V, S> {
    /// What stands under this key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.0.0.step(|map| map.get(key).cloned())
    }

    /// Puts it in; what stood there.
    pub fn insert(&self, key: K, value: V) -> Option<Arc<V>> {
        self.0.0.step(|map| map.insert(key, Arc::new(value)))
    }

    /// Takes it out.
    pub fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.0.0.step(|map| map.remove(key))
    }
}
