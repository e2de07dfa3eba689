//! What is read of our own permissions, and what is made of a tenant that shows nothing.

use onboarding_core::client_credential::ClientCredential;
use onboarding_core::random::SystemRandomness;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use onboarding_core::id::{ApplicationId, ObjectId, TenantId};
use onboarding_core::permission::{GRAPH, TEAMS_ADMIN_API};
use onboarding_core::proof::application::{AppRole, View};
use onboarding_core::proof::{Also, DelegatedGrant, Holder, Organization, TEAMS_ADMINISTRATOR};
use onboarding_microsoft::{Microsoft, ReadAssigned};
use serde_json::{Value, json};

use crate::world::{Answer, CLIENT, NOW, World, connect, nobody};

const BUDGET: Duration = Duration::from_millis(500);
const TENANT: TenantId = TenantId::from_u128(1);
const GRAPH_OBJECT: ObjectId = ObjectId::from_u128(3);
const ASSIGNMENTS: &str = "assignments cccccccc-0000-4000-8000-000000000001";
const OTHER_OBJECT: ObjectId = ObjectId::from_u128(5);
const TEAMS_OBJECT: ObjectId = ObjectId::from_u128(6);

type Part = (&'static str, u16, Value);

fn readers() -> Vec<(ApplicationId, Arc<ClientCredential>)> {
    vec![(CLIENT, Arc::new(ClientCredential::parse("s3cret").unwrap()))]
}

async fn asked(microsoft: &Microsoft, readers: &[(ApplicationId, Arc<ClientCredential>)]) -> View {
    let also = Also { clients: BTreeSet::from([CLIENT]), joined: true };
    let wanted = ReadAssigned { tenant: TENANT, readers, also: &also };
    microsoft.read_assigned(wanted, (NOW, &SystemRandomness::new()), BUDGET).await
}

fn parts() -> Vec<Part> {
    let assignment = |role: &str, api: ObjectId| json!({ "id": "x", "appRoleId": role, "resourceId": api });
    let assignments = [
        assignment("r1", GRAPH_OBJECT),
        assignment("r2", OTHER_OBJECT),
        assignment("r3", GRAPH_OBJECT),
        assignment("r9", GRAPH_OBJECT),
    ];
    let roles = json!([
        { "id": "r1", "value": "User.Read.All", "isEnabled": true },
        { "id": "r2", "value": "Group.Read.All" },
        { "id": "r3", "value": null },
    ]);
    vec![
        ("organization", 200, json!({ "value": [{ "id": TENANT, "displayName": "MSFT" }] })),
        (ASSIGNMENTS, 200, json!({ "value": assignments })),
        ("graph-roles", 200, json!({ "id": GRAPH_OBJECT, "appId": GRAPH, "appRoles": roles })),
        (
            "grants",
            200,
            json!({ "value": [
                { "consentType": "AllPrincipals", "principalId": null, "resourceId": GRAPH_OBJECT, "scope": " User.Read.All" },
                { "consentType": "AllPrincipals", "principalId": null, "resourceId": TEAMS_OBJECT, "scope": "user_impersonation" },
            ]}),
        ),
        ("teams", 200, json!({ "id": TEAMS_OBJECT, "appId": TEAMS_ADMIN_API })),
        ("joined", 200, json!({ "value": [{ "roleTemplateId": TEAMS_ADMINISTRATOR }] })),
    ]
}

fn with(replaced: Part) -> Vec<Part> {
    parts().into_iter().map(|part| if part.0 == replaced.0 { replaced.clone() } else { part }).collect()
}

fn token() -> Answer {
    Answer::Json(200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "t0ken" }))
}

fn batch(parts: &[Part]) -> Answer {
    let part = |(id, status, body): &Part| json!({ "id": id, "status": status, "body": body });
    Answer::Json(200, json!({ "responses": parts.iter().rev().map(part).collect::<Vec<_>>() }))
}

async fn world(token: Answer, graph: Answer) -> World {
    World::new(move |request| if request.target.contains("/token") { token.clone() } else { graph.clone() }).await
}

async fn read(world: &World) -> View {
    asked(&world.microsoft, &readers()).await
}

async fn view(parts: &[Part]) -> View {
    read(&world(token(), batch(parts)).await).await
}

