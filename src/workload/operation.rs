//! The endpoints as scenarios name them: the backend's own list, read from text.

use std::str::FromStr;

use crate::unknown::Unknown;

pub use crate::backend::operation::Operation;

impl FromStr for Operation {
    type Err = Unknown;

    fn from_str(name: &str) -> Result<Self, Unknown> {
        let known = Self::ALL.into_iter().find(|operation| operation.name() == name);
        known.ok_or_else(|| Unknown::new("operation", name, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(operation));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_all() {
        let message = "get_contxt".parse::<Operation>().expect_err("no such operation").to_string();
        assert!(
            message.starts_with("unknown operation `get_contxt`, did you mean `get_context`?"),
            "{message}"
        );
        assert!(Operation::ALL.iter().all(|operation| message.contains(operation.name())), "{message}");
    }
}
