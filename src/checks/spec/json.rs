//! Sessions' operations in histories as JSON Lines.
//!
//! | `f` | value of the invocation | value of the response |
//! | --- | --- | --- |
//! | `given` | none | as `get_context`: how the session was before the first operation |
//! | `create_context` | `model_id`, `mode` | none; the key comes with it |
//! | `get_context_state` | none | `version`, `state` |
//! | `get_context` | none | `version`, `state`, `total`, `model_id`, `mode`, `parameters` |
//! | `get_context_messages` | `offset`, `limit` | `version`, `total`, and `messages` (each `id`, `content`) or `count` and `digest` |
//! | `add_context_message` | `content` | `version`, `id` |
//! | `update_context` | `model_id`, `mode`, `parameters`, `expected_version`, each if given | `version` |
//! | `approve_context_tools` | none | `version` |
//! | `send_message_action` | `content` | `began`, `message`, and as `get_context` |
//! | `approve_tools_action` | none | `began`, and as `get_context` |
//! | `delete_context` | none | none |
//!
//! A response of type `ok` whose result is `"not_found"` says that there was no such session. Texts may be given as the
//! numbers that stand for them in a recording.

use lockyard_history::{Codec, Encoded, Json, Nil};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::backend::chat::StateKind;

use super::sessions::Sessions;
use super::token::Token;
use super::words::{Answer, Call, Context, Page, Settings};

/// What says that there is no such session.
const NOT_FOUND: &str = "not_found";

/// A text, or the number that stands for it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Number(u64),
    Words(String),
}

impl Text {
    fn token(&self) -> Token {
        match self {
            Self::Number(number) => Token(*number),
            Self::Words(words) => Token::of(words),
        }
    }

    fn setting(&self) -> u32 {
        match self {
            Self::Number(number) => u32::try_from(*number).unwrap_or(u32::MAX),
            Self::Words(words) => Settings::number(words),
        }
    }
}

#[derive(Deserialize)]
struct SettingsIn {
    model_id: Option<Text>,
    mode: Option<Text>,
    parameters: Option<Text>,
}

impl From<SettingsIn> for Settings {
    fn from(given: SettingsIn) -> Self {
        let number = |text: Option<Text>| text.map_or(0, |text| text.setting());
        Self { model: number(given.model_id), mode: number(given.mode), parameters: number(given.parameters) }
    }
}

#[derive(Deserialize)]
struct UpdateIn {
    #[serde(flatten)]
    change: SettingsIn,
    expected_version: Option<u32>,
}

#[derive(Deserialize)]
struct ContextIn {
    version: u32,
    total: u32,
    state: StateKind,
    #[serde(flatten)]
    settings: SettingsIn,
}

impl From<ContextIn> for Context {
    fn from(given: ContextIn) -> Self {
        let ContextIn { version, total, state: kind, settings } = given;
        Self { version, total, kind, settings: settings.into() }
    }
}

#[derive(Deserialize)]
struct TurnIn {
    began: u32,
    message: Option<u32>,
    #[serde(flatten)]
    after: ContextIn,
}

#[derive(Deserialize, Serialize)]
struct StateIo {
    version: u32,
    state: StateKind,
}

#[derive(Deserialize, Serialize)]
struct PlaceIo {
    offset: u32,
    limit: u32,
}

#[derive(Deserialize)]
struct MessageIn {
    id: u32,
    content: Option<Text>,
}

#[derive(Deserialize)]
struct PageIn {
    version: u32,
    total: u32,
    count: Option<u32>,
    digest: Option<u64>,
    messages: Option<Vec<MessageIn>>,
}

#[derive(Deserialize, Serialize)]
struct AppendedIo {
    version: u32,
    id: u32,
}

#[derive(Deserialize, Serialize)]
struct VersionIo {
    version: u32,
}

#[derive(Deserialize)]
struct ContentIn {
    content: Text,
}

/// Reads a call.
fn call(f: &str, value: Json<'_>) -> Result<Call, String> {
    let content =
        |which| value.read::<ContentIn>(which, "{\"content\": a text}").map(|given| given.content.token());
    Ok(match f {
        "given" => Call::Given,
        "create_context" => {
            let given: SettingsIn = value.read("to create", "{\"model_id\", \"mode\"}, both texts")?;
            Call::Create(given.into())
        }
        "get_context_state" => Call::State,
        "get_context" => Call::Context,
        "get_context_messages" => {
            let PlaceIo { offset, limit } =
                value.read("of a page", "{\"offset\", \"limit\"}, both numbers")?;
            Call::Page { offset, limit }
        }
        "add_context_message" => Call::Append(content("to append")?),
        "update_context" => {
            let wanted = "{\"model_id\", \"mode\", \"parameters\", \"expected_version\"}, each if given";
            let UpdateIn { change, expected_version: expected } = value.read("to set", wanted)?;
            Call::Update { change: change.into(), expected }
        }
        "approve_context_tools" => Call::Decide,
        "send_message_action" => Call::Send(content("to send")?),
        "approve_tools_action" => Call::Resume,
        "delete_context" => Call::Delete,
        _ => {
            return Err(format!(
                "unknown function {f:?}: session knows given and the endpoints but list_contexts"
            ));
        }
    })
}

