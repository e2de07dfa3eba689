//! A service provider: the sources call it reseller, tenants are shown "Service Provider" (R005).

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::activation::{Activation, ActivationView};
use crate::catalogue::{Catalogue, CatalogueEdit};
use crate::credential::KeyId;
use crate::fields::{Fault, Fields, text_of};
use crate::id::ResellerId;
use crate::mail::Mail;
use crate::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use crate::text::{EmailAddress, Name};
use crate::time::Timestamp;
use crate::token::TOKEN_LIFETIME;

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
    /// What it waits for before it may make enterprises, if somebody there is still to press a button (R147).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
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

/// How long a revoked key is remembered: as long as a token of it could live, and some more for clocks that differ.
const REVOCATION_KEPT: Duration = TOKEN_LIFETIME.saturating_add(Duration::from_mins(5));

impl Reseller {
    /// The list of revoked keys once `key` is on it; those whose tokens have all ended are left out.
    #[must_use]
    pub fn revoking(&self, key: &KeyId, now: Timestamp) -> BTreeMap<KeyId, Timestamp> {
        let mut revoked = self.revoked_keys.clone();
        revoked.retain(|_, at| now.since(*at) < REVOCATION_KEPT);
        revoked.insert(key.clone(), now);
        revoked
    }

    /// Whether `key` was revoked, so that its tokens are refused.
    #[must_use]
    pub fn has_revoked(&self, key: &KeyId) -> bool {
        self.revoked_keys.contains_key(key)
    }
}

/// What a provider gets in the place of Microsoft's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenMode {
    /// Handles, which our own routes take.
    #[default]
    Handles,
    /// The tokens themselves.
    Raw,
}

/// The text names no token mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be handles or raw")]
pub struct UnknownTokenMode;

impl FromStr for TokenMode {
    type Err = UnknownTokenMode;

    fn from_str(text: &str) -> Result<Self, UnknownTokenMode> {
        match text {
            "handles" => Ok(Self::Handles),
            "raw" => Ok(Self::Raw),
            _ => Err(UnknownTokenMode),
        }
    }
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
    contact: Option<EmailAddress>,
    catalogue: CatalogueEdit,
}

impl NewReseller {
    /// Reads `{name, redirectHosts, eventsUrl?, contactEmail?, sbcGateways?, pbxTypes?}` (K9, R147).
    pub fn parse(mut body: Fields, policy: RedirectPolicy) -> Result<Self, Vec<Fault>> {
        let name = body.parsed("name", "invalid_name", str::parse::<Name>);
        let name = body.required("name", name);
        let hosts = read_hosts(&mut body, policy);
        let hosts = body.required("redirectHosts", hosts);
        let events_url = read_events_url(&mut body, hosts.as_deref().unwrap_or_default(), policy);
        let contact = body.parsed("contactEmail", "invalid_email", str::parse::<EmailAddress>);
        let catalogue = CatalogueEdit::read(&mut body);
        let reseller = name.zip(hosts);
        let reseller =
            reseller.map(|(name, redirect_hosts)| Self { name, redirect_hosts, events_url, contact, catalogue });
        body.finish(reseller)
    }

    /// Its name, shown to tenants.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// Who is to activate it by a mail; without anybody it is active at once. The address is kept nowhere.
    #[must_use]
    pub const fn contact(&self) -> Option<&EmailAddress> {
        self.contact.as_ref()
    }

    /// What the provider can give its enterprises: what was said, and for the rest what every provider begins with.
    #[must_use]
    pub fn catalogue(&self, starter: &Catalogue) -> Catalogue {
        self.catalogue.apply(starter)
    }

    /// The provider with its number; it may make enterprises at once, unless an `activation` is waited for.
    #[must_use]
    pub fn create(self, id: ResellerId, now: Timestamp) -> Reseller {
        Reseller {
            id,
            name: self.name,
            redirect_hosts: self.redirect_hosts,
            events_url: self.events_url,
            status: ResellerStatus::Active,
            token_mode: TokenMode::Handles,
            activation: None,
            created_at: now,
            webhook_keys_changed_at: None,
            revoked_keys: BTreeMap::new(),
            revision: 0,
        }
    }
}

