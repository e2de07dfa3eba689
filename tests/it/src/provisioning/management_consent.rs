//! The management consent, granted by a sign-in that the provider sends back.

use std::collections::BTreeMap;

use futures_util::future::join;
use onboarding_sandbox::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{
    CONTOSO, Effect, FABRIKAM, Fault, GLOBAL_ADMINISTRATOR, GRACE, SKYPE_FOR_BUSINESS_ADMINISTRATOR,
    TEAMS_ADMINISTRATOR, TOM, Tenant,
};

use crate::admin_consent::{blocked, granted};
use crate::effects::Effects;
use crate::link::query;
use crate::world::{Answer, Decision, World};

const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const PATH: &str = "/v1/provisioning/management-consent";
const ALIAS: &str = "/provisioning/updateEnterpriseManagementConsentByReseller";

/// The source's words (R143).
const MISSING: &str = "Unable to complete the consent process as the Roles Teams/Skype Administrator could not be found in the \
                       Tenant. Please enable the Roles in your Azure AD and try the Grant Consent process 30mins after enabling \
                       the roles";

impl World {
    /// A body that is right: the result of Grace's sign-in, with the numbers of provider and tenant.
    pub(crate) fn management_body(&self) -> Value {
        json!({
            "authenticationResult": self.sign_in_result(), "resellerId": self.reseller_id(), "tenantId": CONTOSO.id,
        })
    }

    pub(crate) async fn manage(&self, body: &Value) -> Answer {
        self.provider(Method::POST, PATH, Some(body)).await
    }

    /// How our application stands in Contoso's roles.
    pub(crate) async fn manages(&self, enterprise: u64) -> [bool; 2] {
        let link = self.link_for(enterprise, "LOGIN_ENTERPRISE_ADMIN").await;
        let ours = self.microsoft().service_principal(CONTOSO.id, &query(&link)["client_id"]).unwrap();
        let holds = |role| self.microsoft().holds(&CONTOSO, &ours, role);
        [holds(&TEAMS_ADMINISTRATOR), holds(&SKYPE_FOR_BUSINESS_ADMINISTRATOR)]
    }

    /// Makes `tenant` one that never had the roles by which Teams is managed.
    pub(crate) fn forget_roles(&self, tenant: &Tenant) {
        for role in [&TEAMS_ADMINISTRATOR, &SKYPE_FOR_BUSINESS_ADMINISTRATOR] {
            self.microsoft().forget_role(tenant, role);
        }
    }

    /// What was told of the management consent: each outcome with its code.
    pub(crate) fn told_of_management(&self) -> Vec<(String, Option<String>)> {
        let of = self.outcomes().into_iter().filter(|told| told["actionType"] == MANAGEMENT);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        of.filter_map(|told| Some((text(&told["outcome"])?, text(&told["problem"]["code"])))).collect()
    }
}

/// R142 Who signed in makes our application a member of the roles that the tenant has; what is read back grants the consent,
/// which is told and audited. A repeat, by the other path and nested twice, changes nothing.
#[tokio::test]
async fn a_sign_in_that_is_sent_back_grants_the_management_consent() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.microsoft().assign_role(&CONTOSO, TOM.oid, &SKYPE_FOR_BUSINESS_ADMINISTRATOR);
    let body = world.management_body();
    let done = world.manage(&body).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (200, ""));
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.manages(enterprise).await, [true, true]);
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
    let consent = &read["managementConsent"];
    assert_eq!((&consent["status"], &consent["grantedBy"]), (&json!("granted"), &json!(GRACE.upn)));
    assert!(consent["requestedAt"].is_string(), "whoever sends it asks: {consent}");
    world.settle().await;
    assert_eq!(world.told_of_management(), [granted()]);
    let audited = world.provider(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}"), None).await.text;
    assert!(audited.contains("consent.granted") && audited.contains(&format!("action:{MANAGEMENT}")), "{audited}");
    let before = world.snapshot().await;
    let mut twice = body.clone();
    twice["authenticationResult"] = json!({"authenticationResult": body["authenticationResult"]});
    for (path, body) in [(PATH, &body), (ALIAS, &body), (ALIAS, &twice)] {
        let again = world.provider(Method::POST, path, Some(body)).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (200, ""), "{path}");
    }
    assert_eq!(world.effects_since(&before).await, Effects::none());
}

