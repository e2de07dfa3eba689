//! The Teams admin API and the roles, provisioned in the name of who signed in.

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, FABRIKAM, GRACE, Lag, TEAMS_ADMIN_API};

use crate::world::{Answer, Decision, Provider, World, send};

const PATH: &str = "/v1/provisioning/tenant-admin-api";

impl World {
    /// The result of Grace's sign-in, as it was posted.
    pub(super) fn sign_in_result(&self) -> Value {
        let told = self.outcomes().pop().unwrap();
        told["msalAuthenticationResult"]["authenticationResult"].clone()
    }

    async fn provision_with(&self, result: &Value) -> Answer {
        self.provider(Method::POST, PATH, Some(&json!({ "authenticationResult": result }))).await
    }

    /// How many waits there are for what `enterprise`'s tenant lacks.
    async fn awaited_in(&self, enterprise: u64) -> usize {
        let (seen, own) = (self.glance().await, format!("enterprise#{enterprise}"));
        seen.of_kind("enterprise")
            .iter()
            .filter(|row| row.contains(r#""SK":{"S":"roles"}"#) && row.contains(&own))
            .count()
    }

    fn graph_calls(&self) -> u64 {
        self.microsoft().call_counts().iter().filter(|(name, _)| name.contains("graph")).map(|(_, count)| count).sum()
    }

    fn has_api(&self) -> bool {
        self.microsoft().service_principal(CONTOSO.id, TEAMS_ADMIN_API).is_some()
    }

    /// What the audit trail says was made for `enterprise`.
    async fn provisioned_of(&self, enterprise: u64) -> Vec<String> {
        let rows = self.provider(Method::GET, &format!("/v1/audit?enterpriseId={enterprise}"), None).await.json();
        let rows = rows["items"].as_array().unwrap().iter().filter(|row| row["action"] == "provisioning.made");
        let made = rows.map(|row| row["after"].as_str().unwrap().to_owned());
        let mut ids: Vec<String> = made.flat_map(|ids| ids.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
        ids.sort_unstable();
        ids
    }

    /// Gives `provider` handles, or Microsoft's own tokens.
    async fn switch_tokens(&self, provider: &Provider, mode: &str) {
        let path = format!("/v1/resellers/{}", provider.id);
        let switched = self.operator(Method::PATCH, &path, Some(&json!({ "tokenMode": mode }))).await;
        assert_eq!(switched.status, 200, "{}", switched.text);
    }

    /// A registration of `provider`, who is given Microsoft's tokens; its number and the result of the sign-in.
    pub(super) async fn registered_raw(&self, provider: &Provider) -> (u64, Value) {
        self.switch_tokens(provider, "raw").await;
        let (enterprise, link) = self.contoso_of(provider).await;
        self.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
        self.settle().await;
        (enterprise, self.sign_in_result())
    }
}

/// R132, R133 What the tenant lacks is made with the handles of the webhook, nested once or twice; what is there is not made
/// again.
#[tokio::test]
async fn what_is_missing_is_made_once() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let result = world.sign_in_result();
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let done = json!({
        "enterpriseId": enterprise, "status": "provisioned", "containsTeamsTenantAdminAPI": true, "missing": [],
    });
    let made = world.provision_with(&result).await;
    assert_eq!((made.status.as_u16(), made.json()), (200, done.clone()));
    assert!(world.has_api());
    let skype = "75941009-915a-4869-abe7-691bff18279e";
    assert_eq!(world.provisioned_of(enterprise).await, [TEAMS_ADMIN_API, skype], "Teams Administrator was there");
    let twice = json!({"authenticationResult": {"authenticationResult": result, "resellerId": null, "tenantId": null}});
    let again = world.provider(Method::POST, "/provisioning/provisionTenantAdminAPI", Some(&twice)).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, done));
    assert_eq!(world.provisioned_of(enterprise).await.len(), 2);
}

/// R132, R144 What Microsoft does not show yet is looked for from two minutes on, by the sign-in that was sent; a repeat of the call
/// delays nothing. Once it is there, nobody is told, and its sealed token is gone.
#[tokio::test]
async fn what_was_started_is_looked_for_again() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    world.tell_events().await;
    let result = world.sign_in_result();
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    world.microsoft().set_lag(Lag::Seconds(300));
    let made = world.provision_with(&result).await;
    assert_eq!((made.status.as_u16(), &made.json()["status"]), (200, &json!("started")), "{}", made.text);
    assert_eq!(world.awaited_in(enterprise).await, 1);
    for _ in 0..2 {
        let calls = world.graph_calls();
        world.settle().await;
        assert_eq!(world.graph_calls(), calls, "it is too early");
        world.pass(120).await;
        assert!(world.graph_calls() > calls);
        assert_eq!(world.provision_with(&result).await.json()["status"], "started");
        assert_eq!(world.awaited_in(enterprise).await, 1);
    }
    world.pass(120).await;
    assert_eq!(world.awaited_in(enterprise).await, 0, "it is there");
    assert_eq!(world.provision_with(&result).await.json()["status"], "provisioned");
    world.pass(3_600).await;
    assert!(world.events("action.blocked").is_empty());
}

