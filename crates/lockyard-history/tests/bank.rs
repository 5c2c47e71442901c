//! A bank, specified with no more of this crate than its two functions: recorded, judged, drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use lockyard_history::{Invocation, Judge, Log, Recording, SequentialSpec, Verdict, Violation, check};

/// The accounts of a branch, which is one key: a transfer touches two of them.
#[derive(Default)]
struct Bank;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Deposit { to: u8, amount: u64 },
    Withdraw { from: u8, amount: u64 },
    Transfer { from: u8, to: u8, amount: u64 },
    Balance { of: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Done,
    /// There was not enough.
    Refused,
    Holds(u64),
}

impl SequentialSpec for Bank {
    type Call = Call;
    type Answer = Answer;
    type State = BTreeMap<u8, u64>;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(&self, accounts: &Self::State, call: &Call, answer: Option<&Answer>) -> Option<Self::State> {
        let mut next = accounts.clone();
        let held = |account: u8| accounts.get(&account).copied().unwrap_or(0);
        let given = match *call {
            Call::Balance { of } => Answer::Holds(held(of)),
            Call::Withdraw { from, amount } | Call::Transfer { from, amount, .. } if held(from) < amount => {
                Answer::Refused
            }
            Call::Deposit { to, amount } => {
                *next.entry(to).or_default() += amount;
                Answer::Done
            }
            Call::Withdraw { from, amount } => {
                *next.entry(from).or_default() -= amount;
                Answer::Done
            }
            Call::Transfer { from, to, amount } => {
                *next.entry(from).or_default() -= amount;
                *next.entry(to).or_default() += amount;
                Answer::Done
            }
        };
        answer.is_none_or(|answer| *answer == given).then_some(next)
    }
}

/// By the search, and without a word more.
impl Judge for Bank {}

const BRANCH: u32 = 0;
const BUDGET: Duration = Duration::from_secs(300);

/// A run of two tellers, event by event.
struct Run {
    time: u64,
    tellers: [Log<Bank>; 2],
}

impl Run {
    fn new() -> Self {
        Self { time: 0, tellers: [Log::new(1, 10), Log::new(2, 10)] }
    }

    fn ask(&mut self, teller: usize, call: Call) -> Invocation {
        self.time += 1;
        self.tellers[teller].invoke(self.time, BRANCH, call)
    }

    fn answer(&mut self, teller: usize, ticket: Invocation, answer: Answer) {
        self.time += 1;
        self.tellers[teller].ok(ticket, self.time, answer);
    }

    fn at_once(&mut self, teller: usize, call: Call, answer: Answer) {
        let ticket = self.ask(teller, call);
        self.answer(teller, ticket, answer);
    }

    fn recording(self) -> Recording<Bank> {
        let mut recording = Recording::default();
        for log in self.tellers {
            recording.add(log);
        }
        recording
    }
}

fn name(branch: u32) -> String {
    format!("branch {branch}")
}

fn judged(recording: &Recording<Bank>) -> Verdict {
    let verdict = check(&Bank, &recording.history(name), BUDGET);
    assert_eq!(recording.judge(BUDGET, name), verdict, "who has no way of its own is judged by the search");
    verdict
}

fn violation(recording: &Recording<Bank>) -> Violation {
    match judged(recording) {
        Verdict::Violation(violation) => violation,
        other => panic!("{other:?}"),
    }
}

/// Ten are paid in, and four of them are on their way while the other teller looks.
fn transfer_seen_as(from: u64, to: u64) -> Recording<Bank> {
    let mut run = Run::new();
    run.at_once(0, Call::Deposit { to: 1, amount: 10 }, Answer::Done);
    let transfer = run.ask(0, Call::Transfer { from: 1, to: 2, amount: 4 });
    run.at_once(1, Call::Balance { of: 1 }, Answer::Holds(from));
    run.at_once(1, Call::Balance { of: 2 }, Answer::Holds(to));
    run.answer(0, transfer, Answer::Done);
    run.recording()
}

#[test]
fn a_transfer_is_seen_before_it_happened_or_after() {
    assert_eq!(judged(&transfer_seen_as(10, 0)), Verdict::Linearizable);
    assert_eq!(judged(&transfer_seen_as(10, 4)), Verdict::Linearizable, "it happened between the looks");
    assert_eq!(judged(&transfer_seen_as(6, 4)), Verdict::Linearizable);
}

#[test]
fn money_that_is_in_neither_account_is_impossible() {
    let violation = violation(&transfer_seen_as(6, 0));
    let drawing = violation.to_string();
    assert_eq!(violation.key, "branch 0");
    assert_eq!(violation.operations[violation.impossible].f, "Balance", "{drawing}");
    assert!(drawing.contains("Balance { of: 2 }: Holds(0)"), "{drawing}");
    assert!(drawing.contains("should have been an answer from {1: 6, 2: 4}"), "{drawing}");
}

#[test]
fn of_two_withdrawals_that_are_too_much_one_is_refused() {
    let both = |second| {
        let mut run = Run::new();
        run.at_once(0, Call::Deposit { to: 1, amount: 10 }, Answer::Done);
        let first = run.ask(0, Call::Withdraw { from: 1, amount: 7 });
        run.at_once(1, Call::Withdraw { from: 1, amount: 7 }, second);
        run.answer(0, first, Answer::Done);
        run.recording()
    };
    assert_eq!(judged(&both(Answer::Refused)), Verdict::Linearizable);
    let violation = violation(&both(Answer::Done));
    assert_eq!(violation.operations.len(), 3, "{violation}");
}

#[test]
fn what_was_given_comes_before_all_and_is_not_counted() {
    let given = |amount| {
        let mut log = Log::<Bank>::new(1, 1);
        let look = log.invoke(101, BRANCH, Call::Balance { of: 1 });
        log.ok(look, 102, Answer::Holds(5));
        assert!(!log.has_room());
        let mut recording = Recording::since(100, [(BRANCH, Call::Deposit { to: 1, amount }, Answer::Done)]);
        recording.add(log);
        recording
    };
    assert_eq!(given(5).invoked(), 1);
    assert_eq!(judged(&given(5)), Verdict::Linearizable);
    assert_eq!(violation(&given(6)).expected, ["an answer from {1: 6}"]);
}

#[test]
fn what_failed_has_not_happened_and_what_is_unknown_may_have() {
    let withdrawn = |fails: bool, left| {
        let mut run = Run::new();
        run.at_once(0, Call::Deposit { to: 1, amount: 10 }, Answer::Done);
        let ticket = run.ask(0, Call::Withdraw { from: 1, amount: 3 });
        if fails {
            run.tellers[0].fail(ticket);
        } else {
            run.tellers[0].info(ticket);
        }
        run.at_once(1, Call::Balance { of: 1 }, Answer::Holds(left));
        run.recording()
    };
    assert_eq!(withdrawn(true, 10).invoked(), 3);
    assert_eq!(judged(&withdrawn(true, 10)), Verdict::Linearizable);
    assert_eq!(judged(&withdrawn(false, 10)), Verdict::Linearizable);
    assert_eq!(judged(&withdrawn(false, 7)), Verdict::Linearizable);
    violation(&withdrawn(true, 7));
}
