//! Which names the server answers to.
//!
//! A page of any origin can have its own name resolve to a loopback address (DNS rebinding), and then reads what a local server
//! answers as if it were its own. The name still stands in `Host`, so a local server answers only to names that are its own.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version, header};

use super::problem::{Code, Problem};

/// Which names in `Host` a server answers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Option<Vec<String>>);

impl Hosts {
    /// Any. For a server that other machines reach, whose names are not known.
    pub fn any() -> Self {
        Self(None)
    }

    /// `localhost`, any IP address, which no other name can resolve to, and these names, each with any port.
    pub fn only(names: impl IntoIterator<Item = String>) -> Self {
        Self(Some(names.into_iter().chain(["localhost".to_owned()]).collect()))
    }

    /// Refuses a request that names no host, as HTTP/1.1 must, or not one of these.
    pub(super) fn check(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let malformed = |detail: &str| Err(Problem::new(Code::MalformedRequest, detail));
        let mut lines = headers.get_all(header::HOST).iter();
        let line = match (lines.next(), lines.next()) {
            (None, _) if version < Version::HTTP_11 => return Ok(()),
            (None, _) => return malformed("HTTP/1.1 needs the header Host"),
            (Some(_), Some(_)) => return malformed("Host may stand once"),
            (Some(line), None) => line.to_str().unwrap_or_default(),
        };
        let parsed;
        let given = if let Some(host) = plain_host(line) {
            host
        } else {
            parsed = line.parse::<Authority>().ok();
            let given = parsed.as_ref().filter(|it| !it.host().is_empty() && !it.as_str().contains('@'));
            let Some(given) = given else {
                return malformed("Host must be a name or an address, and a port if need be");
            };
            given.host()
        };
        let Some(names) = &self.0 else { return Ok(()) };
        // Where the request line has one, that is the one that counts.
        let host = uri.authority().map_or(given, Authority::host);
        let name = host.trim_end_matches('.');
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        if address.is_ok() || names.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let detail =
            format!("this server does not answer to `{host}`; if it shall, start it with --host {host}");
        Err(Problem::new(Code::WrongHost, detail))
    }
}

/// The host of a line that needs no more than a look, as nearly all do: a name or an address of letters, digits, dots and dashes,
/// and a port. To take it apart by all rules takes as long as to answer.
fn plain_host(line: &str) -> Option<&str> {
    let (host, port) = line.split_once(':').map_or((line, None), |(host, port)| (host, Some(port)));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_host = !host.is_empty() && host.bytes().all(is_plain);
    let is_port = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    (is_host && is_port).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(hosts: &Hosts, version: Version, uri: &str, lines: &[&'static str]) -> u16 {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::HOST, line.parse().unwrap());
        }
        hosts.check(version, &uri.parse().unwrap(), &headers).map_or_else(|problem| problem.status, |()| 200)
    }

    #[test]
    fn only_its_own_names_are_answered() {
        let hosts = Hosts::only(["Box.Example".to_owned()]);
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "127.0.0.1:1",
            "[::1]:80",
            "10.0.0.7",
            "box.example:9",
        ] {
            assert_eq!(status(&hosts, Version::HTTP_11, "/", &[own]), 200, "{own}");
        }
        for strange in ["evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "x"] {
            assert_eq!(status(&hosts, Version::HTTP_11, "/", &[strange]), 421, "{strange}");
            assert_eq!(status(&Hosts::any(), Version::HTTP_11, "/", &[strange]), 200, "{strange}");
        }
        assert_eq!(status(&hosts, Version::HTTP_11, "http://evil.example/", &["localhost"]), 421);
    }

    #[test]
    fn what_is_plain_is_read_as_by_all_rules() {
        for plain in ["localhost", "a.b-c.example:9", "127.0.0.1:80", "x:", "1", "a..", "-"] {
            let authority: Authority = plain.parse().unwrap();
            assert_eq!(plain_host(plain), Some(authority.host()), "{plain}");
        }
        for other in ["", ":80", "[::1]:80", "a b", "user@host", "a:b", "a:1:2", "%41", "a_b", "a/b"] {
            assert_eq!(plain_host(other), None, "{other}");
        }
    }

    #[test]
    fn a_host_is_named_once_and_well() {
        for lines in [&[][..], &["localhost", "localhost"], &[""], &["a b"], &["user@localhost"]] {
            assert_eq!(status(&Hosts::any(), Version::HTTP_11, "/", lines), 400, "{lines:?}");
        }
        assert_eq!(status(&Hosts::only([]), Version::HTTP_10, "/", &[]), 200);
    }
}
