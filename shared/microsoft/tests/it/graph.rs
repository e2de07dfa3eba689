//! What is read back from Graph, and what is made of a part that fails.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use onboarding_core::action::ActionType;
use onboarding_core::id::{ApplicationId, ObjectId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::permission::{GRAPH, TEAMS_ADMIN_API};
use onboarding_core::proof::{
    Also, DelegatedGrant, GLOBAL_ADMINISTRATOR, Holder, Organization, Policy, Question, TEAMS_ADMINISTRATOR, TenantView,
};
use onboarding_microsoft::ReadBack;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::world::{Answer, CLIENT, NOW, World, connect, nobody};

const BUDGET: Duration = Duration::from_secs(2);
const TENANT: TenantId = TenantId::from_u128(1);
const PERSON: ObjectId = ObjectId::from_u128(2);
const GRAPH_OBJECT: ObjectId = ObjectId::from_u128(3);
const TEAMS_OBJECT: ObjectId = ObjectId::from_u128(4);
const OTHER_OBJECT: ObjectId = ObjectId::from_u128(5);

pub(crate) fn signer() -> Signer {
    Signer { tenant: TENANT, object: PERSON, user_principal_name: None }
}

/// What is asked of a registration.
pub(crate) fn registration(signer: &Signer) -> ReadBack<'_> {
    static NOTHING: Also = Also { clients: BTreeSet::new(), joined: false };
    let action = ActionType::Registration;
    let question = Question { action, signer, since: NOW, asked_again: false, pin: Some(TENANT) };
    ReadBack { question, policy: Policy::default(), also: &NOTHING }
}

fn grant(resource: ObjectId, consent_type: &str, principal: Option<ObjectId>, scope: &str) -> Value {
    json!({
        "id": "x", "clientId": ObjectId::from_u128(9), "consentType": consent_type, "principalId": principal,
        "resourceId": resource, "scope": scope,
    })
}

fn principal(id: ObjectId, app: ApplicationId) -> Value {
    json!({ "@odata.context": "x", "id": id, "appId": app })
}

fn not_found() -> Value {
    json!({ "error": { "code": "Request_ResourceNotFound", "message": "x" } })
}

/// Status and body of each part.
fn parts() -> Vec<(&'static str, u16, Value)> {
    let grants = json!({ "value": [
        grant(GRAPH_OBJECT, "AllPrincipals", None, " User.Read.All\tDirectory.Read.All  openid "),
        grant(TEAMS_OBJECT, "Principal", Some(PERSON), "user_impersonation"),
        grant(OTHER_OBJECT, "AllPrincipals", None, "Sites.Read.All"),
        grant(GRAPH_OBJECT, "SomethingNew", None, "Mail.Read"),
        grant(GRAPH_OBJECT, "Principal", None, "Mail.Send"),
    ]});
    vec![
        ("organization", 200, json!({ "value": [{ "id": TENANT, "displayName": "MSFT" }] })),
        (
            "roles",
            200,
            json!({ "value": [
                { "@odata.type": "#microsoft.graph.directoryRole", "roleTemplateId": GLOBAL_ADMINISTRATOR },
                { "roleTemplateId": TEAMS_ADMINISTRATOR },
            ]}),
        ),
        ("grants", 200, grants),
        ("graph", 200, principal(GRAPH_OBJECT, GRAPH)),
        ("teams", 200, principal(TEAMS_OBJECT, TEAMS_ADMIN_API)),
    ]
}

