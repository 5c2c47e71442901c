//! Names of closed sets, for shells to complete: what an option takes besides is parsed as before, and help does not list them.

use std::ffi::OsStr;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::checks::models::{ExploredLock, LOCK_ITSELF, MODELS, ModelCheck};
use crate::checks::pitfalls::{PITFALLS, Pitfall};
use crate::strategy::presets;
use crate::workload::Scenario;

/// A parser whose option offers names to shells, and takes whatever the parser takes.
#[derive(Clone)]
pub(super) struct Offering<P> {
    parser: P,
    names: fn() -> Vec<PossibleValue>,
}

/// The parser, offering these names. The option hides them from its help with `hide_possible_values`.
pub(super) fn offering<P: TypedValueParser>(parser: P, names: fn() -> Vec<PossibleValue>) -> Offering<P> {
    Offering { parser, names }
}

impl<P: TypedValueParser> TypedValueParser for Offering<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter()))
    }
}

fn value(name: &'static str, about: impl Into<String>) -> PossibleValue {
    PossibleValue::new(name).help(about.into())
}

/// The presets, a program's own among them.
pub(super) fn strategies() -> Vec<PossibleValue> {
    presets().map(|it| value(it.name, it.about)).collect()
}

/// The built-in scenarios.
pub(super) fn scenarios() -> Vec<PossibleValue> {
    Scenario::builtin_names().zip(Scenario::builtins()).map(|(name, it)| value(name, it.about)).collect()
}

/// The models, and the search of a lock itself where a program has one for it.
pub(super) fn models() -> Vec<PossibleValue> {
    let itself = (!ExploredLock::all().is_empty()).then(|| PossibleValue::new(LOCK_ITSELF));
    MODELS.iter().map(|it| value(it.name, it.about)).chain(itself).collect()
}

/// The pitfalls that a running program can detect.
pub(super) fn pitfalls_at_run_time() -> Vec<PossibleValue> {
    PITFALLS.iter().filter(|it| it.at_run_time().next().is_some()).map(|it| of_pitfall(it)).collect()
}

/// All pitfalls, and the mutants of models.
pub(super) fn pitfalls_and_mutants() -> Vec<PossibleValue> {
    static MUTANTS: LazyLock<Vec<String>> =
        LazyLock::new(|| MODELS.iter().map(ModelCheck::mutant_name).collect());
    let mutants = MUTANTS.iter().map(|name| PossibleValue::new(name.as_str()));
    PITFALLS.iter().map(|it| of_pitfall(it)).chain(mutants).collect()
}

fn of_pitfall(it: &'static Pitfall) -> PossibleValue {
    value(it.name, it.about)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[PossibleValue]) -> Vec<String> {
        values.iter().map(|it| it.get_name().to_owned()).collect()
    }

    #[test]
    fn every_name_of_a_closed_set_is_offered() {
        assert!(names(&strategies()).iter().any(|name| name == "best"));
        let builtin: Vec<_> = Scenario::builtins().map(|it| it.name).collect();
        assert_eq!(names(&scenarios()), builtin);
        assert!(names(&models()).contains(&"turns".to_owned()));
        let (live, all) = (names(&pitfalls_at_run_time()), names(&pitfalls_and_mutants()));
        assert!(live.contains(&"two-sessions".to_owned()) && live.iter().all(|name| all.contains(name)));
        assert!(all.contains(&"turns/careless-turn".to_owned()) && live.len() < PITFALLS.len());
    }

    #[test]
    fn what_is_not_offered_is_parsed_all_the_same() {
        let parser = offering(|given: &str| given.parse::<u32>(), strategies);
        let command = Command::new("test").arg(Arg::new("n").value_parser(parser).hide_possible_values(true));
        let matches = command.clone().try_get_matches_from(["test", "7"]).expect("a number");
        assert_eq!(matches.get_one::<u32>("n"), Some(&7));
        assert!(
            command.try_get_matches_from(["test", "best"]).is_err(),
            "what is offered is no more than a hint"
        );
    }
}
