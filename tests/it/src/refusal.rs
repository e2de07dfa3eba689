//! Refusals: each ends in its own outcome and webhook, nothing is granted, and the right person may come next.

use serde_json::json;
use simulated_microsoft::{
    CONTOSO, Consent, Effect, FABRIKAM, FRANK, Fault, GRACE, GUS, PAUL, PERMISSIONS, PERSONAL, PETRA, TEAMS_ADMIN_API,
    TOM,
};

use crate::effects::Effects;
use crate::world::{Decision, Landed, World};

/// Nothing is granted, nothing is bound, and nobody has redeemed anything.
async fn nothing_granted(world: &World, enterprise: u64) {
    let read = world.provider(reqwest::Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    assert!(read["tenantId"].is_null());
    assert_ne!(world.registration(enterprise).await.0, "granted");
}

/// The right person comes with the same link, and it works as if nothing had been.
async fn grants(world: &World, enterprise: u64, link: &str) {
    let before = world.snapshot().await;
    world.visit(link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
    assert_eq!(world.effects_since(&before).await, Effects::granted());
}

/// R116, G14 Cancel is told once, however often it is pressed; then the same link still works.
#[tokio::test]
async fn cancel_is_told_once_and_keeps_the_link() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let before = world.snapshot().await;
    for _ in 0..2 {
        let page = world.visit(&link, &GRACE, Decision::Cancel).await.ours();
        assert_eq!(page.status, 200);
        assert!(page.text().contains("declined"), "{}", page.text());
    }
    assert_eq!(world.outcome().await, ("declined".to_owned(), Some("declined".to_owned())));
    assert_eq!(world.registration(enterprise).await, ("declined".to_owned(), Some("declined".to_owned())));
    assert_eq!(world.effects_since(&before).await, Effects::refused());
    nothing_granted(&world, enterprise).await;
    grants(&world, enterprise, &link).await;
}

/// R006, G44 A plain user of a tenant that has consented already signs in without a screen, and is refused for the
/// role; the link still works for the administrator.
#[tokio::test]
async fn a_plain_user_of_a_consented_tenant_is_refused() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let delegated = world.registration_scopes(enterprise).await;
    let client_id = world.client_id(enterprise).await;
    let everybody = Consent { tenant: CONTOSO.id.to_owned(), client_id, delegated, ..Consent::default() };
    world.microsoft().grant(&everybody).unwrap();
    let link = world.registration_url(enterprise).await;
    for (person, effects) in
        [(&PETRA, Effects::refused_after_redemption(1)), (&TOM, Effects::refused_after_redemption(1).not_told_again())]
    {
        let before = world.snapshot().await;
        let page = world.visit(&link, person, Decision::ForTheOrganization).await.ours();
        assert_eq!(page.status, 403);
        assert!(page.text().contains("Global Administrator"), "{}", page.text());
        assert_eq!(world.effects_since(&before).await, effects, "{}", person.name);
    }
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("admin_role_required".to_owned())));
    let told = &world.outcomes()[0];
    assert_eq!((&told["officeUserType"], &told["companyAdmin"]), (&json!("USER"), &json!(false)));
    nothing_granted(&world, enterprise).await;
    grants(&world, enterprise, &link).await;
}

/// A consent for the signer alone is not the organisation's; the next link asks again, and then it is granted.
#[tokio::test]
async fn a_user_only_grant_is_not_the_organisations() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let before = world.snapshot().await;
    world.visit(&link, &GRACE, Decision::ForMyself).await.ours();
    assert_eq!(world.effects_since(&before).await, Effects::refused_after_redemption(1));
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("org_consent_not_ticked".to_owned())));
    nothing_granted(&world, enterprise).await;
    let again = world.registration_url(enterprise).await;
    assert!(again.contains("prompt=consent"), "{again}");
    // A link that nobody used has asked nobody.
    world.pass(7 * 24 * 3_600).await;
    assert_eq!(world.registration(enterprise).await.0, "expired");
    let again = world.registration_url(enterprise).await;
    assert!(again.contains("prompt=consent"), "{again}");
    grants(&world, enterprise, &again).await;
}

