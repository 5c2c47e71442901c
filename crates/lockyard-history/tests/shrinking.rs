//! Making a violation small has an end in sight, also where an answer says little of what came before it: of an account
//! whose balance is a sum of amounts, nearly every balance is the sum of some of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockyard_evidence::HiddenOutcome;
use lockyard_history::{Judge, Log, Recording, SequentialSpec, Verdict, Violation, check};

/// One account, which counts how often it is asked.
#[derive(Default)]
struct Account {
    asked: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Balance,
    Add(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Holds(i64),
    Done,
}

impl SequentialSpec for Account {
    type Call = Call;
    type Answer = Answer;
    type State = i64;

    fn initial(&self) -> i64 {
        0
    }

    fn step(&self, held: &i64, call: &Call, answer: Option<&Answer>) -> Option<i64> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let (given, next) = match *call {
            Call::Balance => (Answer::Holds(*held), *held),
            Call::Add(by) => (Answer::Done, held + by),
        };
        answer.is_none_or(|answer| *answer == given).then_some(next)
    }

    fn is_read(&self, call: &Call, _: Option<&Answer>) -> bool {
        matches!(call, Call::Balance)
    }
}

impl Judge for Account {}

const TELLERS: u64 = 8;
const BUDGET: Duration = Duration::from_secs(300);

/// Tellers in turns, each with one operation open at a time. Every addition takes effect, but that of which `is_lost` says
/// so: another teller's is written over it.
fn run(operations: u64, is_lost: impl Fn(u64) -> bool) -> Recording<Account> {
    let mut tellers: Vec<_> =
        (0..TELLERS).map(|teller| Log::<Account>::new(teller, operations as usize)).collect();
    let mut open = Vec::new();
    let (mut balance, mut random) = (0, 1_u64);
    for nth in 0..operations {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let teller = (nth % TELLERS) as usize;
        if open.len() == TELLERS as usize {
            let (ticket, answer) = open.remove(0);
            tellers[teller].ok(ticket, nth * 2, answer);
        }
        let (call, answer) = if random >> 62 == 0 {
            (Call::Balance, Answer::Holds(balance))
        } else {
            let by = ((random >> 40) % 199).cast_signed() - 99;
            balance += if is_lost(nth) { 0 } else { by };
            (Call::Add(by), Answer::Done)
        };
        open.push((tellers[teller].invoke(nth * 2 + 1, 0, call), answer));
    }
    for (place, (ticket, answer)) in open.into_iter().enumerate() {
        let teller = (operations as usize + place) % TELLERS as usize;
        tellers[teller].ok(ticket, operations * 2 + place as u64, answer);
    }
    let mut recording = Recording::default();
    tellers.into_iter().for_each(|log| recording.add(log));
    recording
}

fn judged(recording: &Recording<Account>) -> (Verdict, u64) {
    let account = Account::default();
    let verdict = check(&account, &recording.history(|_| "account".to_owned()), BUDGET);
    (verdict, account.asked.load(Ordering::Relaxed))
}

fn violation(recording: &Recording<Account>) -> (Violation, u64) {
    match judged(recording) {
        (Verdict::Violation(violation), asked) => (violation, asked),
        (other, _) => panic!("{other:?}"),
    }
}

#[test]
fn a_careful_account_is_judged_in_one_walk() {
    let (verdict, asked) = judged(&run(20_000, |_| false));
    assert_eq!(verdict, Verdict::Linearizable);
    assert!(asked < 20_000 * TELLERS * 4, "{asked}");
}

/// Nearly every balance is the sum of some of the additions that are not shown, so little can be left out: it ends all the
/// same, and what is shown is impossible by itself or said to be all.
#[test]
fn a_lost_addition_is_made_small_in_bounded_work_however_long_the_history() {
    for first in [3, 400] {
        let (violation, asked) = violation(&run(6_000, |nth| nth >= first));
        println!("{first}: {asked} questions, {}", violation.drawing().cause.join(" "));
        assert!(asked < 6_000_000, "{asked} questions for one that is lost after {first}");
        let not_shown = violation.not_shown.expect("what is not shown is counted");
        let is_reduced = not_shown.outcomes == HiddenOutcome::Unknown;
        assert!(is_reduced || violation.operations.len() == 1, "one that no order gets past");
    }
}
