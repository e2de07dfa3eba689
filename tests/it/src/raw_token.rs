//! A provider that the operator has switched from token handles to Microsoft's own tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, Lag};

use crate::world::{Decision, Provider, World, send};

impl World {
    async fn switch(&self, provider: &Provider, mode: &str) {
        let path = format!("/v1/resellers/{}", provider.id);
        let switched = self.operator(Method::PATCH, &path, Some(&json!({ "tokenMode": mode }))).await;
        assert_eq!(switched.json()["tokenMode"], mode, "{}", switched.text);
    }

    /// The two tokens of the outcome that was posted last.
    fn told_tokens(&self) -> (String, String) {
        let outcome = self.outcomes().pop().unwrap();
        assert_eq!(outcome["outcome"], "granted");
        let result = &outcome["msalAuthenticationResult"]["authenticationResult"];
        assert_eq!(result["refreshToken"], Value::Null);
        let text = |field: &str| result[field].as_str().unwrap().to_owned();
        (text("accessToken"), text("idToken"))
    }

    /// Whether Microsoft takes `access` for Grace's, and `id` names her tenant.
    async fn are_microsofts(&self, access: &str, id: &str) {
        let me = format!("{}/v1.0/me", self.microsoft().base_url());
        let me = send(self.http.get(me).bearer_auth(access)).await;
        assert_eq!((me.status.as_u16(), me.json()["id"].as_str()), (200, Some(GRACE.oid)), "{}", me.text);
        let claims = URL_SAFE_NO_PAD.decode(id.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((&claims["tid"], &claims["oid"]), (&json!(CONTOSO.id), &json!(GRACE.oid)));
    }
}

/// R116, R120 The operator switches a provider to Microsoft's own tokens: they are in the body and, in the clear, in no row.
/// The switch is in the audit trail. Switched back, the provider gets handles again.
#[tokio::test]
async fn a_switched_provider_is_posted_microsofts_tokens() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (_, link) = world.contoso_of(&provider).await;
    world.switch(&provider, "raw").await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let (access, id) = world.told_tokens();
    world.are_microsofts(&access, &id).await;
    let rows = world.glance().await;
    for kind in ["request", "deliveries", "handle", "enterprise", "audit", "reseller"] {
        let rows = rows.of_kind(kind).join("\n");
        assert!(!rows.contains(&access) && !rows.contains(&id), "{kind}");
    }
    assert_eq!(rows.of_kind("handle").len(), 0);
    let trail = rows.of_kind("audit").join("\n");
    assert!(trail.contains("reseller.changed") && trail.contains(r#"{\"tokenMode\":\"raw\"}"#), "{trail}");
    world.switch(&provider, "handles").await;
    let link = world.link_of(&provider, "Second").await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    world.settle().await;
    let (access, id) = world.told_tokens();
    assert!(access.starts_with("onbtok_") && id.starts_with("onbtok_"));
}

/// R116 A grant that is proved later, by another function, is told with the same tokens.
#[tokio::test]
async fn a_late_grant_is_told_with_microsofts_tokens() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    world.switch(&provider, "raw").await;
    let (_, link) = world.contoso_of(&provider).await;
    world.microsoft().set_lag(Lag::Seconds(30));
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert!(world.glance().await.of_kind("request").join("").contains("sealedIdToken"));
    for _ in 0..4 {
        world.pass(10).await;
    }
    let (access, id) = world.told_tokens();
    world.are_microsofts(&access, &id).await;
}

/// T12 Who signs in is told beforehand that Microsoft's tokens go along, and where to.
#[tokio::test]
async fn the_start_page_says_that_tokens_are_sent() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, _) = world.contoso_of(&provider).await;
    world.switch(&provider, "raw").await;
    let (path, body) = (format!("/v1/enterprises/{enterprise}/links"), json!({ "redirectUrl": world.hook() }));
    let made = world.as_holder_of(&provider.key, Method::POST, &path, Some(&body)).await;
    let start = made.json()["startUrl"].as_str().unwrap().to_owned();
    let page = send(world.call(Method::GET, &start.replace(world.sandbox.api(), ""))).await.text;
    assert!(page.contains("tokens of the sign-in are sent too") && !page.contains("are not sent"), "{page}");
}
