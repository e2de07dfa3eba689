//! Registration links.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::json;
use url::Url;

use crate::world::{World, send};

pub(crate) fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

pub(crate) fn words(text: &str) -> BTreeSet<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// R106-R113 Every parameter of the documented URL, and PKCE beside them.
#[tokio::test]
async fn a_link_has_the_documented_parameters() {
    let world = World::new().await;
    let pinned = world.registration_url(world.contoso().await).await;
    let unpinned = world.registration_url(world.enterprise(json!({"enterpriseName": "Unpinned"})).await).await;
    let microsoft = &world.sandbox.ready().microsoft;
    let contoso = simulated_microsoft::CONTOSO.id;
    assert!(pinned.starts_with(&format!("{microsoft}/{contoso}/oauth2/v2.0/authorize?")), "{pinned}");
    assert!(unpinned.starts_with(&format!("{microsoft}/common/oauth2/v2.0/authorize?")), "{unpinned}");
    let query = query(&pinned);
    assert_eq!(words(&query["response_type"]), words("id_token code"));
    assert_eq!((query["response_mode"].as_str(), query["code_challenge_method"].as_str()), ("form_post", "S256"));
    assert_eq!(query["redirect_uri"], format!("{}/restricted/handleResponse", world.sandbox.api()));
    let scope = "openid profile Directory.ReadWrite.All Directory.AccessAsUser.All \
                 TeamsAppInstallation.ReadWriteForUser Organization.Read.All User.ReadWrite.All \
                 48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation";
    assert_eq!(words(&query["scope"]), words(scope));
    assert!(query["state"].len() <= 512 && query["nonce"].len() >= 22 && query["code_challenge"].len() == 43);
    assert!(!pinned.contains("hook"), "the caller's URL is never shown to Microsoft");
}

/// R110, R111 No two links share a nonce, a state or a challenge.
#[tokio::test]
async fn every_link_is_its_own() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let (first, second) =
        (query(&world.registration_url(enterprise).await), query(&world.registration_url(enterprise).await));
    for parameter in ["nonce", "state", "code_challenge"] {
        assert_ne!(first[parameter], second[parameter], "{parameter}");
    }
}

/// R105 By name as the source has it, in both spellings of its key, and by the path that existing clients use.
#[tokio::test]
async fn a_link_is_made_by_name() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    for (path, key) in [("/v1/enterprises/action-url", "action_type"), ("/enterprise/getActionItemUrl", "actionType")] {
        let body = json!({key: "REGISTRATION", "enterpriseName": " CONTOSO ltd", "redirectUrl": world.hook()});
        let made = world.provider(Method::POST, path, Some(&body)).await;
        assert!(made.json().as_str().is_some_and(|url| url.starts_with("http")), "{}", made.text);
        let warning = if key == "action_type" { "action_type_alias" } else { "" };
        assert_eq!(made.header("onboarding-warnings"), warning, "{key}");
    }
    assert_eq!(world.registration(enterprise).await, ("started".to_owned(), None));
}

/// R105 What is wrong is told; nothing is started.
#[tokio::test]
async fn a_wrong_wish_for_a_link_starts_nothing() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let ask = async |changes: serde_json::Value| {
        let mut body = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": world.hook()});
        body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
        world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await.problem()
    };
    let fault =
        |pointer: &str, code: &str| (422, "invalid_body".to_owned(), vec![(pointer.to_owned(), code.to_owned())]);
    assert_eq!(ask(json!({"actionType": "REGISTER"})).await, fault("/actionType", "unknown_action_type"));
    assert_eq!(
        ask(json!({"redirectUrl": "https://evil.example/"})).await,
        fault("/redirectUrl", "invalid_redirect_url")
    );
    assert_eq!(ask(json!({"redirectUrl": "ftp://127.0.0.1/"})).await, fault("/redirectUrl", "invalid_redirect_url"));
    assert_eq!(ask(json!({"enterpriseId": 1})).await.0, 404);
    assert_eq!(ask(json!({"enterpriseId": null, "enterpriseName": "Nobody"})).await.0, 404);
    assert_eq!(world.registration(enterprise).await, ("pending_consent".to_owned(), None));
}

/// A tenant that is expected by its domain is pinned by its id; a domain that nobody owns is told.
#[tokio::test]
async fn an_expected_domain_becomes_its_tenant() {
    let world = World::new().await;
    let contoso = world.enterprise(json!({"expectedTenant": "CONTOSO.example"})).await;
    assert!(world.registration_url(contoso).await.contains(&format!("/{}/oauth2", simulated_microsoft::CONTOSO.id)));
    let nobody = world.enterprise(json!({"enterpriseName": "Nobody", "expectedTenant": "nobody.example"})).await;
    let body = json!({"actionType": "REGISTRATION", "enterpriseId": nobody, "redirectUrl": world.hook()});
    let refused = world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "wrong_cloud"));
}

/// R114 The link opens cross-site, with no header or cookie set before.
#[tokio::test]
async fn a_link_opens_for_anybody_as_it_is() {
    let world = World::new().await;
    let url = world.registration_url(world.contoso().await).await;
    let page = send(world.http.get(&url)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Grace Adams"), "the people to choose from");
}
