//! One token for all: with it a client may do everything, without it ask whether the server lives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use parking_lot::Mutex;
use subtle::ConstantTimeEq;

use super::problem::{Code, Problem};

/// The routes that need no token: a balancer has none.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];

/// Whether this path needs no token.
pub(super) fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// Whether this path is answered under any load: how a server is must be known most of all when it is busy.
pub(super) fn is_probe(path: &str) -> bool {
    is_open(path) || path == "/metrics"
}

/// Requests without the right token, for the log: the first at once, and then no more than one line in ten seconds, with how
/// many there were. An attacker should not fill the disk.
#[derive(Default)]
pub(super) struct Strangers(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// When it was said last.
    said: Option<Instant>,
    /// How many came since then.
    since: u64,
}

/// The least time between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

impl Strangers {
    /// Notes one more, who asked from there.
    pub(super) fn note(&self, peer: Option<SocketAddr>) {
        let Some(refused) = self.due(Instant::now()) else { return };
        let peer = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.ip().to_string());
        tracing::warn!(refused, last_from = peer, "requests without the right token were refused");
    }

    /// How many there were since the last line, if the time has come for another.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut noted = self.0.lock();
        noted.since += 1;
        if noted.said.is_some_and(|said| now.duration_since(said) < INTERVAL) {
            return None;
        }
        noted.said = Some(now);
        Some(std::mem::take(&mut noted.since))
    }
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
    fn refusals_are_said_at_once_and_then_no_more_often_than_every_ten_seconds() {
        let (strangers, start) = (Strangers::default(), Instant::now());
        let at = |secs| strangers.due(start + Duration::from_secs(secs));
        assert_eq!(
            [at(0), at(0), at(9), at(10), at(11), at(100)],
            [Some(1), None, None, Some(3), None, Some(2)]
        );
    }

    #[test]
    fn weak_tokens_are_refused_and_none_is_printed() {
        assert!(Token::new("short").unwrap_err().contains("at least 16"));
        assert!(Token::new("with blanks in between").unwrap_err().contains("blanks"));
        assert_eq!(format!("{:?}", Token::new("0123456789abcdef").unwrap()), "Token(…)");
    }
}
