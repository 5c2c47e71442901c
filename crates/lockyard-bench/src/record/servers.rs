//! The servers that stood behind one subject, and how requests were spread over them: what makes an answer take longer or not is
//! part of the record.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The servers that were asked as one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerGroup {
    /// Where they are, in the order given; never their tokens.
    pub addresses: Vec<String>,
    /// To which of them a request went.
    pub route: Route,
}

/// To which server of a group a request goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// To one drawn anew for each request, from its client's own stream of the seed: as behind a balancer that knows nothing of
    /// what is asked.
    #[default]
    Any,
    /// To the one that a hash of what is asked about gives, as behind a balancer with sticky routes. What is asked about nothing that
    /// has a name goes to one that is drawn.
    Sticky,
}

impl Route {
    /// As it is written on the command line and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Sticky => "sticky",
        }
    }
}

/// How many there are, how they are asked, and where they are.
impl fmt::Display for ServerGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.join(", ");
        let how = match (&self.addresses[..], self.route) {
            ([_], _) => return write!(f, "the server at {addresses}"),
            (_, Route::Any) => "each request to any of them",
            (_, Route::Sticky) => "sticky, by what is asked about",
        };
        write!(f, "{} servers, {how}: {addresses}", self.addresses.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_said_in_words() {
        let said = |addresses: &[&str], route| {
            let addresses = addresses.iter().map(ToString::to_string).collect();
            ServerGroup { addresses, route }.to_string()
        };
        assert_eq!(said(&["http://a:1"], Route::Sticky), "the server at http://a:1");
        let any = "2 servers, each request to any of them: http://a:1, http://b:1";
        assert_eq!(said(&["http://a:1", "http://b:1"], Route::Any), any);
        let sticky = "2 servers, sticky, by what is asked about: http://a:1, http://b:1";
        assert_eq!(said(&["http://a:1", "http://b:1"], Route::Sticky), sticky);
    }
}
