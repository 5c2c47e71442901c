//! Clients that go away: a share of all requests is dropped before its answer.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use rand::RngExt;

use crate::backend::service::{Answer, RemoteFailure, Request, ServeBoxed, ServiceError, ServiceLayer};
use crate::workload::Scenario;
use lockyard_bench::{Random, Share};

use super::questions::longest_patience;

/// Requests that are dropped by polls are dropped at this one at the latest: few wait more often.
const MOST_POLLS: u32 = 4;

/// Requests that are dropped by time are given this long at most, on top of a model's replies and of saves.
const LONGEST: Duration = Duration::from_millis(2);

/// What is done around the requests of strategies that are tracked, or whose clients go away.
pub(super) struct Requests {
    /// The share that is dropped.
    leave: Share,
    longest: Duration,
    seed: u64,
    asked: AtomicU64,
}

/// For how long a client waits that goes away.
#[derive(Clone, Copy, Debug, PartialEq)]
enum CancelAfter {
    /// The request is dropped when it has been polled so often and is not done.
    Polls(u32),
    /// Or when so much time is over.
    Time(Duration),
}

impl Requests {
    /// Of all requests, `leave` are dropped.
    pub(super) fn new(scenario: &Scenario, leave: Share, seed: u64) -> Self {
        let longest = LONGEST + longest_patience(scenario) + 2 * scenario.save;
        Self { leave, longest, seed, asked: AtomicU64::new(0) }
    }

    /// Drawn for each request anew.
    fn patience(&self) -> Option<CancelAfter> {
        if self.leave == Share::NONE {
            return None;
        }
        let mut draws = Random::stream(self.seed, self.asked.fetch_add(1, Relaxed));
        draws.random_bool(self.leave.get()).then(|| {
            if draws.random_bool(0.5) {
                CancelAfter::Polls(draws.random_range(1..=MOST_POLLS))
            } else {
                CancelAfter::Time(self.longest.mul_f64(draws.random()))
            }
        })
    }
}

impl ServiceLayer for Requests {
    fn call<'a, R, S>(&'a self, request: R, service: &'a S) -> Answer<'a, R::Answer>
    where
        R: Request + 'a,
        S: ServeBoxed<R> + ?Sized,
    {
        lockyard_track::label(R::OPERATION.name());
        let answer = service.serve_boxed(request);
        let Some(patience) = self.patience() else { return answer };
        Box::pin(async move {
            let answered = match patience {
                CancelAfter::Polls(polls) => DropAfterPolls { answer: Some(answer), left: polls }.await,
                CancelAfter::Time(time) => tokio::time::timeout(time, answer).await.ok(),
            };
            let gone = || ServiceError::RemoteFailure {
                outcome: RemoteFailure::Unanswered,
                reason: "the client went away".to_owned(),
            };
            answered.unwrap_or_else(|| Err(gone()))
        })
    }
}

/// An answer that is waited for so many polls, and dropped then.
struct DropAfterPolls<'a, T> {
    answer: Option<Answer<'a, T>>,
    left: u32,
}

impl<T> Future for DropAfterPolls<'_, T> {
    type Output = Option<Result<T, ServiceError>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Ready(None) };
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        self.left -= 1;
        if self.left > 0 {
            return Poll::Pending;
        }
        self.answer = None;
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn requests(leave: f64) -> Requests {
        let scenario = Scenario::builtin("polling").expect("a built-in scenario");
        Requests::new(&scenario, Share::new(leave).unwrap(), 1)
    }

    #[test]
    fn the_share_that_is_asked_for_goes_away() {
        let requests = requests(0.3);
        let gone = (0..10_000).filter(|_| requests.patience().is_some()).count();
        assert!((2_800..3_200).contains(&gone), "{gone}");
        assert!((0..1_000).all(|_| super::tests::requests(0.0).patience().is_none()));
    }

    struct DropFlag(Arc<AtomicBool>);

    impl Drop for DropFlag {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }

    /// Polled so often and no more, and dropped in the poll that gives it up.
    #[test]
    fn an_answer_is_dropped_at_its_last_poll() {
        for polls in 1..=MOST_POLLS {
            let dropped = Arc::new(AtomicBool::new(false));
            let held = DropFlag(dropped.clone());
            let answer: Answer<'_, ()> = Box::pin(async move {
                let _held = held;
                std::future::pending().await
            });
            let mut polled = std::pin::pin!(DropAfterPolls { answer: Some(answer), left: polls });
            let mut context = Context::from_waker(std::task::Waker::noop());
            for _ in 1..polls {
                assert!(polled.as_mut().poll(&mut context).is_pending());
                assert!(!dropped.load(Relaxed));
            }
            assert_eq!(polled.as_mut().poll(&mut context), Poll::Ready(None));
            assert!(dropped.load(Relaxed));
        }
    }

    #[test]
    fn an_answer_in_time_is_kept() {
        let polled = DropAfterPolls { answer: Some(Box::pin(async { Ok(7) })), left: 1 };
        let mut polled = std::pin::pin!(polled);
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert_eq!(polled.as_mut().poll(&mut context), Poll::Ready(Some(Ok(7))));
    }
}
