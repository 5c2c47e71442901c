//! What may go wrong with a call of something outside the program: a store, a network, a model.

/// What a schedule does to one [call](super::Shared::call).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InjectedFault {
    /// Nothing: it takes effect and is answered.
    #[default]
    None,
    /// It fails and has done nothing.
    Fails,
    /// It fails and has taken effect.
    FailsLate,
    /// It takes effect, and its answer is a step of its own.
    Slow,
}

impl InjectedFault {
    /// What is unusual about the call, in words.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Fails => Some("fails without effect"),
            Self::FailsLate => Some("fails after its effect"),
            Self::Slow => Some("has its effect, answers later"),
        }
    }
}
