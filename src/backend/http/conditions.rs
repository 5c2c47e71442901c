//! Conditional requests (RFC 9110, section 13): `If-Match` and `If-None-Match`, by the versions that `ETag` carries.

use std::io::Write;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::backend::chat::{Version, VersionCondition};

use super::problem::{Code, Problem};
use super::state::AppState;

/// The conditions of a request.
#[derive(Debug, PartialEq)]
pub(super) struct Conditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// What a condition names.
#[derive(Debug, PartialEq)]
enum Tags {
    /// `*`: whatever there is.
    Any,
    /// These tags.
    Listed(Vec<EntityTag>),
}

#[derive(Debug, PartialEq)]
struct EntityTag {
    weak: bool,
    /// The version; none if the tag is one that no context ever had.
    version: Option<Version>,
}

impl FromRequestParts<AppState> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}

impl Conditions {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let tags = |name: HeaderName| {
            let mut lines = headers.get_all(&name).iter().peekable();
            lines.peek()?;
            let text: Option<Vec<_>> = lines.map(|line| line.to_str().ok()).collect();
            // Lines of one name are one list.
            Some(text.and_then(|text| Tags::parse(&text.join(","))).ok_or_else(|| {
                let detail =
                    format!("{name} must be entity tags in quotes, as an ETag is, such as \"7\", or *");
                Problem::new(Code::MalformedRequest, detail)
            }))
        };
        Ok(Self {
            if_match: tags(header::IF_MATCH).transpose()?,
            if_none_match: tags(header::IF_NONE_MATCH).transpose()?,
        })
    }

    /// At which versions the change may be made that the request asks for. Whether there is a context at all is answered before
    /// any condition.
    ///
    /// # Errors
    /// Both at once: there is no version that only the two together describe.
    pub(super) fn for_change(self) -> Result<VersionCondition, Problem> {
        Ok(match (self.if_match, self.if_none_match) {
            (None | Some(Tags::Any), None) => VersionCondition::Any,
            (Some(Tags::Listed(tags)), None) => VersionCondition::OneOf(strong(&tags).collect()),
            // Whatever there is must not be there: never.
            (None, Some(Tags::Any)) => VersionCondition::OneOf(Vec::new()),
            (None, Some(Tags::Listed(tags))) => VersionCondition::NoneOf(weak(&tags).collect()),
            (Some(_), Some(_)) => {
                let detail = "send If-Match or If-None-Match, not both";
                return Err(Problem::new(Code::MalformedRequest, detail));
            }
        })
    }

    /// What was read at `version`, unless the conditions say that it is not wanted.
    pub(super) fn answer(&self, version: Version, read: impl Serialize) -> Result<Response, Problem> {
        let holds = match &self.if_match {
            None | Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => strong(tags).any(|it| it == version),
        };
        if !holds {
            let detail = format!("If-Match excludes the version at hand, which is {version}");
            return Err(Problem::new(Code::PreconditionFailed, detail));
        }
        let known = match &self.if_none_match {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => weak(tags).any(|it| it == version),
        };
        if known {
            return Ok((StatusCode::NOT_MODIFIED, etag(version)).into_response());
        }
        Ok((etag(version), axum::Json(read)).into_response())
    }
}

/// The strong comparison, of `If-Match`: a weak tag is like none.
fn strong(tags: &[EntityTag]) -> impl Iterator<Item = Version> {
    tags.iter().filter(|tag| !tag.weak).filter_map(|tag| tag.version)
}

/// The weak comparison, of `If-None-Match`: a weak tag is like a strong one.
fn weak(tags: &[EntityTag]) -> impl Iterator<Item = Version> {
    tags.iter().filter_map(|tag| tag.version)
}

