//! Histories of a register with one fault in each.

use lockyard_history::{History, Pairing, Register, RegisterAnswer, RegisterCall, Value};

/// Numbers that look random, the same on every machine (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What goes wrong, once.
#[derive(Clone, Copy)]
enum Fault {
    /// A read answers what nobody wrote.
    Invented,
    /// A read answers what was there some changes ago.
    Stale,
    /// A write is answered and has no effect.
    LostWrite,
    /// A compare-and-set answers the opposite.
    WrongSwap,
    /// A write fails and has its effect all the same.
    DirtyFailure,
}

const FAULTS: [Fault; 5] =
    [Fault::Invented, Fault::Stale, Fault::LostWrite, Fault::WrongSwap, Fault::DirtyFailure];

enum Doing {
    Nothing,
    Asked(RegisterCall),
    Happened(Response),
}

/// What will be said of an operation.
enum Response {
    Ok(RegisterAnswer),
    Fail,
}

struct Object {
    value: Value,
    past: Vec<Value>,
}

impl Object {
    fn set(&mut self, value: Value) {
        self.past.push(std::mem::replace(&mut self.value, value));
    }

    fn apply(&mut self, call: &RegisterCall) -> RegisterAnswer {
        match call {
            RegisterCall::Read => RegisterAnswer::Holds(self.value.clone()),
            RegisterCall::Write(new) => {
                self.set(new.clone());
                RegisterAnswer::Done
            }
            RegisterCall::Cas(old, new) => {
                let done = *old == self.value;
                if done {
                    self.set(new.clone());
                }
                RegisterAnswer::Swapped(done)
            }
        }
    }

    /// With the fault, if this call is one for it.
    fn apply_wrongly(&mut self, fault: Fault, call: &RegisterCall, random: &mut Random) -> Option<Response> {
        match (fault, call) {
            (Fault::Invented, RegisterCall::Read) => {
                Some(Response::Ok(RegisterAnswer::Holds(Value::Int(987_654_321))))
            }
            (Fault::Stale, RegisterCall::Read) => {
                let back = 2 + random.below(6);
                let old = self.past.get(self.past.len().checked_sub(back)?)?;
                (*old != self.value).then(|| Response::Ok(RegisterAnswer::Holds(old.clone())))
            }
            (Fault::LostWrite, RegisterCall::Write(_)) => Some(Response::Ok(RegisterAnswer::Done)),
            (Fault::WrongSwap, RegisterCall::Cas(old, _)) => {
                Some(Response::Ok(RegisterAnswer::Swapped(*old != self.value)))
            }
            (Fault::DirtyFailure, RegisterCall::Write(new)) => {
                self.set(new.clone());
                Some(Response::Fail)
            }
            _ => None,
        }
    }
}

/// Up to so many operations of up to ten processes on one register, with a fault somewhere. Some faults cannot be told from
/// what is right.
pub fn history(seed: u64, most: usize) -> History<Register> {
    let random = &mut Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let (operations, processes) = (30 + random.below(most - 29), 2 + random.below(9));
    let values = [3, 5, 20, 1000][random.below(4)];
    let unknown = [0, 0, 2][random.below(3)];
    let mut fault = Some(FAULTS[random.below(FAULTS.len())]);
    let planted_from = operations / 10 + random.below(operations * 8 / 10);
    let mut object = Object { value: Value::Null, past: Vec::new() };
    let mut doing: Vec<_> = (0..processes).map(|process| (process as u64, Doing::Nothing)).collect();
    let mut late: Vec<RegisterCall> = Vec::new();
    let (mut invoked, mut next_process) = (0, processes as u64);
    let mut pairing = Pairing::<Register>::default();
    while invoked < operations || doing.iter().any(|(_, doing)| !matches!(doing, Doing::Nothing)) {
        if !late.is_empty() && random.is(5) {
            let call = late.swap_remove(random.below(late.len()));
            object.apply(&call);
        }
        let at = random.below(processes);
        let process = doing[at].0;
        doing[at].1 = match std::mem::replace(&mut doing[at].1, Doing::Nothing) {
            Doing::Nothing if invoked == operations => Doing::Nothing,
            Doing::Nothing => {
                invoked += 1;
                let mut value = || Value::Int(random.below(values).cast_signed() as i64);
                let (one, other) = (value(), value());
                let call = match random.below(10) {
                    0..5 => RegisterCall::Read,
                    5..8 => RegisterCall::Write(one),
                    _ => RegisterCall::Cas(one, other),
                };
                pairing.invoke(process, None, call.clone()).unwrap();
                Doing::Asked(call)
            }
            Doing::Asked(call) if random.is(unknown) => {
                pairing.info(process).unwrap();
                late.push(call);
                doing[at].0 = next_process;
                next_process += 1;
                Doing::Nothing
            }
            Doing::Asked(call) => {
                let planned = fault.filter(|_| invoked >= planted_from);
                let wrong = planned.and_then(|fault| object.apply_wrongly(fault, &call, random));
                if wrong.is_some() {
                    fault = None;
                }
                Doing::Happened(wrong.unwrap_or_else(|| Response::Ok(object.apply(&call))))
            }
            Doing::Happened(Response::Ok(answer)) => {
                pairing.ok(process, None, answer).unwrap();
                Doing::Nothing
            }
            Doing::Happened(Response::Fail) => {
                pairing.fail(process).unwrap();
                Doing::Nothing
            }
        };
    }
    pairing.finish().unwrap()
}
