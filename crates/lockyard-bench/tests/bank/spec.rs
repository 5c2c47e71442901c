//! What an account must do, as a sequential specification: each account is a key by itself.

use lockyard_history::{Judge, SequentialSpec};

use super::{OPENING, Step};

/// An account.
#[derive(Debug, Default)]
pub struct Branch;

/// What is asked of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    Balance,
    /// Takes with a negative amount.
    Add(i64),
}

/// What an account answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Holds(u64),
    Done,
    /// There is not enough in it.
    Refused,
}

impl Call {
    /// What a step asks of which accounts, one after the other.
    pub fn of(step: &Step) -> Vec<(u32, Self)> {
        match *step {
            Step::Balance { of } => vec![(of, Self::Balance)],
            Step::Deposit { to, amount } => vec![(to, Self::Add(amount.cast_signed()))],
            Step::Withdraw { from, amount } => vec![(from, Self::Add(-amount.cast_signed()))],
            Step::Transfer { from, to, amount } => {
                vec![(from, Self::Add(-amount.cast_signed())), (to, Self::Add(amount.cast_signed()))]
            }
        }
    }
}

impl SequentialSpec for Branch {
    type Call = Call;
    type Answer = Answer;
    type State = u64;

    fn initial(&self) -> u64 {
        OPENING
    }

    fn step(&self, held: &u64, call: &Call, answer: Option<&Answer>) -> Option<u64> {
        let (given, next) = match *call {
            Call::Balance => (Answer::Holds(*held), *held),
            Call::Add(by) => match held.checked_add_signed(by) {
                Some(next) => (Answer::Done, next),
                None => (Answer::Refused, *held),
            },
        };
        answer.is_none_or(|answer| *answer == given).then_some(next)
    }

    fn is_read(&self, call: &Call, _: Option<&Answer>) -> bool {
        *call == Call::Balance
    }
}

/// By the search.
impl Judge for Branch {}
