//! The objects of the specifications, each as plain as can be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lockyard_history::{
    Counter, CounterAnswer, CounterCall, Kv, KvAnswer, KvCall, Lock, LockAnswer, LockCall, LockState,
    MicroOperation, MultiRegister, MultiRegisterState, Queue, QueueAnswer, QueueCall, Register,
    RegisterAnswer, RegisterCall, SequentialSpec, Set, SetAnswer, SetCall, Transaction, Value,
};

use super::{Plain, Random};

pub fn small(random: &mut Random) -> Value {
    Value::Int(1 + random.number(3))
}

impl Plain for Register {
    type Object = Value;

    fn begins(random: &mut Random) -> (Value, Value) {
        let value = if random.one_in(2) { Value::Null } else { Value::Int(3) };
        (value.clone(), value)
    }

    fn apply(object: &mut Value, call: &RegisterCall) -> Option<RegisterAnswer> {
        Some(match call {
            RegisterCall::Read => RegisterAnswer::Holds(object.clone()),
            RegisterCall::Write(new) => {
                *object = new.clone();
                RegisterAnswer::Done
            }
            RegisterCall::Cas(old, _) if old != object => RegisterAnswer::Swapped(false),
            RegisterCall::Cas(_, new) => {
                *object = new.clone();
                RegisterAnswer::Swapped(true)
            }
        })
    }

    fn other(random: &mut Random, _: &RegisterCall, answer: RegisterAnswer) -> RegisterAnswer {
        match answer {
            RegisterAnswer::Holds(_) => RegisterAnswer::Holds(Value::Int(1 + random.number(6))),
            RegisterAnswer::Swapped(done) => RegisterAnswer::Swapped(!done),
            RegisterAnswer::Done => RegisterAnswer::Done,
        }
    }
}

impl Plain for Kv {
    type Object = String;

    fn begins(_: &mut Random) -> (String, std::sync::Arc<str>) {
        (String::new(), Kv.initial())
    }

    fn apply(object: &mut String, call: &KvCall) -> Option<KvAnswer> {
        match call {
            KvCall::Get => return Some(KvAnswer::Got(object.as_str().into())),
            KvCall::Put(new) => *object = new.to_string(),
            KvCall::Append(more) => object.push_str(more),
        }
        Some(KvAnswer::Done)
    }

    fn other(random: &mut Random, _: &KvCall, answer: KvAnswer) -> KvAnswer {
        match answer {
            KvAnswer::Got(_) => KvAnswer::Got(random.of(&["a", "b", "ab"]).into()),
            KvAnswer::Done => KvAnswer::Done,
        }
    }
}

impl Plain for Lock {
    type Object = bool;

    fn begins(random: &mut Random) -> (bool, LockState) {
        if random.one_in(3) { (true, LockState::Locked) } else { (false, LockState::Free) }
    }

    fn apply(object: &mut bool, call: &LockCall) -> Option<LockAnswer> {
        let held = *call == LockCall::Release;
        (*object == held).then(|| {
            *object = !held;
            LockAnswer
        })
    }

    fn other(_: &mut Random, _: &LockCall, answer: LockAnswer) -> LockAnswer {
        answer
    }
}

impl Plain for Counter {
    type Object = i64;

    fn begins(random: &mut Random) -> (i64, i128) {
        let number = random.of(&[0, 0, 5]);
        (number, i128::from(number))
    }

    fn apply(object: &mut i64, call: &CounterCall) -> Option<CounterAnswer> {
        Some(match call {
            CounterCall::Read => CounterAnswer::Stands(*object),
            CounterCall::Add(more) => {
                *object += more;
                CounterAnswer::Done
            }
        })
    }

    fn other(random: &mut Random, _: &CounterCall, answer: CounterAnswer) -> CounterAnswer {
        match answer {
            CounterAnswer::Stands(number) => CounterAnswer::Stands(number - 2 + random.number(5)),
            CounterAnswer::Done => CounterAnswer::Done,
        }
    }
}

impl Plain for Set {
    type Object = BTreeSet<Value>;

    fn begins(random: &mut Random) -> (BTreeSet<Value>, Self::State) {
        let elements = if random.one_in(2) { vec![] } else { vec![Value::Int(2), Value::Int(9)] };
        let elements: BTreeSet<_> = elements.into_iter().collect();
        (elements.clone(), elements.into())
    }

