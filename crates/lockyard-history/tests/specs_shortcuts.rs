//! What is decided without a search, against all permutations, on random histories of the kinds that it decides; and what it
//! shows of a violation must be impossible by itself.

mod brute_force;

use brute_force::objects::small;
use brute_force::{ONE_KEY, Plain, Random, histories, history, is_impossible_alone, shortcut_agrees};
use lockyard_history::{
    DirectVerdict, History, OperationOf, Pairing, Queue, QueueAnswer, QueueCall, Register, RegisterAnswer,
    RegisterCall, SequentialSpec, Set, SetAnswer, SetCall, Value,
};

const HISTORIES: u64 = 3_000;

/// A call by a number that no call had before.
fn anew<Call: 'static>(
    call: impl Fn(&mut Random, Value) -> Call + 'static,
) -> Box<dyn FnMut(&mut Random) -> Call> {
    // What is initial is not written again.
    let mut numbers = [1, 2, 4, 5, 6, 7, 8, 10].into_iter();
    Box::new(move |random| call(random, Value::Int(numbers.next().expect("no more operations"))))
}

fn write_or_read(random: &mut Random, new: Value) -> RegisterCall {
    if random.below(5) < 2 { RegisterCall::Write(new) } else { RegisterCall::Read }
}

#[test]
fn a_register_written_with_distinct_values_needs_no_search() {
    shortcut_agrees::<Register>("register, distinct writes", HISTORIES, || anew(write_or_read), |_| {});
}

/// Decided where one operation alone is wrong, whatever else there is.
#[test]
fn a_value_from_nowhere_needs_no_search() {
    let mut found = 0;
    let all = histories(HISTORIES);
    for seed in 0..all {
        let mut random = Random::new(seed);
        let (object, state) = Register::begins(&mut random);
        let mut asks = |random: &mut Random| match random.below(6) {
            0..3 => RegisterCall::Read,
            3 => RegisterCall::Write(small(random)),
            _ => RegisterCall::Cas(small(random), small(random)),
        };
        let history = history::<Register>(&mut random, ONE_KEY, &object, &mut asks);
        let operations: Vec<_> = history.operations.iter().collect();
        let is_alone = |at| is_impossible_alone::<Register>(&operations, &[at], &object);
        let shortcut = Register.shortcut(&state, &operations);
        if let Some(DirectVerdict::Violation(shown)) = &shortcut {
            let by_itself = is_impossible_alone::<Register>(&operations, shown, &object);
            assert!(by_itself, "seed {seed}: {shown:?} of {operations:#?}");
            found += 1;
            continue;
        }
        // A compare-and-set after another that cannot have been done is for the search.
        let has_cas = operations.iter().any(|operation| matches!(operation.asked, RegisterCall::Cas(..)));
        assert!(has_cas || !(0..operations.len()).any(is_alone), "seed {seed}: {operations:#?}");
    }
    println!("register: {found} of {all} wrong at once");
    assert!(found > all / 50, "a sample that proves little: {found}");
}

/// It would have to be there already.
#[test]
fn a_compare_and_set_is_no_source_of_what_it_expects() {
    let same = RegisterCall::Cas(Value::Int(5), Value::Int(5));
    let history = in_turn::<Register>(vec![(same, Some(RegisterAnswer::Swapped(true)))]);
    let shortcut = Register.shortcut(&Value::Null, &history.operations.iter().collect::<Vec<_>>());
    assert_eq!(shortcut, Some(DirectVerdict::Violation(vec![0])));
}

fn enqueue_or_dequeue(random: &mut Random, new: Value) -> QueueCall {
    if random.one_in(2) { QueueCall::Enqueue(new) } else { QueueCall::Dequeue }
}

fn without_unknown_dequeues(operations: &mut Vec<OperationOf<Queue>>) {
    operations.retain(|operation| operation.asked != QueueCall::Dequeue || operation.answer.is_some());
}

#[test]
fn a_queue_of_distinct_items_needs_no_search() {
    let asks = || anew(enqueue_or_dequeue);
    shortcut_agrees::<Queue>("queue, distinct items", HISTORIES, asks, without_unknown_dequeues);
}

