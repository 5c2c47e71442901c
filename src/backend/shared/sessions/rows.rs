//! A context as the texts of its rows, in JSON: the head is the body, what it is set to the settings, and each message a row.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::chat::{ChatContext, ContextHead, ContextId, ContextSettings, ContextSummary, Message};
use crate::backend::store::StoreError;

use super::super::error::DatabaseError;
use super::super::stored_session::{MessageRow, RequestReceipt, SharedSession, Text, TurnChange, Write};

/// Body and settings.
pub(super) fn head_of(context: &ChatContext) -> Result<(Text, Text), StoreError> {
    Ok((text(&context.head())?, text(&context.settings())?))
}

/// What makes `context` of `older`.
pub(super) fn write_of(
    context: &ChatContext,
    older: &ChatContext,
    turn: TurnChange,
    receipt: Option<RequestReceipt>,
) -> Result<Write, StoreError> {
    let row = |message: &Message| Ok(MessageRow { number: message.id.0, body: text(message)? });
    let messages: Result<_, StoreError> = context.messages_since(older).map(row).collect();
    let is_set_otherwise = !context.has_settings_of(older);
    Ok(Write {
        body: text(&context.head())?,
        settings: is_set_otherwise.then(|| text(&context.settings())).transpose()?,
        messages: messages?,
        turn,
        receipt,
    })
}

/// The context that these texts say.
pub(super) fn context_of(id: ContextId, session: &SharedSession) -> Result<ChatContext, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { id, reason };
    let head: ContextHead = value(&session.body, "its head").map_err(corrupt)?;
    let settings: ContextSettings = value(&session.settings, "its settings").map_err(corrupt)?;
    let messages = session.messages.iter().map(|message| value::<Message>(message, "a message"));
    let messages: Result<Vec<_>, _> = messages.collect();
    let context = ChatContext::of_parts(head, settings, messages.map_err(corrupt)?);
    let context = context.map_err(|error| corrupt(error.to_string()))?;
    if (context.id(), context.version()) != (id, session.version) {
        let (found, version) = (context.id(), context.version());
        let wanted = session.version;
        return Err(corrupt(format!("its head is that of {found} at version {version}, and not {wanted}")));
    }
    Ok(context)
}

/// What a list says of a session with this body.
pub(super) fn summary_of(body: &str) -> Option<ContextSummary> {
    serde_json::from_str::<ContextHead>(body).ok().map(|head| head.summary().clone())
}

/// The database's no, as a store's.
pub(super) fn failed(operation: &'static str, error: &DatabaseError) -> StoreError {
    StoreError::Failed { operation, reason: error.to_string() }
}

fn text(value: &impl Serialize) -> Result<Text, StoreError> {
    let text = serde_json::to_string(value);
    // What JSON says as \u0000 PostgreSQL takes in a text; the character itself it does not, and JSON never has it.
    text.map(Text::from)
        .map_err(|error| StoreError::Failed { operation: "encode the session", reason: error.to_string() })
}

fn value<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{what}: {error}"))
}
