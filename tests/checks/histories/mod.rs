//! Random histories, right ones and broken ones, and the slowest and plainest judge there is.

#![allow(dead_code, reason = "every test file compiles its own copy and uses its own part of it")]

pub mod plain_session;
pub mod sessions;

use std::sync::Arc;

use lockyard::history::{
    History, Kv, KvAnswer, KvCall, OperationOf, Pairing, Register, RegisterAnswer, RegisterCall,
    SequentialSpec, Value,
};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// A specification once more, written in the plainest way: what comes of a call, and whether it can be answered so.
pub trait Plain: SequentialSpec<Call: Clone, Answer: Clone + PartialEq> + Copy + Default {
    type Object: Clone + Default;
    fn after(object: &Self::Object, call: &Self::Call, answer: Option<&Self::Answer>)
    -> Option<Self::Object>;
    fn history(random: &mut ChaCha8Rng, most: usize) -> History<Self>;
}

/// One that has one answer to each call, whatever is not observed: what tests ask, what that does, and what it answers.
pub trait Answering: SequentialSpec<Call: Clone, Answer: Clone + PartialEq> + Copy + Default {
    type Thing: Clone + Default;
    fn random_call(random: &mut ChaCha8Rng) -> Self::Call;
    fn apply(object: &mut Self::Thing, call: &Self::Call) -> Self::Answer;
}

macro_rules! plain {
    ($model:ty) => {
        impl Plain for $model {
            type Object = <$model as Answering>::Thing;

            fn after(
                object: &Self::Object,
                call: &Self::Call,
                answer: Option<&Self::Answer>,
            ) -> Option<Self::Object> {
                let mut object = object.clone();
                let given = Self::apply(&mut object, call);
                answer.is_none_or(|answer| *answer == given).then_some(object)
            }

            fn history(random: &mut ChaCha8Rng, most: usize) -> History<Self> {
                random_history(random, most)
            }
        }
    };
}

plain!(Register);
plain!(Kv);

impl Answering for Register {
    /// Nothing, or a number.
    type Thing = Option<i64>;

    fn random_call(random: &mut ChaCha8Rng) -> RegisterCall {
        let mut value = || Value::Int(random.random_range(1..=3));
        let (one, other) = (value(), value());
        match random.random_range(0..5) {
            0..3 => RegisterCall::Read,
            3 => RegisterCall::Write(one),
            _ => RegisterCall::Cas(one, other),
        }
    }

    fn apply(object: &mut Option<i64>, call: &RegisterCall) -> RegisterAnswer {
        let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
        match call {
            RegisterCall::Read => RegisterAnswer::Holds(object.map_or(Value::Null, Value::Int)),
            RegisterCall::Write(new) => {
                *object = number(new);
                RegisterAnswer::Done
            }
            RegisterCall::Cas(old, new) => {
                let done = *object == number(old);
                if done {
                    *object = number(new);
                }
                RegisterAnswer::Swapped(done)
            }
        }
    }
}

impl Answering for Kv {
    type Thing = String;

    fn random_call(random: &mut ChaCha8Rng) -> KvCall {
        let text: Arc<str> = ["a", "b", "c"][random.random_range(0..3)].into();
        match random.random_range(0..5) {
            0..3 => KvCall::Get,
            3 => KvCall::Append(text),
            _ => KvCall::Put(text),
        }
    }

    fn apply(object: &mut String, call: &KvCall) -> KvAnswer {
        match call {
            KvCall::Get => return KvAnswer::Got(object.as_str().into()),
            KvCall::Put(new) => *object = new.to_string(),
            KvCall::Append(more) => object.push_str(more),
        }
        KvAnswer::Done
    }
}

/// What a simulated process is at.
enum Doing<S: SequentialSpec> {
    Nothing,
    /// It asked for this, which has not happened yet.
    Asked(usize, S::Call),
    /// It has happened, and this will be answered.
    Happened(S::Answer),
}

/// A history of up to this many operations by up to four processes on two keys. Most are recorded on an object that now
/// and then answers from its past or forgets a change, which is not always seen.
pub fn random_history<S: Answering>(random: &mut ChaCha8Rng, most: usize) -> History<S> {
    let mut left = random.random_range(most / 2..=most);
    let broken = random.random_bool(0.8);
    let mut at = 0;
    let mut objects = [vec![S::Thing::default()], vec![S::Thing::default()]];
    let mut pairing = Pairing::<S>::default();
    let mut processes: Vec<_> = (0..random.random_range(1..=4)).map(|_| Doing::<S>::Nothing).collect();
    // Some histories are cut off while operations are open.
    let cut = random.random_bool(0.1);
    while left > 0 || (!cut && processes.iter().any(|doing| !matches!(doing, Doing::Nothing))) {
        // Rather the same as before: where all overlaps, anything can be explained.
        if random.random_bool(0.2) {
            at = random.random_range(0..processes.len());
        }
        let process = at as u64;
        processes[at] = match std::mem::replace(&mut processes[at], Doing::Nothing) {
            Doing::Nothing if left == 0 => Doing::Nothing,
            Doing::Nothing => {
                left -= 1;
                let (key, call) = (usize::from(random.random_bool(0.1)), S::random_call(random));
                pairing.invoke(process, Some(["x", "y"][key]), call.clone()).unwrap();
                Doing::Asked(key, call)
            }
            Doing::Asked(..) if random.random_bool(0.04) => {
                if random.random_bool(0.5) { pairing.fail(process) } else { pairing.info(process) }.unwrap();
                Doing::Nothing
            }
            Doing::Asked(key, call) => {
                let past = &mut objects[key];
                let wrong = broken && random.random_bool(0.6);
                let seen = if wrong { random.random_range(0..past.len().max(2) - 1) } else { past.len() - 1 };
                let mut object = past[seen].clone();
                let answer = S::apply(&mut object, &call);
                if !(wrong && random.random_bool(0.3)) {
                    past.push(object);
                }
                Doing::Happened(answer)
            }
            Doing::Happened(answer) => {
                if random.random_bool(0.1) {
                    pairing.info(process)
                } else {
                    pairing.ok(process, None, answer)
                }
                .unwrap();
                Doing::Nothing
            }
        };
    }
    pairing.finish().expect("one object")
}

/// Whether any order at all of these operations, of any keys, explains their answers: all permutations, with and
/// without each operation of unknown outcome. Given up as soon as an order has gone wrong, or it would take too long.
pub fn some_order_explains<S: Plain>(operations: &[&OperationOf<S>]) -> bool {
    fn extend<S: Plain>(left: &[&OperationOf<S>], objects: &[S::Object]) -> bool {
        if left.iter().all(|operation| operation.ret.is_none()) {
            return true;
        }
        (0..left.len()).any(|at| {
            let next = left[at];
            let too_early = left.iter().any(|other| other.ret.is_some_and(|ret| ret < next.call));
            let answer = next.answer.as_ref();
            let Some(object) = S::after(&objects[next.key], &next.asked, answer).filter(|_| !too_early)
            else {
                return false;
            };
            let mut objects = objects.to_vec();
            objects[next.key] = object;
            extend::<S>(&[&left[..at], &left[at + 1..]].concat(), &objects)
        })
    }
    let keys = operations.iter().map(|operation| operation.key + 1).max().unwrap_or(0);
    extend::<S>(operations, &vec![S::Object::default(); keys])
}
