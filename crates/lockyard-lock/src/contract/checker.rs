//! Who asked, who is inside, and what that makes of the next grant: what a family promises, as a function of events.
//!
//! Whatever drives a lock step by step reports to it: the contract's own executor, and explorers.

use std::fmt;

use crate::{LockFamily, Policy};

/// What a lock may fail to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViolationKind {
    /// Two were inside that exclude each other.
    Exclusion,
    /// One was let in before another that its family promises to let in first.
    Order,
    /// One waits that nothing keeps out, and is not woken.
    LostWakeUp,
    /// All that asked have left or were cancelled, and the lock is not free.
    Leak,
}

impl ViolationKind {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exclusion => "no exclusion",
            Self::Order => "out of order",
            Self::LostWakeUp => "a wake-up is lost",
            Self::Leak => "the lock is not free",
        }
    }
}

/// What a lock has not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockViolation {
    /// Which promise it is.
    pub kind: ViolationKind,
    /// Who got in beside or before whom.
    pub message: String,
}

impl LockViolation {
    /// A violation of this kind, in words.
    pub fn new(kind: ViolationKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for LockViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.message)
    }
}

impl std::error::Error for LockViolation {}

/// How far one that asked is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Asking,
    Waiting,
    Inside,
    Gone,
}

/// One that asked, by its place among all.
#[derive(Clone, Copy, Debug)]
struct Request {
    /// As it was asked for; in an exclusive lock a reader excludes others, too.
    write: bool,
    standing: Standing,
    /// A writer that waits for readers alone, where writers go first: no reader that comes later may pass it.
    claims: bool,
}

/// Checks each grant of one lock against what its family promises.
///
/// ```
/// use lockyard_lock::TokioRwLock;
/// use lockyard_lock::contract::{LockChecker, ViolationKind};
///
/// let mut checker = LockChecker::new::<TokioRwLock>();
/// let (reader, writer, late) = (checker.request(false), checker.request(true), checker.request(false));
/// checker.granted(reader).unwrap();
/// checker.waits(writer).unwrap();
/// // It promises FIFO order: this one has to queue behind the writer.
/// assert_eq!(checker.granted(late).unwrap_err().kind, ViolationKind::Order);
/// ```
#[derive(Clone, Debug)]
pub struct LockChecker {
    policy: Policy,
    shared_reads: bool,
    copy_on_write: bool,
    requests: Vec<Request>,
}

impl LockChecker {
    /// For a lock of this family that nothing has asked for.
    pub fn new<F: LockFamily>() -> Self {
        Self {
            policy: F::POLICY,
            shared_reads: F::SHARED_READS,
            copy_on_write: F::COPY_ON_WRITE,
            requests: Vec::new(),
        }
    }

    /// One asks, to read or to write: its first poll begins. Returns its number.
    pub fn request(&mut self, write: bool) -> usize {
        self.requests.push(Request { write, standing: Standing::Asking, claims: false });
        self.requests.len() - 1
    }

    /// It was polled, and waits.
    ///
    /// # Errors
    /// Where its family promises that it never waits.
    pub fn waits(&mut self, number: usize) -> Result<(), LockViolation> {
        let Request { write, .. } = self.requests[number];
        if self.policy == Policy::Snapshot && !write {
            return Err(LockViolation::new(
                ViolationKind::Order,
                format!("{} waits, and no reader of a snapshot does", self.name(number)),
            ));
        }
        // Where another writer waits, the lock may be that one's next, though it has not looked yet.
        let is_writer_before = |(other, request): (usize, &Request)| {
            other != number
                && request.write
                && matches!(request.standing, Standing::Waiting | Standing::Inside)
        };
        let is_next_writer = write && !self.requests.iter().enumerate().any(is_writer_before);
        let request = &mut self.requests[number];
        request.standing = Standing::Waiting;
        request.claims |= is_next_writer && self.policy == Policy::WriterPreferring;
        Ok(())
    }

    /// It is let in.
    ///
    /// # Errors
    /// If it is beside one that excludes it, or before one that comes first.
    pub fn granted(&mut self, number: usize) -> Result<(), LockViolation> {
        let own = self.requests[number];
        self.requests[number].standing = Standing::Inside;
        self.requests[number].claims = false;
        let mut others = self.requests.iter().enumerate().filter(|(other, _)| *other != number);
        let excludes = |other: &Request| {
            if self.copy_on_write {
                return own.write && other.write;
            }
            own.write || other.write || !self.shared_reads
        };
        let violation = |kind, how, other| {
            LockViolation::new(kind, format!("{} was let in {how} {}", self.name(number), self.name(other)))
        };
        if let Some((other, _)) =
            others.clone().find(|(_, other)| other.standing == Standing::Inside && excludes(other))
        {
            return Err(violation(ViolationKind::Exclusion, "beside", other));
        }
        let overtaken = others.find(|(other, request)| {
            let waits = request.standing == Standing::Waiting && *other < number;
            waits
                && match self.policy {
                    Policy::FifoFair => excludes(request),
                    Policy::WriterPreferring => request.claims && !own.write,
                    Policy::Handover | Policy::Unfair | Policy::Snapshot => false,
                }
        });
        overtaken.map_or(Ok(()), |(other, _)| Err(violation(ViolationKind::Order, "before", other)))
    }

    /// It has left, or was cancelled.
    pub fn ends(&mut self, number: usize) {
        let request = &mut self.requests[number];
        (request.standing, request.claims) = (Standing::Gone, false);
    }

    /// Whether something is inside.
    pub fn is_held(&self) -> bool {
        self.requests.iter().any(|request| request.standing == Standing::Inside)
    }

