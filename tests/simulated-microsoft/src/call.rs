//! What was asked of the simulation, so that tests can count round trips.
//!
//! A record holds the path without its query and never a body: no code, token or secret is in it.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Which part of Microsoft was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The authorize endpoint.
    Authorize,
    /// The admin-consent endpoints.
    AdminConsent,
    /// The token endpoint.
    Token,
    /// The signing keys.
    Keys,
    /// The discovery document.
    Discovery,
    /// Microsoft Graph; a batch is one call.
    Graph,
    /// Partner Center.
    PartnerCenter,
    /// One item of a Graph batch, beside the call that carried it.
    BatchItem,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When, on the simulation's clock.
    pub at: DateTime<Utc>,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::AdminConsent => "adminConsent",
            Self::Token => "token",
            Self::Keys => "keys",
            Self::Discovery => "discovery",
            Self::Graph => "graph",
            Self::PartnerCenter => "partnerCenter",
            Self::BatchItem => "batchItem",
        }
    }

    /// The kind of a path; pages and controls have none.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path.starts_with("/simulated/") {
            return None;
        }
        if path.starts_with("/v1.0/") {
            return Some(Self::Graph);
        }
        if path.starts_with("/v1/") {
            return Some(Self::PartnerCenter);
        }
        [
            ("/oauth2/v2.0/authorize", Self::Authorize),
            ("/oauth2/v2.0/token", Self::Token),
            ("/discovery/v2.0/keys", Self::Keys),
            ("/v2.0/.well-known/openid-configuration", Self::Discovery),
            ("/adminconsent", Self::AdminConsent),
        ]
        .into_iter()
        .find_map(|(end, kind)| path.ends_with(end).then_some(kind))
    }
}

const REMEMBERED: usize = 10_000;

/// The latest calls and how many there were of each kind.
#[derive(Default)]
pub(crate) struct Calls {
    latest: VecDeque<Call>,
    counts: BTreeMap<&'static str, u64>,
}

impl Calls {
    pub(crate) fn record(&mut self, call: Call) {
        *self.counts.entry(call.kind.name()).or_default() += 1;
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(call);
    }

    pub(crate) fn list(&self) -> Vec<Call> {
        self.latest.iter().cloned().collect()
    }

    /// A count for each kind, zero included.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let kinds = [
            Kind::Authorize,
            Kind::AdminConsent,
            Kind::Token,
            Kind::Keys,
            Kind::Discovery,
            Kind::Graph,
            Kind::PartnerCenter,
            Kind::BatchItem,
        ];
        kinds.into_iter().map(|kind| (kind.name(), self.counts.get(kind.name()).copied().unwrap_or_default())).collect()
    }
}
