//! Where a server is, and the token it wants.

use hyper::Uri;
use hyper::header::HeaderValue;

/// Where a server is, and what it wants to be shown. The token is never printed.
#[derive(Clone, Debug)]
pub struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    /// What every path begins with; as a rule nothing.
    pub(super) prefix: String,
    pub(super) authorization: Option<HeaderValue>,
}

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No URL of a server that speaks HTTP.
    #[error("`{given}` is no address of a server: {reason}; write http://HOST:PORT")]
    NoUrl {
        /// What was given.
        given: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A token that no header can carry.
    #[error("the token has characters that a header cannot carry; printable ASCII without blanks is right")]
    Token,
}

impl Address {
    /// Reads `http://HOST[:PORT][/PREFIX]`. The token goes with every request.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn parse(url: &str, token: Option<&str>) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError::NoUrl { given: url.to_owned(), reason };
        let uri: Uri = url.parse().map_err(|_| wrong("it is no URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(wrong("TLS is not spoken here")),
            _ => return Err(wrong("it has no http:// in front")),
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("it has a user's name in it"));
        }
        let authorization = token.map(|token| {
            let graphic = token.bytes().all(|byte| byte.is_ascii_graphic()) && !token.is_empty();
            let value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| graphic);
            let mut value = value.ok_or(AddressError::Token)?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            // Names of hosts are alike in either case, and so are addresses that are compared.
            host: host.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(80),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            authorization: authorization.transpose()?,
        })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_printed() {
        for (given, printed) in [
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://localhost/", "http://localhost:80"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://Proxy:1/Chat/", "http://proxy:1/Chat"),
        ] {
            assert_eq!(Address::parse(given, None).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_would_be_right() {
        for (given, why) in [
            ("localhost:8080", "http://"),
            ("/v1", "http://"),
            ("https://x", "TLS"),
            ("http://x?y=z", "query"),
            ("http://me@x", "user"),
            ("", "URL"),
        ] {
            let error = Address::parse(given, None).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("http://HOST:PORT"), "{given}: {error}");
        }
    }

    #[test]
    fn a_token_is_never_printed() {
        let address = Address::parse("http://x", Some("a-secret-token")).unwrap();
        assert!(!format!("{address:?}{address}").contains("secret"));
        for wrong in ["", "two words", "ä"] {
            assert_eq!(Address::parse("http://x", Some(wrong)).unwrap_err(), AddressError::Token);
        }
    }
}
