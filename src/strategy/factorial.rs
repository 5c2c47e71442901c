//! The way from one strategy to another: every combination of the factors in which they differ.
//!
//! What a single change gave cannot be read off its first and its last strategy, nor off any one path between them, for a
//! change may give more after another one than before it. So all combinations are measured, and this room says which they
//! are, and that each of them is built.

use super::combinations::check;
use super::error::StrategyError;
use super::factors::Factors;
use super::named::Strategy;
use super::presets::PRESETS;

/// Combinations that are named one by one in a refusal, and ways that are offered instead.
const NAMED: usize = 5;

/// The strategies that two others span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factorial {
    changes: Vec<Change>,
    strategies: Vec<Strategy>,
}

/// One factor in which two strategies differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The factor, as it is written in a strategy.
    pub factor: &'static str,
    /// The choice at the start of the way.
    pub old: String,
    /// The choice at its end.
    pub new: String,
}

impl Factorial {
    /// Reads `A..B`, two strategies with the way between them.
    ///
    /// ```
    /// use lockyard::strategy::Factorial;
    ///
    /// let way = Factorial::parse("naive..after")?;
    /// assert_eq!(way.changes()[0].factor, "session");
    /// assert_eq!(way.strategies().len(), 2);
    /// # Ok::<(), lockyard::strategy::StrategyError>(())
    /// ```
    ///
    /// # Errors
    /// What [`Strategy::parse`] refuses, and what [`Factorial::between`] does.
    pub fn parse(given: &str) -> Result<Self, StrategyError> {
        let (from, to) =
            given.split_once("..").ok_or_else(|| StrategyError::NotAWay { given: given.to_owned() })?;
        Self::between(&Strategy::parse(from.trim())?, &Strategy::parse(to.trim())?)
    }

    /// Everything between two strategies, these included.
    ///
    /// # Errors
    /// [`StrategyError::NoWay`] if they differ in nothing; [`StrategyError::WayNotBuilt`] if a combination between them
    /// cannot be or is not built.
    pub fn between(from: &Strategy, to: &Strategy) -> Result<Self, StrategyError> {
        let corners = corners(from.factors(), to.factors());
        if corners.len() == 1 {
            return Err(StrategyError::NoWay { from: from.name().to_owned(), to: to.name().to_owned() });
        }
        let refused = || corners.iter().filter_map(|factors| refusal(*factors));
        if refused().next().is_some() {
            let more = refused().count().saturating_sub(NAMED);
            let mut missing: Vec<_> = refused().take(NAMED).collect();
            missing.extend((more > 0).then(|| format!("and {more} more")));
            return Err(StrategyError::WayNotBuilt {
                from: from.name().to_owned(),
                to: to.name().to_owned(),
                missing: missing.join("\n  "),
                instead: instead(from, to).join(", "),
            });
        }
        let changes = changes(from.factors(), to.factors());
        let last = corners.len() - 1;
        let named = |(index, factors)| match index {
            0 => from.clone(),
            index if index == last => to.clone(),
            _ => Strategy::of(factors),
        };
        let strategies = corners.into_iter().enumerate().map(named).collect();
        Ok(Self { changes, strategies })
    }

    /// The factors that change.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// All combinations: that in which change i was made where bit i of the index is set. So the first is the start of the
    /// way, and the last its end.
    pub fn strategies(&self) -> &[Strategy] {
        &self.strategies
    }

    /// The start of the way.
    pub fn from(&self) -> &Strategy {
        &self.strategies[0]
    }

    /// The end of the way.
    pub fn to(&self) -> &Strategy {
        &self.strategies[self.strategies.len() - 1]
    }
}

/// One factor taken over from another strategy.
type Step = fn(&mut Factors, &Factors);

/// Every factor in which the two differ, as what changes and how to change it.
fn steps(from: Factors, to: Factors) -> impl Iterator<Item = (Change, Step)> {
    let all: [(&str, String, String, Step); 5] = [
        ("session", from.session.to_string(), to.session.to_string(), |it, to| it.session = to.session),
        ("cache", from.cache.to_string(), to.cache.to_string(), |it, to| it.cache = to.cache),
        ("dto", from.dto.to_string(), to.dto.to_string(), |it, to| it.dto = to.dto),
        ("save", from.save.to_string(), to.save.to_string(), |it, to| it.save = to.save),
        ("state", from.state.to_string(), to.state.to_string(), |it, to| it.state = to.state),
    ];
    all.into_iter()
        .filter(|(_, old, new, _)| old != new)
        .map(|(factor, old, new, step)| (Change { factor, old, new }, step))
}