/// R142 A tenant or a provider that is not the caller's, an enterprise that is stopped, and a sign-in that has ended: each is
/// told apart, and nothing is changed.
#[tokio::test]
async fn what_does_not_belong_together_changes_nothing() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let body = world.management_body();
    let before = world.snapshot().await;
    let refused = async |field: &str, value: Value| {
        let mut wrong = body.clone();
        *wrong.pointer_mut(field).unwrap() = value;
        world.manage(&wrong).await.problem()
    };
    let plain = |status: u16, code: &str| (status, code.to_owned(), vec![]);
    assert_eq!(refused("/tenantId", json!(FABRIKAM.id)).await, plain(409, "wrong_tenant"));
    let person = "/authenticationResult/userInfo/tenantId";
    assert_eq!(refused(person, json!(FABRIKAM.id)).await, plain(409, "wrong_tenant"));
    assert_eq!(refused("/resellerId", json!(1)).await, plain(403, "not_your_reseller"));
    let fault = |field: &str, code: &str| (422, "invalid_body".to_owned(), vec![(field.to_owned(), code.to_owned())]);
    assert_eq!(refused("/tenantId", json!("contoso")).await, fault("/tenantId", "invalid_tenant"));
    assert_eq!(refused("/resellerId", Value::Null).await, fault("/resellerId", "required"));
    assert_eq!(world.effects_since(&before).await, Effects::none());
    let stopped = format!("/v1/enterprises/{enterprise}");
    world.provider(Method::POST, &format!("{stopped}/disable"), None).await;
    assert_eq!(world.manage(&body).await.problem(), plain(409, "enterprise_disabled"));
    world.provider(Method::POST, &format!("{stopped}/enable"), None).await;
    world.sandbox.clock().advance(3_600);
    let ended = world.manage(&body).await;
    assert_eq!(ended.problem(), plain(401, "token_expired"));
    assert!(ended.json()["detail"].as_str().unwrap().contains("/start/"), "{}", ended.text);
    assert_eq!(world.action(enterprise, MANAGEMENT).await, Value::Null);
    assert_eq!(world.manages(enterprise).await, [false, false]);
}

/// R142, R146 A sign-in from before the administrator's refusal, or the provider's reset, overrules neither: it is told so, with
/// the link to the consent, which grants it.
#[tokio::test]
async fn a_sign_in_from_before_a_refusal_or_a_reset_grants_nothing() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let body = world.management_body();
    world.sandbox.clock().advance(1);
    let link = world.link_for(enterprise, MANAGEMENT).await;
    world.visit(&link, &GRACE, Decision::Cancel).await.ours();
    let refused = async || {
        let before = world.manages(enterprise).await;
        let answer = world.manage(&body).await;
        assert_eq!(answer.problem(), (403, "consent_required".to_owned(), vec![]));
        assert_eq!(before, world.manages(enterprise).await);
        answer.json()["actionUrl"].as_str().unwrap().to_owned()
    };
    let start = refused().await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "declined");
    let mut visitor = Visitor::new().unwrap();
    let page = visitor.open(&start).await.unwrap();
    world.press(&mut visitor, page, &GRACE).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.manage(&body).await.status, 200, "it is granted");
    world.sandbox.clock().advance(1);
    let reset = format!("/v1/enterprises/{enterprise}/actions/{MANAGEMENT}/reset");
    assert_eq!(world.provider(Method::POST, &reset, None).await.status, 200);
    refused().await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await.0, "pending_consent");
}

/// R142 A handle is its provider's own; Microsoft's own token is taken from a provider that is given it, and Graph says whose
/// it is.
#[tokio::test]
async fn a_sign_in_is_of_its_provider_and_person() {
    let world = World::new().await;
    world.registered().await;
    let body = world.management_body();
    let provider = world.other_provider().await;
    let foreign = world.as_holder_of(&provider.key, Method::POST, PATH, Some(&body)).await;
    assert_eq!(foreign.problem(), (404, "not_found".to_owned(), vec![]));
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, result) = world.registered_raw(&provider).await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let sent = async |result: &Value| {
        let body = json!({
            "enterpriseId": enterprise, "authenticationResult": result, "resellerId": provider.id, "tenantId": CONTOSO.id,
        });
        world.as_holder_of(&provider.key, Method::POST, PATH, Some(&body)).await
    };
    let mut bad = result.clone();
    bad["accessToken"] = json!("eyJ0eXAiOiJKV1Qi");
    assert_eq!(sent(&bad).await.problem().1, "token_expired", "Graph does not take it");
    let done = sent(&result).await;
    assert_eq!((done.status.as_u16(), done.text.as_str()), (200, ""));
    world.settle().await;
    assert_eq!(world.told_of_management(), [granted()]);
}

