//! How a runtime is made. One hook of its threads is shared with the instruments: what is called before they sleep.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{LocalOptions, LocalRuntime, Runtime};
use crate::idle;

type ParkHook = Arc<dyn Fn() + Send + Sync>;

/// Settings of a runtime: [tokio's](real::runtime::Builder).
pub struct Builder {
    inner: real::runtime::Builder,
    on_park: Option<ParkHook>,
}

impl Builder {
    /// For a runtime on the current thread.
    pub fn new_current_thread() -> Self {
        Self { inner: real::runtime::Builder::new_current_thread(), on_park: None }
    }

    /// For a runtime of several threads.
    #[cfg(feature = "rt-multi-thread")]
    pub fn new_multi_thread() -> Self {
        Self { inner: real::runtime::Builder::new_multi_thread(), on_park: None }
    }

    /// With all drivers: [tokio's](real::runtime::Builder::enable_all).
    pub fn enable_all(&mut self) -> &mut Self {
        self.inner.enable_all();
        self
    }

    /// With sockets, pipes, processes and signals: [tokio's](real::runtime::Builder::enable_io).
    #[cfg(any(feature = "net", all(unix, any(feature = "process", feature = "signal"))))]
    pub fn enable_io(&mut self) -> &mut Self {
        self.inner.enable_io();
        self
    }

    /// How many events of the system are taken at once: [tokio's](real::runtime::Builder::max_io_events_per_tick).
    #[cfg(any(feature = "net", all(unix, any(feature = "process", feature = "signal"))))]
    #[track_caller]
    pub fn max_io_events_per_tick(&mut self, capacity: usize) -> &mut Self {
        self.inner.max_io_events_per_tick(capacity);
        self
    }

    /// How many events of the system are taken at once while there are tasks to run:
    /// [tokio's](real::runtime::Builder::max_io_events_per_busy_tick).
    #[track_caller]
    #[cfg(any(feature = "net", all(unix, any(feature = "process", feature = "signal"))))]
    pub fn max_io_events_per_busy_tick(&mut self, capacity: usize) -> &mut Self {
        self.inner.max_io_events_per_busy_tick(capacity);
        self
    }

    /// With timers: [tokio's](real::runtime::Builder::enable_time).
    pub fn enable_time(&mut self) -> &mut Self {
        self.inner.enable_time();
        self
    }

    /// The clock stands still until it is advanced, or until there is nothing else to do:
    /// [tokio's](real::runtime::Builder::start_paused).
    #[cfg(any(feature = "explore", feature = "test-util"))]
    pub fn start_paused(&mut self, start_paused: bool) -> &mut Self {
        self.inner.start_paused(start_paused);
        self
    }

    /// How many threads run tasks: [tokio's](real::runtime::Builder::worker_threads).
    #[track_caller]
    pub fn worker_threads(&mut self, val: usize) -> &mut Self {
        self.inner.worker_threads(val);
        self
    }

    /// How many threads there are for functions that block, at most: [tokio's](real::runtime::Builder::max_blocking_threads).
    #[track_caller]
    pub fn max_blocking_threads(&mut self, val: usize) -> &mut Self {
        self.inner.max_blocking_threads(val);
        self
    }

    /// What its threads are called: [tokio's](real::runtime::Builder::thread_name).
    pub fn thread_name(&mut self, val: impl Into<String>) -> &mut Self {
        self.inner.thread_name(val);
        self
    }

    /// What it is called: [tokio's](real::runtime::Builder::name).
    #[track_caller]
    pub fn name(&mut self, val: impl Into<String>) -> &mut Self {
        self.inner.name(val);
        self
    }

    /// The size of its threads' stacks: [tokio's](real::runtime::Builder::thread_stack_size).
    pub fn thread_stack_size(&mut self, val: usize) -> &mut Self {
        self.inner.thread_stack_size(val);
        self
    }

    /// For how long a thread is kept that has no function to run that blocks:
    /// [tokio's](real::runtime::Builder::thread_keep_alive).
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.inner.thread_keep_alive(duration);
        self
    }

    /// How often the queue of all threads is looked at: [tokio's](real::runtime::Builder::global_queue_interval).
    #[track_caller]
    pub fn global_queue_interval(&mut self, val: u32) -> &mut Self {
        self.inner.global_queue_interval(val);
        self
    }

    /// How often the drivers are looked at: [tokio's](real::runtime::Builder::event_interval).
    #[track_caller]
    pub fn event_interval(&mut self, val: u32) -> &mut Self {
        self.inner.event_interval(val);
        self
    }

    /// Is called when a thread of the runtime begins: [tokio's](real::runtime::Builder::on_thread_start).
    pub fn on_thread_start<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.inner.on_thread_start(f);
        self
    }

    /// Is called before a thread of the runtime ends: [tokio's](real::runtime::Builder::on_thread_stop).
    pub fn on_thread_stop<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.inner.on_thread_stop(f);
        self
    }

    /// Is called when a thread of the runtime has slept: [tokio's](real::runtime::Builder::on_thread_unpark).
    pub fn on_thread_unpark<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.inner.on_thread_unpark(f);
        self
    }

    /// What each of its threads is called: [tokio's](real::runtime::Builder::thread_name_fn).
    pub fn thread_name_fn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.inner.thread_name_fn(f);
        self
    }

    /// Is called before a thread of the runtime sleeps: [tokio's](real::runtime::Builder::on_thread_park).
    pub fn on_thread_park<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.on_park = Some(Arc::new(f));
        self
    }

    fn with_park_hook(&mut self) -> &mut real::runtime::Builder {
        let own = self.on_park.clone();
        self.inner.on_thread_park(move || {
            if let Some(own) = &own {
                own();
            }
            idle::look();
        })
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// As tokio's: when the system refuses threads or drivers.
    pub fn build(&mut self) -> io::Result<Runtime> {
        Ok(Runtime::of(self.with_park_hook().build()?))
    }

    /// Makes a runtime of one thread, whose tasks need not be `Send`.
    ///
    /// # Errors
    /// As tokio's.
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        Ok(LocalRuntime::of(self.with_park_hook().build_local(options)?))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
