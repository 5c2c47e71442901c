//! What repeats in a run, so that it is drawn once.

use std::collections::HashMap;
use std::ops::Range;

use super::step::{Action, Step};

/// A repeated block is looked for up to this many steps long: a longer one would not fit a screen when drawn once.
const LONGEST: usize = 512;

/// A block that occurs less often is drawn as often as it occurs: twice may be what a reader looks for.
const FEWEST: usize = 3;

/// What is drawn of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// The step at this place.
    Step(usize),
    /// The steps of `block`, which were drawn just before, occur so many times in all, each time with numbers that are
    /// greater by `stride`.
    Repeat { block: Range<usize>, times: usize, stride: u32 },
}

impl Item {
    /// The steps that are not drawn.
    pub(super) fn hidden(block: &Range<usize>, times: usize) -> Range<usize> {
        block.end..block.end + block.len() * (times - 1)
    }
}

/// The run with repeated blocks folded. The step at `fatal` is always drawn.
pub(super) fn fold(steps: &[Step], fatal: Option<usize>) -> Vec<Item> {
    let mut items = Vec::new();
    Folding::new(steps, fatal).fold(0..steps.len(), &mut items);
    items
}

/// All of a step but its number and its task's name.
type Key<'a> = (usize, Action, Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a [String], &'a [String]);

struct Folding<'a> {
    steps: &'a [Step],
    /// By place: equal steps have equal numbers, so that comparing two costs one comparison.
    same: Vec<usize>,
}

impl<'a> Folding<'a> {
    fn new(steps: &'a [Step], fatal: Option<usize>) -> Self {
        let mut known: HashMap<Key<'a>, usize> = HashMap::new();
        let same = steps.iter().enumerate().map(|(at, step)| {
            // The fatal step equals no other one, so no block can hide it.
            if Some(at) == fatal { steps.len() } else { *known.entry(key(step)).or_insert(at) }
        });
        let same = same.collect();
        Self { steps, same }
    }

    fn fold(&self, range: Range<usize>, items: &mut Vec<Item>) {
        let mut at = range.start;
        while at < range.end {
            let Some((period, times)) = self.longest_repeat(at, range.end) else {
                items.push(Item::Step(at));
                at += 1;
                continue;
            };
            let block = at..at + period;
            // A repeat within the block is at most a third as long, so this ends.
            self.fold(block.clone(), items);
            at += period * times;
            items.push(Item::Repeat { stride: self.stride(block.start, period), block, times });
        }
    }

    /// The repeat from `at` on that saves most lines: how long its block is, and how often it occurs.
    fn longest_repeat(&self, at: usize, end: usize) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = FEWEST;
        for period in 1..=((end - at) / FEWEST).min(LONGEST) {
            if self.same[at] != self.same[at + period] {
                continue;
            }
            let stride = self.stride(at, period);
            let repeats =
                |at: &usize| self.same[*at] == self.same[at + period] && self.stride(*at, period) == stride;
            let times = 1 + (at..end - period).take_while(repeats).count() / period;
            let saved = (times - 1) * period;
            // A longer period that saves as much would be the same block twice.
            if times >= FEWEST && saved > most {
                (best, most) = (Some((period, times)), saved);
            }
        }
        best
    }

    /// By how much the number of a step grows from one time to the next.
    fn stride(&self, at: usize, period: usize) -> u32 {
        self.steps[at + period].nth.wrapping_sub(self.steps[at].nth)
    }
}

