//! One token for all: with it a client may do everything, without it ask whether the server lives.

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::problem::{Code, Problem};

/// The routes that need no token: a balancer has none.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// Whether this path needs no token, and is answered under any load.
pub(super) fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// A bearer token. Compared in a time that depends on its length alone; never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The shortest token that is taken: 16 random characters are beyond guessing.
    pub const MIN_LENGTH: usize = 16;

    /// Takes a token.
    ///
    /// # Errors
    /// What is wrong with it: too short, or characters that a header cannot carry.
    pub fn new(token: &str) -> Result<Self, String> {
        if token.len() < Self::MIN_LENGTH {
            let (length, least) = (token.len(), Self::MIN_LENGTH);
            return Err(format!("the token has {length} characters; it needs at least {least} random ones"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token must be of printable ASCII characters without blanks".to_owned());
        }
        Ok(Self(token.to_owned()))
    }

    /// Whether a header's value carries this token.
    fn is_in(&self, authorization: &[u8]) -> bool {
        let Some((scheme, given)) = authorization.split_at_checked("Bearer ".len()) else { return false };
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(given.ct_eq(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Refuses a request without the token, where one is needed.
pub(super) fn require(token: Option<&Token>, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = token else { return Ok(()) };
    let given = headers.get(header::AUTHORIZATION);
    if given.is_some_and(|given| token.is_in(given.as_bytes())) {
        return Ok(());
    }
    let detail = match given {
        None => "this server wants a token; send the header Authorization: Bearer TOKEN",
        Some(_) => "this is not the token of this server",
    };
    Err(Problem::new(Code::Unauthorized, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognized_whole_and_nothing_else_is() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert!(token.is_in(b"Bearer 0123456789abcdef"));
        assert!(token.is_in(b"bearer 0123456789abcdef"));
        for wrong in [
            &b"Bearer 0123456789abcdeg"[..],
            b"Bearer 0123456789abcde",
            b"Basic  0123456789abcdef",
            b"Bearer",
            b"",
        ] {
            assert!(!token.is_in(wrong), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn weak_tokens_are_refused_and_none_is_printed() {
        assert!(Token::new("short").unwrap_err().contains("at least 16"));
        assert!(Token::new("with blanks in between").unwrap_err().contains("blanks"));
        assert_eq!(format!("{:?}", Token::new("0123456789abcdef").unwrap()), "Token(…)");
    }
}
