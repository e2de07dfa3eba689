//! The catalogue of Microsoft's errors, row by row: what comes back to us, and what an administrator pastes because it never
//! does.

use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, Effect, Fault, GRACE};

use crate::effects::Effects;
use crate::world::{Decision, World, send};

/// A row: the OAuth error, the numbers, our code, who must act as the page says it, and a piece of a next step.
type Row = (&'static str, &'static [u32], &'static str, &'static str, &'static str);

const SAME_LINK: &str = "Open the same link again.";
const GLOBAL_ADMIN: &str = "A Global Administrator of your organisation";
const POLICIES: &str = "Whoever keeps the Microsoft policies";
const SIGNER: &str = "You, or whoever signed in";
const OPERATOR: &str = "The operator of this service";
const PROVIDER: &str = "The service provider";
const NOBODY: &str = "Nobody: there is nothing to repair";

/// The error catalogue of the requirements, as far as a row has a number.
const CATALOGUE: &[Row] = &[
    ("access_denied", &[65004], "declined", GLOBAL_ADMIN, "Accept the permissions"),
    ("access_denied", &[90093, 90094], "admin_approval_needed", GLOBAL_ADMIN, "Do not try again with the same account"),
    ("access_denied", &[90095], "approval_requested", POLICIES, "Ask a reviewer"),
    ("invalid_grant", &[65001], "consent_missing", GLOBAL_ADMIN, SAME_LINK),
    ("invalid_resource", &[650_052, 500_011], "resource_not_in_tenant", PROVIDER, "has Microsoft Teams"),
    ("invalid_request", &[650_051], "microsoft_busy", NOBODY, "Wait a minute"),
    (
        "invalid_request",
        &[650_056, 650_057, 50011, 700_054, 50194, 900_144],
        "app_misconfigured",
        "developer",
        "tick ID tokens",
    ),
    ("invalid_grant", &[50020, 50034, 50177, 16000, 51004], "wrong_account_or_guest", SIGNER, "private window"),
    ("unauthorized_client", &[700_016, 700_011], "app_not_in_tenant", GLOBAL_ADMIN, "Enterprise applications"),
    ("invalid_grant", &[90099], "partner_preconsent_needed", PROVIDER, "Partner Center"),
    ("invalid_grant", &[700_005], "wrong_tenant", SIGNER, "right organisation"),
    ("interaction_required", &[50076, 50079, 50074, 50158, 900_421], "mfa_claim_missing", SIGNER, "multi-factor"),
    (
        "access_denied",
        &[53000, 53001, 53002, 53003, 53009, 50131, 530_031, 530_032, 530_033, 530_035],
        "conditional_access_block",
        POLICIES,
        "Conditional Access",
    ),
    ("access_denied", &[50105], "assignment_required", POLICIES, "Users and groups"),
    ("access_denied", &[500_212, 500_213, 500_021], "cross_tenant_policy", POLICIES, "cross-tenant access settings"),
    ("invalid_grant", &[70043], "sign_in_frequency", POLICIES, "sign-in frequency"),
    ("invalid_grant", &[50089], "sign_in_expired", SIGNER, "without a long pause"),
    ("invalid_grant", &[700_082, 70008], "token_idle_90d", SIGNER, "the same account"),
    ("invalid_grant", &[50173, 50132, 50133], "token_revoked", SIGNER, "the present password"),
    ("invalid_grant", &[50055, 50144], "password_expired", SIGNER, "Change the password"),
    ("access_denied", &[50057], "account_disabled", POLICIES, "another Global Administrator"),
    ("invalid_client", &[7_000_215, 7_000_222, 70002], "our_secret_bad_or_expired", OPERATOR, "reference id"),
    ("invalid_request", &[90002, 90038, 900_382, 900_432], "wrong_cloud", PROVIDER, "domain"),
    ("invalid_grant", &[54005, 70000], "code_reused", NOBODY, SAME_LINK),
    ("invalid_client", &[650_053, 70011, 28002, 28003], "scope_refused", OPERATOR, "permissions reference"),
    ("temporarily_unavailable", &[90006, 90024, 90033, 50033, 90055], "microsoft_busy", NOBODY, "Wait a minute"),
    ("brand_new", &[98_765_432], "unknown_microsoft_error", "developer", "login.microsoftonline.com/error"),
];

/// What Microsoft says without a number: the OAuth error alone picks the advice.
const WITHOUT_A_NUMBER: &[Row] = &[
    ("access_denied", &[0], "declined", GLOBAL_ADMIN, "Accept the permissions"),
    ("consent_required", &[0], "declined", GLOBAL_ADMIN, "Accept the permissions"),
    ("permission_denied", &[0], "declined", GLOBAL_ADMIN, "Accept the permissions"),
    ("interaction_required", &[0], "mfa_claim_missing", SIGNER, "multi-factor"),
    ("login_required", &[0], "mfa_claim_missing", SIGNER, "multi-factor"),
    ("invalid_grant", &[0], "sign_in_expired", SIGNER, "without a long pause"),
    ("invalid_client", &[0], "our_secret_bad_or_expired", OPERATOR, "reference id"),
    ("unauthorized_client", &[0], "our_secret_bad_or_expired", OPERATOR, "reference id"),
    ("invalid_scope", &[0], "scope_refused", OPERATOR, "permissions reference"),
    ("invalid_request", &[0], "app_misconfigured", "developer", "tick ID tokens"),
    ("unsupported_response_type", &[0], "app_misconfigured", "developer", "tick ID tokens"),
    ("invalid_resource", &[0], "app_misconfigured", "developer", "tick ID tokens"),
    ("server_error", &[0], "microsoft_busy", NOBODY, "Wait a minute"),
    ("temporarily_unavailable", &[0], "microsoft_busy", NOBODY, "Wait a minute"),
    ("a_word_of_next_year", &[0], "unknown_microsoft_error", "developer", "login.microsoftonline.com/error"),
];

/// The advice of the page with this text: its title is that of the code.
fn is_advice(text: &str, (number, code): (u32, &str), (who, step): (&str, &str)) {
    let title = title_of(code);
    for part in [title, who, step] {
        assert!(text.contains(part), "AADSTS{number} is to be {code}: {part}: {text}");
    }
}

fn title_of(code: &str) -> &'static str {
    let code: onboarding_core::advice::Code = serde_json::from_value(json!(code)).unwrap();
    code.advice().title
}

