//! How long a lease may be relied on: the server's clock against the database's.
//!
//! The database says when a lease has expired, by its own clock. The server that has it must have stopped relying on it by
//! then, by another clock. It counts from a look at its clock **before** the statement was sent that took or renewed the lease:
//! the database counts from when it executed the statement, which is later. What is left is how far the two clocks can drift
//! apart while a lease lasts; that must be less than the margin, by which the server stops earlier. This is the one assumption.
//! It is watched: each renewal compares what has passed on both clocks since the one before.

use std::time::Duration;

/// A server's own clock.
pub trait ServerClock: Send + Sync + 'static {
    /// The time since some moment that stays the same. It never goes back, and goes on while the machine is suspended
    /// (`CLOCK_BOOTTIME`): what was suspended past its lease must see that it has expired.
    ///
    /// A future, so that each look is a scheduling point for tools; it is ready at once.
    fn now(&self) -> impl Future<Output = Duration> + Send;
}

/// How long a lease may be relied on.
pub trait LeaseTerm: Send + Sync + 'static {
    /// How long the database keeps a lease for its owner.
    fn ttl(&self) -> Duration;

    /// Sends what takes or renews a lease, and says until when that may be relied on.
    fn timed<R: Send>(
        &self,
        statement: impl Future<Output = R> + Send,
    ) -> impl Future<Output = TimedAnswer<R>> + Send;

    /// Whether a lease may be relied on now that was to be relied on until then.
    fn is_valid(&self, until: Duration) -> impl Future<Output = bool> + Send;

    /// Whether the clocks have drifted so far apart, while so much has passed on each, that no lease is to be relied on.
    fn has_drifted(&self, server: Duration, database: Duration) -> bool;
}

/// The answer of a statement that takes or renews a lease, and how long that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedAnswer<R> {
    /// The answer.
    pub answer: R,
    /// The server's clock before it was sent.
    pub sent: Duration,
    /// If the lease was had: it may be relied on before this time of the server's clock.
    pub until: Duration,
}

/// The term of leases by this clock.
#[derive(Clone, Debug)]
pub struct ClockTerm<C> {
    clock: C,
    ttl: Duration,
    margin: Duration,
    /// What is left of the one without the other.
    relied_on: Duration,
}

/// A term that leaves no time in which a lease could be relied on safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a lease of {ttl:?} with a margin of {margin:?} for the drift of clocks: the margin must be more than nothing, and less than \
     the lease"
)]
pub struct TermError {
    /// How long leases were to last.
    pub ttl: Duration,
    /// How far the clocks may drift apart meanwhile.
    pub margin: Duration,
}

impl<C: ServerClock> ClockTerm<C> {
    /// Leases that last for `ttl`, while which this clock and the database's drift apart by less than `margin`.
    ///
    /// # Errors
    /// Without a margin, or with one that takes up the whole lease.
    pub fn new(clock: C, ttl: Duration, margin: Duration) -> Result<Self, TermError> {
        let relied_on = ttl.checked_sub(margin).filter(|left| !left.is_zero() && !margin.is_zero());
        let relied_on = relied_on.ok_or(TermError { ttl, margin })?;
        Ok(Self { clock, ttl, margin, relied_on })
    }
}

impl<C: ServerClock> LeaseTerm for ClockTerm<C> {
    fn ttl(&self) -> Duration {
        self.ttl
    }

    async fn timed<R: Send>(&self, statement: impl Future<Output = R> + Send) -> TimedAnswer<R> {
        // Before it is sent: however long the answer takes, the database has counted from a later moment than this.
        let sent = self.clock.now().await;
        let answer = statement.await;
        TimedAnswer { answer, sent, until: sent + self.relied_on }
    }

    async fn is_valid(&self, until: Duration) -> bool {
        self.clock.now().await < until
    }

    fn has_drifted(&self, server: Duration, database: Duration) -> bool {
        // Half of it: what is measured has the time in it that statements take to arrive, and what comes until the next
        // comparison must have room, too.
        server.abs_diff(database) > self.margin / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still;

    impl ServerClock for Still {
        async fn now(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn a_term_without_a_margin_or_shorter_than_it_is_refused() {
        let seconds = Duration::from_secs;
        assert!(ClockTerm::new(Still, seconds(10), seconds(1)).is_ok());
        for (ttl, margin) in [(0, 0), (0, 1), (10, 0), (1, 1), (1, 2)] {
            let error = ClockTerm::new(Still, seconds(ttl), seconds(margin)).map(|_| ()).unwrap_err();
            assert_eq!(error, TermError { ttl: seconds(ttl), margin: seconds(margin) });
        }
    }

    #[test]
    fn clocks_that_differ_by_more_than_half_the_margin_have_drifted() {
        let seconds = Duration::from_secs;
        let term = ClockTerm::new(Still, seconds(10), seconds(2)).unwrap();
        assert!(
            !term.has_drifted(seconds(100), seconds(101)) && !term.has_drifted(seconds(101), seconds(100))
        );
        assert!(term.has_drifted(seconds(100), seconds(102)) && term.has_drifted(seconds(102), seconds(100)));
    }
}