/// R134, P1 A token for the tenant itself, then one batch; only Graph's roles that have a name count.
#[tokio::test]
async fn a_fresh_token_and_one_batch_read_everything() {
    let world = world(token(), batch(&parts())).await;
    let organization = Organization { id: TENANT, display_name: "MSFT".to_owned() };
    let name = "User.Read.All".to_owned();
    let grant =
        |resource, scope: &str| DelegatedGrant { resource, holds_for: Holder::Tenant, scopes: vec![scope.to_owned()] };
    let grants = Some(vec![grant(GRAPH, &name), grant(TEAMS_ADMIN_API, "user_impersonation")]);
    let roles = vec![AppRole { client: CLIENT, resource: GRAPH, name }];
    let joined = Some(vec![TEAMS_ADMINISTRATOR]);
    assert_eq!(read(&world).await, View::Open { organization, roles, grants, joined, absent: BTreeSet::new() });
    let [first, second] = <[_; 2]>::try_from(world.requests()).unwrap();
    assert_eq!(first.target, format!("/{TENANT}/oauth2/v2.0/token"));
    let mut form: Vec<_> = url::form_urlencoded::parse(first.body.as_bytes()).into_owned().collect();
    form.sort_unstable();
    let expected = [
        ("client_id", CLIENT.to_string()),
        ("client_secret", "s3cret".to_owned()),
        ("grant_type", "client_credentials".to_owned()),
        ("scope", "https://graph.microsoft.com/.default".to_owned()),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!((second.target.as_str(), second.header("authorization")), ("/v1.0/$batch", Some("Bearer t0ken")));
    let asked: Value = serde_json::from_str(&second.body).unwrap();
    assert_eq!(asked["requests"][1]["url"], format!("/servicePrincipals(appId='{CLIENT}')/appRoleAssignments"));
}

/// G40 A tenant that does not know our application, or lets it read nothing, has answered.
#[tokio::test]
async fn a_tenant_that_has_not_consented_is_closed() {
    for number in [7_000_229, 700_016] {
        let refusal = json!({ "error": "unauthorized_client", "error_codes": [number] });
        let world = world(Answer::Json(400, refusal), batch(&parts())).await;
        assert_eq!((read(&world).await, world.count()), (View::Closed { absent: [CLIENT].into() }, 1), "{number}");
    }
    for part in ["organization", ASSIGNMENTS, "graph-roles"] {
        let closed = View::Closed { absent: BTreeSet::new() };
        assert_eq!(view(&with((part, 403, Value::Null))).await, closed, "{part}");
    }
    for part in [ASSIGNMENTS, "grants"] {
        let View::Open { roles, absent, .. } = view(&with((part, 404, Value::Null))).await else { panic!("closed") };
        assert_eq!(roles.is_empty(), part == ASSIGNMENTS, "a registration that is not in the tenant holds nothing");
        assert_eq!(absent, [CLIENT].into(), "{part}");
    }
}

/// A registration that may not read is followed by the next.
#[tokio::test]
async fn another_registration_reads_what_one_may_not() {
    let mut tokens = 0;
    let world = World::new(move |request| {
        if request.target.contains("/token") {
            tokens += 1;
            let refusal = json!({ "error": "unauthorized_client", "error_codes": [7_000_229] });
            return if tokens == 1 { Answer::Json(400, refusal) } else { token() };
        }
        batch(&parts())
    })
    .await;
    let second = (ApplicationId::from_u128(7), Arc::new(ClientCredential::parse("other").unwrap()));
    let both = [readers(), vec![second]].concat();
    assert!(matches!(asked(&world.microsoft, &both).await, View::Open { .. }));
    assert!(world.requests()[1].body.contains(&ApplicationId::from_u128(7).to_string()));
}

/// What else is looked at may be unread, without spoiling what was asked.
#[tokio::test]
async fn what_else_is_looked_at_may_be_unread() {
    for part in ["grants", "teams", "joined"] {
        let View::Open { roles, grants, joined, .. } = view(&with((part, 500, Value::Null))).await else { panic!() };
        assert_eq!((roles.len(), grants.is_none(), joined.is_none()), (1, part != "joined", part == "joined"));
    }
    let View::Open { grants, .. } = view(&with(("teams", 404, Value::Null))).await else { panic!() };
    assert_eq!(grants.map(|grants| grants.len()), Some(1), "a tenant without that API grants nothing of it");
}

/// A fault is not an answer, and what is silent does not hold a person up.
#[tokio::test]
async fn a_fault_is_not_an_answer() {
    let good = || batch(&parts());
    let refused = Answer::Json(401, json!({ "error": "invalid_client", "error_codes": [7_000_222] }));
    for fault in [refused, Answer::Text(503, String::new()), Answer::Reset, Answer::Hang] {
        assert_eq!(read(&world(fault.clone(), good()).await).await, View::Unread, "{fault:?}");
    }
    for fault in [Answer::Text(503, String::new()), Answer::Json(200, json!({})), Answer::Reset, Answer::Hang] {
        assert_eq!(read(&world(token(), fault.clone()).await).await, View::Unread, "{fault:?}");
    }
    for part in ["organization", ASSIGNMENTS, "graph-roles"] {
        assert_eq!(view(&with((part, 500, Value::Null))).await, View::Unread, "{part}");
        assert_eq!(view(&with((part, 200, json!({ "value": 1 })))).await, View::Unread, "{part}");
    }
    let foreign = json!({ "id": GRAPH_OBJECT, "appId": CLIENT, "appRoles": [] });
    assert_eq!(view(&with(("graph-roles", 200, foreign))).await, View::Unread);
    assert_eq!(asked(&connect(&nobody().await), &readers()).await, View::Unread);
}