fn changes(from: Factors, to: Factors) -> Vec<Change> {
    steps(from, to).map(|(change, _)| change).collect()
}

/// Every combination, in the order of [`Factorial::strategies`].
fn corners(from: Factors, to: Factors) -> Vec<Factors> {
    steps(from, to).fold(vec![from], |mut corners, (_, step)| {
        let stepped = corners.clone().into_iter().map(|mut corner| {
            step(&mut corner, &to);
            corner
        });
        corners.extend(stepped);
        corners
    })
}

/// Why a combination cannot be measured, in a line.
fn refusal(factors: Factors) -> Option<String> {
    match check(factors) {
        Ok(()) => None,
        // Both say at length what could stand there instead, and a way is not found by reading that once a corner.
        Err(StrategyError::CannotHold { lock, .. }) => Some(format!(
            "{factors}: saving under the lock keeps its guard across an await, and that of {lock} must not be"
        )),
        Err(_) => Some(format!("{factors} is not built")),
    }
}

/// Ways between presets that can be measured and have more than one change, those that share an end with the one given
/// first.
fn instead(from: &Strategy, to: &Strategy) -> Vec<String> {
    let ways = PRESETS.iter().flat_map(|a| PRESETS.iter().map(move |b| (a, b)));
    let mut ways: Vec<_> = ways
        .filter(|(a, b)| {
            let corners = corners(a.factors, b.factors);
            corners.len() > 2 && corners.into_iter().all(|corner| refusal(corner).is_none())
        })
        .collect();
    ways.sort_by_key(|(a, b)| a.factors != from.factors() && b.factors != to.factors());
    ways.into_iter().take(NAMED).map(|(a, b)| format!("{}..{}", a.name, b.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_and_after_span_eight() {
        let way = Factorial::parse("before..after").expect("it is built");
        let changes: Vec<_> = way.changes().iter().map(|it| (it.factor, &*it.old, &*it.new)).collect();
        assert_eq!(
            changes,
            [
                ("session", "tokio-mutex", "tokio-rwlock"),
                ("dto", "cloned", "borrowed"),
                ("save", "under-lock", "after-unlock"),
            ]
        );
        assert_eq!((way.from().name(), way.to().name(), way.strategies().len()), ("before", "after", 8));
        // Index 6 has changed dto and save, and not the lock: that is what `naive` is.
        assert_eq!(way.strategies()[6].name(), "naive");
        let session_only = "session=tokio-rwlock,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
        assert_eq!(way.strategies()[1].name(), session_only);
    }

    #[test]
    fn every_bit_is_one_change() {
        let way = Factorial::parse("before..after").expect("it is built");
        for (index, strategy) in way.strategies().iter().enumerate() {
            let made = changes(way.from().factors(), strategy.factors());
            let expected = way.changes().iter().enumerate().filter(|(bit, _)| index >> bit & 1 == 1);
            assert_eq!(made, expected.map(|(_, change)| change.clone()).collect::<Vec<_>>(), "{index}");
        }
    }

    #[test]
    fn factors_may_be_written_out() {
        let given = "after..session=tokio-rwlock,cache=clock,dto=borrowed,save=after-unlock";
        let way = Factorial::parse(given).expect("it is built");
        assert_eq!(way.changes().len(), 1);
        assert_eq!(way.changes()[0].new, "clock");
    }

    #[test]
    fn combinations_that_are_missing_are_named_with_ways_that_are_not() {
        let message = Factorial::parse("before..best").expect_err("most are not built").to_string();
        let missing = "session=arc-swap,cache=mutex-lru(tokio-mutex),dto=cloned,save=under-lock";
        for part in ["before", "best", missing, "more", "before..after"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let held =
            "before..session=std-mutex,cache=mutex-lru(parking-lot-mutex),dto=borrowed,save=after-unlock";
        let message = Factorial::parse(held).expect_err("std-mutex cannot be held").to_string();
        assert!(message.contains("that of std-mutex must not be"), "{message}");
    }

    #[test]
    fn what_is_no_way_is_refused() {
        assert!(matches!(Factorial::parse("before"), Err(StrategyError::NotAWay { .. })));
        assert!(matches!(Factorial::parse("naive..naive"), Err(StrategyError::NoWay { .. })));
        let message = Factorial::parse("before..aftr").expect_err("a typing error").to_string();
        assert!(message.contains("did you mean `after`"), "{message}");
    }
}