/// What becomes of `eventsUrl`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum EventsUrlEdit {
    Keep,
    Remove,
    Set(RedirectUrl),
}

/// A change that an operator makes to a service provider; what is not said stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResellerEdit {
    name: Option<Name>,
    redirect_hosts: Option<Vec<RedirectHost>>,
    events_url: EventsUrlEdit,
    status: Option<ResellerStatus>,
    token_mode: Option<TokenMode>,
    catalogue: CatalogueEdit,
}

impl ResellerEdit {
    /// Reads any of `{name, redirectHosts, eventsUrl, disabled, tokenMode, sbcGateways, pbxTypes}` for the provider as
    /// it is `now`; a list replaces the former one, and `eventsUrl: null` removes it (K9).
    pub fn parse(mut body: Fields, now: &Reseller, policy: RedirectPolicy) -> Result<Self, Vec<Fault>> {
        for field in ["id", "activation", "createdAt"] {
            body.refuse(field, "not_settable", "cannot be changed by an edit; leave it out");
        }
        let removed = body.cleared("eventsUrl");
        for field in ["name", "redirectHosts", "disabled", "tokenMode", "sbcGateways", "pbxTypes"] {
            if body.cleared(field) {
                body.fault(field, "required", format!("{field} can be changed, and not removed"));
            }
        }
        let name = body.parsed("name", "invalid_name", str::parse::<Name>);
        let redirect_hosts = read_hosts(&mut body, policy);
        let listed = redirect_hosts.as_ref().unwrap_or(&now.redirect_hosts);
        let events_url = read_events_url(&mut body, listed, policy);
        let former = now.events_url.as_ref().filter(|_| !removed && events_url.is_none());
        if former.is_some_and(|former| RedirectUrl::parse(former.as_str(), listed, policy).is_err()) {
            let detail =
                "eventsUrl is on a host that is no longer listed; change eventsUrl too, or remove it with null";
            body.fault("redirectHosts", "events_url_not_listed", detail);
        }
        let status = body.boolean("disabled");
        let status = status.map(|disabled| if disabled { ResellerStatus::Disabled } else { ResellerStatus::Active });
        let token_mode = body.parsed("tokenMode", "unknown_token_mode", str::parse::<TokenMode>);
        let catalogue = CatalogueEdit::read(&mut body);
        let kept = if removed { EventsUrlEdit::Remove } else { EventsUrlEdit::Keep };
        let events_url = events_url.map_or(kept, EventsUrlEdit::Set);
        body.finish(Some(Self { name, redirect_hosts, events_url, status, token_mode, catalogue }))
    }

    /// The provider and its catalogue after this change.
    #[must_use]
    pub fn apply(self, to: &Reseller, catalogue: &Catalogue) -> (Reseller, Catalogue) {
        let catalogue = self.catalogue.apply(catalogue);
        let mut changed = to.clone();
        changed.name = self.name.unwrap_or(changed.name);
        changed.redirect_hosts = self.redirect_hosts.unwrap_or(changed.redirect_hosts);
        changed.events_url = match self.events_url {
            EventsUrlEdit::Keep => changed.events_url,
            EventsUrlEdit::Remove => None,
            EventsUrlEdit::Set(url) => Some(url),
        };
        changed.status = self.status.unwrap_or(changed.status);
        changed.token_mode = self.token_mode.unwrap_or(changed.token_mode);
        (changed, catalogue)
    }
}

fn read_hosts(body: &mut Fields, policy: RedirectPolicy) -> Option<Vec<RedirectHost>> {
    let wanted = "a host name such as hooks.example.com, without scheme, port or path";
    body.list("redirectHosts", wanted, |value| {
        let host: Option<RedirectHost> = text_of(value)?.parse().ok();
        host.filter(|host| policy.insecure || host.is_public_name()).ok_or("invalid_host")
    })
}

