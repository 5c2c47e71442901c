//! A strategy by its name, or by its factors.

use super::combinations::check;
use super::error::StrategyError;
use super::factors::Factors;
use super::known::presets;
use crate::unknown::Unknown;

/// A strategy as a user names it: a preset, or factors written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    name: String,
    factors: Factors,
}

impl Strategy {
    /// Reads a preset's name, or `session=LOCK,cache=CACHE,dto=POLICY,save=POLICY[,state=POLICY]`. What it returns is built.
    ///
    /// # Errors
    /// Unknown names with the nearest known one and the list; combinations that cannot be or are not built.
    pub fn parse(given: &str) -> Result<Self, StrategyError> {
        let factors = if given.contains('=') {
            let factors = given.parse()?;
            check(factors)?;
            factors
        } else {
            let preset = presets().find(|preset| preset.name == given);
            preset
                .ok_or_else(|| Unknown::new("strategy", given, presets().map(|preset| preset.name)))?
                .factors
        };
        Ok(Self { name: given.to_owned(), factors })
    }

    /// The strategy of these factors, which must be built: the preset if it is one, or else under its factors as a name.
    pub(super) fn of(factors: Factors) -> Self {
        let preset = presets().find(|preset| preset.factors == factors);
        Self { name: preset.map_or_else(|| factors.to_string(), |it| it.name.to_owned()), factors }
    }

    /// The name as given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for.
    pub fn factors(&self) -> Factors {
        self.factors
    }
}