/// Reads the answer to a call.
fn answer(call: &Call, value: Json<'_>, result: Json<'_>) -> Result<Answer, String> {
    if result.text().is_some_and(|result| result.trim_matches('"') == NOT_FOUND) {
        return Ok(Answer::Gone);
    }
    let context = "{\"version\", \"state\", \"total\", \"model_id\", \"mode\"}";
    Ok(match call {
        Call::Create(_) | Call::Delete => Answer::Done,
        Call::Given | Call::Context | Call::Ended { .. } => {
            Answer::Context(read::<ContextIn>(value, "that was shown", context)?.into())
        }
        Call::State => {
            let StateIo { version, state: kind } = read(value, "that was shown", "{\"version\", \"state\"}")?;
            Answer::State { version, kind }
        }
        Call::Page { .. } => Answer::Page(page(value)?),
        Call::Append(_) => {
            let AppendedIo { version, id } = read(value, "of an append", "{\"version\", \"id\"}")?;
            Answer::Appended { version, id }
        }
        Call::Update { .. } | Call::Decide => {
            Answer::Changed(read::<VersionIo>(value, "of a change", "{\"version\"}")?.version)
        }
        Call::Send(_) | Call::Resume => {
            let wanted = format!("\"began\", for a message \"message\", and {context}");
            let TurnIn { began, message, after } = read(value, "of a turn", &wanted)?;
            Answer::Turn { began, message, after: after.into() }
        }
    })
}

fn read<T: DeserializeOwned>(value: Json<'_>, which: &str, wanted: &str) -> Result<T, String> {
    value.read(which, &format!("{wanted}, or the result {NOT_FOUND:?}"))
}

fn page(value: Json<'_>) -> Result<Page, String> {
    let wanted = "{\"version\", \"total\"} with \"messages\", or with \"count\" and \"digest\"";
    let PageIn { version, total, count, digest, messages } = read(value, "of a page", wanted)?;
    match (messages, count, digest) {
        (Some(messages), ..) => {
            let token = |message: &MessageIn| message.content.as_ref().map_or(Token::FOREIGN, Text::token);
            let messages = messages.iter().map(|message| (message.id, token(message)));
            Ok(Page::new(version, total, messages))
        }
        (None, Some(count), Some(digest)) => Ok(Page { version, total, count, digest }),
        _ => Err(format!("the value of a page says nothing of its messages: give {wanted}")),
    }
}

#[derive(Serialize)]
struct SettingsOut {
    #[serde(skip_serializing_if = "is_zero")]
    model_id: u32,
    #[serde(skip_serializing_if = "is_zero")]
    mode: u32,
    #[serde(skip_serializing_if = "is_zero")]
    parameters: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_version: Option<u32>,
}

impl From<Settings> for SettingsOut {
    fn from(Settings { model, mode, parameters }: Settings) -> Self {
        Self { model_id: model, mode, parameters, expected_version: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "so serde asks")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct ContentOut {
    content: u64,
}

#[derive(Serialize)]
struct ContextOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    began: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<u32>,
    version: u32,
    state: StateKind,
    total: u32,
    #[serde(flatten)]
    settings: SettingsOut,
}

#[derive(Serialize)]
struct PageOut {
    version: u32,
    total: u32,
    count: u32,
    digest: u64,
}

fn encoded_call(call: &Call) -> Encoded {
    match *call {
        Call::Create(settings) => Encoded::value(&SettingsOut::from(settings)),
        Call::Update { change, expected } => {
            Encoded::value(&SettingsOut { expected_version: expected, ..change.into() })
        }
        Call::Page { offset, limit } => Encoded::value(&PlaceIo { offset, limit }),
        Call::Append(token) | Call::Send(token) => Encoded::value(&ContentOut { content: token.0 }),
        Call::Given
        | Call::State
        | Call::Context
        | Call::Decide
        | Call::Resume
        | Call::Ended { .. }
        | Call::Delete => Encoded::default(),
    }
}

fn encoded_answer(answer: &Answer) -> Encoded {
    let context = |began, message, Context { version, total, settings, kind: state }| {
        Encoded::value(&ContextOut { began, message, version, state, total, settings: settings.into() })
    };
    match *answer {
        Answer::Gone => Encoded::result(&NOT_FOUND),
        Answer::Done => Encoded::default(),
        Answer::Changed(version) => Encoded::value(&VersionIo { version }),
        Answer::Appended { version, id } => Encoded::value(&AppendedIo { version, id }),
        Answer::State { version, kind: state } => Encoded::value(&StateIo { version, state }),
        Answer::Context(shown) => context(None, None, shown),
        Answer::Page(Page { version, total, count, digest }) => {
            Encoded::value(&PageOut { version, total, count, digest })
        }
        Answer::Turn { began, message, after } => context(Some(began), message, after),
    }
}

impl Codec for Sessions {
    fn decode_call(&self, f: &str, value: Json<'_>) -> Result<Call, String> {
        call(f, value)
    }

    fn decode_answer(
        &self,
        call: &Call,
        value: Json<'_>,
        result: Json<'_>,
        _: Nil,
    ) -> Result<Option<Answer>, String> {
        answer(call, value, result).map(Some)
    }

    fn encode_call(&self, call: &Call) -> Encoded {
        encoded_call(call)
    }

    fn encode_answer(&self, answer: &Answer) -> Encoded {
        encoded_answer(answer)
    }
}
