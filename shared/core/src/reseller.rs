//! A service provider: the sources call it reseller, tenants are shown "Service Provider" (R005).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::credential::KeyId;
use crate::fields::{Fault, Fields};
use crate::id::ResellerId;
use crate::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use crate::text::Name;
use crate::time::Timestamp;

/// A service provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reseller {
    /// Its number.
    pub id: ResellerId,
    /// Its name, shown to tenants.
    pub name: Name,
    /// Hosts to which its outcomes may be sent.
    pub redirect_hosts: Vec<RedirectHost>,
    /// Where everything but the outcomes of actions goes.
    pub events_url: Option<RedirectUrl>,
    /// Whether it may act.
    pub status: ResellerStatus,
    /// What it gets in the place of Microsoft's tokens.
    #[serde(default)]
    pub token_mode: TokenMode,
    /// When the operator made it.
    pub created_at: Timestamp,
    /// When its webhook keys were changed last, if they ever were: keys that were read before are out of date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_keys_changed_at: Option<Timestamp>,
    /// Keys that were revoked so lately that a token of theirs could still be alive, with the instant.
    #[serde(default)]
    pub revoked_keys: BTreeMap<KeyId, Timestamp>,
    /// How often the operator has changed it or its keys: of two who saw the same number one changes it.
    #[serde(default)]
    pub revision: u64,
}

impl Reseller {
    /// Whether `key` was revoked, so that its tokens are refused.
    #[must_use]
    pub fn has_revoked(&self, key: &KeyId) -> bool {
        self.revoked_keys.contains_key(key)
    }
}

/// What a provider gets in the place of Microsoft's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenMode {
    /// Handles, which our own routes take.
    #[default]
    Handles,
    /// The tokens themselves.
    Raw,
}

/// Whether a service provider may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResellerStatus {
    /// Its keys and links work.
    Active,
    /// Its keys are refused.
    Disabled,
}

/// What an operator says of a new service provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReseller {
    name: Name,
    redirect_hosts: Vec<RedirectHost>,
    events_url: Option<RedirectUrl>,
}

impl NewReseller {
    /// Reads `{name, redirectHosts, eventsUrl?}` (K9).
    pub fn parse(mut body: Fields, policy: RedirectPolicy) -> Result<Self, Vec<Fault>> {
        let name = body.parsed("name", "invalid_name", str::parse::<Name>);
        let name = body.required("name", name);
        let hosts = body.list("redirectHosts", "a host name", |value| {
            let host: RedirectHost = value.as_str()?.parse().ok()?;
            (policy.insecure || host.is_public_name()).then_some(host)
        });
        let hosts = body.required("redirectHosts", hosts);
        let listed = hosts.clone().unwrap_or_default();
        let events_url =
            body.parsed("eventsUrl", "invalid_redirect_url", |text| RedirectUrl::parse(text, &listed, policy));
        let reseller = name.zip(hosts).map(|(name, redirect_hosts)| Self { name, redirect_hosts, events_url });
        body.finish(reseller)
    }

    /// The provider with its number; it is active at once.
    #[must_use]
    pub fn create(self, id: ResellerId, now: Timestamp) -> Reseller {
        Reseller {
            id,
            name: self.name,
            redirect_hosts: self.redirect_hosts,
            events_url: self.events_url,
            status: ResellerStatus::Active,
            token_mode: TokenMode::Handles,
            created_at: now,
            webhook_keys_changed_at: None,
            revoked_keys: BTreeMap::new(),
            revision: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(body: Value, insecure: bool) -> Result<NewReseller, Vec<Fault>> {
        NewReseller::parse(Fields::of(body.as_object().cloned().unwrap()), RedirectPolicy { insecure })
    }

    #[test]
    fn an_events_url_must_be_on_the_providers_own_list() {
        let body = json!({"name": "Acme", "redirectHosts": ["a.example"], "eventsUrl": "https://b.example/"});
        assert_eq!(parse(body, false).unwrap_err()[0].pointer, "/eventsUrl");
    }

    #[test]
    fn an_address_is_listed_in_a_sandbox_only() {
        let body = json!({"name": "Acme", "redirectHosts": ["127.0.0.1"]});
        assert!(parse(body.clone(), true).is_ok());
        assert_eq!(parse(body, false).unwrap_err()[0].pointer, "/redirectHosts/0");
    }
}
