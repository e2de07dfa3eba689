//! The answer around the token: state, issuer of the response, errors, the metadata.

use onboarding_core::time::Clock as _;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Effect, FABRIKAM, Fault, GRACE};

use crate::attack::target::Target;
use crate::effects::Effects;
use crate::world::{Decision, World};

/// G03, T01, T08 A state that is not ours, or that of another link.
#[tokio::test]
async fn fapi2_client_test_ensure_authorization_response_with_invalid_state_fails() {
    let target = Target::new().await;
    let other = url::Url::parse(&target.other_link().await).unwrap();
    let other = other.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let good = target.state().to_owned();
    for bad in [
        "A".repeat(43),
        "A".repeat(good.len()),
        format!("{good}A"),
        format!("{good}="),
        format!(" {good}"),
        good[1..].to_owned(),
        good.to_uppercase(),
        format!("{good}{good}"),
        "../../".to_owned(),
        "\u{feff}state".to_owned(),
        "x".repeat(60_000),
        other,
    ] {
        target.refused(target.good.clone().fill("state", &bad), &bad).await;
    }
    target.still_works().await;
}

/// G02 No state.
#[tokio::test]
async fn fapi2_client_test_ensure_authorization_response_missing_state_fails() {
    let target = Target::new().await;
    target.refused(target.good.clone().fill("state", ""), "empty").await;
    let body = format!("code={}&id_token={}", target.code(), target.good.value("id_token").unwrap());
    let call = target.world.call(Method::POST, "/restricted/handleResponse");
    let call = call.header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(call.send().await.unwrap().status(), 400);
    target.still_works().await;
}

/// T36 RFC 9207: an `iss` beside the code that is not the token's.
#[tokio::test]
async fn fapi2_client_test_invalid_authorization_response_iss() {
    let target = Target::new().await;
    let good = target.claims["iss"].as_str().unwrap();
    for bad in [
        good.replace(CONTOSO.id, FABRIKAM.id),
        good.replace(CONTOSO.id, "{tenantid}"),
        format!("{good}/"),
        format!("https://login.microsoftonline.com/{}/v2.0", CONTOSO.id),
        "https://evil.example".to_owned(),
        " ".to_owned(),
    ] {
        target.refused(target.good.clone().fill("iss", &bad), &bad).await;
    }
    target.accepts(target.good.clone().fill("iss", good)).await;
}

/// Entra sends no `iss` beside the code; the token's own stands for it.
#[tokio::test]
async fn fapi2_client_test_remove_authorization_response_iss() {
    let target = Target::new().await;
    assert_eq!(target.good.value("iss"), None);
    target.still_works().await;
}

/// G15, G54, T37 An error is shown in our words, whatever stands beside it, and no code is redeemed.
#[tokio::test]
async fn oidcc_client_test_form_post_error() {
    let target = Target::new().await;
    let hostile = "<script>alert(1)</script>\u{202e}\r\nset-cookie: a=b";
    let (no_error, once) = ("\u{202e}x", Effects::refused());
    for error in ["access_denied", "server_error", "login_required", "<script>alert(1)</script>", no_error] {
        let form = target.good.clone().fill("error", error).fill("error_description", hostile);
        let before = target.world.snapshot().await;
        let page = target.world.post(form.fill("error_uri", "javascript:alert(1)")).await;
        assert!(page.status < 500, "{error}: {}", page.status);
        assert!(!page.body.contains("alert(") && !page.body.contains('\u{202e}'), "{error}: {}", page.body);
        assert!(!page.headers.contains_key("set-cookie"));
        let effects = target.world.effects_since(&before).await;
        if error == no_error {
            assert_eq!(effects, Effects::none(), "RFC 6749 §4.1.2.1 allows no such character");
        } else {
            assert!(effects == once || effects == once.clone().not_told_again(), "{error}: {effects:?}");
        }
    }
    assert_ne!(target.world.registration(target.enterprise).await.0, "granted");
    let before = target.world.snapshot().await;
    assert_eq!(target.world.post(target.good.clone()).await.status, 200);
    assert_eq!(target.world.effects_since(&before).await, Effects::granted());
}

/// T36 Metadata that speak for another issuer name no tenant: no link is made of them.
#[tokio::test]
async fn oidcc_client_test_discovery_issuer_mismatch() {
    let world = World::new().await;
    let base = world.microsoft().base_url().to_owned();
    for issuer in [
        format!("https://evil.example/{}/v2.0", CONTOSO.id),
        format!("{base}/{}/v2.0/", CONTOSO.id),
        format!("{base}/{}", CONTOSO.id),
        format!("{base}/{{tenantid}}/v2.0"),
        format!("https://sts.windows.net/{}/", CONTOSO.id),
        String::new(),
    ] {
        let body = json!({ "issuer": issuer, "tenant_region_scope": "EU" }).to_string();
        let what = Effect::Status { status: 200, body, headers: std::collections::BTreeMap::new() };
        world.microsoft().set_faults(vec![Fault { on: "discovery".to_owned(), what, times: None }]);
        let name = format!("Contoso {}", world.sandbox.clock().now().millis());
        let body = json!({ "enterpriseName": name, "expectedTenant": CONTOSO.domain });
        let body = world.enterprise_body(body).await;
        let made = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
        if made.status == 200 {
            let enterprise = made.json().as_u64().unwrap();
            let wish = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": world.hook()});
            let link = world.provider(Method::POST, "/v1/enterprises/action-url", Some(&wish)).await;
            assert!(link.status.is_client_error(), "{issuer}: {} {}", link.status, link.text);
        } else {
            assert!(made.status.is_client_error(), "{issuer}: {} {}", made.status, made.text);
        }
    }
    assert!(world.microsoft().call_counts()["discovery"] >= 6, "each was read");
    world.microsoft().set_faults(Vec::new());
    let enterprise = world.enterprise(json!({ "expectedTenant": CONTOSO.domain })).await;
    let link = world.registration_url(enterprise).await;
    assert!(link.contains(CONTOSO.id), "{link}");
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// G35, T29 A code without a token is not a sign-in of ours.
#[tokio::test]
async fn a_code_alone_is_refused() {
    let target = Target::new().await;
    for (field, value) in [("id_token", ""), ("code", ""), ("id_token", " ")] {
        target.refused(target.good.clone().fill(field, value), field).await;
    }
    target.still_works().await;
}
