//! A value that is watched, and waits for its changes, which are reported.

mod channel;
mod receiver;
mod sender;
mod value;

use std::panic::Location;

use real::sync::watch as tokio;

pub use real::sync::watch::error;
pub use receiver::Receiver;
pub use sender::Sender;
pub use value::Ref;

use channel::Channel;

/// A value that one side sets and the other side watches.
#[track_caller]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), None);
    let (sender, receiver) = tokio::channel(init);
    (Sender::of(sender, channel.clone()), Receiver::new(receiver, channel))
}

/// The same, with a name for reports.
#[track_caller]
pub fn channel_named<T>(name: &'static str, init: T) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), Some(name));
    let (sender, receiver) = tokio::channel(init);
    (Sender::of(sender, channel.clone()), Receiver::new(receiver, channel))
}
