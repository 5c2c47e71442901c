//! tokio's runtimes: what they run is known to the instruments, and when one runs out of work, they look.

pub use real::runtime::{
    EnterGuard, Id, LocalOptions, RuntimeFlavor, RuntimeMetrics, TryCurrentError, is_rt_shutdown_err,
    worker_index,
};

mod builder;
mod handle;
mod local_runtime;
#[expect(clippy::module_inception, reason = "the type has the name of its module")]
mod runtime;

pub use builder::Builder;
pub use handle::Handle;
pub use local_runtime::LocalRuntime;
pub use runtime::Runtime;
