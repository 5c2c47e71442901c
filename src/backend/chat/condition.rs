//! Which versions a change was made for: a context that is at another one refuses it.

use super::{ChatContext, ChatError, Version};

/// The versions at which a change may be made. Asked under the guard under which the change is made, so that none comes
/// between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum VersionCondition {
    /// At any.
    #[default]
    Any,
    /// At one of these; at none where the list is empty.
    OneOf(Vec<Version>),
    /// At any but these.
    NoneOf(Vec<Version>),
}

impl VersionCondition {
    /// Whether a context at this version may be changed.
    pub fn allows(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(wanted) => wanted.contains(&version),
            Self::NoneOf(unwanted) => !unwanted.contains(&version),
        }
    }
}

impl ChatContext {
    /// Agrees if the context is at a version that the condition allows.
    ///
    /// # Errors
    /// [`ChatError::ConditionNotMet`] if it is not.
    pub fn require(&self, condition: &VersionCondition) -> Result<(), ChatError> {
        if condition.allows(self.version) {
            return Ok(());
        }
        Err(ChatError::ConditionNotMet { actual: self.version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_allows_what_it_says() {
        let [three, four] = [Version(3), Version(4)];
        assert!(VersionCondition::default().allows(three));
        assert!(VersionCondition::OneOf(vec![three, four]).allows(four));
        assert!(!VersionCondition::OneOf(vec![three]).allows(four));
        assert!(!VersionCondition::OneOf(vec![]).allows(three));
        assert!(VersionCondition::NoneOf(vec![three]).allows(four));
        assert!(!VersionCondition::NoneOf(vec![three, four]).allows(four));
    }
}