fn read_events_url(body: &mut Fields, listed: &[RedirectHost], policy: RedirectPolicy) -> Option<RedirectUrl> {
    body.parsed("eventsUrl", "invalid_redirect_url", |text| RedirectUrl::parse(text, listed, policy))
}

/// A service provider as it is listed: without its gateways and PBX types.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ResellerSummary<'a> {
    /// Its number.
    id: ResellerId,
    /// Its name, shown to tenants.
    name: &'a Name,
    /// Hosts to which its outcomes may be sent.
    redirect_hosts: &'a [RedirectHost],
    /// Where everything but the outcomes of actions goes.
    #[cfg_attr(feature = "openapi", schema(required))]
    events_url: Option<&'a RedirectUrl>,
    /// Whether its keys are refused.
    disabled: bool,
    /// What it gets in the place of Microsoft's tokens.
    token_mode: TokenMode,
    /// What it waits for before it may make enterprises; null once it is active.
    #[cfg_attr(feature = "openapi", schema(required))]
    activation: Option<ActivationView>,
    /// When it was made, in UTC.
    created_at: String,
}

impl<'a> ResellerSummary<'a> {
    /// The provider.
    #[must_use]
    pub fn of(reseller: &'a Reseller) -> Self {
        Self {
            id: reseller.id,
            name: &reseller.name,
            redirect_hosts: &reseller.redirect_hosts,
            events_url: reseller.events_url.as_ref(),
            disabled: reseller.status == ResellerStatus::Disabled,
            token_mode: reseller.token_mode,
            activation: reseller.activation.as_ref().map(ActivationView::of),
            created_at: reseller.created_at.to_string(),
        }
    }
}

/// A service provider as the operator reads it: everything but its secrets, which nobody reads.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResellerView<'a> {
    #[serde(flatten)]
    summary: ResellerSummary<'a>,
    #[serde(flatten)]
    catalogue: &'a Catalogue,
}

impl<'a> ResellerView<'a> {
    /// The provider with its catalogue.
    #[must_use]
    pub fn of(reseller: &'a Reseller, catalogue: &'a Catalogue) -> Self {
        Self { summary: ResellerSummary::of(reseller), catalogue }
    }

    /// The same, with how far the mail is that carries its activation link.
    #[must_use]
    pub fn with_mail(mut self, mail: Option<&Mail>) -> Self {
        self.summary.activation = self.summary.activation.map(|activation| activation.with_mail(mail));
        self
    }

    /// All of it, as one JSON object: for the audit trail.
    #[must_use]
    pub fn told(&self) -> String {
        // Texts, numbers and lists alone: there is nothing in a view that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The fields in which two views differ, as they were and as they are, each as one JSON object: for the audit trail.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<(String, String)> {
        let fields = |view: &Self| serde_json::to_value(view).ok().and_then(|value| value.as_object().cloned());
        let (mut before, mut after) = (fields(self)?, fields(other)?);
        let was = before.clone();
        before.retain(|field, value| after.get(field) != Some(value));
        after.retain(|field, value| was.get(field) != Some(value));
        let text = |object| Value::Object(object).to_string();
        (!after.is_empty()).then(|| (text(before), text(after)))
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

    fn provider() -> Reseller {
        let body = json!({"name": "Acme", "redirectHosts": ["a.example"], "eventsUrl": "https://a.example/events"});
        parse(body, false).unwrap().create(ResellerId::try_from(7).unwrap(), Timestamp::from_seconds(0))
    }

    fn edit(body: Value) -> Result<Reseller, Vec<(String, &'static str)>> {
        let (fields, policy) = (Fields::of(body.as_object().cloned().unwrap()), RedirectPolicy::default());
        let edit = ResellerEdit::parse(fields, &provider(), policy);
        let told = |faults: Vec<Fault>| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        edit.map(|edit| edit.apply(&provider(), &Catalogue::default()).0).map_err(told)
    }

    /// K9 A change says what changes, and nothing else does.
    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        assert_eq!(edit(json!({})).unwrap(), provider());
        let stopped = edit(json!({"disabled": true})).unwrap();
        assert_eq!(stopped, Reseller { status: ResellerStatus::Disabled, ..provider() });
        let hosts = json!({"redirectHosts": ["b.example"], "eventsUrl": "https://b.example/", "name": " B "});
        let moved = edit(hosts).unwrap();
        assert_eq!((moved.name.as_str(), moved.events_url.unwrap().as_str()), ("B", "https://b.example/"));
        assert_eq!(edit(json!({"eventsUrl": null})).unwrap().events_url, None);
        assert_eq!(edit(json!({"tokenMode": "raw"})).unwrap().token_mode, TokenMode::Raw);
    }

