//! The wrong ones: each does one step otherwise than the right lock that it is made from. Whatever tries a lock must
//! complain of each of them.

#![allow(unused_imports, reason = "no test uses all of them")]

mod double_grant;
mod forgotten_wake;
mod leak_behind_reader;
mod leak_behind_writer;
mod lost_hand_over;
mod poisoned;
mod torn;
mod unfair;

pub use double_grant::DoubleGrant;
pub use forgotten_wake::ForgottenWake;
pub use leak_behind_reader::LeakBehindReader;
pub use leak_behind_writer::LeakBehindWriter;
pub use lost_hand_over::LostHandOver;
pub use poisoned::PoisonedRwLock;
pub use torn::TornRwLock;
pub use unfair::UnfairRwLock;