/// Most of these are found empty at some time.
#[test]
fn a_queue_that_is_often_empty_needs_no_search() {
    let asks =
        || anew(|random, new| if random.below(5) < 2 { QueueCall::Enqueue(new) } else { QueueCall::Dequeue });
    shortcut_agrees::<Queue>("queue, often empty", HISTORIES, asks, without_unknown_dequeues);
}

/// Adds that say nothing of whether they were a change.
fn without_results(operations: &mut Vec<OperationOf<Set>>) {
    for operation in operations {
        if let Some(answer @ SetAnswer::Changed(_)) = &mut operation.answer {
            *answer = SetAnswer::Done;
        }
    }
}

#[test]
fn a_set_that_only_grows_needs_no_search() {
    let asks = || anew(|random, new| if random.below(5) < 2 { SetCall::Add(new) } else { SetCall::Read });
    shortcut_agrees::<Set>("set, growing only", HISTORIES, asks, without_results);
}

/// One call after the other, each with this answer.
fn in_turn<S: SequentialSpec>(calls: Vec<(S::Call, Option<S::Answer>)>) -> History<S> {
    let mut pairing = Pairing::default();
    for (call, answer) in calls {
        pairing.invoke(0, None, call).unwrap();
        pairing.ok(0, None, answer).unwrap();
    }
    pairing.finish().unwrap()
}

fn is_left_to_the_search<S: Plain>(calls: Vec<(S::Call, Option<S::Answer>)>) -> bool {
    let (spec, history) = (S::default(), in_turn::<S>(calls));
    spec.shortcut(&spec.initial(), &history.operations.iter().collect::<Vec<_>>()).is_none()
}

#[test]
fn what_is_of_no_such_kind_is_left_to_the_search() {
    let one = || Value::Int(1);
    assert!(is_left_to_the_search::<Register>(vec![(RegisterCall::Write(one()), None); 2]));
    assert!(is_left_to_the_search::<Register>(vec![(RegisterCall::Write(Value::Null), None)]));
    assert!(is_left_to_the_search::<Register>(vec![(RegisterCall::Cas(one(), one()), None)]));
    assert!(is_left_to_the_search::<Queue>(vec![(QueueCall::Enqueue(one()), None); 2]));
    assert!(is_left_to_the_search::<Queue>(vec![(QueueCall::Dequeue, None)]));
    assert!(is_left_to_the_search::<Set>(vec![(SetCall::Add(one()), None); 2]));
    assert!(is_left_to_the_search::<Set>(vec![(SetCall::Remove(one()), None)]));
    assert!(is_left_to_the_search::<Set>(vec![(SetCall::Add(one()), Some(SetAnswer::Changed(true)))]));
}

/// Two producers whose items overlap, and one consumer behind them, who misses one of the items.
fn passed_on(items: i64, missed: Option<i64>) -> History<Queue> {
    let mut pairing = Pairing::default();
    for item in 0..items {
        let process = u64::from(item % 2 == 1);
        pairing.invoke(process, None, QueueCall::Enqueue(Value::Int(item))).unwrap();
        if item > 0 {
            pairing.ok(1 - process, None, QueueAnswer::Done).unwrap();
        }
        if item >= 10 && missed != Some(item - 10) {
            pairing.invoke(2, None, QueueCall::Dequeue).unwrap();
            pairing.ok(2, None, QueueAnswer::Took(Value::Int(item - 10))).unwrap();
        }
    }
    pairing.finish().unwrap()
}

/// Long ones as well: what is shown first of an item that is lost is the one that overtook it.
#[test]
fn a_long_history_of_a_queue_is_decided_at_once() {
    let decided = |missed| {
        let history = passed_on(20_000, missed);
        let operations: Vec<_> = history.operations.iter().collect();
        let shortcut = Queue.shortcut(&Queue.initial(), &operations);
        shortcut.map(|shortcut| match shortcut {
            DirectVerdict::Linearizable => Vec::new(),
            DirectVerdict::Violation(shown) => shown[..3]
                .iter()
                .map(|&at| Queue.describe(&operations[at].asked, operations[at].answer.as_ref()))
                .collect(),
        })
    };
    assert_eq!(decided(None), Some(Vec::new()));
    // The one right after it overlapped with it.
    let shown = ["dequeue: 15002", "enqueue 15002", "enqueue 15000"];
    assert_eq!(decided(Some(15_000)), Some(shown.map(str::to_owned).into()));
}
