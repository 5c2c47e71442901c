//! Which keys a scenario may have.
//!
//! serde would refuse an unknown key too, but could not say which known one was meant. That is what the author of a misspelt key needs.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};
use toml::de::DeTable;

use super::error::ScenarioError;
use super::operation::Operation;
use super::scenario::LlmProfile;
use super::source::Source;
use super::sweep::Setting;
use crate::unknown::Unknown;

/// Checks that every key in `tree`, the tree of a `File`, is known, and that reads and writes are not mixed up.
pub(super) fn check_keys<File: for<'de> Deserialize<'de>>(
    source: &Source<'_>,
    tree: &DeTable<'_>,
) -> Result<(), ScenarioError> {
    let check = |table: &DeTable<'_>, kind, known: &[&'static str]| {
        let unknown = table.keys().find(|key| !known.contains(&key.get_ref().as_ref()));
        unknown.map_or(Ok(()), |key| {
            let unknown = Unknown::new(kind, key.get_ref().as_ref(), known.iter().copied());
            Err(ScenarioError::UnknownKey { place: source.place(&key.span()), unknown })
        })
    };
    let inner = |key: &str| tree.get(key).and_then(|value| value.get_ref().as_table());

    check(tree, "field", fields_of::<File>())?;
    if let Some(model) = inner("model") {
        check(model, "field of [model]", fields_of::<LlmProfile>())?;
    }
    if let Some(sweep) = inner("sweep") {
        check(sweep, "setting to sweep", &Setting::ALL.map(Setting::name))?;
    }
    for (side, reads) in [("reads", true), ("writes", false)] {
        let Some(table) = inner(side) else { continue };
        check(table, "operation", &Operation::ALL.map(Operation::name))?;
        for key in table.keys() {
            if let Some(operation) = key.get_ref().parse::<Operation>().ok().filter(|o| o.is_read() != reads)
            {
                return Err(ScenarioError::WrongSide { place: source.place(&key.span()), operation });
            }
        }
    }
    Ok(())
}

/// The names of the fields of `T`, asked of its own `Deserialize`, so that no list beside it can fall out of step.
fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    struct Asked<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Asked<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            fields: &'static [&'static str],
            _visitor: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            Err(Self::Error::custom("only the names were wanted"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("only a struct has names"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut fields: &[&str] = &[];
    let _ = T::deserialize(Asked(&mut fields));
    fields
}
