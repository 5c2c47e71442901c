//! Signals that end a server: the first lets requests under way finish, the second does not.

use anyhow::Context;
use lockyard_bench::program::exit::Exit;
use tokio::runtime::Handle;

/// Ready at the first signal to end. The second one ends the program.
pub(super) fn ended_by_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let (send, received) = tokio::sync::oneshot::channel();
    let mut signals = signals().context("signals cannot be caught")?;
    // A thread, so that it is no task that the end would wait for.
    let runtime = Handle::current();
    let wait = move || {
        runtime.block_on(signals.next());
        eprintln!("\nEnding: requests under way may finish. Again to end at once.");
        let _ = send.send(());
        runtime.block_on(signals.next());
        std::process::exit(Exit::Interrupted as i32);
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(async move { drop(received.await) })
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupt, terminate, hang_up] =
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    Ok(Signals([interrupt?, terminate?, hang_up?]))
}

#[cfg(unix)]
impl Signals {
    async fn next(&mut self) {
        let Self([interrupt, terminate, hang_up]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
fn signals() -> std::io::Result<Signals> {
    Ok(Signals)
}

#[cfg(not(unix))]
impl Signals {
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
