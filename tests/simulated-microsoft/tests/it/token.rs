//! The token endpoint: the good path and every refusal.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use simulated_microsoft::{AppRegistration, CONTOSO, GRACE, Revocation, default_permissions};

use crate::http::form;
use crate::world::{CALLBACK, CLIENT, REGISTRATION, SECRET, START, STATE, VERIFIER, World};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn the_whole_hybrid_flow_yields_a_graph_token() {
    let world = World::new().await;
    let back = world.consented("common", &GRACE, REGISTRATION, true).await;
    assert_eq!(back.form_action(), CALLBACK);
    let fields = back.hidden();
    assert_eq!(fields["state"], STATE);
    assert!(fields.contains_key("session_state"));

    let front = world.verified(&fields["id_token"]).await;
    assert_eq!(front["aud"], CLIENT);
    assert_eq!(front["iss"], format!("{}/{}/v2.0", world.base, CONTOSO.id));
    assert_eq!((front["tid"].as_str(), front["oid"].as_str()), (Some(CONTOSO.id), Some(GRACE.oid)));
    assert_eq!((front["nonce"].as_str(), front["ver"].as_str()), (Some("n0nce"), Some("2.0")));
    assert_eq!((front["iat"].as_i64(), front["exp"].as_i64()), (Some(START), Some(START + 3600)));
    let half = URL_SAFE_NO_PAD.encode(&Sha256::digest(&fields["code"])[..16]);
    assert_eq!(front["c_hash"], half);

    let reply = world.redeem("common", &fields["code"], &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let tokens = reply.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens.get("refresh_token"), None);
    let scopes: Vec<_> = tokens["scope"].as_str().unwrap().split(' ').collect();
    assert!(scopes.contains(&"Directory.ReadWrite.All") && !tokens["scope"].as_str().unwrap().contains("48ac35b8"));

    let back_channel = world.verified(tokens["id_token"].as_str().unwrap()).await;
    for claim in ["iss", "sub", "tid", "oid", "nonce"] {
        assert_eq!(front[claim], back_channel[claim], "{claim}");
    }
    assert_eq!(back_channel.get("c_hash"), None);

    let me = world.graph(tokens["access_token"].as_str().unwrap(), "/me?$select=id").await.json();
    assert_eq!(me["id"], GRACE.oid);
    assert_eq!(me.get("displayName"), None);
}

#[tokio::test]
async fn without_profile_the_token_says_no_name_and_no_oid() {
    let world = World::new().await;
    let back = world.consented("common", &GRACE, "openid User.Read", false).await;
    let claims = world.verified(&back.hidden()["id_token"]).await;
    for claim in ["oid", "name", "preferred_username"] {
        assert_eq!(claims.get(claim), None, "{claim}");
    }
}

