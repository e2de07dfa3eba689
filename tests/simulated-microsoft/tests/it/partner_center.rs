//! Partner Center, and the sign-ins that it is read with.

use serde_json::{Value, json};
use simulated_microsoft::{
    ADMIN_AGENTS, End, GINA, IGOR, LAMNA, Mfa, PERSONAL, PartnerCenter, Person, Reported, SALES_AGENTS, TESS, WANDA,
    WINGTIP, WOODGROVE,
};

use crate::http::{Reply, form};
use crate::world::{CALLBACK, CLIENT, START, World, decode};

const SCOPE: &str = "https://api.partnercenter.microsoft.com/user_impersonation";
const GRAPH_SCOPE: &str = "https://graph.microsoft.com/Directory.Read.All";
const PROFILE: &str = "/v1/profiles/mpn";

/// A partner whose administrator has consented for the organization.
async fn consented() -> World {
    let world = World::new().await;
    let scope = format!("openid profile offline_access {SCOPE} {GRAPH_SCOPE}");
    let query = form(&[("client_id", CLIENT), ("redirect_uri", CALLBACK), ("scope", &scope)]);
    let page = world.get(&format!("/{}/v2.0/adminconsent?{query}", WINGTIP.id)).await;
    let page = world.choose(&page, &WANDA).await;
    let back = world.decide(&page, "accept", false).await.redirect_query();
    assert_eq!((back["admin_consent"].as_str(), back["tenant"].as_str()), ("True", WINGTIP.id));
    world
}

/// The tokens of a person of Wingtip who has just signed in.
async fn signed_in(world: &World, person: &Person) -> Value {
    let scope = format!("openid profile offline_access {SCOPE}");
    let page = world.authorize(WINGTIP.id, &[("scope", &scope)]).await;
    // What the administrator granted for all is not asked again.
    let back = world.choose(&page, person).await;
    let reply = world.redeem(WINGTIP.id, &back.hidden()["code"], &[("scope", &scope)]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

async fn refresh(world: &World, tokens: &Value, scope: &str) -> Reply {
    let token = tokens["refresh_token"].as_str().unwrap();
    let changed = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
    world.redeem(WINGTIP.id, "", &changed).await
}

async fn profile(world: &World, tokens: &Value) -> Reply {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str()), ("validatemfa", "true"), ("ms-requestid", "r")];
    world.try_send("GET", PROFILE, &headers, "").await.unwrap()
}

/// The payload of an access token that can be read.
fn claims(tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    serde_json::from_slice(&decode(token.split('.').nth(1).unwrap())).unwrap()
}

#[tokio::test]
async fn an_admin_agent_with_a_second_factor_reads_the_profile() {
    let world = consented().await;
    let tokens = signed_in(&world, &IGOR).await;
    let claims = claims(&tokens);
    assert_eq!(claims["aud"], "https://api.partnercenter.microsoft.com");
    assert_eq!((&claims["amr"], &claims["auth_time"]), (&json!(["pwd", "mfa"]), &json!(START)));
    let reply = profile(&world, &tokens).await;
    assert_eq!((reply.status, reply.headers["ismfacompliant"].as_str()), (200, "true"));
    assert_eq!((reply.headers["ms-requestid"].as_str(), reply.headers.contains_key("ms-correlationid")), ("r", true));
    assert_eq!(reply.json()["partnerName"], WINGTIP.display_name);

    let graph = refresh(&world, &tokens, GRAPH_SCOPE).await.json();
    let groups = world.graph(graph["access_token"].as_str().unwrap(), "/me/transitiveMemberOf").await;
    assert!(groups.body.contains(ADMIN_AGENTS), "{}", groups.body);
    assert_eq!(profile(&world, &graph).await.status, 401, "a token of Graph is none of Partner Center");
    assert_eq!(world.get(PROFILE).await.json()["code"], "800001");
}

#[tokio::test]
async fn without_a_second_factor_there_is_no_body() {
    let world = consented().await;
    world.microsoft.set_mfa(&IGOR, Mfa::Never);
    let tokens = signed_in(&world, &IGOR).await;
    assert_eq!(claims(&tokens)["amr"], json!(["pwd"]));
    let reply = profile(&world, &tokens).await;
    assert_eq!((reply.status, reply.body.as_str()), (401, ""));
    assert_eq!(reply.headers["www-authenticate"], "Bearer error=\"invalid_token\"");

    world.microsoft.set_partner_center(PartnerCenter { mfa_enforced: false, ..PartnerCenter::default() });
    let reply = profile(&world, &tokens).await;
    assert_eq!((reply.status, reply.headers["ismfacompliant"].as_str()), (200, "false"));
    for (mfa_reported, in_body) in [(Reported::Body, json!(false)), (Reported::Absent, Value::Null)] {
        let settings = PartnerCenter { mfa_enforced: false, mfa_reported, ..PartnerCenter::default() };
        world.microsoft.set_partner_center(settings);
        let reply = profile(&world, &tokens).await;
        assert_eq!((reply.headers.get("ismfacompliant"), &reply.json()["isMfaCompliant"]), (None, &in_body));
    }
}

