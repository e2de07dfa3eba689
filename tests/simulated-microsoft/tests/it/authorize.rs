//! The authorize endpoint: what is refused where, and who may sign in.

use simulated_microsoft::{CONTOSO, FABRIKAM, FRANK, GRACE, GUS, GUS_IN_CONTOSO, PAUL, PERSONAL, PETRA};

use crate::world::{CALLBACK, CLIENT, REGISTRATION, STATE, World};

#[tokio::test]
async fn an_unregistered_redirect_uri_never_redirects() {
    let world = World::new().await;
    for wrong in ["https://evil.example/", "http://127.0.0.1:9/restricted/handleResponse", ""] {
        let page = world.authorize("common", &[("redirect_uri", wrong)]).await;
        assert_eq!(page.status, 400);
        assert!(!page.headers.contains_key("location"));
        assert!(!page.body.contains("<form"), "{}", page.body);
    }
    let page = world.authorize("common", &[("redirect_uri", "https://evil.example/")]).await;
    assert!(page.body.contains("AADSTS50011"));
}

#[tokio::test]
async fn an_unknown_client_or_tenant_stays_on_microsofts_page() {
    let world = World::new().await;
    let page = world.authorize("common", &[("client_id", "other")]).await;
    assert!(page.status == 400 && page.body.contains("AADSTS700016"));
    let page = world.authorize("nowhere.example", &[]).await;
    assert!(page.status == 400 && page.body.contains("AADSTS90002"));
    let page = world.get(&format!("/common/oauth2/v2.0/authorize?client_id={CLIENT}&client_id=x")).await;
    assert!(page.status == 400 && page.body.contains("AADSTS9000411"));
}

#[tokio::test]
async fn other_faults_go_back_to_the_application_with_the_state() {
    let world = World::new().await;
    let cases = [
        ("response_type", "id_token", "unsupported_response_type", "AADSTS70005"),
        ("response_type", "code token", "unsupported_response_type", "AADSTS70005"),
        ("response_type", "", "invalid_request", "AADSTS900144"),
        ("nonce", "", "invalid_request", "AADSTS900144"),
        ("scope", "profile", "invalid_scope", "AADSTS70011"),
        ("scope", "openid Mail.Teleport", "invalid_scope", "AADSTS70011"),
        ("scope", "openid User.Read https://graph.microsoft.com/.default", "invalid_scope", "AADSTS70011"),
        ("prompt", "admin_consent", "invalid_request", "AADSTS90023"),
        ("prompt", "none", "login_required", "AADSTS50058"),
        ("code_challenge_method", "S512", "invalid_request", "AADSTS90023"),
        ("code_challenge", "short", "invalid_request", "AADSTS501491"),
    ];
    for (name, value, error, code) in cases {
        let page = world.authorize("common", &[(name, value)]).await;
        assert_eq!(page.form_action(), CALLBACK, "{name}={value}");
        let fields = page.hidden();
        assert_eq!(fields["error"], error, "{name}={value}");
        assert!(fields["error_description"].starts_with(code), "{name}={value}: {fields:?}");
        assert_eq!(fields["state"], STATE);
    }
}

#[tokio::test]
async fn an_id_token_is_never_sent_in_a_query() {
    let world = World::new().await;
    let reply = world.authorize("common", &[("response_mode", "query")]).await;
    assert_eq!(reply.status, 302);
    let location = &reply.headers["location"];
    assert!(location.contains("#error=invalid_request&error_description=AADSTS70007"), "{location}");
}

#[tokio::test]
async fn a_plain_code_request_answers_by_query() {
    let world = World::new().await;
    let changed = [("response_type", "code"), ("response_mode", ""), ("nonce", "")];
    let page = world.authorize("organizations", &changed).await;
    let page = world.choose(&page, &GRACE).await;
    let reply = world.decide(&page, "accept", true).await;
    let query = reply.redirect_query();
    assert_eq!(query["state"], STATE);
    assert!(query.contains_key("code") && !query.contains_key("id_token"));
    assert_eq!(query["a"], "\"b\"", "the redirect address keeps its own query");
}

#[tokio::test]
async fn a_stranger_ends_on_microsofts_page_and_the_application_hears_nothing() {
    let world = World::new().await;
    for tenant in [CONTOSO.id, CONTOSO.domain] {
        let page = world.authorize(tenant, &[]).await;
        let page = world.choose(&page, &FRANK).await;
        assert!(page.status == 400 && page.body.contains("AADSTS50020"), "{}", page.body);
        assert!(!page.body.contains("<form"));
    }
}

#[tokio::test]
async fn a_personal_account_gets_in_at_common_only() {
    let world = World::new().await;
    let page = world.authorize("organizations", &[]).await;
    let page = world.choose(&page, &PAUL).await;
    assert!(page.status == 400 && page.body.contains("AADSTS500200"));

    let reply = world.consented("common", &PAUL, "openid profile User.Read", false).await;
    let claims = world.verified(&reply.hidden()["id_token"]).await;
    assert_eq!(claims["tid"], PERSONAL.id);
    assert_eq!(claims["iss"], format!("{}/{}/v2.0", world.base, PERSONAL.id));
}

#[tokio::test]
async fn a_guest_gets_the_resource_tenants_token_with_the_home_tenant_as_idp() {
    let world = World::new().await;
    let reply = world.consented(CONTOSO.id, &GUS, REGISTRATION, true).await;
    let claims = world.verified(&reply.hidden()["id_token"]).await;
    assert_eq!(claims["tid"], CONTOSO.id);
    assert_eq!(claims["oid"], GUS_IN_CONTOSO);
    assert_eq!(claims["acct"], 1);
    assert_eq!(claims["idp"], format!("https://sts.windows.net/{}/", FABRIKAM.id));

    let reply = world.consented("organizations", &GUS, "openid profile User.Read", false).await;
    let claims = world.verified(&reply.hidden()["id_token"]).await;
    assert_eq!(claims["tid"], FABRIKAM.id);
    assert_eq!(claims.get("acct"), None);
}

#[tokio::test]
async fn a_login_hint_puts_the_person_first() {
    let world = World::new().await;
    let page = world.authorize("common", &[("login_hint", PETRA.upn)]).await;
    let place = |oid: &str| page.body.find(&format!("value=\"{oid}\"")).unwrap();
    assert!(place(PETRA.oid) < place(GRACE.oid));
    let page = world.authorize("common", &[("login_hint", PETRA.upn), ("prompt", "select_account")]).await;
    assert!(page.hidden()["error_description"].starts_with("AADSTS90005"));
}

#[tokio::test]
async fn a_page_of_an_unknown_sign_in_is_refused() {
    let world = World::new().await;
    for target in ["/simulated/sign-in", "/simulated/consent"] {
        let page =
            world.post_form(target, &[("transaction", "guess"), ("person", GRACE.oid), ("decision", "accept")]).await;
        assert_eq!(page.status, 400);
    }
}
