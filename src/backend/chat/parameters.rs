//! Parameters as they come in: JSON is refused while it is read, once it would take more memory than it may, or is too deep.
//!
//! A parser that makes a value first and has it measured afterwards has taken the memory by then.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::limits::{MAX_DEPTH, MAX_PARAMETER_BYTES};
use super::size::{field_size, nodes_size, text_size};

/// Reads parameters that may be absent.
pub(in crate::backend) fn bounded_parameters<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Value>>, D::Error> {
    let left = Cell::new(MAX_PARAMETER_BYTES);
    deserializer.deserialize_option(Parameters(&left))
}

/// What may still be taken.
type Left<'a> = &'a Cell<usize>;

fn take<E: de::Error>(left: Left<'_>, bytes: usize) -> Result<(), E> {
    match left.get().checked_sub(bytes) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => {
            Err(E::custom(format_args!("parameters take more than {MAX_PARAMETER_BYTES} bytes of memory")))
        }
    }
}

/// The parameters themselves.
struct Parameters<'a>(Left<'a>);

impl<'de> Visitor<'de> for Parameters<'_> {
    type Value = Option<BTreeMap<String, Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of parameters")
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let mut parameters = BTreeMap::new();
        read_fields(fields, self.0, MAX_DEPTH, |name, value| {
            parameters.insert(name, value);
        })?;
        Ok(Some(parameters))
    }
}

/// One value, in which so many arrays and objects may stand in each other.
struct Bounded<'a> {
    left: Left<'a>,
    levels: usize,
}

impl Bounded<'_> {
    /// How deep the next level may go.
    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        self.levels.checked_sub(1).ok_or_else(|| {
            E::custom(format_args!("parameters has more than {MAX_DEPTH} arrays and objects in each other"))
        })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        take(self.left, text_size(text))?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let levels = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Bounded { left: self.left, levels })? {
            take(self.left, size_of::<Value>())?;
            array.push(item);
        }
        array.shrink_to_fit();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Value, A::Error> {
        let levels = self.deeper()?;
        let mut object = Map::new();
        read_fields(fields, self.left, levels, |name, value| {
            object.insert(name, value);
        })?;
        Ok(Value::Object(object))
    }
}

/// Reads fields, each of which may have so many levels, and gives them on.
fn read_fields<'de, A: MapAccess<'de>>(
    mut fields: A,
    left: Left<'_>,
    levels: usize,
    mut give: impl FnMut(String, Value),
) -> Result<(), A::Error> {
    let mut count = 0;
    while let Some(name) = fields.next_key::<String>()? {
        take(left, field_size(&name, 0) + nodes_size(count + 1) - nodes_size(count))?;
        give(name, fields.next_value_seed(Bounded { left, levels })?);
        count += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::super::ContextConfig;
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "bounded_parameters")]
        parameters: Option<BTreeMap<String, Value>>,
    }

    fn read(json: &str) -> Result<Option<BTreeMap<String, Value>>, String> {
        serde_json::from_str::<Body>(json).map(|body| body.parameters).map_err(|error| error.to_string())
    }

    #[test]
    fn what_fits_is_read_as_it_is() {
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"parameters":null}"#), Ok(None));
        let parameters = json!({ "a": [null, true, -1, 18_446_744_073_709_551_615_u64, 0.5, "x", [], {}], "b": { "c": 1 } });
        let read = read(&json!({ "parameters": parameters }).to_string()).unwrap().unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), parameters);
    }

    #[test]
    fn what_takes_too_much_memory_is_refused_however_short_it_is() {
        for item in [r#"{"a":0}"#, "[]", "[[]]", "0", r#""""#, r#"{"a":{"b":{}}}"#] {
            let of = |count: usize| format!(r#"{{"parameters":{{"p":[{}]}}}}"#, vec![item; count].join(","));
            let fits = (0..20).map(|power| 1 << power).take_while(|count| read(&of(*count)).is_ok()).last();
            let most = read(&of(fits.expect("one fits"))).unwrap().unwrap();
            let config = ContextConfig { parameters: most, ..ContextConfig::new("m", "chat") };
            // As it is counted afterwards, so it was counted while it was read.
            let size = config.size();
            assert!((MAX_PARAMETER_BYTES / 4..=MAX_PARAMETER_BYTES + 4096).contains(&size), "{item}: {size}");
            let refused = read(&of(1 << 20)).unwrap_err();
            assert!(refused.contains("more than 1048576 bytes of memory"), "{item}: {refused}");
        }
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let nested =
            |depth: usize| format!(r#"{{"parameters":{{"p":{}0{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        for depth in [MAX_DEPTH + 1, 125, 100_000] {
            assert!(read(&nested(depth)).unwrap_err().contains("more than 64 arrays and objects"), "{depth}");
        }
    }
}