/// R027, R142 A person without the role of an administrator, and a tenant that has given Teams to another one.
#[tokio::test]
async fn a_person_who_may_not_grants_nothing() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let body = world.management_body();
    let refused = world.manage(&body).await;
    assert_eq!(refused.problem(), (409, "teams_admin_role_not_ready".to_owned(), vec![]));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(GRACE.upn) && detail.contains(TOM.upn), "{detail}");
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.microsoft().remove_role(&CONTOSO, GRACE.oid, &GLOBAL_ADMINISTRATOR);
    assert_eq!(world.manage(&body).await.problem(), (403, "admin_role_required".to_owned(), vec![]));
    assert_eq!(world.manages(enterprise).await, [false, false]);
}

/// R142, P3 What Microsoft does not show at once is looked at again, without another call.
#[tokio::test]
async fn what_is_not_shown_at_once_is_decided_later() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let what = Effect::Status { status: 503, body: String::new(), headers: BTreeMap::new() };
    world.microsoft().add_fault(Fault { on: "/directoryRoles".into(), what, times: Some(2) });
    let body = world.management_body();
    assert_eq!(world.manage(&body).await.problem(), (409, "consent_under_way".to_owned(), vec![]));
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, ("verifying".to_owned(), None));
    world.pass(10).await;
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    assert_eq!(world.told_of_management(), [granted()]);
}

/// R142, P6 Of many calls at once one goes to Microsoft; all of them answer what it came to, and it is told once.
#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_have_one_effect() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    let body = world.management_body();
    let ((one, two), (three, four)) =
        join(join(world.manage(&body), world.manage(&body)), join(world.manage(&body), world.manage(&body))).await;
    for answer in [one, two, three, four] {
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
    world.pass(60).await;
    assert_eq!(world.told_of_management(), [granted()]);
    let audited = world.provider(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}"), None).await.json();
    let of = |row: &&Value| row["object"] == format!("action:{MANAGEMENT}") && row["action"] == "consent.granted";
    assert_eq!(audited["items"].as_array().unwrap().iter().filter(of).count(), 1);
}

/// R143 A tenant without the roles: the source's own words, what to call, and when to come back, in body and header.
#[tokio::test]
async fn a_tenant_without_the_roles_is_told_in_the_words_of_the_source() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.forget_roles(&CONTOSO);
    let refused = world.manage(&world.management_body()).await;
    assert_eq!(refused.problem(), (409, "teams_skype_roles_missing".to_owned(), vec![]));
    let problem = refused.json();
    assert_eq!((&problem["detail"], &problem["retryAfter"]), (&json!(MISSING), &json!(1_800)));
    assert_eq!(problem["nextAction"], "provisionTenantAdminAPI");
    assert_eq!(refused.header("retry-after"), "1800");
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, blocked("teams_skype_roles_missing"));
    assert_eq!(world.manages(enterprise).await, [false, false]);
}

/// R143 The same by a link: its page, its outcome and its action say so, and the same link finishes it once the roles are there.
#[tokio::test]
async fn a_link_tells_of_missing_roles_too() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.forget_roles(&CONTOSO);
    let link = world.link_for(enterprise, MANAGEMENT).await;
    let page = world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    for part in [MISSING, "You are a Global Administrator already", "Azure AD", "Add assignments"] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let missing = blocked("teams_skype_roles_missing");
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, missing);
    world.sandbox.tick().await.unwrap();
    assert_eq!(world.told_of_management(), [missing]);
    let told = world.outcomes().into_iter().rfind(|told| told["actionType"] == MANAGEMENT).unwrap();
    let problem = &told["problem"];
    assert_eq!((&problem["detail"], &problem["retryAfter"]), (&json!(MISSING), &json!(1_800)));
    assert_eq!(problem["nextAction"], "provisionTenantAdminAPI");
    world.microsoft().assign_role(&CONTOSO, GRACE.oid, &TEAMS_ADMINISTRATOR);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.standing(enterprise, MANAGEMENT).await, granted());
}
