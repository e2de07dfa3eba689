//! Consent: for oneself, for everybody, refused, needed from an admin.

use simulated_microsoft::{APPLICATION_ADMINISTRATOR, CONTOSO, GRACE, NADIA, NORTHWIND, PETRA, TEAMS_ADMIN_API, TOM};

use crate::world::{CALLBACK, CLIENT, REGISTRATION, STATE, World};

#[tokio::test]
async fn without_the_tick_an_admin_consents_for_themselves_alone() {
    let world = World::new().await;
    world.consented("common", &GRACE, REGISTRATION, false).await;
    assert!(!world.microsoft.granted(CONTOSO.id, CLIENT, GRACE.oid).is_empty());
    assert!(world.microsoft.granted(CONTOSO.id, CLIENT, PETRA.oid).is_empty());

    let page = world.authorize("common", &[]).await;
    let page = world.choose(&page, &PETRA).await;
    assert!(page.body.contains("Need admin approval"));
}

#[tokio::test]
async fn with_the_tick_everybody_is_let_in_without_a_screen() {
    let world = World::new().await;
    world.consented("common", &GRACE, REGISTRATION, true).await;
    let page = world.authorize("common", &[]).await;
    let back = world.choose(&page, &PETRA).await;
    assert_eq!(back.form_action(), CALLBACK);
    assert!(back.hidden().contains_key("code"));
}

#[tokio::test]
async fn prompt_consent_shows_the_screen_again() {
    let world = World::new().await;
    world.consented("common", &GRACE, REGISTRATION, true).await;
    let page = world.authorize("common", &[("prompt", "consent")]).await;
    let page = world.choose(&page, &GRACE).await;
    assert!(page.body.contains("name=\"on_behalf\""));
}

#[tokio::test]
async fn a_person_without_the_role_may_only_go_back() {
    let world = World::new().await;
    for person in [&TOM, &PETRA] {
        let page = world.authorize("common", &[]).await;
        let page = world.choose(&page, person).await;
        assert!(page.body.contains("Need admin approval"));
        let back = world.decide(&page, "return", false).await.hidden();
        assert_eq!(back["error"], "access_denied");
        assert!(back["error_description"].starts_with("AADSTS90094: "));
        assert_eq!(back["state"], STATE);
    }
    // The buttons are not the only guard.
    let page = world.authorize("common", &[]).await;
    let page = world.choose(&page, &TOM).await;
    let back = world.decide(&page, "accept", true).await.hidden();
    assert!(back["error_description"].starts_with("AADSTS90094: "));
    assert!(world.microsoft.granted(CONTOSO.id, CLIENT, TOM.oid).is_empty());
    assert_eq!(world.microsoft.service_principal(CONTOSO.id, CLIENT), None);
}

#[tokio::test]
async fn a_forged_tick_of_a_plain_user_grants_nothing_to_others() {
    let world = World::new().await;
    let page = world.authorize("common", &[("scope", "openid profile User.Read")]).await;
    let page = world.choose(&page, &PETRA).await;
    assert!(!page.body.contains("on_behalf"));
    world.decide(&page, "accept", true).await;
    assert_eq!(world.microsoft.granted(CONTOSO.id, CLIENT, PETRA.oid), ["openid", "profile", "User.Read"]);
    assert!(world.microsoft.granted(CONTOSO.id, CLIENT, TOM.oid).is_empty());
}

#[tokio::test]
async fn an_application_administrator_may_consent_to_delegated_permissions() {
    let world = World::new().await;
    world.microsoft.assign_role(&CONTOSO, PETRA.oid, &APPLICATION_ADMINISTRATOR);
    let back = world.consented("common", &PETRA, REGISTRATION, true).await;
    assert!(back.hidden().contains_key("code"));
    world.microsoft.remove_role(&CONTOSO, PETRA.oid, &APPLICATION_ADMINISTRATOR);
    assert!(!world.microsoft.granted(CONTOSO.id, CLIENT, TOM.oid).is_empty());
}

#[tokio::test]
async fn cancel_changes_nothing_and_says_so_once() {
    let world = World::new().await;
    let page = world.authorize("common", &[]).await;
    let page = world.choose(&page, &GRACE).await;
    let back = world.decide(&page, "cancel", false).await;
    let fields = back.hidden();
    assert_eq!(fields["error"], "access_denied");
    let lines: Vec<_> = fields["error_description"].split("\r\n").collect();
    assert_eq!(lines[0], "AADSTS65004: User declined to consent to access the app.");
    assert!(lines[1].starts_with("Trace ID: ") && lines[2].starts_with("Correlation ID: "));
    assert_eq!(lines[3], "Timestamp: 2027-01-15 08:00:00Z");
    assert_eq!(fields["state"], STATE);
    assert_eq!(world.microsoft.service_principal(CONTOSO.id, CLIENT), None);
    assert_eq!(world.decide(&page, "accept", true).await.status, 400);
}

#[tokio::test]
async fn a_tenant_without_the_resource_is_told_apart() {
    let world = World::new().await;
    let page = world.authorize("common", &[]).await;
    let back = world.choose(&page, &NADIA).await.hidden();
    assert_eq!(back["error"], "invalid_client");
    assert!(back["error_description"].starts_with("AADSTS650052: "));

    world.microsoft.provision(NORTHWIND.id, TEAMS_ADMIN_API);
    let back = world.consented("common", &NADIA, REGISTRATION, true).await;
    assert!(back.hidden().contains_key("code"));
}

#[tokio::test]
async fn default_asks_for_what_the_registration_lists() {
    let world = World::new().await;
    let scope = "openid https://graph.microsoft.com/.default";
    let back = world.consented("common", &GRACE, scope, true).await;
    let tokens = world.redeem("common", &back.hidden()["code"], &[]).await.json();
    assert!(tokens["scope"].as_str().unwrap().contains("User.ReadWrite.All"));
    // Granted once, `.default` is silent.
    let page = world.authorize("common", &[("scope", scope)]).await;
    assert!(world.choose(&page, &PETRA).await.hidden().contains_key("code"));
}

#[tokio::test]
async fn a_disabled_application_is_refused() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    world.microsoft.set_enabled(CONTOSO.id, CLIENT, false);
    assert_eq!(world.redeem("common", &code, &[]).await.aadsts(), 7_000_112);
    let page = world.authorize("common", &[]).await;
    let back = world.choose(&page, &GRACE).await.hidden();
    assert!(back["error_description"].starts_with("AADSTS7000112: "));
}
