//! The clock of this machine beside that of a server, by the `Date` of its answers.
//!
//! An answer that says 12:00:05 was written when the server's clock was between 12:00:05 and 12:00:06, and that was between the moment
//! at which the request was sent and that at which the answer had come. So each answer bounds how far the two clocks are apart to a
//! second and the time that it took; and answers from different parts of a second bound it to less, for all of them must be true.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::fmt::rfc2822;
use lockyard_bench::Fault;
use lockyard_bench::record::ClockCheck;

use crate::backend::remote::{Address, Remote};

/// A second has all its parts, and the `Date` changes within it.
const LOOKED_AT: Duration = Duration::from_millis(1_100);

/// Between two answers.
const STEP: Duration = Duration::from_millis(10);

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const SECOND_NS: i128 = 1_000_000_000;

/// Between which bounds the server's clock is ahead of this machine's, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    min: i128,
    max: i128,
}

impl Bounds {
    /// Of an answer that says this second, to a request of this time that was answered at that time, in nanoseconds since 1970.
    fn of_answer(second: i128, sent: i128, came: i128) -> Self {
        Self { min: second * SECOND_NS - came, max: (second + 1) * SECOND_NS - sent }
    }

    /// What both leave possible. A clock that was set in between leaves nothing; then it is as the later one says.
    fn and(self, later: Self) -> Self {
        let both = Self { min: self.min.max(later.min), max: self.max.min(later.max) };
        if both.min <= both.max { both } else { later }
    }
}

/// Looks at the clock of the server there for a second. `None` if its answers do not say the time.
///
/// # Errors
/// It does not answer.
pub fn clock_of(address: &Address) -> Result<Option<ClockCheck>, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::new)?;
    let fault = |reason: &dyn std::fmt::Display| {
        Fault::new(format_args!("the server at {address}: {reason}")).at(address)
    };
    runtime.block_on(async {
        let server = Remote::new(address);
        let begun = Instant::now();
        let (mut bounds, mut answers) = (None::<Bounds>, 0);
        while begun.elapsed() < LOOKED_AT {
            let sent = now();
            let date = tokio::time::timeout(PATIENCE, server.date()).await;
            let date = date.map_err(|_| fault(&format_args!("no answer within {PATIENCE:?}")))?;
            let came = now();
            let Some(second) = date.map_err(|error| fault(&error))?.as_deref().and_then(second) else {
                return Ok(None);
            };
            let seen = Bounds::of_answer(second, sent, came);
            bounds = Some(bounds.map_or(seen, |bounds| bounds.and(seen)));
            answers += 1;
            tokio::time::sleep(STEP).await;
        }
        let ns = |ns: i128| i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX });
        Ok(bounds.map(|Bounds { min, max }| ClockCheck {
            server: address.to_string(),
            ahead_min_ns: ns(min),
            ahead_max_ns: ns(max),
            answers,
        }))
    })
}

/// In nanoseconds since 1970; negative before.
fn now() -> i128 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed(),
        Err(before) => -before.duration().as_nanos().cast_signed(),
    }
}

/// The second that a `Date` says, since 1970.
fn second(date: &str) -> Option<i128> {
    rfc2822::parse(date).ok().map(|time| i128::from(time.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_its_second() {
        assert_eq!(second("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(second("1994-11-06"), None);
    }

    /// By hand: sent at 10.0 s and back at 10.2 s by this clock; the server wrote 10 s, so that its clock was at most at 11.0 s when it
    /// was sent, and at least at 10.0 s when it had come.
    #[test]
    fn an_answer_bounds_the_difference_to_its_second_and_its_time() {
        let ms = |ms: i128| ms * 1_000_000;
        let bounds = Bounds::of_answer(10, ms(10_000), ms(10_200));
        assert_eq!(bounds, Bounds { min: ms(-200), max: ms(1_000) });
        let later = Bounds::of_answer(10, ms(10_900), ms(10_910));
        assert_eq!(
            bounds.and(later),
            Bounds { min: ms(-200), max: ms(100) },
            "just before the second changes"
        );
        let changed = Bounds::of_answer(11, ms(10_920), ms(10_930));
        assert_eq!(bounds.and(later).and(changed), Bounds { min: ms(70), max: ms(100) }, "and just after");
    }

    #[test]
    fn a_clock_that_is_set_meanwhile_is_as_it_is_now() {
        let (before, after) = (Bounds { min: 0, max: 10 }, Bounds { min: 500, max: 510 });
        assert_eq!(before.and(after), after);
    }
}
