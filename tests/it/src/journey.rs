//! The main job, from the first call to the signed webhook; and the same after a crash in the middle.

use onboarding_sandbox::Options;
use serde_json::json;
use simulated_microsoft::{CONTOSO, GRACE};

use crate::effects::Effects;
use crate::world::{Decision, World};

/// R079, R104-R127, G01 Create, link, sign in, consent, proof, signed webhook: once, and complete.
#[tokio::test]
async fn a_global_admin_consents_and_the_provider_is_told() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let before = world.snapshot().await;
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.effects_since(&before).await, Effects::granted());
    assert_eq!(page.redirects.last().map(|redirect| redirect.status), Some(303));
    assert_eq!(page.status, 200);
    for text in ["Granted Consent", "Service Provider", "Contoso Ltd"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
    let read = world.provider(reqwest::Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert_eq!(read["tenantId"], CONTOSO.id);
    assert_eq!(read["status"], "awaiting_application_consent");
    world.settle().await;
    let outcomes = world.outcomes();
    assert_eq!(outcomes.len(), 1);
    assert_documented(&outcomes[0], enterprise);
}

/// The object of the source, with a handle for each token.
fn assert_documented(outcome: &serde_json::Value, enterprise: u64) {
    let result = &outcome["msalAuthenticationResult"]["authenticationResult"];
    for token in ["accessToken", "idToken"] {
        assert!(result[token].as_str().is_some_and(|handle| handle.starts_with("onbtok_")), "{token}");
    }
    assert!(result["expiresOn"].as_u64().is_some_and(|micros| micros > 1_700_000_000_000_000));
    assert_eq!(result["accessTokenType"], "login.microsoftonline.com");
    let user = json!({"displayableId": GRACE.upn, "identityProvider": "user", "tenantId": CONTOSO.id});
    assert_eq!(result["userInfo"], user);
    let expected = json!({
        "organization": CONTOSO.display_name, "officeUserType": "GLOBAL_ADMIN", "companyAdmin": true,
        "containsTeamsTenantAdminAPI": true, "event": "action.granted", "enterpriseId": enterprise,
        "actionType": "REGISTRATION", "outcome": "granted", "problem": null
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&outcome[key], value, "{key}");
    }
}

/// A sandbox that is stopped at any step of the journey and started again on the same data goes on.
#[tokio::test]
async fn the_journey_survives_a_restart_at_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        data: Some(folder.path().to_owned()),
        sweep: false,
        insecure_redirects: true,
        ..Options::default()
    };
    let restart = async |world: World| {
        world.sandbox.stop().await;
        World::with(options()).await
    };
    let world = World::with(options()).await;
    let key = world.sandbox.reseller_key().to_owned();
    let enterprise = world.contoso().await;
    let world = restart(world).await;
    assert_eq!(world.sandbox.reseller_key(), key);
    let link = world.registration_url(enterprise).await;
    let world = restart(world).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let world = restart(world).await;
    let page = world.post(answer).await;
    assert!(page.text().contains("Granted Consent"), "{}", page.text());
    let world = restart(world).await;
    world.pass(61).await;
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
}