    /// R147 Without a contact nobody is waited for; a contact is one mail address.
    #[test]
    fn a_contact_is_one_mail_address() {
        let body = |email: Value| json!({"name": "Acme", "redirectHosts": ["a.example"], "contactEmail": email});
        assert_eq!(provider().activation, None);
        let new = parse(body(json!("sales@acme.example")), false).unwrap();
        assert_eq!(new.contact().map(EmailAddress::expose), Some("sales@acme.example"));
        for wrong in ["nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"] {
            let fault = &parse(body(json!(wrong)), false).unwrap_err()[0];
            assert_eq!((fault.pointer.as_str(), fault.code), ("/contactEmail", "invalid_email"), "{wrong:?}");
        }
    }

    /// K9 What cannot be is refused, all of it at once.
    #[test]
    fn a_change_that_makes_no_sense_is_refused() {
        let wrong = json!({"name": null, "redirectHosts": ["127.0.0.1"], "disabled": "yes", "tokenMode": "Raw", "id": 8, "x": 1});
        let expected = [
            ("/id", "not_settable"),
            ("/name", "required"),
            ("/redirectHosts/0", "invalid_host"),
            ("/disabled", "wrong_type"),
            ("/tokenMode", "unknown_token_mode"),
            ("/x", "unknown_field"),
        ];
        assert_eq!(edit(wrong).unwrap_err(), expected.map(|(at, code)| (at.to_owned(), code)));
        let unlisted = edit(json!({"redirectHosts": ["b.example"]})).unwrap_err();
        assert_eq!(unlisted, [("/redirectHosts".to_owned(), "events_url_not_listed")]);
        assert!(edit(json!({"redirectHosts": ["b.example"], "eventsUrl": null})).is_ok());
    }

    /// A revoked key is remembered for longer than any token of it lives, and then forgotten.
    #[test]
    fn a_revoked_key_outlives_its_tokens() {
        let (first, second): (KeyId, KeyId) = ("7-00000000".parse().unwrap(), "7-00000001".parse().unwrap());
        let revoked_at = Timestamp::from_seconds(1_000);
        let mut reseller = provider();
        reseller.revoked_keys = reseller.revoking(&first, revoked_at);
        assert!(reseller.has_revoked(&first) && !reseller.has_revoked(&second));
        let last = revoked_at.plus(TOKEN_LIFETIME);
        assert_eq!(reseller.revoking(&second, last).len(), 2);
        assert_eq!(reseller.revoking(&second, last.plus(TOKEN_LIFETIME)).into_keys().collect::<Vec<_>>(), [second]);
    }

    /// The audit trail tells the fields that changed, and those alone.
    #[test]
    fn a_difference_names_what_changed() {
        let (before, none) = (provider(), Catalogue::default());
        let after = edit(json!({"tokenMode": "raw"})).unwrap();
        let told = ResellerView::of(&before, &none).difference(&ResellerView::of(&after, &none));
        assert_eq!(told, Some((r#"{"tokenMode":"handles"}"#.to_owned(), r#"{"tokenMode":"raw"}"#.to_owned())));
        assert_eq!(ResellerView::of(&before, &none).difference(&ResellerView::of(&before, &none)), None);
    }
}