/// R115 Each number that comes back to the callback leads to its code, person and step, and the action item says the same.
#[tokio::test]
async fn every_row_is_diagnosed_at_the_callback() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    for (error, numbers, code, who, step) in CATALOGUE.iter().chain(WITHOUT_A_NUMBER) {
        // A refusal is told once a link: the item is that of the last one.
        let link = world.registration_url(enterprise).await;
        for number in *numbers {
            let what = Effect::OauthError { error: (*error).to_owned(), code: *number };
            world.microsoft().add_fault(Fault { on: "authorize".to_owned(), what, times: Some(1) });
            let form = onboarding_sandbox::visitor::Visitor::new().unwrap().open(&link).await.unwrap().form().unwrap();
            let page = world.post(form).await;
            is_advice(&page.text().replace('’', "'"), (*number, code), (who, step));
        }
        assert_eq!(world.registration(enterprise).await.1.as_deref(), Some(*code));
    }
}

/// R115 The same at the token endpoint, where somebody has signed in: code, person and step are those of the row, on the page
/// and in the webhook, and nothing is granted.
#[tokio::test]
async fn every_row_is_diagnosed_at_the_token_endpoint() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    for (at, (error, numbers, code, who, step)) in CATALOGUE.iter().chain(WITHOUT_A_NUMBER).enumerate() {
        let (link, number) = (world.registration_url(enterprise).await, numbers[0]);
        let what = Effect::OauthError { error: (*error).to_owned(), code: number };
        world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
        let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        // Whoever has a code has just accepted: it is a matter of a minute.
        let just_after = ("consent_not_in_effect", NOBODY, "Wait a minute");
        let (code, who, step) = if number == 65001 { just_after } else { (*code, *who, *step) };
        is_advice(&page.text().replace('’', "'"), (number, code), (who, step));
        world.settle().await;
        let told = world.outcomes();
        assert_eq!((told.len(), &told[at]["problem"]["code"]), (at + 1, &json!(code)), "{error} {number}");
        assert_ne!(told[at]["outcome"], "granted");
    }
}

