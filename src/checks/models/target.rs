//! What can be tried: a model over a strategy, a model's mutant, a pitfall.

use crate::checks::pitfalls::Pitfall;
use lockyard_explore::{Explorer, Limits, Setting};

use super::list::{ModelCheck, StrategyModel};

/// What is tried.
#[derive(Clone, Debug)]
pub enum VerifyTarget {
    /// A model, over what the strategy of this name is modelled as.
    Sound(&'static ModelCheck, String, StrategyModel),
    /// A model's mutant.
    Mutant(&'static ModelCheck),
    /// A pitfall, with all its checks.
    Pitfall(&'static Pitfall),
}

impl VerifyTarget {
    /// The name of the model, of its mutant, or of the pitfall.
    pub fn name(&self) -> String {
        match self {
            Self::Sound(model, ..) => model.name.to_owned(),
            Self::Mutant(model) => model.mutant_name(),
            Self::Pitfall(pitfall) => pitfall.name.to_owned(),
        }
    }

    /// What is tried, or what is wrong, in a sentence.
    pub(super) fn about(&self) -> String {
        match self {
            Self::Sound(model, ..) => format!("The model tries {}.", model.about),
            Self::Mutant(model) => format!("The model tries {}; in this mutant it must fail.", model.about),
            Self::Pitfall(pitfall) => {
                let mut about = pitfall.about.chars();
                let first = about.next().map(|first| first.to_uppercase().collect::<String>());
                format!("{}{}.", first.unwrap_or_default(), about.as_str())
            }
        }
    }
}

/// What explores one of them.
pub(super) fn explorer(setting: Setting, limits: &Limits) -> Explorer {
    Explorer { limits: limits.clone(), ..Explorer::new(setting) }
}
