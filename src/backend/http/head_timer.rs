//! The time that a head may take, without a timer for each.
//!
//! hyper sets a timer when it begins to wait for a head, and throws it away when that is there: for every request, an entry in the
//! runtime's timer wheel, which its threads share. So a connection keeps one alarm, which is left as it is while it goes off
//! before the time is up. When it does, it is set again; that is once in the time of a head, however many requests there were.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use parking_lot::Mutex;

/// The timer of one connection: one wait at a time, polled by one task.
#[derive(Clone, Default)]
pub(super) struct HeadTimer(Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>);

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HeadWait { deadline, alarm: self.clone() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Waits until its time is up.
struct HeadWait {
    deadline: Instant,
    alarm: HeadTimer,
}

impl Sleep for HeadWait {}

impl Future for HeadWait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline.into();
        let mut alarm = self.alarm.0.lock();
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        // One that was set for a wait before this one goes off before this one ends, nearly always; and wakes the connection then.
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        while alarm.as_mut().poll(context).is_ready() {
            if alarm.deadline() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const TIME: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_own_time_though_the_alarm_was_set_for_one_before() {
        let timer = HeadTimer::default();
        let begun = timer.now();
        let mut first = timer.sleep(TIME);
        assert!(first.as_mut().now_or_never().is_none());
        drop(first);
        tokio::time::advance(TIME / 3).await;
        timer.sleep(TIME).await;
        assert_eq!(timer.now() - begun, TIME / 3 + TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_wait_does_not_last_as_long_as_one_before() {
        let timer = HeadTimer::default();
        let begun = timer.now();
        assert!(timer.sleep(TIME).now_or_never().is_none());
        timer.sleep(TIME / 3).await;
        assert_eq!(timer.now() - begun, TIME / 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_that_has_gone_off_between_two_waits_is_set_again() {
        let timer = HeadTimer::default();
        timer.sleep(TIME).await;
        tokio::time::advance(2 * TIME).await;
        let begun = timer.now();
        timer.sleep(TIME).await;
        assert_eq!(timer.now() - begun, TIME);
    }
}