fn key(step: &Step) -> Key<'_> {
    let Step { nth: _, task, action, object, value, place, holds, waits_for } = step;
    (*task, *action, object.as_deref(), value.as_deref(), place.as_deref(), holds, waits_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step for each letter, each with a number of its own.
    fn steps(letters: &str) -> Vec<Step> {
        let step = |(nth, letter): (u32, char)| Step {
            nth,
            task: letter as usize % 2,
            action: Action::Access,
            object: Some(letter.to_string()),
            value: None,
            place: None,
            holds: Vec::new(),
            waits_for: Vec::new(),
        };
        (1..).zip(letters.chars()).map(step).collect()
    }

    /// Only what is drawn is read of `steps`: the rest must follow from it.
    fn unfold(steps: &[Step], items: &[Item]) -> Vec<Step> {
        let mut all: Vec<Step> = Vec::new();
        for item in items {
            match item {
                Item::Step(at) => all.push(steps[*at].clone()),
                Item::Repeat { block, times, stride } => {
                    assert_eq!(block.end, all.len(), "the block was drawn just before");
                    for _ in 1..*times {
                        let end = all.len();
                        all.extend_from_within(end - block.len()..);
                        all[end..].iter_mut().for_each(|step| step.nth += stride);
                    }
                }
            }
        }
        all
    }

    /// The drawing in letters: `ab(2x4)` is a block of two that occurs four times.
    fn drawn(letters: &str, fatal: Option<usize>) -> String {
        let steps = steps(letters);
        let items = fold(&steps, fatal);
        assert_eq!(unfold(&steps, &items), steps, "{letters}: {items:?}");
        let item = |item: &Item| match item {
            Item::Step(at) => letters[*at..=*at].to_owned(),
            Item::Repeat { block, times, .. } => format!("({}x{times})", block.len()),
        };
        items.iter().map(item).collect()
    }

    #[test]
    fn a_block_that_repeats_is_drawn_once() {
        assert_eq!(drawn("xabcabcabcabcy", None), "xabc(3x4)y");
        assert_eq!(drawn("aaaaaaaa", None), "a(1x8)", "and not as four of two");
    }

    #[test]
    fn a_repeat_that_is_cut_short_keeps_its_rest() {
        assert_eq!(drawn("abcabcabcab", None), "abc(3x3)ab");
        assert_eq!(drawn("abcabcabxabcabc", None), "abcabcabxabcabc", "no three in a row");
    }

    #[test]
    fn repeats_within_repeats_are_folded_too() {
        let inner = "aaaaaab".repeat(4);
        assert_eq!(drawn(&format!("{inner}c"), None), "a(1x6)b(7x4)c");
    }

    #[test]
    fn few_repeats_are_not_worth_a_fold() {
        assert_eq!(drawn("aaabab", None), "aaabab");
    }

    #[test]
    fn the_fatal_step_is_drawn_wherever_it_is() {
        for fatal in 0..12 {
            let drawing = fold(&steps("abcabcabcabc"), Some(fatal));
            assert!(drawing.contains(&Item::Step(fatal)), "{fatal}: {drawing:?}");
            drawn("abcabcabcabc", Some(fatal));
        }
    }

    #[test]
    fn what_differs_in_value_or_in_the_rhythm_of_its_numbers_is_no_repeat() {
        let mut counted = steps("abababababab");
        for (at, step) in counted.iter_mut().enumerate() {
            step.value = Some(format!("version {}", at / 2));
        }
        assert!(fold(&counted, None).iter().all(|item| matches!(item, Item::Step(_))));
        let mut late = steps("aaaaaaaaaaaa");
        late[6..].iter_mut().for_each(|step| step.nth += 5);
        let items = fold(&late, None);
        assert_eq!(unfold(&late, &items), late);
        assert_eq!(items.len(), 4, "two blocks of six: {items:?}");
    }

    /// Words of two letters have repeats of every shape.
    #[test]
    fn whatever_is_folded_unfolds_to_the_same_steps() {
        let mut state = 1_u64;
        for _ in 0..3_000 {
            let mut letters = String::new();
            for _ in 0..24 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                letters.push(if state >> 62 == 0 { 'b' } else { 'a' });
            }
            drawn(&letters, Some((state >> 40) as usize % 30).filter(|at| *at < 24));
        }
    }
}
