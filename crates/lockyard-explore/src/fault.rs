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
    /// In words, as they follow the name of the call.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Fails => ": fails, nothing has happened",
            Self::FailsLate => ": fails, but it has happened",
            Self::Slow => ": has happened, the answer comes later",
        }
    }
}
