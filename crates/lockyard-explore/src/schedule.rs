//! A schedule: who made each step, and what happened to them in it. As text, to be shown and replayed.

use std::fmt;
use std::str::FromStr;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Move {
    /// Whose.
    pub task: u16,
    /// From which of its yield points the task goes on, where it waits at several; of a [choice](MoveKind::Choose), its value.
    pub stop: u8,
    /// What happens.
    pub kind: MoveKind,
}

impl Move {
    /// Whether the run goes on by it, rather than a task is given up.
    pub(super) fn is_progress(self) -> bool {
        !matches!(self.kind, MoveKind::Cancel | MoveKind::Stall)
    }

    /// Whether its task is polled in it.
    pub(super) fn goes_on(self) -> bool {
        self.is_progress() && self.kind != MoveKind::Abort
    }
}

/// The place of a task that was woken by something else than the schedule.
pub(super) const FOREIGN: u8 = u8::MAX;

/// What happens in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoveKind {
    /// The task goes on.
    Run,
    /// It goes on, and its call fails without effect.
    Fail,
    /// It goes on, and its call fails after it has taken effect.
    FailLate,
    /// It goes on, and its call takes effect but answers later.
    Slow,
    /// It is dropped where it stands.
    Cancel,
    /// It is not polled any more.
    Stall,
    /// It was [aborted](crate::guest::abort), and is dropped where it stands.
    Abort,
    /// In the step before this, the task was given the value that stands in the place of `stop`: see
    /// [`choose`](crate::guest::choose).
    Choose,
}

impl MoveKind {
    /// Whether something goes wrong in it that the setting bounds.
    pub(super) fn is_mishap(self) -> bool {
        !matches!(self, Self::Run | Self::Abort | Self::Choose)
    }

    fn letter(self) -> &'static str {
        match self {
            Self::Run => "",
            Self::Fail => "f",
            Self::FailLate => "l",
            Self::Slow => "w",
            Self::Cancel => "c",
            Self::Stall => "s",
            Self::Abort => "a",
            Self::Choose => "v",
        }
    }
}

/// A run, step by step. Written as `2x0.1.0c`: task 0 twice, task 1, then task 0 is cancelled; `0.0:2v` is a step of task 0
/// in which it was given the value 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// Which operations of the program are left out.
    pub left_out: Vec<usize>,
    /// The steps.
    pub moves: Vec<Move>,
}

impl Schedule {
    /// How many steps are made by another task than the one before.
    pub fn switches(&self) -> usize {
        self.moves.windows(2).filter(|pair| pair[0].task != pair[1].task).count()
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.task)?;
        if self.stop > 0 {
            write!(f, ":{}", self.stop)?;
        }
        f.write_str(self.kind.letter())
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in &self.left_out {
            write!(f, "-{operation}.")?;
        }
        for (at, run) in self.moves.chunk_by(|one, next| one == next).enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            if run.len() > 1 {
                write!(f, "{}x", run.len())?;
            }
            write!(f, "{}", run[0])?;
        }
        Ok(())
    }
}

/// What is wrong with a schedule that was given as text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part:?} is not a step of a schedule; steps look like 3, 3:1, 4x3 or 3c, with a point between two of them"
)]
pub struct ScheduleError {
    part: String,
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let mut schedule = Self::default();
        for part in text.split('.').filter(|part| !part.is_empty()) {
            let wrong = || ScheduleError { part: part.to_owned() };
            if let Some(operation) = part.strip_prefix('-') {
                schedule.left_out.push(operation.parse().map_err(|_| wrong())?);
                continue;
            }
            let (times, step) = part.split_once('x').unwrap_or(("1", part));
            let times: usize =
                times.parse().ok().filter(|times| (1..=MOST_STEPS).contains(times)).ok_or_else(wrong)?;
            let digits = step.trim_end_matches(char::is_alphabetic);
            let kind = match &step[digits.len()..] {
                "" => MoveKind::Run,
                "f" => MoveKind::Fail,
                "l" => MoveKind::FailLate,
                "w" => MoveKind::Slow,
                "c" => MoveKind::Cancel,
                "s" => MoveKind::Stall,
                "a" => MoveKind::Abort,
                "v" => MoveKind::Choose,
                _ => return Err(wrong()),
            };
            let (task, stop) = digits.split_once(':').unwrap_or((digits, "0"));
            let task = task.parse().map_err(|_| wrong())?;
            let stop = stop.parse().map_err(|_| wrong())?;
            schedule.moves.extend(std::iter::repeat_n(Move { task, stop, kind }, times));
        }
        Ok(schedule)
    }
}

/// More steps than any run has.
pub(super) const MOST_STEPS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        for text in ["", "0", "2x0.1.0c", "-1.-3.0.1:1f.3x2.2s.0l.1w.1a.2v.2:3v"] {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in ["x", "0q", "0:", "ax1", "-", "99999x0", "0cc", "65536"] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains("not a step of a schedule"), "{text}: {error}");
        }
    }

    #[test]
    fn a_switch_is_a_change_of_task() {
        let switches = |text: &str| text.parse::<Schedule>().unwrap().switches();
        assert_eq!(switches("3x0.2x1"), 1);
        assert_eq!(switches("0.1.0c"), 2);
    }
}
