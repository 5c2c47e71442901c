//! Two programs that are measured as a pair: round by round in turns where both take them, or else one after the other.

use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::AgainstError;
use super::program::{Printed, Program};
use crate::record::Record;
use crate::turns::Turn;

/// What a process of each program has measured.
#[derive(Clone, Debug)]
pub struct MeasuredPair {
    /// The record of this program.
    pub this: Record,
    /// The record of the other one.
    pub other: Record,
    /// What both did in each round that they took in turns, this program first, in operations a second; not a number where one
    /// did not measure. Empty where they were run one after the other.
    pub rounds: Vec<(f64, f64)>,
}

/// A program as a pair has it: with what is left of its output, once that came.
struct Side {
    program: Program,
    rest: Option<io::Result<Vec<u8>>>,
}

/// Measures a pair of programs, each in a process of its own; `other_first` is set up first, and has the first turn. Nothing if
/// `interrupted` becomes true meanwhile, which ends both, or if one of them was interrupted itself.
///
/// Both are asked to take turns, see [`Turns`](crate::Turns). Where one does not, as one that was built before there were turns,
/// it runs to its end before the other one begins, and what the machine did meanwhile is between them.
///
/// # Errors
/// [`AgainstError`] if one cannot be started, or prints no record that this program can read.
pub fn pair_of(
    this: &mut Command,
    other: &mut Command,
    other_first: bool,
    interrupted: &AtomicBool,
) -> Result<Option<MeasuredPair>, AgainstError> {
    let [first, second] = if other_first { [other, this] } else { [this, other] };
    let Some(mut first) = Side::start(first, interrupted, || ())? else { return Ok(None) };
    // One that takes no turns is not there any more when the other one is set up.
    let second = Side::start(second, interrupted, || first.program.keep_waiting())?;
    let Some(second) = second else { return Ok(None) };
    let mut sides = [first, second];
    let mut rounds = Vec::new();
    if sides.iter().all(|side| side.rest.is_none()) {
        // The first of a round is the second of the next: what is done first favours neither.
        while let Some(rates) = round(&mut sides, rounds.len() % 2 == 1, interrupted) {
            rounds.push(rates);
        }
    } else {
        sides.iter_mut().for_each(|side| while side.turn(None, interrupted).is_some() {});
    }
    if interrupted.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let [first, second] = sides;
    let (first, second) = (first.record(interrupted)?, second.record(interrupted)?);
    Ok(first.zip(second).map(|(first, second)| {
        if other_first {
            let swapped = rounds.into_iter().map(|(first, second)| (second, first)).collect();
            MeasuredPair { this: second, other: first, rounds: swapped }
        } else {
            MeasuredPair { this: first, other: second, rounds }
        }
    }))
}

/// A turn of each; nothing when one of them has no more.
fn round(sides: &mut [Side; 2], swapped: bool, interrupted: &AtomicBool) -> Option<(f64, f64)> {
    let mut rates = [f64::NAN; 2];
    let [first, second] = sides;
    for nth in if swapped { [1, 0] } else { [0, 1] } {
        let (side, other) = if nth == 0 { (&mut *first, &mut *second) } else { (&mut *second, &mut *first) };
        rates[nth] = side.turn(Some(other), interrupted)?;
    }
    Some((rates[0], rates[1]))
}

impl Side {
    /// Starts a program and waits until it is ready, or over.
    fn start(
        command: &mut Command,
        interrupted: &AtomicBool,
        meanwhile: impl FnMut(),
    ) -> Result<Option<Self>, AgainstError> {
        let program = Program::start(command)?;
        Ok(match program.next(interrupted, meanwhile) {
            None => None,
            Some(Printed::Turn(_)) => Some(Self { program, rest: None }),
            Some(Printed::Rest(rest)) => Some(Self { program, rest: Some(rest) }),
        })
    }

    /// Lets it have a turn, and says what it did in it, which is not a number where it did not measure; nothing when it has no
    /// more turns, or was interrupted. The other one is told to wait for as long as that takes.
    fn turn(&mut self, mut other: Option<&mut Self>, interrupted: &AtomicBool) -> Option<f64> {
        if self.rest.is_some() {
            return None;
        }
        self.program.go();
        let meanwhile = || other.iter_mut().for_each(|other| other.program.keep_waiting());
        match self.program.next(interrupted, meanwhile)? {
            Printed::Turn(Turn::Done { ops_per_s }) => Some(ops_per_s.unwrap_or(f64::NAN)),
            // Not the answer to what was said: as good as none.
            Printed::Turn(Turn::Ready) => Some(f64::NAN),
            Printed::Rest(rest) => {
                self.rest = Some(rest);
                None
            }
        }
    }

    fn record(self, interrupted: &AtomicBool) -> Result<Option<Record>, AgainstError> {
        self.program.record(self.rest, interrupted)
    }
}
