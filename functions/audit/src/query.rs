//! What is asked for: `?enterpriseId=&from=&to=&limit=&cursor=`, and `resellerId` of the operator.

use lambda_http::Request;
use onboarding_core::fields::Fields;
use onboarding_core::id::{AuditId, EnterpriseId, ResellerId};
use onboarding_core::listing::PageSize;
use onboarding_core::time::{InvalidInstant, Timestamp};

use crate::Error;

/// A query string that was read.
pub(crate) struct Asked {
    pub(crate) reseller: Option<ResellerId>,
    pub(crate) enterprise: Option<EnterpriseId>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) after: Option<AuditId>,
    pub(crate) size: PageSize,
}

impl Asked {
    pub(crate) fn parse(mut query: Fields) -> Result<Self, Error> {
        let reseller = query.parsed("resellerId", "out_of_range", str::parse);
        let enterprise = query.parsed("enterpriseId", "out_of_range", str::parse);
        let from: Option<Timestamp> = query.parsed("from", "invalid_instant", instant_or_day);
        let to: Option<Timestamp> = query.parsed("to", "invalid_instant", instant_or_day);
        let size = query.parsed("limit", "out_of_range", str::parse).unwrap_or_default();
        let cursor = query.text("cursor");
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            query.fault("to", "out_of_range", "to must not be before from");
        }
        let asked = Self { reseller, enterprise, from, to, after: None, size };
        let asked = query.finish(Some(asked)).map_err(Error::InvalidQuery)?;
        // A cursor is the last row that was told. In whichever list it is used, it leads to a later place of that list.
        let after = cursor.map(|cursor| cursor.parse().map_err(|_| Error::InvalidCursor)).transpose()?;
        Ok(Self { after, ..asked })
    }
}

/// An instant, or a day: its beginning in UTC. A `+` of an offset is written `%2B` in a query string.
fn instant_or_day(text: &str) -> Result<Timestamp, InvalidInstant> {
    let is_day = text.len() == "2026-01-31".len();
    if is_day { format!("{text}T00:00:00Z").parse() } else { text.parse() }
}

/// The address of the next page: the same query string with another cursor, relative to this address.
pub(crate) fn next(request: &Request, cursor: &AuditId) -> String {
    let query = request.uri().query().unwrap_or_default();
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let cursor = format!("cursor={}", cursor.as_str());
    let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
    format!("?{}", query.join("&"))
}
