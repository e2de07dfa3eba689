//! `If-Match`: which version a change is made for (RFC 9110 §13.1.1).

use http::StatusCode;
use http::header::IF_MATCH;
use lambda_http::Request;
use onboarding_core::advice::Code;
use thiserror::Error;

use crate::failure::Failure;

/// What an `If-Match` header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any version.
    Any,
    /// These strong entity tags, quotes included. Weak ones are left out: they match nothing here.
    Tags(Vec<String>),
}

/// Why a change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PreconditionFault {
    /// There is no `If-Match`.
    #[error("no If-Match")]
    Missing,
    /// It is neither `*` nor a list of entity tags.
    #[error("If-Match cannot be read")]
    Malformed,
    /// It names another version.
    #[error("If-Match does not hold")]
    Failed,
}

impl From<PreconditionFault> for Failure {
    fn from(fault: PreconditionFault) -> Self {
        match fault {
            PreconditionFault::Missing => Self::new(StatusCode::PRECONDITION_REQUIRED, Code::PreconditionRequired),
            PreconditionFault::Malformed => Self::new(StatusCode::BAD_REQUEST, Code::InvalidIfMatch),
            PreconditionFault::Failed => Self::new(StatusCode::PRECONDITION_FAILED, Code::PreconditionFailed),
        }
    }
}

impl IfMatch {
    /// The header of `request`; several lines are one list (RFC 9110 §5.3).
    pub fn of(request: &Request) -> Result<Self, PreconditionFault> {
        let lines = request.headers().get_all(IF_MATCH).iter();
        let lines: Result<Vec<&str>, _> = lines.map(http::HeaderValue::to_str).collect();
        let list = lines.map_err(|_| PreconditionFault::Malformed)?.join(",");
        if request.headers().contains_key(IF_MATCH) { Self::parse(&list) } else { Err(PreconditionFault::Missing) }
    }

    fn parse(list: &str) -> Result<Self, PreconditionFault> {
        let mut rest = list.trim_matches([' ', '\t', ',']);
        if rest == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        while !rest.is_empty() {
            let (weak, from_quote) = rest.strip_prefix("W/").map_or((false, rest), |from| (true, from));
            let tag = from_quote.strip_prefix('"').and_then(|from| from.split_once('"'));
            let (tag, behind) = tag.ok_or(PreconditionFault::Malformed)?;
            let next = behind.trim_start_matches([' ', '\t']);
            if !tag.bytes().all(|byte| byte == 0x21 || byte > 0x22) || !(next.is_empty() || next.starts_with(',')) {
                return Err(PreconditionFault::Malformed);
            }
            if !weak {
                tags.push(format!("\"{tag}\""));
            }
            rest = next.trim_start_matches([' ', '\t', ',']);
        }
        // Nothing but commas is no list; a list of weak tags is one that matches nothing.
        if list.contains('"') { Ok(Self::Tags(tags)) } else { Err(PreconditionFault::Malformed) }
    }

    /// Holds if `etag`, a strong one, is among them (RFC 9110 §8.8.3.2).
    pub fn hold(&self, etag: &str) -> Result<(), PreconditionFault> {
        match self {
            Self::Any => Ok(()),
            Self::Tags(tags) if tags.iter().any(|tag| tag == etag) => Ok(()),
            Self::Tags(_) => Err(PreconditionFault::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Body;

    fn read(lines: &[&str]) -> Result<IfMatch, PreconditionFault> {
        let mut request = Request::new(Body::Empty);
        for line in lines {
            request.headers_mut().append(IF_MATCH, line.parse().unwrap());
        }
        IfMatch::of(&request)
    }

    fn holds(lines: &[&str]) -> bool {
        read(lines).unwrap().hold("\"7\"").is_ok()
    }

    /// R167 A tag, a list of them, or any version.
    #[test]
    fn a_strong_tag_holds() {
        for lines in [
            &["\"7\""][..],
            &["*"],
            &["\"6\", \"7\""],
            &["\"6\"", "\"7\""],
            &["\"a,b\",\t\"7\" ,"],
            &["W/\"7\", \"7\""],
            &[" * "],
        ] {
            assert!(holds(lines), "{lines:?}");
        }
    }

    /// R167 Weak tags match nothing: an edit must not meet a version that is only alike.
    #[test]
    fn other_and_weak_tags_do_not_hold() {
        for line in ["\"6\"", "W/\"7\"", "\"77\"", "\"\"", "\"7 \""] {
            let wrong = read(&[line]).map(|read| read.hold("\"7\""));
            assert!(wrong == Ok(Err(PreconditionFault::Failed)) || line == "\"7 \"", "{line}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_told() {
        assert_eq!(read(&[]), Err(PreconditionFault::Missing));
        for line in ["", "7", "\"7", "7\"", "\"7\" \"8\"", "*, \"7\"", "w/\"7\"", "\"7 8\"", ",", "'7'"] {
            assert_eq!(read(&[line]), Err(PreconditionFault::Malformed), "{line}");
        }
    }
}
