//! Graph: proof of consent, lag, batches, refusals.

use serde_json::{Value, json};
use simulated_microsoft::{
    CONTOSO, Consent, FRANK, GLOBAL_ADMINISTRATOR, GRACE, GRAPH, Lag, NADIA, NORTHWIND, PETRA, Revocation,
    TEAMS_ADMIN_API,
};

use crate::world::{CLIENT, World};

fn grants_path() -> String {
    format!("/servicePrincipals(appId='{CLIENT}')/oauth2PermissionGrants")
}

async fn scopes(world: &World, token: &str) -> Vec<String> {
    let found = world.graph(token, &grants_path()).await.json();
    let grants = found["value"].as_array().unwrap().clone();
    grants.iter().flat_map(|grant| grant["scope"].as_str().unwrap().split_whitespace().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_tenant_wide_grant_and_one_persons_are_told_apart() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let consent = Consent {
        tenant: CONTOSO.id.to_owned(),
        client_id: CLIENT.to_owned(),
        person: Some(PETRA.oid.to_owned()),
        delegated: vec!["User.Read".to_owned()],
        ..Consent::default()
    };
    world.microsoft.grant(&consent).unwrap();
    let grants = world.graph(&token, &grants_path()).await.json();
    let kinds: Vec<_> = grants["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| (grant["consentType"].as_str().unwrap(), grant["principalId"].as_str()))
        .collect();
    assert_eq!(kinds, [("AllPrincipals", None), ("AllPrincipals", None), ("Principal", Some(PETRA.oid))]);

    let principal = world.microsoft.service_principal(CONTOSO.id, CLIENT).unwrap();
    let filtered = format!("/oauth2PermissionGrants?$filter=clientId%20eq%20'{principal}'");
    assert_eq!(world.graph(&token, &filtered).await.json()["value"], grants["value"]);
    let by_id = format!("/servicePrincipals/{principal}/oauth2PermissionGrants");
    assert_eq!(world.graph(&token, &by_id).await.json()["value"], grants["value"]);
}

#[tokio::test]
async fn a_new_grant_is_seen_only_after_the_lag() {
    let world = World::new().await;
    world.microsoft.set_lag(Lag::Seconds(30));
    let token = world.token("common", &GRACE).await;
    assert!(scopes(&world, &token).await.is_empty());
    world.advance(29);
    assert!(scopes(&world, &token).await.is_empty());
    world.advance(1);
    assert!(scopes(&world, &token).await.contains(&"User.ReadWrite.All".to_owned()));

    // For ever hides what is new, not what was seen.
    world.microsoft.set_lag(Lag::Forever);
    world.consented("common", &GRACE, "openid Application.Read.All", true).await;
    world.advance(3_000);
    let seen = scopes(&world, &token).await;
    assert!(seen.contains(&"User.ReadWrite.All".to_owned()) && !seen.contains(&"Application.Read.All".to_owned()));
    world.microsoft.set_lag(Lag::default());
    assert!(scopes(&world, &token).await.contains(&"Application.Read.All".to_owned()));
}

#[tokio::test]
async fn a_role_is_known_by_its_template() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let roles = world.graph(&token, "/me/transitiveMemberOf/microsoft.graph.directoryRole").await.json();
    assert_eq!(roles["value"][0]["roleTemplateId"], GLOBAL_ADMINISTRATOR.template_id);
    assert_ne!(roles["value"][0]["id"], GLOBAL_ADMINISTRATOR.template_id);
    let all = world.graph(&token, "/me/transitiveMemberOf?$select=roleTemplateId").await.json();
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    world.microsoft.remove_role(&CONTOSO, GRACE.oid, &GLOBAL_ADMINISTRATOR);
    let roles = world.graph(&token, "/me/transitiveMemberOf/microsoft.graph.directoryRole").await.json();
    assert_eq!(roles["value"], json!([]));
}

#[tokio::test]
async fn a_token_sees_its_own_tenant_only() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let organization = world.graph(&token, "/organization").await.json();
    assert_eq!(organization["value"][0]["id"], CONTOSO.id);
    assert_eq!(organization["value"][0]["verifiedDomains"][0]["name"], CONTOSO.domain);
    world.consented("common", &FRANK, "openid Organization.Read.All", true).await;
    let found = world.graph(&token, "/servicePrincipals").await.json();
    assert_eq!(found["value"].as_array().unwrap().len(), 3);
    let filter = format!("/servicePrincipals?$filter=appId%20eq%20'{GRAPH}'&$select=id");
    let found = world.graph(&token, &filter).await.json();
    assert_eq!(found["value"][0].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_have_graphs_shape() {
    let world = World::new().await;
    let back = world.consented("common", &PETRA, "openid User.Read", false).await;
    let poor = world.redeem("common", &back.hidden()["code"], &[]).await.json()["access_token"].clone();
    let poor = poor.as_str().unwrap();
    let rich = world.token("common", &GRACE).await;
    let cases = [
        ("nonsense", "/me", 401, "InvalidAuthenticationToken"),
        (poor, "/me/transitiveMemberOf", 403, "Authorization_RequestDenied"),
        (poor, "/servicePrincipals", 403, "Authorization_RequestDenied"),
        (rich.as_str(), "/servicePrincipals(appId='absent')", 404, "Request_ResourceNotFound"),
        (rich.as_str(), "/servicePrincipals/absent/appRoleAssignments", 404, "Request_ResourceNotFound"),
        (rich.as_str(), "/servicePrincipals?$filter=startswith(appId,'a')", 400, "Request_UnsupportedQuery"),
        (rich.as_str(), "/teapots", 400, "BadRequest"),
    ];
    for (token, path, status, code) in cases {
        let reply = world.graph(token, path).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].as_str()), (status, Some(code)), "{path}");
        assert!(reply.json()["error"]["innerError"]["request-id"].is_string());
    }
    assert_eq!(world.graph(poor, "/organization").await.status, 200);
    let reply = world.get("/v1.0/me").await;
    assert!(reply.status == 401 && reply.headers.contains_key("www-authenticate"));
    world.advance(3_600);
    assert_eq!(world.graph(&rich, "/me").await.status, 401);
}