    /// Whether this one waits.
    pub fn is_waiting(&self, number: usize) -> bool {
        self.requests[number].standing == Standing::Waiting
    }

    /// Whether all that asked have left or were cancelled.
    pub fn is_idle(&self) -> bool {
        self.requests.iter().all(|request| request.standing == Standing::Gone)
    }

    /// For when no waiter was woken that has not been polled since: whether one waits that nothing keeps out.
    ///
    /// Of a free lock that is any waiter. Beside readers it is a reader, if reads are shared and no writer waits.
    ///
    /// # Errors
    /// With the first of them.
    pub fn nothing_waits_in_vain(&self) -> Result<(), LockViolation> {
        let those = |standing| self.requests.iter().filter(move |request| request.standing == standing);
        let free = !self.is_held();
        let only_readers = self.shared_reads
            && !those(Standing::Inside).chain(those(Standing::Waiting)).any(|request| request.write);
        let waits = self.requests.iter().position(|request| request.standing == Standing::Waiting);
        match waits.filter(|_| free || only_readers) {
            Some(number) => {
                let inside = if free { "nothing is" } else { "only readers are" };
                let message = format!("{inside} inside, and {} was not woken", self.name(number));
                Err(LockViolation::new(ViolationKind::LostWakeUp, message))
            }
            None => Ok(()),
        }
    }

    fn name(&self, number: usize) -> String {
        let mode = if self.requests[number].write { "writer" } else { "reader" };
        format!("{mode} #{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first violation when these ask in turn, `w` to write and `r` to read, `-` waiting.
    fn first_violation(policy: Policy, asking: &str) -> Option<LockViolation> {
        let mut checker =
            LockChecker { policy, shared_reads: true, copy_on_write: false, requests: Vec::new() };
        let mut asking = asking.chars().peekable();
        while let Some(mode) = asking.next() {
            let number = checker.request(mode == 'w');
            let waits = asking.next_if_eq(&'-').is_some();
            let outcome = if waits { checker.waits(number) } else { checker.granted(number) };
            if let Err(violation) = outcome {
                return Some(violation);
            }
        }
        None
    }

    fn kind(policy: Policy, asking: &str) -> Option<ViolationKind> {
        first_violation(policy, asking).map(|violation| violation.kind)
    }

    #[test]
    fn those_inside_exclude_whatever_the_policy() {
        for policy in [Policy::FifoFair, Policy::WriterPreferring, Policy::Handover, Policy::Unfair] {
            assert_eq!(kind(policy, "rr"), None, "{policy:?}");
            for asking in ["rw", "wr", "ww"] {
                assert_eq!(kind(policy, asking), Some(ViolationKind::Exclusion), "{policy:?} {asking}");
            }
        }
    }

    #[test]
    fn what_is_promised_is_the_policys() {
        assert_eq!(kind(Policy::FifoFair, "rw-r"), Some(ViolationKind::Order));
        assert_eq!(kind(Policy::WriterPreferring, "rw-r"), Some(ViolationKind::Order));
        assert_eq!(kind(Policy::Unfair, "rw-r"), None);
        assert_eq!(kind(Policy::Snapshot, "r-"), Some(ViolationKind::Order));
    }

    #[test]
    fn readers_of_an_exclusive_lock_exclude_each_other() {
        let mut checker = LockChecker::new::<crate::TokioMutex>();
        let (one, other) = (checker.request(false), checker.request(false));
        checker.granted(one).unwrap();
        let said = checker.granted(other).unwrap_err().to_string();
        assert_eq!(said, "no exclusion: reader #1 was let in beside reader #0");
    }

    #[test]
    fn behind_a_writer_writers_have_not_claimed_the_lock() {
        let mut checker = LockChecker {
            policy: Policy::WriterPreferring,
            shared_reads: true,
            copy_on_write: false,
            requests: Vec::new(),
        };
        let [holder, writer, reader] = [true, true, false].map(|write| checker.request(write));
        checker.granted(holder).unwrap();
        checker.waits(writer).unwrap();
        checker.ends(holder);
        assert_eq!(checker.granted(reader), Ok(()));
    }

    #[test]
    fn a_waiter_beside_a_free_lock_waits_in_vain() {
        let mut checker = LockChecker::new::<crate::TokioMutex>();
        let (holder, waiter) = (checker.request(true), checker.request(false));
        checker.granted(holder).unwrap();
        checker.waits(waiter).unwrap();
        assert_eq!(checker.nothing_waits_in_vain(), Ok(()));
        checker.ends(holder);
        assert_eq!(checker.nothing_waits_in_vain().unwrap_err().kind, ViolationKind::LostWakeUp);
        checker.ends(waiter);
        assert_eq!(checker.nothing_waits_in_vain(), Ok(()));
    }

    #[test]
    fn a_reader_beside_readers_waits_in_vain_unless_a_writer_waits() {
        let mut checker = LockChecker::new::<crate::TokioRwLock>();
        let [holder, writer, reader] = [false, true, false].map(|write| checker.request(write));
        checker.granted(holder).unwrap();
        checker.waits(writer).unwrap();
        checker.waits(reader).unwrap();
        assert_eq!(checker.nothing_waits_in_vain(), Ok(()));
        checker.ends(writer);
        let said = checker.nothing_waits_in_vain().unwrap_err().to_string();
        assert_eq!(said, "a wake-up is lost: only readers are inside, and reader #2 was not woken");
    }

    #[test]
    fn a_violation_says_who() {
        let said = first_violation(Policy::FifoFair, "rw-r").unwrap().to_string();
        assert_eq!(said, "out of order: reader #2 was let in before writer #1");
    }
}
