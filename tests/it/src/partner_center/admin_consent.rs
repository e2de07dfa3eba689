//! Step one: the organisation's consent, its link and what it comes back with.

use std::collections::BTreeMap;

use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{IGOR, OSCAR, TAILSPIN, TARA, WANDA, WINGTIP};
use url::Url;

use super::{CONNECTIONS, go, go_on};
use crate::effects::Effects;
use crate::world::{World, send};

/// R175, R181, R186 A connection is made of a tenant by id or domain, in this cloud, for a direct-bill partner; what is wrong
/// is told at once, and nothing is made.
#[tokio::test]
async fn a_connection_is_made_of_a_tenant_of_this_cloud() {
    let world = World::new().await;
    let by_domain = json!({"partnerTenantId": WINGTIP.domain});
    let id = world.connection_of(world.sandbox.reseller_key(), by_domain).await;
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], &read["partnerTenantId"]), (&json!("draft"), &json!(WINGTIP.id)));
    assert_eq!(
        (&read["adminConsent"]["status"], &read["userConsent"]["status"]),
        (&json!("pending"), &json!("pending"))
    );
    assert_eq!(read["licenceRequired"], false);
    let before = world.snapshot().await;
    for (change, code) in [
        (json!({"billingType": "indirect"}), "direct_bill_only"),
        (json!({"billingType": "both"}), "invalid_body"),
        (json!({"partnerTenantId": simulated_microsoft::WOODGROVE.id}), "wrong_cloud"),
        (json!({"partnerTenantId": simulated_microsoft::LAMNA.domain}), "wrong_cloud"),
        (json!({"partnerTenantId": "nobody.example"}), "wrong_cloud"),
    ] {
        let mut body = World::connection_body();
        for (field, value) in change.as_object().unwrap() {
            body[field] = value.clone();
        }
        let refused = world.provider(Method::POST, CONNECTIONS, Some(&body)).await;
        assert_eq!((refused.problem().0, refused.problem().1.as_str()), (422, code), "{change}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R182, R187, R201 The link leads to the page of the one tenant, and names what is asked for.
#[tokio::test]
async fn the_link_leads_to_the_partner_tenants_page() {
    let world = World::new().await;
    let id = world.connection().await;
    let link = Url::parse(&world.step_link(&id, "admin").await).unwrap();
    assert_eq!(link.path(), format!("/{}/v2.0/adminconsent", WINGTIP.id));
    let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
    let scopes: Vec<&str> = query["scope"].split(' ').collect();
    let wanted = [
        "openid",
        "profile",
        "offline_access",
        "https://api.partnercenter.microsoft.com/user_impersonation",
        "https://graph.microsoft.com/Directory.Read.All",
    ];
    assert_eq!(scopes, wanted);
    assert!(query["redirect_uri"].ends_with("/partner-center/admin-consent") && query["state"].len() <= 512);
}

/// R170, R176, R187 A Global Administrator of the tenant consents, signs in, and Graph shows it: the page names who and what,
/// and has the link of the second step.
#[tokio::test]
async fn an_administrator_consents_for_the_organisation() {
    let world = World::new().await;
    let id = world.connection().await;
    let page = world.consent_as_admin(&id).await;
    for text in ["The organisation has consented", WANDA.upn, IGOR.upn, "private window", "/oauth2/v2.0/authorize"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    let read = world.read_connection(&id).await;
    assert_eq!(read["status"], "admin_consented");
    let admin = &read["adminConsent"];
    assert_eq!(
        (&admin["status"], &admin["tenantId"], &admin["user"]),
        (&json!("granted"), &json!(WINGTIP.id), &json!(WANDA.upn))
    );
    assert_eq!(read["userConsent"]["status"], "pending");
}

/// G46, R191, R194 The link of the second step is refused before the first is done, with the link of the first.
#[tokio::test]
async fn the_second_link_waits_for_the_first_step() {
    let world = World::new().await;
    let id = world.connection().await;
    let refused = world.on_connection(&id, "user-consent-link").await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "admin_consent_first"));
    assert!(refused.text.contains("/v2.0/adminconsent?"), "{}", refused.text);
    world.consent_as_admin(&id).await;
    let link = Url::parse(&world.step_link(&id, "user").await).unwrap();
    let query: BTreeMap<String, String> = link.query_pairs().into_owned().collect();
    assert_eq!(link.path(), format!("/{}/oauth2/v2.0/authorize", WINGTIP.id));
    assert_eq!((query["prompt"].as_str(), query["login_hint"].as_str()), ("login", IGOR.upn));
    let scope = "openid profile offline_access https://api.partnercenter.microsoft.com/user_impersonation";
    assert_eq!(query["scope"], scope, "R183");
}

/// R171, R187, R195 Whoever may not consent leaves the connection a draft; the page says why, and the connection does.
#[tokio::test]
async fn nobody_else_consents_for_the_organisation() {
    let world = World::new().await;
    for person in [&OSCAR, &TARA] {
        let id = world.connection().await;
        let page = go(&world.step_link(&id, "admin").await, person).await;
        let read = world.read_connection(&id).await;
        assert_eq!(read["status"], "draft", "{}: {}", person.name, page.text());
    }
}

/// R171, R187 Microsoft lets nobody of another tenant in by the tenant's own path, so the way of another tenant's Global
/// Administrator is bent to everybody's: whether we look for ourselves is what is asked. Both tenants are named, and nothing is
/// stored.
#[tokio::test]
async fn an_administrator_of_another_tenant_proves_nothing_here() {
    let world = World::new().await;
    let id = world.connection().await;
    let behind = world.behind_the_consent_page(&world.step_link(&id, "admin").await);
    let mut visitor = Visitor::new().unwrap();
    visitor.open(&behind).await.unwrap();
    let cookie = visitor.cookie("127.0.0.1", "__Host-txn").unwrap().to_owned();
    let path = behind.strip_prefix(world.sandbox.api()).unwrap();
    let sent_on = send(world.call(Method::GET, path).header("cookie", format!("__Host-txn={cookie}"))).await;
    assert_eq!(sent_on.status, 303, "{}", sent_on.text);
    let bent = sent_on.header("location").replacen(WINGTIP.id, "common", 1);
    let page = visitor.open(&bent).await.unwrap();
    let page = go_on(&mut visitor, page, &TARA).await.unwrap();
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.body.contains("data-code=\"wrong_tenant\""), "{}", page.text());
    assert!(page.text().contains(TAILSPIN.id) && page.text().contains(WINGTIP.id), "{}", page.text());
    let read = world.read_connection(&id).await;
    assert_eq!((&read["status"], &read["adminConsent"]["problem"]["code"]), (&json!("draft"), &json!("wrong_tenant")));
}