/// R115 A number that we do not know leads to Microsoft's page about it.
#[tokio::test]
async fn an_unknown_number_leads_to_its_page() {
    let world = World::new().await;
    let link = world.registration_url(world.contoso().await).await;
    let what = Effect::OauthError { error: "brand_new".to_owned(), code: 98_765_432 };
    world.microsoft().add_fault(Fault { on: "authorize".to_owned(), what, times: Some(1) });
    let form = onboarding_sandbox::visitor::Visitor::new().unwrap().open(&link).await.unwrap().form().unwrap();
    let page = "https://login.microsoftonline.com/error?code=98765432";
    assert!(world.post(form).await.text().contains(page));
    assert!(world.diagnose("AADSTS98765432: anything").await.contains(page));
}

/// R115 After a consent that Entra does not act on yet the same link works a minute later.
#[tokio::test]
async fn a_consent_that_is_not_in_effect_yet_is_nobodys_fault() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let what = Effect::OauthError { error: "invalid_grant".to_owned(), code: 65001 };
    world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    is_advice(&page.text().replace('’', "'"), (65001, "consent_not_in_effect"), (NOBODY, "Wait a minute"));
    world.pass(60).await;
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// R115 What Microsoft does not answer, or not now, is nobody's fault, and the same link works a minute later.
#[tokio::test]
async fn a_busy_token_endpoint_is_nobodys_fault() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    for status in [429, 500, 503] {
        let link = world.registration_url(enterprise).await;
        let what = Effect::Status { status, body: String::new(), headers: std::collections::BTreeMap::new() };
        world.microsoft().add_fault(Fault { on: "token".to_owned(), what, times: Some(1) });
        let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        is_advice(&page.text().replace('’', "'"), (0, "microsoft_busy"), (NOBODY, "Wait a minute"));
        world.pass(60).await;
        world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        assert_eq!(world.registration(enterprise).await.0, "granted", "{status}");
    }
}

/// R115 The same number in a text that somebody pastes, in whatever language, leads to the same advice.
#[tokio::test]
async fn every_row_is_diagnosed_from_a_pasted_text() {
    let world = World::new().await;
    let before = world.snapshot().await;
    for (_, numbers, code, who, step) in CATALOGUE {
        for number in *numbers {
            let texts = [
                format!("Sorry, but we\u{2019}re having trouble signing you in.\r\nAADSTS{number}: anything"),
                format!("申し訳ありませんが、サインイン中に問題が発生しました。 aadsts{number}: c4n4ry <script>"),
                format!("Es tut uns leid.\r\nRequest Id: {}\r\nMeldung: AADSTS {number}", CONTOSO.id),
            ];
            for text in texts {
                let told = world.diagnose(&text).await;
                is_advice(&told, (*number, code), (who, step));
                assert!(told.contains(&format!("AADSTS{number}")) && !told.contains("c4n4ry"), "{told}");
            }
        }
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R115 What says nothing gets the form again, or general advice; what is no form, or too large, is refused.
#[tokio::test]
async fn a_text_that_says_nothing_is_met_with_patience() {
    let world = World::new().await;
    assert!(world.diagnose("It does not work").await.contains("There is no number in the text"));
    assert!(world.diagnose("Need admin approval").await.contains(title_of("admin_approval_needed")));
    assert!(!world.diagnose("  ").await.contains("Who must act"));
    let post = |body: String, kind: &'static str| {
        send(world.call(Method::POST, "/diagnose").header("content-type", kind).body(body))
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(format!("text={}", "x".repeat(70_000)), form).await.status, 413);
    assert_eq!(post("text=a&text=b".to_owned(), form).await.status, 400);
    assert_eq!(post("AADSTS65004".to_owned(), "text/plain").await.status, 415);
    let shown = send(world.call(Method::GET, "/diagnose")).await;
    assert_eq!(shown.status, 200);
    assert!(shown.header("content-security-policy").ends_with("form-action 'self'"), "{:?}", shown.headers);
}

impl World {
    /// What a person reads who pastes `text`.
    async fn diagnose(&self, text: &str) -> String {
        let answer = send(self.call(Method::POST, "/diagnose").form(&[("text", text)])).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.replace("&#39;", "'")
    }
}
