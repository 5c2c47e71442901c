//! The plainest judges of a register: of a history from its beginning, by all that may be true at each moment; and of a few
//! operations, whatever became of all others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lockyard_history::{OperationOf, Register, RegisterAnswer, RegisterCall, Value};

pub type Op = OperationOf<Register>;

/// A register once more: what comes of a call, if it can be answered so.
fn after(state: &Value, call: &RegisterCall, answer: Option<&RegisterAnswer>) -> Option<Value> {
    match (call, answer) {
        (RegisterCall::Read, Some(RegisterAnswer::Holds(seen))) => (seen == state).then(|| state.clone()),
        (RegisterCall::Read, _) => Some(state.clone()),
        (RegisterCall::Write(new), _) => Some(new.clone()),
        (RegisterCall::Cas(old, new), answer) => {
            let swaps = old == state;
            let fits = match answer {
                Some(RegisterAnswer::Swapped(done)) => *done == swaps,
                _ => true,
            };
            fits.then(|| if swaps { new.clone() } else { state.clone() })
        }
    }
}

/// What may be so at a moment: what is in the register, and which of the open operations have taken effect.
type Configuration = (Value, BTreeSet<usize>);

/// Every value that may be in the register at this moment, by walking through all events before it with all that may be so
/// after each. None of them: the history has no order.
pub fn states_at(operations: &[Op], moment: usize) -> BTreeSet<Value> {
    let mut events = BTreeMap::new();
    for (at, operation) in operations.iter().enumerate() {
        events.insert(operation.call, (at, false));
        if let Some(ret) = operation.ret {
            events.insert(ret, (at, true));
        }
    }
    let mut all: HashSet<Configuration> = HashSet::from([(Value::Null, BTreeSet::new())]);
    let mut open: BTreeSet<usize> = BTreeSet::new();
    for (_, (at, returns)) in events.range(..moment) {
        if !returns {
            open.insert(*at);
            continue;
        }
        let mut next = closure(operations, all, &open);
        next.retain(|(_, taken)| taken.contains(at));
        let without = |(value, mut taken): Configuration| {
            taken.remove(at);
            (value, taken)
        };
        all = next.into_iter().map(without).collect();
        open.remove(at);
    }
    closure(operations, all, &open).into_iter().map(|(value, _)| value).collect()
}

/// With all that the open operations may do, in any order.
fn closure(operations: &[Op], all: HashSet<Configuration>, open: &BTreeSet<usize>) -> HashSet<Configuration> {
    let (mut seen, mut left) = (all.clone(), all.into_iter().collect::<Vec<_>>());
    while let Some((value, taken)) = left.pop() {
        for &at in open.difference(&taken) {
            let Some(next) = after(&value, &operations[at].asked, operations[at].answer.as_ref()) else {
                continue;
            };
            let mut taken = taken.clone();
            taken.insert(at);
            if seen.insert((next.clone(), taken.clone())) {
                left.push((next, taken));
            }
        }
    }
    seen
}

/// Operations of which some are shown, and all others count as asked, of unknown outcome.
pub struct Relaxed<'a> {
    /// With the moments between which each is: the shown ones, of which some need not have happened.
    pub shown: Vec<(&'a Op, usize, usize, bool)>,
    pub others: Vec<&'a Op>,
}

impl Relaxed<'_> {
    /// Whether some order explains what is shown, from this value on.
    pub fn has_order(&self, initial: &Value) -> bool {
        let mut seen = HashMap::new();
        self.explains(0, initial, &BTreeSet::new(), &mut seen)
    }

    fn explains(
        &self,
        done: u128,
        value: &Value,
        used: &BTreeSet<usize>,
        seen: &mut HashMap<(u128, Value), Vec<BTreeSet<usize>>>,
    ) -> bool {
        let is_done = |at: usize| done & 1 << at != 0;
        if self.shown.iter().enumerate().all(|(at, (.., optional))| is_done(at) || *optional) {
            return true;
        }
        // With more of the others left it was in vain before.
        let before = seen.entry((done, value.clone())).or_default();
        if before.iter().any(|less| less.is_subset(used)) {
            return false;
        }
        before.push(used.clone());
        let comes_after_all = |call: usize| {
            self.shown
                .iter()
                .enumerate()
                .all(|(at, (_, _, ret, optional))| is_done(at) || *optional || *ret > call)
        };
        // One of the others need only be used where it changes something; and of those that ask the same, the one that was
        // called first does for all. What a write leaves is independent of what was before it, so before a write nothing
        // but what is shown is worth doing: a run of others is one write at most, and compare-and-sets.
        let mut runs = vec![(value.clone(), used.clone())];
        let mut next = 0;
        while next < runs.len() {
            let (value, used) = runs[next].clone();
            let is_first = next == 0;
            next += 1;
            for (at, other) in self.others.iter().enumerate() {
                let writes = matches!(other.asked, RegisterCall::Write(_));
                let is_first_of_its_kind = || {
                    !(0..at).any(|before| !used.contains(&before) && self.others[before].asked == other.asked)
                };
                if used.contains(&at)
                    || (writes && !is_first)
                    || !comes_after_all(other.call)
                    || !is_first_of_its_kind()
                {
                    continue;
                }
                let after = after(&value, &other.asked, None).expect("any answer is right");
                if runs.iter().take(next).any(|(seen, before)| *seen == after && before.is_subset(&used)) {
                    continue;
                }
                let mut used = used.clone();
                used.insert(at);
                if !runs.contains(&(after.clone(), used.clone())) {
                    runs.push((after, used));
                }
            }
        }
        for (value, used) in runs {
            for (at, (operation, call, ret, _)) in self.shown.iter().enumerate() {
                // Of those that are the same in all, the first does.
                let is_same = |&(other, from, until, _): &(&Op, usize, usize, bool)| {
                    (&other.asked, &other.answer, from, until)
                        == (&operation.asked, &operation.answer, *call, *ret)
                };
                let is_second = (0..at).any(|before| !is_done(before) && is_same(&self.shown[before]));
                if is_done(at) || is_second || !comes_after_all(*call) {
                    continue;
                }
                if let Some(next) = after(&value, &operation.asked, operation.answer.as_ref())
                    && self.explains(done | 1 << at, &next, &used, seen)
                {
                    return true;
                }
            }
        }
        false
    }
}
