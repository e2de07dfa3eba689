//! What the tests of this crate share: gateway events, and callers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Request;
use onboarding_core::credential::{ApiKey, Caller, CredentialId, Environment, KeyOwner};
use onboarding_core::id::{EnterpriseId, ReferenceId, ResellerId};
use onboarding_core::random::Random;
use onboarding_core::reseller::{Reseller, ResellerStatus, TokenMode};
use onboarding_core::scope::Scopes;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_core::token::{AccessToken, TokenGrant};
use serde_json::{Value, json};

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// A clock that stands.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A predictable source.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

pub(crate) fn reference() -> ReferenceId {
    "req_01h00000000000000000000000".parse().unwrap()
}

pub(crate) fn reseller_id() -> ResellerId {
    481_516.try_into().unwrap()
}

pub(crate) fn api_key() -> ApiKey {
    ApiKey::new(Environment::Test, KeyOwner::Reseller(reseller_id()), &Counting::default())
}

fn reseller() -> Reseller {
    Reseller {
        id: reseller_id(),
        name: "Acme".parse().unwrap(),
        redirect_hosts: vec![],
        events_url: None,
        status: ResellerStatus::Active,
        token_mode: TokenMode::Handles,
        activation: None,
        created_at: NOW,
        webhook_keys_changed_at: None,
        revoked_keys: BTreeMap::new(),
        revision: 0,
    }
}

pub(crate) fn provider() -> Caller {
    provider_with(Scopes::ALL)
}

pub(crate) fn provider_with(scopes: Scopes) -> Caller {
    let by = CredentialId::Key(api_key().id().clone());
    Caller::Reseller { by, reseller: reseller(), scopes, key_expires_at: None }
}

/// The holder of a token of enterprise 42.
pub(crate) fn token_holder() -> Caller {
    let enterprise = EnterpriseId::try_from(42).unwrap();
    let (key, scopes) = (api_key().id().clone(), Scopes::ALL);
    let grant = TokenGrant { key, key_expires_at: None, scopes: scopes.clone(), enterprise: Some(enterprise) };
    let (token, _) = AccessToken::issue(grant, Environment::Test, (NOW, &Counting::default()));
    Caller::Enterprise { token: token.id().clone(), reseller: reseller(), enterprise, scopes }
}

pub(crate) fn operator() -> Caller {
    let key = ApiKey::new(Environment::Test, KeyOwner::Operator, &Counting::default());
    Caller::Operator { key: key.id().clone() }
}

/// A body on its way through the gateway.
#[derive(Clone, Copy)]
pub(crate) enum EventBody<'a> {
    None,
    Text(&'a str),
    Base64(&'a str),
    Bytes(&'a [u8]),
}

/// The request of a real event of an HTTP API (payload 2.0), with these parts changed.
pub(crate) fn event(method: &str, target: &str, headers: &[(&str, &str)], body: EventBody<'_>) -> Request {
    let mut event: Value = serde_json::from_str(include_str!("../tests/events/http-api-v2.json")).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!(query);
    event["requestContext"]["http"]["method"] = json!(method);
    event["requestContext"]["http"]["path"] = json!(path);
    for (name, value) in headers {
        event["headers"][name.to_lowercase()] = json!(value);
    }
    let (text, base64) = match body {
        EventBody::None => (None, false),
        EventBody::Text(text) => (Some(text.to_owned()), false),
        EventBody::Base64(text) => (Some(STANDARD.encode(text)), true),
        EventBody::Bytes(bytes) => (Some(STANDARD.encode(bytes)), true),
    };
    event["body"] = json!(text);
    event["isBase64Encoded"] = json!(base64);
    lambda_http::request::from_str(&event.to_string()).unwrap()
}

pub(crate) fn post(target: &str, content_type: &str, body: EventBody<'_>) -> Request {
    let header = [("content-type", content_type)];
    event("POST", target, if content_type.is_empty() { &[] } else { &header }, body)
}
