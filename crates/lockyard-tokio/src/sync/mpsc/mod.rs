//! Channels from many senders to one receiver, whose waits are reported.

mod channel;
mod permit;
mod receiver;
mod sender;
mod unbounded_receiver;
mod unbounded_sender;

use std::panic::Location;

use real::sync::mpsc as tokio;

pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use real::sync::mpsc::error;
pub use receiver::Receiver;
pub use sender::{Sender, WeakSender};
pub use unbounded_receiver::UnboundedReceiver;
pub use unbounded_sender::{UnboundedSender, WeakUnboundedSender};

use channel::Channel;

/// A channel with room for so many messages. Panics if that is none, or too many.
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), None);
    let (sender, receiver) = tokio::channel(buffer);
    (Sender::new(sender, channel.clone()), Receiver::new(receiver, channel))
}

/// The same, with a name for reports.
#[track_caller]
pub fn channel_named<T>(name: &'static str, buffer: usize) -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(Location::caller(), Some(name));
    let (sender, receiver) = tokio::channel(buffer);
    (Sender::new(sender, channel.clone()), Receiver::new(receiver, channel))
}

/// A channel with room for as many messages as there is memory.
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let channel = Channel::new(Location::caller(), None);
    let (sender, receiver) = tokio::unbounded_channel();
    (UnboundedSender::new(sender, channel.clone()), UnboundedReceiver::new(receiver, channel))
}

/// The same, with a name for reports.
#[track_caller]
pub fn unbounded_channel_named<T>(name: &'static str) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let channel = Channel::new(Location::caller(), Some(name));
    let (sender, receiver) = tokio::unbounded_channel();
    (UnboundedSender::new(sender, channel.clone()), UnboundedReceiver::new(receiver, channel))
}