    fn apply(object: &mut BTreeSet<Value>, call: &SetCall) -> Option<SetAnswer> {
        Some(match call {
            SetCall::Read => SetAnswer::Holds(object.clone().into()),
            SetCall::Contains(element) => SetAnswer::Contained(object.contains(element)),
            SetCall::Add(element) => SetAnswer::Changed(object.insert(element.clone())),
            SetCall::Remove(element) => SetAnswer::Changed(object.remove(element)),
        })
    }

    fn agrees(answer: &SetAnswer, full: &SetAnswer) -> bool {
        answer == full || matches!((answer, full), (SetAnswer::Done, SetAnswer::Changed(_)))
    }

    fn says_less(random: &mut Random, answer: SetAnswer) -> SetAnswer {
        match answer {
            SetAnswer::Changed(_) if random.one_in(2) => SetAnswer::Done,
            other => other,
        }
    }

    fn other(random: &mut Random, _: &SetCall, answer: SetAnswer) -> SetAnswer {
        match answer {
            SetAnswer::Holds(elements) => {
                let mut elements = (*elements).clone();
                let element = Value::Int(1 + random.number(6));
                if !elements.remove(&element) {
                    elements.insert(element);
                }
                SetAnswer::Holds(elements.into())
            }
            SetAnswer::Contained(said) => SetAnswer::Contained(!said),
            SetAnswer::Changed(said) => SetAnswer::Changed(!said),
            SetAnswer::Done => SetAnswer::Done,
        }
    }
}

impl Plain for Queue {
    type Object = VecDeque<Value>;

    fn begins(random: &mut Random) -> (VecDeque<Value>, Self::State) {
        let waiting = (0..random.of(&[0, 0, 1, 2])).map(|item| Value::Int(100 + item)).collect::<Vec<_>>();
        (waiting.clone().into(), waiting.into())
    }

    fn apply(object: &mut VecDeque<Value>, call: &QueueCall) -> Option<QueueAnswer> {
        Some(match call {
            QueueCall::Enqueue(item) => {
                object.push_back(item.clone());
                QueueAnswer::Done
            }
            QueueCall::Dequeue => match object.pop_front() {
                Some(item) => QueueAnswer::Took(item),
                None => QueueAnswer::Empty,
            },
        })
    }

    fn other(random: &mut Random, _: &QueueCall, answer: QueueAnswer) -> QueueAnswer {
        match answer {
            QueueAnswer::Done => QueueAnswer::Done,
            _ if random.one_in(3) => QueueAnswer::Empty,
            _ => QueueAnswer::Took(Value::Int(random.of(&[1, 2, 3, 4, 100, 101]))),
        }
    }
}

impl Plain for MultiRegister {
    /// What was written, by keys, and what is in all others.
    type Object = (BTreeMap<String, Value>, Value);

    fn begins(random: &mut Random) -> (Self::Object, MultiRegisterState) {
        let rest = if random.one_in(2) { Value::Null } else { Value::Int(3) };
        ((BTreeMap::new(), rest.clone()), rest.into())
    }

    fn apply((object, rest): &mut Self::Object, call: &Transaction) -> Option<Transaction> {
        let mut answers = Vec::new();
        for operation in &call.0 {
            if let MicroOperation::Write(key, value) = operation {
                object.insert(key.to_string(), value.clone());
            }
            answers.push(match operation {
                MicroOperation::Read(key, _) => {
                    let seen = object.get(&**key).unwrap_or(rest);
                    MicroOperation::Read(key.clone(), Some(seen.clone()))
                }
                write @ MicroOperation::Write(..) => write.clone(),
            });
        }
        Some(Transaction(answers))
    }

    fn agrees(answer: &Transaction, full: &Transaction) -> bool {
        answer
            .0
            .iter()
            .zip(&full.0)
            .all(|(answer, full)| answer == full || matches!(answer, MicroOperation::Read(_, None)))
    }

    fn says_less(random: &mut Random, mut answer: Transaction) -> Transaction {
        for operation in &mut answer.0 {
            if let MicroOperation::Read(_, seen) = operation
                && random.one_in(10)
            {
                *seen = None;
            }
        }
        answer
    }

    fn other(random: &mut Random, _: &Transaction, mut answer: Transaction) -> Transaction {
        for operation in &mut answer.0 {
            if let MicroOperation::Read(_, Some(seen)) = operation {
                *seen = small(random);
            }
        }
        answer
    }
}