/// R132, R144 What does not appear is told at thirty minutes and once more when the sign-in has ended, each time with a link by which
/// the administrator signs in. A reset of the consent does not concern it; a disabled enterprise ends it.
#[tokio::test]
async fn what_does_not_appear_is_told_with_a_link() {
    for disabled in [false, true] {
        let world = World::new().await;
        let enterprise = world.registered().await;
        world.tell_events().await;
        let result = world.sign_in_result();
        world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
        world.microsoft().set_lag(Lag::Forever);
        assert_eq!(world.provision_with(&result).await.json()["status"], "started");
        if disabled {
            world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), None).await;
        }
        world.pass(29 * 60).await;
        assert_eq!(world.provision_with(&result).await.status, if disabled { 409 } else { 200 });
        assert!(world.events("action.blocked").is_empty());
        for _ in 0..2 {
            world.pass(120).await;
        }
        assert_eq!(world.events("action.blocked").len(), usize::from(!disabled), "told once, by thirty minutes");
        world.pass(3_600).await;
        world.pass(3_600).await;
        let told = world.events("action.blocked");
        assert_eq!((told.len(), world.awaited_in(enterprise).await), (if disabled { 0 } else { 2 }, 0));
        for event in &told {
            let data = &event["data"];
            assert_eq!((&data["actionType"], &data["status"]), (&json!("LOGIN_ENTERPRISE_ADMIN"), &json!("blocked")));
            assert_eq!(data["problem"]["nextAction"], "provisionTenantAdminAPI", "{data}");
            let begun = send(world.http.post(data["startUrl"].as_str().unwrap())).await;
            assert!(begun.header("location").contains("Organization.Read.All"), "{}", begun.text);
        }
    }
}

/// R132 Of two calls at once each thing is made by one, and both say that it is there.
#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_make_each_thing_once() {
    let world = World::new().await;
    let enterprise = world.registered().await;
    let result = world.sign_in_result();
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let (one, other) = join(world.provision_with(&result), world.provision_with(&result)).await;
    for answer in [one, other] {
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!("provisioned")));
    }
    assert_eq!(world.provisioned_of(enterprise).await.len(), 2);
}

/// R133 A sign-in that has ended is answered with the link to the next one, which leads to Microsoft; one of another tenant
/// is refused, and nothing is made.
#[tokio::test]
async fn a_sign_in_that_is_not_good_makes_nothing() {
    let world = World::new().await;
    world.registered().await;
    let result = world.sign_in_result();
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let mut elsewhere = result.clone();
    elsewhere["userInfo"]["tenantId"] = json!(FABRIKAM.id);
    assert_eq!(world.provision_with(&elsewhere).await.problem(), (409, "wrong_tenant".to_owned(), vec![]));
    let mut other = result.clone();
    other["accessToken"] = other["idToken"].clone();
    assert_eq!(world.provision_with(&other).await.problem().1, "token_expired", "an id token opens nothing");
    let mut raw = result.clone();
    raw["accessToken"] = json!("eyJ0eXAiOiJKV1Qi");
    assert_eq!(world.provision_with(&raw).await.problem(), (404, "not_found".to_owned(), vec![]), "nothing names it");
    world.sandbox.clock().advance(3_600);
    let ended = world.provision_with(&result).await;
    assert_eq!(ended.problem(), (401, "token_expired".to_owned(), vec![]));
    let detail = ended.json()["detail"].as_str().unwrap().to_owned();
    let link = detail.rsplit(' ').next().unwrap();
    assert!(link.starts_with(&format!("{}/start/", world.sandbox.api())), "{detail}");
    assert_eq!(world.http.get(link).send().await.unwrap().status(), 200);
    assert!(!world.has_api());
}

/// R133 A handle is its provider's own: to another it names nothing.
#[tokio::test]
async fn a_token_is_good_for_its_provider() {
    let world = World::new().await;
    world.registered().await;
    let handles = json!({ "authenticationResult": world.sign_in_result() });
    let provider = world.other_provider().await;
    let foreign = world.as_holder_of(&provider.key, Method::POST, PATH, Some(&handles)).await;
    assert_eq!(foreign.problem(), (404, "not_found".to_owned(), vec![]));
}

/// R133 Whose token it is follows from the handle alone: the name beside it says nothing, and decides nothing.
#[tokio::test]
async fn the_handle_says_whose_token_it_is() {
    let world = World::new().await;
    world.registered().await;
    let mut result = world.sign_in_result();
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    result["userInfo"]["displayableId"] = json!("somebody@else.example");
    let made = world.provision_with(&result).await;
    assert_eq!((made.status.as_u16(), &made.json()["status"]), (200, &json!("provisioned")));
}

/// R133 Microsoft's own token is taken from a provider that is given it, and from no other; Graph says whether it is good.
#[tokio::test]
async fn a_raw_token_is_proved_by_graph() {
    let world = World::new().await;
    let provider = world.other_provider().await;
    let (enterprise, result) = world.registered_raw(&provider).await;
    world.microsoft().remove_service_principal(CONTOSO.id, TEAMS_ADMIN_API);
    let sent = async |result: &Value| {
        let body = json!({"enterpriseId": enterprise, "authenticationResult": result});
        world.as_holder_of(&provider.key, Method::POST, PATH, Some(&body)).await
    };
    let mut bad = result.clone();
    bad["accessToken"] = json!("eyJ0eXAiOiJKV1Qi");
    assert_eq!(sent(&bad).await.problem().1, "token_expired", "Graph does not take it");
    world.switch_tokens(&provider, "handles").await;
    assert_eq!(sent(&result).await.problem().1, "token_expired", "this provider is given handles");
    assert!(!world.has_api());
    world.switch_tokens(&provider, "raw").await;
    let made = sent(&result).await;
    assert_eq!((made.status.as_u16(), &made.json()["status"]), (200, &json!("provisioned")), "{}", made.text);
    assert!(world.has_api());
}
