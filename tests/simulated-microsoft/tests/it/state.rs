//! What a killed simulation still knows when it starts again.

use simulated_microsoft::{CONTOSO, GRACE, PETRA};

use crate::http::form;
use crate::world::{CALLBACK, CLIENT, SECRET, STATE, World};

#[tokio::test]
async fn a_restart_keeps_grants_keys_codes_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    let world = World::with_state(Some(file.clone())).await;
    let token = world.token("common", &GRACE).await;
    let page = world.authorize("common", &[]).await;
    let back = world.choose(&page, &PETRA).await.hidden();
    let keys = world.microsoft.jwks();
    drop(world);

    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&token) && !text.contains(&back["code"]));

    let world = World::with_state(Some(file)).await;
    let mut listed = world.microsoft.jwks();
    listed["keys"][0]["issuer"] = keys["keys"][0]["issuer"].clone(); // the port is another
    assert_eq!(listed, keys);
    assert!(!world.microsoft.granted(CONTOSO.id, CLIENT, PETRA.oid).is_empty());
    assert_eq!(world.graph(&token, "/organization").await.status, 200);
    assert_eq!(world.redeem("common", &back["code"], &[]).await.status, 200);
}

#[tokio::test]
async fn a_restart_on_any_page_of_microsofts_is_not_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    let world = World::with_state(Some(file.clone())).await;
    let page = world.authorize("common", &[]).await;
    drop(world);

    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(&page.hidden()["transaction"]) && !text.contains(SECRET));
    let world = World::with_state(Some(file.clone())).await;
    let page = world.choose(&page, &GRACE).await;
    assert!(page.body.contains("Permissions requested"));
    drop(world);

    let world = World::with_state(Some(file.clone())).await;
    let back = world.decide(&page, "accept", true).await.hidden();
    assert_eq!(back["state"], STATE);
    assert_eq!(world.verified(&back["id_token"]).await["nonce"], "n0nce");
    assert_eq!(world.redeem("common", &back["code"], &[]).await.status, 200);
    drop(world);

    let world = World::with_state(Some(file)).await;
    assert!(world.decide(&page, "accept", true).await.body.contains("AADSTS165000"), "it is over once it is answered");
}

#[tokio::test]
async fn a_restart_keeps_what_admin_consent_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    let world = World::with_state(Some(file.clone())).await;
    let fields = [("client_id", CLIENT), ("redirect_uri", CALLBACK), ("state", STATE)];
    let page = world.get(&format!("/{}/adminconsent?{}", CONTOSO.id, form(&fields))).await;
    drop(world);
    let world = World::with_state(Some(file)).await;
    let page = world.choose(&page, &GRACE).await;
    let query = world.decide(&page, "accept", false).await.redirect_query();
    assert_eq!((query["admin_consent"].as_str(), query["state"].as_str()), ("True", STATE));
    assert!(query["scope"].contains("CallRecords.Read.All"));
}

#[tokio::test]
async fn a_file_from_before_sign_ins_were_kept_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    let keys = World::with_state(Some(file.clone())).await.microsoft.current_kid().unwrap();
    let mut stored: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(stored.as_object_mut().unwrap().remove("sign_ins").is_some());
    std::fs::write(&file, stored.to_string()).unwrap();
    assert_eq!(World::with_state(Some(file)).await.microsoft.current_kid().unwrap(), keys);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    std::fs::write(&file, "{}").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = simulated_microsoft::Options {
        client_id: CLIENT.to_owned(),
        client_secret: String::new(),
        certificates: Vec::new(),
        redirect_uris: Vec::new(),
        state_file: Some(file),
        now: std::sync::Arc::new(|| chrono::DateTime::UNIX_EPOCH),
    };
    assert!(simulated_microsoft::SimulatedMicrosoft::start(listener, "http://localhost", options).is_err());
}