/// The parts with some replaced.
fn parts_with(replaced: &[(&'static str, u16, Value)]) -> Vec<(&'static str, u16, Value)> {
    let other = |name: &str| replaced.iter().find(|(own, ..)| *own == name).cloned();
    parts().into_iter().map(|part| other(part.0).unwrap_or(part)).collect()
}

fn whole() -> TenantView {
    let delegated = |resource, holds_for, scopes: &[&str]| DelegatedGrant {
        resource,
        holds_for,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    TenantView {
        organization: Some(Organization { id: TENANT, display_name: "MSFT".to_owned() }),
        signer_roles: Some(vec![GLOBAL_ADMINISTRATOR, TEAMS_ADMINISTRATOR]),
        grants: Some(vec![
            delegated(GRAPH, Holder::Tenant, &["User.Read.All", "Directory.Read.All", "openid"]),
            delegated(TEAMS_ADMIN_API, Holder::Person(PERSON), &["user_impersonation"]),
        ]),
        ..TenantView::default()
    }
}

/// Graph answers in any order; here backwards.
fn batch(parts: &[(&'static str, u16, Value)]) -> Answer {
    let part =
        |(id, status, body): &(&str, u16, Value)| json!({ "id": id, "status": status, "headers": {}, "body": body });
    Answer::Json(200, json!({ "responses": parts.iter().rev().map(part).collect::<Vec<_>>() }))
}

async fn read(world: &World) -> TenantView {
    world.microsoft.read_back(&SecretString::from("t0ken"), registration(&signer()), BUDGET).await
}

async fn view(parts: &[(&'static str, u16, Value)]) -> TenantView {
    read(&World::always(batch(parts)).await).await
}

/// P1 One call asks for everything, with the signer's token.
#[tokio::test]
async fn one_batch_reads_everything() {
    let world = World::always(batch(&parts())).await;
    assert_eq!(read(&world).await, whole());
    let [request] = <[_; 1]>::try_from(world.requests()).unwrap();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1.0/$batch"));
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let get = |id: &str, url: String| json!({ "id": id, "method": "GET", "url": url });
    let app = |app: ApplicationId| format!("/servicePrincipals(appId='{app}')");
    let expected = json!({ "requests": [
        get("organization", "/organization?$select=id,displayName".to_owned()),
        get("roles", "/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=roleTemplateId".to_owned()),
        get("grants", format!("{}/oauth2PermissionGrants", app(CLIENT))),
        get("graph", format!("{}?$select=id,appId", app(GRAPH))),
        get("teams", format!("{}?$select=id,appId", app(TEAMS_ADMIN_API))),
    ]});
    assert_eq!(body, expected);
}

/// Not there is an answer: no client in the tenant means no grants, no Teams API means no grants for it.
#[tokio::test]
async fn what_is_not_there_is_empty() {
    let no_client = view(&parts_with(&[("grants", 404, not_found())])).await;
    assert_eq!(no_client, TenantView { grants: Some(Vec::new()), ..whole() });
    let no_teams = view(&parts_with(&[("teams", 404, not_found())])).await;
    let only_graph = whole().grants.unwrap().into_iter().take(1).collect();
    assert_eq!(no_teams, TenantView { grants: Some(only_graph), ..whole() });
    let empty = json!({ "value": [] });
    let no_roles = view(&parts_with(&[("roles", 200, empty.clone()), ("grants", 200, empty)])).await;
    assert_eq!(no_roles, TenantView { signer_roles: Some(Vec::new()), grants: Some(Vec::new()), ..whole() });
}

/// R129 Not seen is not the same as not there, and spoils no other part.
#[tokio::test]
async fn a_part_that_fails_is_unread_alone() {
    for (status, body) in [
        (500, json!({})),
        (503, json!("garbage")),
        (429, json!({ "error": { "code": "TooManyRequests" } })),
        (403, json!({ "error": { "code": "Authorization_RequestDenied" } })),
        (401, json!({})),
        (204, Value::Null),
        (302, json!({})),
        (7, json!({})),
        (200, json!("bm90IGpzb24=")),
        (200, Value::Null),
        (200, json!({})),
        (200, json!({ "value": {} })),
        (200, json!({ "value": [{ "id": "not-a-guid" }] })),
    ] {
        let change = |part| [(part, status, body.clone())];
        assert_eq!(view(&parts_with(&change("organization"))).await, TenantView { organization: None, ..whole() });
        assert_eq!(view(&parts_with(&change("roles"))).await, TenantView { signer_roles: None, ..whole() });
        for part in ["grants", "graph", "teams"] {
            assert_eq!(
                view(&parts_with(&change(part))).await,
                TenantView { grants: None, ..whole() },
                "{part} {status}"
            );
        }
    }
    let silent: Vec<_> = parts().into_iter().filter(|(name, ..)| *name != "roles").collect();
    assert_eq!(view(&silent).await, TenantView { signer_roles: None, ..whole() }, "left unanswered");
}

#[tokio::test]
async fn an_answer_about_something_else_counts_for_nothing() {
    let two = json!({ "value": [{ "id": TENANT, "displayName": "A" }, { "id": TENANT, "displayName": "B" }] });
    assert_eq!(view(&parts_with(&[("organization", 200, two)])).await.organization, None);
    let none = json!({ "value": [] });
    assert_eq!(view(&parts_with(&[("organization", 200, none)])).await.organization, None);
    let other = principal(GRAPH_OBJECT, ApplicationId::from_u128(77));
    assert_eq!(view(&parts_with(&[("graph", 200, other)])).await.grants, None);
}

/// A whole call that fails leaves everything unread; it is not repeated here.
#[tokio::test]
async fn a_call_that_fails_reads_nothing() {
    let elsewhere = World::always(batch(&parts())).await;
    for answer in [
        Answer::Text(401, String::new()),
        Answer::Json(429, json!({})),
        Answer::Text(503, String::new()),
        Answer::Text(200, "<html>".to_owned()),
        Answer::Json(200, json!({ "responses": "none" })),
        Answer::Redirect(elsewhere.base.clone()),
        Answer::Reset,
        Answer::Endless,
    ] {
        let world = World::always(answer.clone()).await;
        assert_eq!(read(&world).await, TenantView::default(), "{answer:?}");
        assert_eq!(world.count(), 1, "{answer:?}");
    }
    assert_eq!(elsewhere.count(), 0);
    let nobody =
        connect(&nobody().await).read_back(&SecretString::from("t0ken"), registration(&signer()), BUDGET).await;
    assert_eq!(nobody, TenantView::default());
    let unsendable =
        elsewhere.microsoft.read_back(&SecretString::from("t0\nken"), registration(&signer()), BUDGET).await;
    assert_eq!(unsendable, TenantView::default());
}

/// The budget holds for all pages together.
#[tokio::test]
async fn silence_ends_with_the_budget() {
    let world = World::always(Answer::Hang).await;
    let begun = Instant::now();
    let budget = Duration::from_millis(300);
    assert_eq!(
        world.microsoft.read_back(&SecretString::from("t"), registration(&signer()), budget).await,
        TenantView::default()
    );
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let world = paged(|_| Answer::Hang).await;
    let begun = Instant::now();
    let view = world.microsoft.read_back(&SecretString::from("t"), registration(&signer()), budget).await;
    assert_eq!(view, TenantView { signer_roles: None, ..whole() });
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A world whose list of roles goes on at `/v1.0/more?page=1`, which `further` answers by number.
async fn paged(further: impl Fn(u32) -> Answer + Send + 'static) -> World {
    World::new(move |request| {
        let base = format!("http://{}", request.header("host").unwrap());
        match request.target.strip_prefix("/v1.0/more?page=") {
            Some(page) => further(page.parse().unwrap()),
            None => batch(&parts_with(&[("roles", 200, roles_page(&base, 1))])),
        }
    })
    .await
}

fn roles_page(base: &str, next: u32) -> Value {
    json!({ "value": [{ "roleTemplateId": TEAMS_ADMINISTRATOR }], "@odata.nextLink": format!("{base}/v1.0/more?page={next}") })
}

#[tokio::test]
async fn further_pages_are_read() {
    let last = || Answer::Json(200, json!({ "value": [{ "roleTemplateId": GLOBAL_ADMINISTRATOR }] }));
    let world = paged(move |_| last()).await;
    assert_eq!(read(&world).await.signer_roles, Some(vec![TEAMS_ADMINISTRATOR, GLOBAL_ADMINISTRATOR]));
    let request = &world.requests()[1];
    assert_eq!((request.method.as_str(), request.header("authorization")), ("GET", Some("Bearer t0ken")));
}

#[tokio::test]
async fn a_list_that_cannot_be_had_whole_is_unread() {
    let failing = paged(|_| Answer::Text(503, String::new())).await;
    assert_eq!(read(&failing).await, TenantView { signer_roles: None, ..whole() });
    let world = World::new(|request| {
        let base = format!("http://{}", request.header("host").unwrap());
        if request.method == "GET" {
            return Answer::Json(200, roles_page(&base, 1));
        }
        batch(&parts_with(&[("roles", 200, roles_page(&base, 1))]))
    })
    .await;
    assert_eq!(read(&world).await, TenantView { signer_roles: None, ..whole() });
    assert_eq!(world.count(), 6, "one batch and five further pages");
}

/// The signer's token goes to Graph and nowhere else.
#[tokio::test]
async fn a_next_page_elsewhere_is_not_fetched() {
    let elsewhere = World::always(Answer::Json(200, json!({ "value": [] }))).await;
    for link in [
        format!("{}/v1.0/more", elsewhere.base),
        format!("{{base}}@{}/v1.0/more", elsewhere.base.trim_start_matches("http://")),
        "{base}/beta/more".to_owned(),
        "/v1.0/more".to_owned(),
    ] {
        let world = World::new(move |request| {
            let base = format!("http://{}", request.header("host").unwrap());
            let roles = json!({ "value": [], "@odata.nextLink": link.replace("{base}", &base) });
            batch(&parts_with(&[("roles", 200, roles)]))
        })
        .await;
        assert_eq!(read(&world).await, TenantView { signer_roles: None, ..whole() });
        assert_eq!(world.count(), 1);
    }
    assert_eq!(elsewhere.count(), 0);
}
