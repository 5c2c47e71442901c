//! Specifications of common objects.

mod counter;
mod kv;
mod list;
mod lock;
mod multi_register;
mod queue;
mod reference;
mod register;
mod set;
mod value;

pub use counter::{Counter, CounterAnswer, CounterCall};
pub use kv::{Kv, KvAnswer, KvCall};
pub use lock::{Lock, LockAnswer, LockCall, LockState};
pub use multi_register::{MicroOperation, MultiRegister, MultiRegisterState, Transaction};
pub use queue::{Queue, QueueAnswer, QueueCall, QueueState};
pub use reference::ReferenceModel;
pub use register::{Register, RegisterAnswer, RegisterCall};
pub use set::{Set, SetAnswer, SetCall};
pub use value::Value;