#[tokio::test]
async fn a_batch_answers_each_request_on_its_own() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let body = json!({ "requests": [
        { "id": "me", "method": "GET", "url": "/me?$select=id" },
        { "id": "grants", "method": "GET", "url": grants_path() },
        { "id": "absent", "method": "GET", "url": "servicePrincipals(appId='absent')" },
        { "id": "organization", "method": "GET", "url": "/organization" },
    ]});
    let reply = world.graph_post(&token, "/$batch", &body).await.json();
    let find = |id: &str| -> Value {
        reply["responses"].as_array().unwrap().iter().find(|response| response["id"] == id).unwrap().clone()
    };
    assert_eq!(find("me")["body"]["id"], GRACE.oid);
    assert_eq!(find("absent")["status"], 404);
    assert_eq!(find("grants")["body"]["value"].as_array().unwrap().len(), 2);
    assert_eq!(find("organization")["headers"]["Content-Type"], "application/json");
    assert_eq!(reply["responses"][0]["id"], "organization", "the order is no promise");
    assert_eq!(world.microsoft.call_counts()["graph"], 1);
    assert_eq!(world.microsoft.call_counts()["batchItem"], 4);
}

#[tokio::test]
async fn a_batch_has_at_most_twenty_requests() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let requests = |count: usize| -> Value {
        let items: Vec<_> =
            (0..count).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/me" })).collect();
        json!({ "requests": items })
    };
    assert_eq!(world.graph_post(&token, "/$batch", &requests(20)).await.status, 200);
    assert_eq!(world.graph_post(&token, "/$batch", &requests(21)).await.status, 400);
    let same = json!({ "requests": [{ "id": "1", "url": "/me" }, { "id": "1", "url": "/me" }] });
    assert_eq!(world.graph_post(&token, "/$batch", &same).await.status, 400);
}

#[tokio::test]
async fn the_teams_admin_api_can_be_provisioned_once() {
    let world = World::new().await;
    let scope = "openid Directory.AccessAsUser.All";
    let back = world.consented("common", &NADIA, scope, true).await;
    let token = world.redeem("common", &back.hidden()["code"], &[]).await.json()["access_token"].clone();
    let token = token.as_str().unwrap();
    let path = format!("/servicePrincipals(appId='{TEAMS_ADMIN_API}')");
    assert_eq!(world.graph(token, &path).await.status, 404);
    let body = json!({ "appId": TEAMS_ADMIN_API });
    assert_eq!(world.graph_post(token, "/servicePrincipals", &body).await.status, 201);
    assert_eq!(world.graph_post(token, "/servicePrincipals", &body).await.status, 409);
    assert_eq!(world.graph(token, &path).await.status, 200);
    assert!(world.microsoft.service_principal(NORTHWIND.id, TEAMS_ADMIN_API).is_some());
}

#[tokio::test]
async fn a_revoked_permission_is_gone_from_graph() {
    let world = World::new().await;
    let token = world.token("common", &GRACE).await;
    let revocation = Revocation {
        tenant: CONTOSO.id.to_owned(),
        client_id: CLIENT.to_owned(),
        permission: Some("User.ReadWrite.All".to_owned()),
        ..Revocation::default()
    };
    assert_eq!(world.microsoft.revoke(&revocation), 1);
    let seen = scopes(&world, &token).await;
    assert!(!seen.contains(&"User.ReadWrite.All".to_owned()) && seen.contains(&"Organization.Read.All".to_owned()));
}
