//! Channels whose receivers each get every message, and whose waits are reported.

mod channel;
mod receiver;
mod sender;

use std::panic::Location;

use real::sync::broadcast as tokio;

pub use real::sync::broadcast::error;
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};

use channel::Channel;

/// A channel that keeps so many messages for receivers that are behind. Panics if that is none, or too many.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), None);
    let (sender, receiver) = tokio::channel(capacity);
    (Sender::of(sender, channel.clone()), Receiver::new(receiver, channel))
}

/// The same, with a name for reports.
#[track_caller]
pub fn channel_named<T: Clone>(name: &'static str, capacity: usize) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), Some(name));
    let (sender, receiver) = tokio::channel(capacity);
    (Sender::of(sender, channel.clone()), Receiver::new(receiver, channel))
}
