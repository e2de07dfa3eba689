//! A link under attack: Microsoft's true answer to it is in hand and not yet posted.
//!
//! A refusal is judged by its effects: no token call, no Graph call, rows as they were, nothing told, and the true
//! answer still succeeds.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onboarding_sandbox::visitor::Page;
use onboarding_sandbox::{Form, Options};
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE};
use tempfile::TempDir;

use super::forge::Forger;
use crate::effects::{Effects, Snapshot};
use crate::world::{Decision, World};

/// A link, the good answer to it, and what the tables held before the attack.
pub(crate) struct Target {
    pub(crate) world: World,
    pub(crate) enterprise: u64,
    pub(crate) link: String,
    pub(crate) good: Form,
    /// Of the good token.
    pub(crate) header: Value,
    /// Of the good token.
    pub(crate) claims: Value,
    before: Mutex<Snapshot>,
}

impl Target {
    pub(crate) async fn new() -> Self {
        Self::in_world(World::new().await).await
    }

    /// A target, and Microsoft's private keys to attack it with.
    pub(crate) async fn with_keys() -> (Self, Forger, TempDir) {
        let data = tempfile::tempdir().unwrap();
        let kept = Some(data.path().to_owned());
        let options = Options { sweep: false, insecure_redirects: true, data: kept, ..Options::default() };
        let world = World::with(options).await;
        // A second key, so that there is a former one, still listed.
        world.microsoft().rotate_key().unwrap();
        let forger = Forger::of(&data.path().join("microsoft.json"));
        (Self::in_world(world).await, forger, data)
    }

    pub(crate) async fn in_world(world: World) -> Self {
        let enterprise = world.contoso().await;
        let link = world.registration_url(enterprise).await;
        let good = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        let token = good.value("id_token").unwrap();
        let (header, claims) = (part(token, 0), part(token, 1));
        let before = Mutex::new(world.snapshot().await);
        Self { world, enterprise, link, good, header, claims, before }
    }

    /// The good claims with one of another value.
    pub(crate) fn with(&self, claim: &str, value: impl Into<Value>) -> Value {
        let mut claims = self.claims.clone();
        claims[claim] = value.into();
        claims
    }

    /// The good claims without one.
    pub(crate) fn without(&self, claim: &str) -> Value {
        let mut claims = self.claims.clone();
        assert!(claims.as_object_mut().unwrap().remove(claim).is_some(), "no {claim}");
        claims
    }

    /// The good header with one field of another value.
    pub(crate) fn headed(&self, field: &str, value: impl Into<Value>) -> Value {
        let mut header = self.header.clone();
        header[field] = value.into();
        header
    }

    /// The good claims under another header, signed with Microsoft's current key.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> Form {
        self.token(&self.world.microsoft().sign(header, claims).unwrap())
    }

    /// The good answer with another token.
    pub(crate) fn token(&self, token: &str) -> Form {
        self.good.clone().fill("id_token", token)
    }

    pub(crate) fn code(&self) -> &str {
        self.good.value("code").unwrap()
    }

    pub(crate) fn state(&self) -> &str {
        self.good.value("state").unwrap()
    }

    /// The nonce of this link.
    pub(crate) fn nonce(&self) -> &str {
        self.claims["nonce"].as_str().unwrap()
    }

    /// A link of another enterprise with the same pin.
    pub(crate) async fn other_link(&self) -> String {
        let changes = json!({ "enterpriseName": "Another", "expectedTenant": CONTOSO.id });
        let other = self.world.enterprise(changes).await;
        let link = self.world.registration_url(other).await;
        self.begins_here().await;
        link
    }

    /// What was done until now is no effect of an attack.
    pub(crate) async fn begins_here(&self) {
        let snapshot = self.world.snapshot().await;
        *self.before.lock().unwrap() = snapshot;
    }

    /// The world before the attack.
    fn before(&self) -> Snapshot {
        self.before.lock().unwrap().clone()
    }

    /// Signs `claims` under the good header and posts them: refused.
    pub(crate) async fn refuses(&self, claims: &Value) {
        self.refused(self.signed(&self.header, claims), &claims.to_string()).await;
    }

    /// Posts `form`: refused with a 400 that leaves everything as it was.
    pub(crate) async fn refused(&self, form: Form, what: &str) {
        let page = self.world.post(form).await;
        assert_eq!((page.status, page.redirects.len()), (400, 0), "{what}: {}", page.text());
        self.untouched(&page, what).await;
    }

    /// An answer that nobody took: no call to Microsoft, no row made or changed, nothing told, no part of the sign-in
    /// on the page.
    pub(crate) async fn untouched(&self, page: &Page, what: &str) {
        assert_eq!(self.world.glance().await.since(&self.before()), Effects::none(), "{what}");
        for secret in [self.code(), self.state(), self.good.value("id_token").unwrap()] {
            assert!(!page.body.contains(secret), "{what}: {}", page.body);
        }
        for (header, value) in
            [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]
        {
            assert!(page.headers[header].to_str().unwrap().contains(value), "{what}");
        }
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert!(page.headers.contains_key("strict-transport-security"));
    }

    /// Nothing was told and the action is where it was; then the good answer succeeds, with one token call.
    pub(crate) async fn still_works(self) {
        assert_eq!(self.world.effects_since(&self.before()).await, Effects::none());
        assert_eq!(self.world.registration(self.enterprise).await, ("started".to_owned(), None));
        self.accepts(self.good.clone()).await;
    }

    /// Posts `form`: granted, told once, with one token call.
    pub(crate) async fn accepts(&self, form: Form) {
        let before = self.world.snapshot().await;
        let page = self.world.post(form).await;
        assert_eq!((page.status, page.redirects.len()), (200, 1), "{}", page.text());
        assert_eq!(self.world.outcome().await, ("granted".to_owned(), None));
        assert_eq!(self.world.registration(self.enterprise).await, ("granted".to_owned(), None));
        assert_eq!(self.world.effects_since(&before).await, Effects::granted());
    }
}

/// One part of a compact JWS, decoded.
pub(crate) fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}