/// G38 An account of another tenant than the pinned one: at Microsoft where the path names the tenant, at our door where
/// a token comes all the same.
#[tokio::test]
async fn the_wrong_tenant_is_refused() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let before = world.snapshot().await;
    assert!(matches!(world.visit(&link, &FRANK, Decision::ForTheOrganization).await, Landed::Microsofts(_)));
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let elsewhere = link.replacen(&format!("/{}/", CONTOSO.id), "/organizations/", 1);
    let page = world.visit(&elsewhere, &FRANK, Decision::ForTheOrganization).await.ours();
    assert_eq!(page.status, 403);
    let text = page.text();
    assert!(text.contains(FABRIKAM.id) && text.contains(CONTOSO.id), "both are named: {text}");
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("wrong_tenant".to_owned())));
    assert_eq!(world.effects_since(&before).await, Effects::refused(), "its code is never redeemed");
    nothing_granted(&world, enterprise).await;
    grants(&world, enterprise, &link).await;
}

/// G27, G45 A guest and a personal account are refused, whatever roles they hold.
#[tokio::test]
async fn guests_and_personal_accounts_are_refused() {
    let world = World::new().await;
    let pinned = world.contoso().await;
    let link = world.registration_url(pinned).await;
    let before = world.snapshot().await;
    let page = world.visit(&link, &GUS, Decision::ForTheOrganization).await.ours();
    assert_eq!(page.status, 403);
    assert_eq!(world.effects_since(&before).await, Effects::refused());
    assert_eq!(world.registration(pinned).await, ("blocked".to_owned(), Some("guest_not_allowed".to_owned())));
    world.microsoft().provision(PERSONAL.id, TEAMS_ADMIN_API);
    let unpinned = world.enterprise(json!({"enterpriseName": "Unpinned"})).await;
    let personal = world.registration_url(unpinned).await;
    let before = world.snapshot().await;
    let page = world.visit(&personal, &PAUL, Decision::ForMyself).await.ours();
    assert_eq!(page.status, 403);
    assert_eq!(world.effects_since(&before).await, Effects::none());
    assert!(page.text().contains("personal Microsoft account"), "{}", page.text());
    assert_eq!(world.registration(unpinned).await, ("started".to_owned(), None), "it has no effect");
    grants(&world, pinned, &link).await;
    world.visit(&personal, &FRANK, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(unpinned).await.0, "pending_confirmation", "that link still works, too");
}

/// A plain user of a tenant without consent is stopped by Microsoft, who tells us why when the person comes back.
#[tokio::test]
async fn who_may_not_consent_is_told_who_may() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let fault = Fault {
        on: "authorize".to_owned(),
        what: Effect::OauthError { error: "access_denied".to_owned(), code: 90094 },
        times: Some(1),
    };
    world.microsoft().set_faults(vec![fault]);
    let before = world.snapshot().await;
    let page = world.visit(&link, &PETRA, Decision::Cancel).await.ours();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Global Administrator"), "{}", page.text());
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("admin_approval_needed".to_owned())));
    assert_eq!(world.effects_since(&before).await, Effects::refused());
    nothing_granted(&world, enterprise).await;
    grants(&world, enterprise, &link).await;
}

/// G54 What Microsoft's description says is never shown.
#[tokio::test]
async fn a_hostile_description_is_not_shown() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let good = world.answer_of_microsoft(&link, &GRACE, Decision::Cancel).await.unwrap();
    let page = world.post(good.fill("error_description", "<script>alert(1)</script> AADSTS65004")).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("alert") && !page.body.contains("<script"));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
}

impl World {
    /// The delegated permissions that a registration asks for, as Microsoft names them.
    async fn registration_scopes(&self, enterprise: u64) -> Vec<String> {
        let url = url::Url::parse(&self.registration_url(enterprise).await).unwrap();
        let scope = url.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
        let known = |scope: &&str| PERMISSIONS.iter().any(|one| scope.ends_with(one.value));
        scope.split(' ').filter(known).map(str::to_owned).collect()
    }

    pub(crate) async fn client_id(&self, enterprise: u64) -> String {
        let url = url::Url::parse(&self.registration_url(enterprise).await).unwrap();
        url.query_pairs().find(|(name, _)| name == "client_id").unwrap().1.into_owned()
    }
}
