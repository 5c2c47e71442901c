//! Each specification against all permutations, on random histories: the checker must never say anything else.
//!
//! `scripts/brute-force.sh` runs the same on many more.

mod brute_force;

use brute_force::objects::small;
use brute_force::{Counts, Plain, Random, Recipe, agree, histories, history, is_right, some_order_explains};
use lockyard_history::{
    Checker, Consistency, Counter, CounterCall, Kv, KvCall, Lock, LockCall, MicroOperation, MultiRegister,
    OperationOf, Pairing, Queue, QueueCall, Register, RegisterAnswer, RegisterCall, Set, SetCall,
    Transaction, Value, Verdict,
};

const HISTORIES: u64 = 2_000;

fn register_call(random: &mut Random) -> RegisterCall {
    match random.below(5) {
        0..3 => RegisterCall::Read,
        3 => RegisterCall::Write(small(random)),
        _ => RegisterCall::Cas(small(random), small(random)),
    }
}

#[test]
fn a_register_is_judged_as_by_all_permutations() {
    agree::<Register>("register", HISTORIES, || Box::new(register_call));
}

#[test]
fn a_kv_is_judged_as_by_all_permutations() {
    agree::<Kv>("kv", HISTORIES, || {
        Box::new(|random| {
            let text = random.of(&["a", "b", "c"]).into();
            match random.below(5) {
                0..3 => KvCall::Get,
                3 => KvCall::Append(text),
                _ => KvCall::Put(text),
            }
        })
    });
}

#[test]
fn a_lock_is_judged_as_by_all_permutations() {
    agree::<Lock>("lock", HISTORIES, || {
        Box::new(|random| if random.one_in(2) { LockCall::Acquire } else { LockCall::Release })
    });
}

#[test]
fn a_counter_is_judged_as_by_all_permutations() {
    agree::<Counter>("counter", HISTORIES, || {
        Box::new(|random| {
            if random.one_in(2) { CounterCall::Read } else { CounterCall::Add(random.of(&[-1, 0, 1, 2])) }
        })
    });
}

#[test]
fn a_set_is_judged_as_by_all_permutations() {
    agree::<Set>("set", HISTORIES, || {
        Box::new(|random| match random.below(6) {
            0..2 => SetCall::Read,
            2 => SetCall::Contains(small(random)),
            3..5 => SetCall::Add(small(random)),
            _ => SetCall::Remove(small(random)),
        })
    });
}

#[test]
fn a_set_is_judged_element_by_element_as_by_all_permutations() {
    agree::<Set>("set, element by element", HISTORIES, || {
        Box::new(|random| match random.below(6) {
            0..2 => SetCall::Contains(small(random)),
            2..4 => SetCall::Add(small(random)),
            _ => SetCall::Remove(small(random)),
        })
    });
}

#[test]
fn a_queue_is_judged_as_by_all_permutations() {
    agree::<Queue>("queue", HISTORIES, || {
        Box::new(
            |random| if random.one_in(2) { QueueCall::Enqueue(small(random)) } else { QueueCall::Dequeue },
        )
    });
}

fn micro_operation(random: &mut Random) -> MicroOperation {
    let key = random.of(&["x", "y"]).into();
    if random.below(5) < 3 {
        MicroOperation::Read(key, None)
    } else {
        MicroOperation::Write(key, small(random))
    }
}

#[test]
fn a_multi_register_is_judged_as_by_all_permutations() {
    agree::<MultiRegister>("multi-register", HISTORIES, || {
        Box::new(|random| Transaction((0..=random.below(3)).map(|_| micro_operation(random)).collect()))
    });
}

/// Answers that no object gave, for what is wrong with all keys and right with each.
fn guess(random: &mut Random, operations: &mut [OperationOf<Register>], initial: &Value) {
    for operation in operations {
        if let Some(RegisterAnswer::Holds(value)) = &mut operation.answer {
            *value = if random.one_in(2) { initial.clone() } else { Value::Int(1) };
        }
    }
}

#[test]
fn sequential_consistency_of_two_keys_is_judged_as_by_all_permutations() {
    let recipe = Recipe { operations: 7, keys: &["x", "y"] };
    let (mut counts, mut not_local) = (Counts::default(), 0);
    let all = histories(HISTORIES);
    for seed in 0..all {
        let mut random = Random::new(seed);
        let (object, state) = Register::begins(&mut random);
        let guessed = seed % 2 == 0;
        let mut asks = |random: &mut Random| match random.below(5) {
            _ if !guessed => register_call(random),
            0..3 => RegisterCall::Read,
            _ => RegisterCall::Write(Value::Int(1)),
        };
        let mut history = history::<Register>(&mut random, recipe, &object, &mut asks);
        if guessed {
            guess(&mut random, &mut history.operations, &object);
        }
        let operations: Vec<_> = history.operations.iter().collect();
        let explained = |operations: &[&OperationOf<Register>]| {
            some_order_explains::<Register>(operations, &object, Consistency::Sequential)
        };
        let plainly = explained(&operations);
        let key_by_key = (0..2).all(|key| {
            let of_key = operations.iter().filter(|operation| operation.key == key);
            explained(&of_key.copied().collect::<Vec<_>>())
        });
        not_local += u64::from(key_by_key && !plainly);
        let story = format!("seed {seed}, from {state:?}: {operations:#?}");
        let (spec, together) = history.product(&Register);
        let checker =
            Checker::new(&spec).consistency(Consistency::Sequential).starting_at(spec.all_at(&state));
        assert_eq!(is_right(&checker.decide(&together)), plainly, "{story}");
        counts.count(plainly);
    }
    counts.told("sequential consistency");
    println!("sequential consistency: {not_local} wrong of which each key is right");
    assert!(not_local > 0);
}

/// Each process writes, and does not see what the other one wrote before: as where writes wait in a buffer (Dekker).
#[test]
fn stores_that_are_buffered_are_right_on_each_key_and_wrong_on_both() {
    let mut pairing = Pairing::<Register>::default();
    for (process, written, read) in [(0, "x", "y"), (1, "y", "x")] {
        pairing.invoke(process, Some(written), RegisterCall::Write(Value::Int(1))).unwrap();
        pairing.ok(process, None, RegisterAnswer::Done).unwrap();
        pairing.invoke(process, Some(read), RegisterCall::Read).unwrap();
        pairing.ok(process, None, RegisterAnswer::Holds(Value::Null)).unwrap();
    }
    let (spec, together) = pairing.finish().unwrap().product(&Register);
    let checker = Checker::new(&spec).consistency(Consistency::Sequential);
    let Verdict::Violation(violation) = checker.check(&together) else { panic!("no order is right") };
    let mut shown: Vec<_> = violation.operations.iter().map(|operation| operation.what.as_str()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["x: read: null", "x: write 1", "y: read: null", "y: write 1"]);
}
