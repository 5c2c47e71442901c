//! A piece of JSON as a line of a history holds it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A piece of JSON that a specification reads as what it holds. Missing is not null: null is a value.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Json<'a>(pub Option<&'a RawValue>);

impl Json<'_> {
    /// Reads it. The error says which value it is about, as in "the value `to write`", and what is `wanted` instead.
    ///
    /// # Errors
    /// The value is missing, or another one than is wanted.
    pub fn read<T: DeserializeOwned>(self, which: &str, wanted: &str) -> Result<T, String> {
        let Some(raw) = self.0 else { return Err(format!("the value {which} is missing: give {wanted}")) };
        serde_json::from_str(raw.get())
            .map_err(|_| format!("the value {which} is {raw}, which the model cannot hold: give {wanted}"))
    }

    pub(super) fn is_missing(&self) -> bool {
        self.0.is_none()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not as an option: that would take null for missing.
        <&RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}
