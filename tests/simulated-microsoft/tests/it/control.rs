//! The controls over HTTP, discovery, and the page at `/`.

use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, GRACE, NORTHWIND, PETRA, TEAMS_ADMIN_API, TOM};

use crate::world::{CLIENT, REGISTRATION, World};

#[tokio::test]
async fn faults_are_listed_replaced_and_cleared() {
    let world = World::new().await;
    let faults = json!([
        { "on": "token", "what": { "status": 500, "body": "", "headers": {} }, "times": 1 },
        { "on": "graph", "what": "resetAfterRequest", "times": null },
        { "on": "/organization", "what": { "delayMs": 5 }, "times": 2 },
        { "on": "token", "what": { "oauthError": { "error": "invalid_grant", "code": 65001 } }, "times": null },
    ]);
    assert_eq!(world.json("PUT", "/simulated/faults", &faults.to_string()).await.json(), faults);
    assert_eq!(world.get("/simulated/faults").await.json(), faults);
    let added = world.json("POST", "/simulated/faults", r#"{"on":"keys","what":"garbage"}"#).await.json();
    assert_eq!(added.as_array().unwrap().len(), 5);
    assert_eq!(world.json("DELETE", "/simulated/faults", "").await.status, 204);
    assert_eq!(world.get("/simulated/faults").await.json(), json!([]));
    assert_eq!(world.json("PUT", "/simulated/faults", r#"[{"on":"keys","what":"boom"}]"#).await.status, 422);
}

#[tokio::test]
async fn lag_is_seconds_or_for_ever() {
    let world = World::new().await;
    for lag in [json!({ "seconds": 5 }), json!({ "forever": true }), json!({ "seconds": 0 })] {
        assert_eq!(world.json("PUT", "/simulated/lag", &lag.to_string()).await.json(), lag);
        assert_eq!(world.get("/simulated/lag").await.json(), lag);
    }
    assert_eq!(world.json("PUT", "/simulated/lag", "{}").await.status, 422);
}

#[tokio::test]
async fn calls_are_recorded_without_secrets() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    world.redeem("common", &code, &[]).await;
    let reply = world.get("/simulated/calls").await;
    assert!(!reply.body.contains(&code) && !reply.body.contains("nonce"));
    let calls = reply.json();
    assert_eq!(calls[0]["kind"], "authorize");
    assert_eq!(
        calls[1],
        json!({
            "at": "2027-01-15T08:00:00Z", "method": "POST", "path": "/common/oauth2/v2.0/token", "kind": "token",
        })
    );
    let counts = world.get("/simulated/calls/count").await.json();
    assert_eq!((&counts["authorize"], &counts["token"], &counts["graph"]), (&json!(1), &json!(1), &json!(0)));
    world.json("DELETE", "/simulated/calls", "").await;
    assert_eq!(world.get("/simulated/calls").await.json(), json!([]));
}

#[tokio::test]
async fn grants_are_made_listed_and_revoked() {
    let world = World::new().await;
    let consent = json!({ "tenant": CONTOSO.id, "clientId": CLIENT, "delegated": ["User.Read"], "application": ["Presence.Read.All"] });
    assert_eq!(world.json("POST", "/simulated/grants", &consent.to_string()).await.status, 204);
    let grants = world.get("/simulated/grants").await.json();
    assert_eq!(grants["delegated"][0]["delegated"], json!(["User.Read"]));
    assert_eq!(grants["application"][0]["clientId"], CLIENT);
    let revocation = json!({ "tenant": CONTOSO.id, "clientId": CLIENT });
    let revoked = world.json("POST", "/simulated/grants/revoke", &revocation.to_string()).await.json();
    assert_eq!(revoked, json!({ "revoked": 2 }));
    let wrong = json!({ "tenant": CONTOSO.id, "clientId": CLIENT, "delegated": ["Nothing"] });
    assert_eq!(world.json("POST", "/simulated/grants", &wrong.to_string()).await.status, 422);
}

#[tokio::test]
async fn roles_and_service_principals_are_changed() {
    let world = World::new().await;
    let place = json!({ "tenant": NORTHWIND.id, "appId": TEAMS_ADMIN_API }).to_string();
    world.json("POST", "/simulated/service-principals", &place).await;
    assert!(world.microsoft.service_principal(NORTHWIND.id, TEAMS_ADMIN_API).is_some());
    let removed = world.json("POST", "/simulated/service-principals/remove", &place).await.json();
    assert_eq!(removed, json!({ "removed": true }));

    let role = simulated_microsoft::GLOBAL_ADMINISTRATOR.template_id;
    let holder = json!({ "tenant": CONTOSO.id, "oid": TOM.oid, "roleTemplateId": role }).to_string();
    assert_eq!(world.json("POST", "/simulated/roles", &holder).await.status, 204);
    assert!(world.consented("common", &TOM, REGISTRATION, true).await.hidden().contains_key("code"));
    let people = world.get("/simulated/directory").await.json()["people"].clone();
    let tom = people.as_array().unwrap().iter().find(|person| person["upn"] == TOM.upn).unwrap().clone();
    assert_eq!(tom["memberships"][0]["roles"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_rotated_key_signs_and_the_old_one_stays_listed() {
    let world = World::new().await;
    let old = world.microsoft.current_kid().unwrap();
    let before = world.consented("common", &PETRA, "openid User.Read", false).await.hidden()["id_token"].clone();
    let new = world.json("POST", "/simulated/keys/rotate", "").await.json()["kid"].clone();
    assert_ne!(new, Value::String(old));
    assert_eq!(new, world.microsoft.current_kid().unwrap());
    world.verified(&before).await;
    let forged = world.microsoft.sign(&json!({ "alg": "RS256", "kid": new }), &json!({ "tid": "forged" })).unwrap();
    assert_eq!(world.verified(&forged).await["tid"], "forged");
}

#[tokio::test]
async fn reset_forgets_grants_but_not_keys() {
    let world = World::new().await;
    let kid = world.microsoft.current_kid().unwrap();
    let token = world.token("common", &GRACE).await;
    assert_eq!(world.json("POST", "/simulated/reset", "").await.status, 204);
    assert_eq!(world.graph(&token, "/me").await.status, 401);
    assert_eq!(world.microsoft.service_principal(CONTOSO.id, CLIENT), None);
    assert_eq!(world.microsoft.current_kid().unwrap(), kid);
}

#[tokio::test]
async fn discovery_has_a_template_or_an_exact_issuer() {
    let world = World::new().await;
    for (tenant, issuer) in [("common", "{tenantid}"), ("organizations", "{tenantid}"), ("contoso.example", CONTOSO.id)]
    {
        let document = world.get(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await.json();
        assert_eq!(document["issuer"], format!("{}/{issuer}/v2.0", world.base));
        assert!(document["token_endpoint"].as_str().unwrap().ends_with("/oauth2/v2.0/token"));
    }
    let reply = world.get("/nowhere.example/v2.0/.well-known/openid-configuration").await;
    assert_eq!((reply.status, reply.aadsts(), &reply.json()["error"]), (400, 90002, &json!("invalid_tenant")));
}

#[tokio::test]
async fn the_overview_names_tenants_people_and_grants() {
    let world = World::new().await;
    world.consented("common", &GRACE, REGISTRATION, true).await;
    let page = world.get("/").await;
    for word in ["Simulated Microsoft – sandbox", CONTOSO.id, PETRA.upn, "Teams Onboarding", "AllPrincipals"] {
        assert!(page.body.contains(word), "{word}");
    }
}
