//! Two tasks send to each other, and both channels are full.
//!
//! Raised in build-trust/ockam, issue 1947, "possible deadlock under high load": workers with mailboxes of a fixed size that send to each other.

use tokio::sync::mpsc;

struct Worker {
    to: mpsc::Sender<u32>,
    from: mpsc::Receiver<u32>,
}

impl Worker {
    async fn send(&self) {
        for message in 0..2 {
            self.to.send(message).await.unwrap();
        }
    }

    async fn receive(&mut self) {
        for _ in 0..2 {
            self.from.recv().await.unwrap();
        }
    }

    async fn run(mut self, receives_first: bool) {
        if receives_first {
            self.receive().await;
            self.send().await;
        } else {
            self.send().await;
            self.receive().await;
        }
    }
}

async fn exchange(one_receives_first: bool) {
    let (to_one, from_other) = mpsc::channel(1);
    let (to_other, from_one) = mpsc::channel(1);
    let one = Worker { to: to_other, from: from_other };
    let other = Worker { to: to_one, from: from_one };
    let task = tokio::spawn(one.run(one_receives_first));
    other.run(false).await;
    task.await.unwrap();
}

/// Both send first.
pub async fn wrong() {
    exchange(false).await;
}

/// One of them receives first.
pub async fn fixed() {
    exchange(true).await;
}