#[tokio::test]
async fn every_wrong_parameter_has_its_refusal_and_burns_nothing() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    let cases = [
        ("client_id", "other", 400, 700_016),
        ("client_secret", "wrong", 401, 7_000_215),
        ("client_secret", "", 401, 7_000_218),
        ("grant_type", "", 400, 900_144),
        ("grant_type", "password", 400, 70003),
        ("code", "", 400, 900_144),
        ("code", "unknown", 400, 70000),
        ("redirect_uri", "", 400, 900_144),
        ("redirect_uri", "https://elsewhere.example/", 401, 500_112),
        ("code_verifier", "", 400, 50148),
        ("code_verifier", "another", 400, 501_481),
        ("scope", "User.Read 48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation", 400, 700_022),
        ("scope", "Nothing.At.All", 400, 70011),
        ("scope", "Application.ReadWrite.All", 400, 65001),
    ];
    for (name, value, status, number) in cases {
        let reply = world.redeem("common", &code, &[(name, value)]).await;
        assert_eq!((reply.status, reply.aadsts()), (status, number), "{name}={value}");
        let body = reply.json();
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: ")));
        for field in ["error", "timestamp", "trace_id", "correlation_id"] {
            assert!(body[field].is_string(), "{field}");
        }
    }
    assert_eq!(world.redeem("common", &code, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_on_its_own_path() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    assert_eq!(world.redeem("organizations", &code, &[]).await.aadsts(), 700_005);
    assert_eq!(world.redeem(CONTOSO.id, &code, &[]).await.aadsts(), 700_005);
    assert_eq!(world.redeem("common", &code, &[]).await.status, 200);
    assert_eq!(world.redeem("common", &code, &[]).await.aadsts(), 54005);

    let page = world.authorize(CONTOSO.domain, &[]).await;
    let code = world.choose(&page, &GRACE).await.hidden()["code"].clone();
    world.advance(600);
    assert_eq!(world.redeem(CONTOSO.id, &code, &[]).await.aadsts(), 70008);
    assert_eq!(world.redeem("unknown.example", &code, &[]).await.aadsts(), 90002);
}

#[tokio::test]
async fn a_code_is_bound_to_its_client() {
    let world = World::new().await;
    world.microsoft.register(AppRegistration {
        client_id: "other".to_owned(),
        client_secret: "other secret".to_owned(),
        certificates: Vec::new(),
        display_name: "Other".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        permissions: default_permissions(),
    });
    let code = world.code("common", &GRACE).await;
    let changed = [("client_id", "other"), ("client_secret", "other secret")];
    assert_eq!(world.redeem("common", &code, &changed).await.aadsts(), 70000);
}

#[tokio::test]
async fn basic_credentials_work_but_not_beside_a_secret_in_the_body() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    let pair: Vec<_> = [CLIENT, SECRET].iter().map(|part| form(&[("", part)]).split_off(1)).collect();
    let basic = format!("Basic {}", STANDARD.encode(pair.join(":")));
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let headers = [FORM, ("authorization", basic.as_str()), ("origin", "https://app.example")];
    let twice = format!("{}&client_secret=x", form(&fields));
    let reply = world.try_send("POST", "/common/oauth2/v2.0/token", &headers, &twice).await.unwrap();
    assert_eq!(reply.aadsts(), 90023);
    let reply = world.try_send("POST", "/common/oauth2/v2.0/token", &headers, &form(&fields)).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn only_a_form_without_repeated_fields_is_read() {
    let world = World::new().await;
    let reply = world.json("POST", "/common/oauth2/v2.0/token", "{}").await;
    assert_eq!(reply.aadsts(), 9_002_313);
    let reply =
        world.try_send("POST", "/common/oauth2/v2.0/token", &[FORM], "grant_type=a&grant_type=b").await.unwrap();
    assert_eq!(reply.aadsts(), 9_000_411);
}

#[tokio::test]
async fn the_teams_resource_gets_a_token_that_graph_refuses() {
    let world = World::new().await;
    let code = world.code("common", &GRACE).await;
    let scope = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation";
    let tokens = world.redeem("common", &code, &[("scope", scope)]).await.json();
    assert_eq!(tokens["scope"], scope);
    let reply = world.graph(tokens["access_token"].as_str().unwrap(), "/me").await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn a_refresh_token_needs_offline_access_and_a_living_grant() {
    let world = World::new().await;
    let back = world.consented("common", &GRACE, "openid offline_access User.Read", false).await;
    let tokens = world.redeem("common", &back.hidden()["code"], &[]).await.json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let changed = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("code", "")];
    let again = world.redeem("common", "", &changed).await.json();
    assert!(again["refresh_token"].is_string() && again["access_token"] != tokens["access_token"]);

    let all = Revocation { tenant: CONTOSO.id.to_owned(), client_id: CLIENT.to_owned(), ..Revocation::default() };
    assert_eq!(world.microsoft.revoke(&all), 3);
    assert_eq!(world.redeem("common", "", &changed).await.aadsts(), 65001);
    world.microsoft.remove_service_principal(CONTOSO.id, CLIENT);
    assert_eq!(world.redeem("common", "", &changed).await.aadsts(), 700_016);
    world.advance(90 * 86_400);
    assert_eq!(world.redeem("common", "", &changed).await.aadsts(), 700_082);
}
