//! From a domain to its tenant.

use std::time::Duration;

use onboarding_core::id::TenantId;
use onboarding_core::identity::PERSONAL_ACCOUNTS;
use onboarding_microsoft::discovery::DiscoveryError;
use serde_json::json;

use crate::world::{Answer, World, connect, nobody};

const TENANT: TenantId = TenantId::from_u128(0xaaaa_aaaa_0000_4000_8000_0000_0000_0001);

async fn asked(world: &World) -> Result<TenantId, DiscoveryError> {
    world.microsoft.tenant_of(&"contoso.example".parse().unwrap()).await
}

async fn answered(answer: Answer) -> Result<TenantId, DiscoveryError> {
    let world = World::always(answer).await;
    asked(&world).await
}

#[tokio::test]
async fn a_domain_leads_to_its_tenant() {
    let world = World::new(|request| {
        let host = request.header("host").unwrap();
        Answer::Json(200, json!({ "issuer": format!("http://{host}/{TENANT}/v2.0"), "token_endpoint": "x" }))
    });
    let world = world.await;
    assert_eq!(asked(&world).await, Ok(TENANT));
    let request = &world.requests()[0];
    assert_eq!(request.target, "/contoso.example/v2.0/.well-known/openid-configuration");
}

#[tokio::test]
async fn a_domain_of_nobody_is_unknown() {
    for refusal in [
        json!({"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'contoso.example' not found."}),
        json!({"error": "invalid_tenant"}),
        json!({"error": "invalid_request", "error_description": "AADSTS900023: neither a valid DNS name", "error_codes": [900_023]}),
    ] {
        assert_eq!(answered(Answer::Json(400, refusal)).await, Err(DiscoveryError::UnknownTenant));
    }
}

/// T36 `oidcc-client-test-discovery-issuer-mismatch`: only the issuer that we would expect of the tenant counts.
#[tokio::test]
async fn another_issuer_is_refused() {
    for issuer in [
        format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        format!("http://{{host}}/{TENANT}"),
        format!("http://{{host}}/{TENANT}/v2.0/"),
        format!("http://{{host}}/{TENANT}/v2.0/{TENANT}"),
        format!("http://{{host}}/{PERSONAL_ACCOUNTS}/v2.0"),
        "http://{host}/AAAAAAAA-0000-4000-8000-000000000001/v2.0".to_owned(),
        "http://{host}/{tenantid}/v2.0".to_owned(),
        String::new(),
    ] {
        let world = World::new(move |request| {
            let issuer = issuer.replace("{host}", request.header("host").unwrap());
            Answer::Json(200, json!({ "issuer": issuer }))
        });
        assert_eq!(asked(&world.await).await, Err(DiscoveryError::UnknownTenant));
    }
}

#[tokio::test]
async fn an_outage_is_not_an_unknown_domain() {
    for answer in [
        Answer::Text(500, String::new()),
        Answer::Text(404, String::new()),
        Answer::Text(200, "<html>".to_owned()),
        Answer::Json(200, json!({})),
        Answer::Json(200, json!({ "issuer": 7 })),
        Answer::Json(400, json!({ "error": "temporarily_unavailable" })),
        Answer::Text(400, "<html>".to_owned()),
        Answer::Redirect("/elsewhere".to_owned()),
        Answer::Reset,
        Answer::Endless,
    ] {
        assert_eq!(answered(answer.clone()).await, Err(DiscoveryError::Unavailable), "{answer:?}");
    }
    let domain = "contoso.example".parse().unwrap();
    assert_eq!(connect(&nobody().await).tenant_of(&domain).await, Err(DiscoveryError::Unavailable));
}

/// R19 Silence ends at the time limit.
#[tokio::test]
async fn silence_ends() {
    let begun = std::time::Instant::now();
    assert_eq!(answered(Answer::Hang).await, Err(DiscoveryError::Unavailable));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