impl Tags {
    /// Reads a list of tags, in which there may be elements without anything, but not only such.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim_matches(BLANK);
        if rest == "*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        while !rest.is_empty() {
            if !rest.starts_with(',') {
                let (tag, after) = EntityTag::parse(rest)?;
                tags.push(tag);
                rest = after.trim_start_matches(BLANK);
            }
            // After a tag comes the end or a comma: two tags without one are no list.
            if !rest.is_empty() {
                rest = rest.strip_prefix(',')?.trim_start_matches(BLANK);
            }
        }
        (!tags.is_empty()).then_some(Self::Listed(tags))
    }
}

const BLANK: [char; 2] = [' ', '\t'];

impl EntityTag {
    /// Reads the tag at the beginning; what comes after it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |quoted| (true, quoted));
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if opaque.contains(|it: char| it.is_ascii_control() || it == ' ') {
            return None;
        }
        // As `etag` writes it and not otherwise: "07" is another tag than "7".
        let version = opaque.parse().ok().map(Version).filter(|version| version.to_string() == opaque);
        Some((Self { weak, version }, after))
    }
}

/// The version of a context as its entity tag.
pub(super) fn etag(version: Version) -> [(HeaderName, HeaderValue); 1] {
    // The longest number of 64 bits, in quotes.
    let mut text = [0; 22];
    let mut rest = &mut text[..];
    // Neither can fail: it fits, and digits in quotes are a header's value.
    let written = write!(rest, "\"{version}\"").map(|()| 22 - rest.len());
    let value = written.ok().and_then(|length| HeaderValue::from_bytes(&text[..length]).ok());
    [(header::ETAG, value.unwrap_or_else(|| HeaderValue::from_static("\"\"")))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &'static str)]) -> Result<Conditions, Problem> {
        let lines = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Conditions::of(&lines.collect::<Vec<_>>().into_iter().fold(
            HeaderMap::new(),
            |mut all, (name, value)| {
                all.append(name, value);
                all
            },
        ))
    }

    fn change(name: &'static str, value: &'static str) -> VersionCondition {
        of(&[(name, value)]).unwrap().for_change().unwrap()
    }

    #[test]
    fn lists_weak_tags_and_tags_of_others_are_read_as_the_standard_has_them() {
        let one_of =
            |versions: &[u64]| VersionCondition::OneOf(versions.iter().copied().map(Version).collect());
        for (given, wanted) in [
            ("\"7\"", &[7][..]),
            (" \"7\" , \"8\"", &[7, 8]),
            (",\"7\",,\"8\",", &[7, 8]),
            ("\"7\", W/\"8\"", &[7]),
            ("W/\"7\"", &[]),
            ("\"seven\", \"a,b\", \"07\", \"-1\", \"\", \"9\"", &[9]),
        ] {
            assert_eq!(change("if-match", given), one_of(wanted), "{given}");
        }
        assert_eq!(change("if-match", "*"), VersionCondition::Any);
        assert_eq!(change("if-none-match", "*"), one_of(&[]));
        let none_of = VersionCondition::NoneOf(vec![Version(7), Version(8)]);
        assert_eq!(change("if-none-match", "W/\"7\", \"8\""), none_of);
        let two_lines = of(&[("if-match", "\"1\""), ("if-match", "\"2\"")]).unwrap();
        assert_eq!(two_lines.for_change().unwrap(), one_of(&[1, 2]));
        assert_eq!(of(&[]).unwrap().for_change().unwrap(), VersionCondition::Any);
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for given in [
            "7",
            "",
            ",",
            "\"",
            "\"7",
            "w/\"7\"",
            "W/ \"7\"",
            "\"7\" \"8\"",
            "*, \"7\"",
            "\"7\", *",
            "\"a b\"",
        ] {
            assert_eq!(of(&[("if-match", given)]).unwrap_err().code, Code::MalformedRequest, "{given}");
        }
        let both = of(&[("if-match", "\"1\""), ("if-none-match", "\"2\"")]).unwrap();
        assert_eq!(both.for_change().unwrap_err().code, Code::MalformedRequest);
    }
}
