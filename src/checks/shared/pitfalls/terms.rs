//! Leases that are relied on for too long: counted from the wrong moment, and without a margin.

use std::time::Duration;

use crate::backend::shared::{LeaseTerm, ServerClock, TimedAnswer};
use crate::checks::shared::{MARGIN, ModelServerClock, ModelTerm, ModelTime, TTL};

/// A deadline that is counted from the answer to the renewal. The database has counted from when it executed it, and the answer
/// may have taken longer than the margin.
#[derive(Clone, Debug)]
pub(super) struct CountedFromAnswer(ModelServerClock);

impl LeaseTerm for CountedFromAnswer {
    fn ttl(&self) -> Duration {
        TTL
    }

    async fn timed<R: Send>(&self, statement: impl Future<Output = R> + Send) -> TimedAnswer<R> {
        let answer = statement.await;
        let sent = self.0.now().await;
        TimedAnswer { answer, sent, until: (sent + TTL).saturating_sub(MARGIN) }
    }

    async fn is_valid(&self, until: Duration) -> bool {
        self.0.now().await < until
    }

    fn has_drifted(&self, _: Duration, _: Duration) -> bool {
        false
    }
}

impl ModelTerm for CountedFromAnswer {
    fn over(time: &ModelTime) -> Self {
        Self(time.server())
    }
}

/// A lease without margin: it is relied on until it expires by a clock that is behind the database's.
#[derive(Clone, Debug)]
pub(super) struct WithoutMargin(ModelServerClock);

impl LeaseTerm for WithoutMargin {
    fn ttl(&self) -> Duration {
        TTL
    }

    async fn timed<R: Send>(&self, statement: impl Future<Output = R> + Send) -> TimedAnswer<R> {
        let sent = self.0.now().await;
        let answer = statement.await;
        TimedAnswer { answer, sent, until: sent + TTL }
    }

    async fn is_valid(&self, until: Duration) -> bool {
        self.0.now().await < until
    }

    fn has_drifted(&self, _: Duration, _: Duration) -> bool {
        false
    }
}

impl ModelTerm for WithoutMargin {
    fn over(time: &ModelTime) -> Self {
        Self(time.server())
    }
}
