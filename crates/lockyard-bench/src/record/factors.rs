//! The choices that a strategy makes, by the names of its factors. Which factors there are, the system that is measured
//! says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The choice for every factor, in the order in which the system lists its factors: what matters most comes first, and is
/// read first.
///
/// ```
/// use lockyard_bench::record::Factors;
///
/// let factors: Factors = [("lock", "tokio-rwlock"), ("cache", "mutex-lru")].into_iter().collect();
/// assert_eq!(factors.get("cache"), Some("mutex-lru"));
/// assert_eq!(serde_json::to_string(&factors)?, r#"{"lock":"tokio-rwlock","cache":"mutex-lru"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Factors(Vec<(String, String)>);

impl Factors {
    /// The choice for a factor.
    pub fn get(&self, factor: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == factor).map(|(_, choice)| choice)
    }

    /// Makes the choice for a factor: another one instead of the one there was, or the last in order.
    pub fn set(&mut self, factor: impl Into<String>, choice: impl Into<String>) {
        let (factor, choice) = (factor.into(), choice.into());
        match self.0.iter_mut().find(|(name, _)| *name == factor) {
            Some((_, known)) => *known = choice,
            None => self.0.push((factor, choice)),
        }
    }

    /// Every factor with its choice, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(factor, choice)| (factor.as_str(), choice.as_str()))
    }
}

/// The same choices for the same factors, in whatever order: tools that sort the keys of JSON change nothing.
impl PartialEq for Factors {
    fn eq(&self, other: &Self) -> bool {
        self.iter().collect::<BTreeMap<_, _>>() == other.iter().collect::<BTreeMap<_, _>>()
    }
}

impl Eq for Factors {}

impl<F: Into<String>, C: Into<String>> FromIterator<(F, C)> for Factors {
    fn from_iter<I: IntoIterator<Item = (F, C)>>(choices: I) -> Self {
        let mut factors = Self::default();
        choices.into_iter().for_each(|(factor, choice)| factors.set(factor, choice));
        factors
    }
}

impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Factors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Factors;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a choice for each factor")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut choices: M) -> Result<Factors, M::Error> {
                let mut factors = Factors::default();
                while let Some((factor, choice)) = choices.next_entry::<String, String>()? {
                    factors.set(factor, choice);
                }
                Ok(factors)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl JsonSchema for Factors {
    fn schema_name() -> Cow<'static, str> {
        "Factors".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BTreeMap::<String, String>::json_schema(generator);
        schema.insert("description".to_owned(), "The choice for every factor, by the factor's name.".into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_and_does_not_count() {
        let json = r#"{"lock":"tokio-rwlock","cache":"mutex-lru","dto":"cloned"}"#;
        let factors: Factors = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&factors).unwrap(), json);
        let sorted: Factors =
            [("cache", "mutex-lru"), ("dto", "cloned"), ("lock", "tokio-rwlock")].into_iter().collect();
        assert_eq!(factors, sorted);
    }

    #[test]
    fn another_choice_is_another_strategy() {
        let mut factors: Factors = [("lock", "tokio-rwlock")].into_iter().collect();
        let before = factors.clone();
        factors.set("lock", "tokio-mutex");
        assert_ne!(factors, before);
        assert_eq!(factors.iter().collect::<Vec<_>>(), [("lock", "tokio-mutex")]);
        assert_eq!(factors.get("cache"), None);
    }

    #[test]
    fn what_is_no_map_is_refused_in_words() {
        let message = serde_json::from_str::<Factors>("[]").unwrap_err().to_string();
        assert!(message.contains("a choice for each factor"), "{message}");
    }
}