#[tokio::test]
async fn without_a_group_there_is_no_access() {
    let world = consented().await;
    let tokens = signed_in(&world, &IGOR).await;
    let path = "/simulated/agents/remove";
    let agent = json!({ "tenant": WINGTIP.id, "oid": IGOR.oid, "group": ADMIN_AGENTS });
    assert_eq!(world.json("POST", path, &agent.to_string()).await.status, 204);
    let reply = profile(&world, &tokens).await;
    assert_eq!((reply.status, &reply.json()["code"]), (403, &json!("2032")));
    world.microsoft.add_agent(&WINGTIP, IGOR.oid, SALES_AGENTS);
    assert_eq!(profile(&world, &tokens).await.status, 200);
}

#[tokio::test]
async fn a_conditional_second_factor_shows_when_the_token_is_used() {
    let world = consented().await;
    let body = json!({ "person": IGOR.oid, "mfa": "conditional" }).to_string();
    assert_eq!(world.json("PUT", "/simulated/mfa", &body).await.status, 204);
    let tokens = signed_in(&world, &IGOR).await;
    assert_eq!(claims(&tokens)["amr"], json!(["pwd", "mfa"]));
    let reply = refresh(&world, &tokens, SCOPE).await;
    assert_eq!((reply.aadsts(), &reply.json()["suberror"]), (50076, &json!("basic_action")));
}

#[tokio::test]
async fn refresh_tokens_rotate_or_stay() {
    let world = consented().await;
    let tokens = signed_in(&world, &IGOR).await;
    let next = refresh(&world, &tokens, SCOPE).await.json();
    assert!(next["refresh_token"].is_string() && next["refresh_token"] != tokens["refresh_token"]);
    assert_eq!(refresh(&world, &tokens, SCOPE).await.status, 200, "the old one goes on working");

    assert_eq!(world.json("PUT", "/simulated/partner-center", r#"{"rotates":false}"#).await.status, 200);
    world.advance(89 * 86_400);
    assert_eq!(refresh(&world, &tokens, SCOPE).await.json().get("refresh_token"), None);
    world.advance(89 * 86_400);
    assert_eq!(refresh(&world, &tokens, SCOPE).await.status, 200, "use keeps it alive");
    world.advance(90 * 86_400);
    assert_eq!(refresh(&world, &tokens, SCOPE).await.aadsts(), 700_082);
}

#[tokio::test]
async fn a_sign_in_can_end_early() {
    let world = consented().await;
    for (why, number) in [(End::Revoked, 50173), (End::Password, 50133)] {
        let tokens = signed_in(&world, &IGOR).await;
        assert_eq!(world.microsoft.end_sign_ins(&TESS, why), 0);
        assert!(world.microsoft.end_sign_ins(&IGOR, why) > 0);
        let reply = refresh(&world, &tokens, SCOPE).await;
        assert_eq!((reply.aadsts(), &reply.json()["suberror"]), (number, &json!("bad_token")));
    }
}

#[tokio::test]
async fn a_refresh_can_be_answered_for_another_person() {
    let world = consented().await;
    let tokens = signed_in(&world, &IGOR).await;
    let fault = json!({
        "on": "token", "what": { "answersFor": { "tenant": WINGTIP.id, "oid": WANDA.oid } }, "times": 1,
    });
    world.json("POST", "/simulated/faults", &fault.to_string()).await;
    let other = refresh(&world, &tokens, SCOPE).await.json();
    assert_eq!(claims(&other)["oid"], WANDA.oid);
    let own = refresh(&world, &tokens, SCOPE).await.json();
    assert_eq!(claims(&own)["oid"], IGOR.oid);
}

#[tokio::test]
async fn partner_center_can_be_busy() {
    let world = consented().await;
    let tokens = signed_in(&world, &IGOR).await;
    let body = r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }"#;
    let fault = json!({
        "on": "partnerCenter", "what": { "status": 429, "body": body, "headers": { "Retry-After": "57" } }, "times": 1,
    });
    world.json("POST", "/simulated/faults", &fault.to_string()).await;
    let reply = profile(&world, &tokens).await;
    assert_eq!((reply.status, reply.headers["retry-after"].as_str()), (429, "57"));
    assert_eq!(profile(&world, &tokens).await.status, 200);
    assert_eq!(world.get("/simulated/calls/count").await.json()["partnerCenter"], 2);
}

/// What a partner's tenant says of its cloud, and who is who in it.
#[tokio::test]
async fn tenants_say_their_cloud_and_guests_are_guests() {
    let world = consented().await;
    let of = async |tenant: &str| {
        let document = world.get(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await.json();
        ["cloud_instance_name", "tenant_region_scope", "tenant_region_sub_scope"].map(|field| document[field].clone())
    };
    assert_eq!(of(WINGTIP.domain).await, [json!("microsoftonline.com"), json!("NA"), Value::Null]);
    assert_eq!(of(WOODGROVE.domain).await, [json!("microsoftonline.us"), json!("USGov"), json!("DODCON")]);
    assert_eq!(of(LAMNA.domain).await, [json!("partner.microsoftonline.cn"), json!("AS"), Value::Null]);
    assert_eq!(of("organizations").await[1], Value::Null);

    let scope = format!("openid profile {SCOPE}");
    let page = world.authorize(WINGTIP.id, &[("scope", &scope)]).await;
    let guest = world.verified(&world.choose(&page, &GINA).await.hidden()["id_token"]).await;
    assert_eq!((&guest["acct"], &guest["tid"]), (&json!(1), &json!(WINGTIP.id)));
    let page = world.authorize(PERSONAL.id, &[("scope", &scope)]).await;
    assert_eq!(world.choose(&page, &IGOR).await.status, 400, "nobody of a tenant is a personal account");
}
