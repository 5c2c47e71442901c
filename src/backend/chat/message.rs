//! What is said in a conversation: one message, and the message as it arrives before it has a place.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{MessageId, ToolCall, ToolResult};

/// The author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The instructions the conversation stands under.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The results of tool calls.
    Tool,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ContentPart {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A picture, by address.
    ImageUrl {
        /// Where the picture is.
        url: String,
    },
}

/// One message in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its own place among the messages of the context.
    pub id: MessageId,
    /// The message it follows; none for the first.
    pub parent: Option<MessageId>,
    /// The author.
    pub role: Role,
    /// What is said.
    pub content: Vec<ContentPart>,
    /// The tools the model asks for.
    pub tool_calls: Vec<ToolCall>,
    /// What the tools answered.
    pub tool_results: Vec<ToolResult>,
}

impl Message {
    /// All words of the message, without the pictures.
    pub fn text(&self) -> String {
        let words = self.content.iter().filter_map(|part| match part {
            ContentPart::Text { text } => Some(text.as_str()),
            ContentPart::ImageUrl { .. } => None,
        });
        words.collect()
    }

    /// Adds words at the end, to the last part where that holds words already.
    pub(super) fn push_text(&mut self, more: &str) {
        if let Some(ContentPart::Text { text }) = self.content.last_mut() {
            text.push_str(more);
        } else {
            self.content.push(ContentPart::Text { text: more.to_owned() });
        }
    }
}

/// A message on its way in: no place in the conversation yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The author.
    pub role: Role,
    /// What is said; read from a string or from a list of parts.
    #[serde(deserialize_with = "string_or_parts")]
    #[cfg_attr(feature = "http", schema(value_type = Content))]
    pub content: Vec<ContentPart>,
}

impl NewMessage {
    /// A message of words alone.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: vec![ContentPart::Text { text: text.into() }] }
    }

    /// A message without content, to be filled once it has its place.
    pub(super) fn empty(role: Role) -> Self {
        Self { role, content: Vec::new() }
    }
}

/// Content as it may be written.
#[cfg(feature = "http")]
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes what `string_or_parts` reads")]
pub(in crate::backend) enum Content {
    /// Words alone.
    Text(String),
    /// Words and pictures.
    Parts(Vec<ContentPart>),
}

/// Reads content from a string or from a list of parts. Not by an untagged enum, which could not say what is wrong with a
/// part.
pub(in crate::backend) fn string_or_parts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ContentPart>, D::Error> {
    struct StringOrParts;

    impl<'de> Visitor<'de> for StringOrParts {
        type Value = Vec<ContentPart>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(
                "content to be a string or a list of parts, each {\"type\":\"text\",\"text\":…} \
                 or {\"type\":\"image_url\",\"url\":…}",
            )
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![ContentPart::Text { text: text.to_owned() }])
        }

        fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
            Ok(vec![ContentPart::Text { text }])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, parts: A) -> Result<Self::Value, A::Error> {
            Deserialize::deserialize(de::value::SeqAccessDeserializer::new(parts))
        }
    }

    deserializer.deserialize_any(StringOrParts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_from_a_string_or_from_parts() {
        let short: NewMessage = serde_json::from_str(r#"{"role":"user","content":"hi"}"#).unwrap();
        assert_eq!(short, NewMessage::text(Role::User, "hi"));

        let long =
            r#"{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","url":"a.png"}]}"#;
        let parsed: NewMessage = serde_json::from_str(long).unwrap();
        assert_eq!(parsed.content[1], ContentPart::ImageUrl { url: "a.png".to_owned() });
        assert_eq!(serde_json::to_string(&parsed).unwrap(), long);
    }

    #[test]
    fn other_content_is_refused_with_both_right_forms() {
        for (wrong, words) in [
            ("7", "a string or a list of parts"),
            ("null", "a string or a list of parts"),
            (
                r#"[{"type":"video","url":"a.mp4"}]"#,
                "unknown variant `video`, expected `text` or `image_url`",
            ),
            (r#"[{"type":"text","txt":"hi"}]"#, "unknown field `txt`, expected `text`"),
        ] {
            let json = format!(r#"{{"role":"user","content":{wrong}}}"#);
            let error = serde_json::from_str::<NewMessage>(&json).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn pushed_text_joins_the_last_words() {
        let mut message = Message {
            id: MessageId(0),
            parent: None,
            role: Role::Assistant,
            content: vec![],
            tool_calls: vec![],
            tool_results: vec![],
        };
        message.push_text("one ");
        message.push_text("two");
        assert_eq!(message.content, [ContentPart::Text { text: "one two".to_owned() }]);
        message.content.push(ContentPart::ImageUrl { url: "a.png".to_owned() });
        message.push_text(" three");
        assert_eq!((message.content.len(), message.text().as_str()), (3, "one two three"));
    }
}
