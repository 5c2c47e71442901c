//! `Idempotency-Key`: a client names a request, so that it may send it again when no answer came
//! (draft-ietf-httpapi-idempotency-key-header).

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::backend::chat::IdempotencyKey;

use super::extract::{self, Body};
use super::problem::{Code, Problem};
use super::state::AppState;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// How long a key may be.
const MAX_LENGTH: usize = 255;

/// The key of a request, as the document has it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it describes what `KeyedBody` reads")]
pub(super) struct KeyHeader {
    /// A name for this request, chosen at random. Sent again with the same body, the request is answered again and changes
    /// nothing: for 24 hours, for the newest 1,024 of a context, and until the context is deleted. The same key with another body
    /// is answered 422, and 409 while the first request is under way.
    #[param(rename = "Idempotency-Key", pattern = r"^[!-~]([ -~]*[!-~])?$", max_length = 255)]
    idempotency_key: Option<String>,
}

/// The body, as JSON, and the key that the request has, if any.
pub(super) struct KeyedBody<T>(pub(super) T, pub(super) Option<IdempotencyKey>);

impl<T: DeserializeOwned + Send + 'static> FromRequest<AppState> for KeyedBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let Some(key) = key_of(request.headers())? else {
            let Body(body) = Body::from_request(request, state).await?;
            return Ok(Self(body, None));
        };
        // The same text sent elsewhere is another key.
        let key = hash(&[request.uri().path().as_bytes(), key.as_bytes()]);
        let bytes = extract::json_bytes(request).await?;
        let request = hash(&[&bytes]);
        Ok(Self(extract::json(bytes, state).await?, Some(IdempotencyKey { key, request })))
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut lines = headers.get_all(HEADER).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let key =
        line.to_str().ok().filter(|key| (1..=MAX_LENGTH).contains(&key.len()) && lines.next().is_none());
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = format!("Idempotency-Key must be one text of 1 to {MAX_LENGTH} printable characters");
        Problem::new(Code::MalformedRequest, detail)
    })
}

/// A hash that no two texts are found to share.
fn hash(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        // With their lengths, so that no two lists of parts are the same text.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    uuid::Builder::from_custom_bytes(std::array::from_fn(|at| digest[at])).into_uuid()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_is_one_text_of_some_length() {
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(HEADER, HeaderValue::from_str(line).unwrap());
            }
            key_of(&headers).map_err(|problem| problem.code)
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["a key"]), Ok(Some("a key".to_owned())));
        assert_eq!(of(&[&"x".repeat(255)]), Ok(Some("x".repeat(255))));
        for wrong in [&[""][..], &["a", "b"], &[&"x".repeat(256)]] {
            assert_eq!(of(wrong), Err(Code::MalformedRequest));
        }
    }

    #[test]
    fn no_two_lists_of_parts_have_one_hash() {
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
