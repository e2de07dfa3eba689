//! What is asked for: `?enterpriseId=&from=&to=&limit=&cursor=`, and `resellerId` of the operator.

use lambda_http::Request;
use onboarding_core::audit::Trail;
use onboarding_core::fields::Fields;
use onboarding_core::id::{EnterpriseId, ResellerId};
use onboarding_core::listing::PageSize;
use onboarding_core::time::{InvalidInstant, Timestamp};

use crate::Error;

/// A query string that was read.
pub(crate) struct Asked {
    pub(crate) reseller: Option<ResellerId>,
    pub(crate) enterprise: Option<EnterpriseId>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) cursor: Option<String>,
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
        let asked = Self { reseller, enterprise, from, to, cursor, size };
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            query.fault("to", "out_of_range", "to must not be before from");
        }
        query.finish(Some(asked)).map_err(Error::InvalidQuery)
    }

    /// What a cursor of `trail` is bound to: whose rows, about which enterprise, from when to when.
    pub(crate) fn filter(&self, trail: Trail) -> String {
        let Self { enterprise, from, to, .. } = self;
        format!("{trail} {enterprise:?} {from:?} {to:?}")
    }
}

/// An instant, or a day: its beginning in UTC. A `+` of an offset is written `%2B` in a query string.
fn instant_or_day(text: &str) -> Result<Timestamp, InvalidInstant> {
    let is_day = text.len() == "2026-01-31".len();
    if is_day { format!("{text}T00:00:00Z").parse() } else { text.parse() }
}

/// The address of the next page: the same query string with another cursor, relative to this address.
pub(crate) fn next(request: &Request, cursor: &str) -> String {
    let query = request.uri().query().unwrap_or_default();
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let cursor = format!("cursor={cursor}");
    let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
    format!("?{}", query.join("&"))
}
