//! What a killed simulation still knows when it starts again.

use simulated_microsoft::{CONTOSO, GRACE, PETRA};

use crate::world::{CLIENT, World};

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
async fn a_file_that_is_not_ours_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("microsoft.json");
    std::fs::write(&file, "{}").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = simulated_microsoft::Options {
        client_id: CLIENT.to_owned(),
        client_secret: String::new(),
        redirect_uris: Vec::new(),
        state_file: Some(file),
        now: std::sync::Arc::new(|| chrono::DateTime::UNIX_EPOCH),
    };
    assert!(simulated_microsoft::SimulatedMicrosoft::start(listener, "http://localhost", options).is_err());
}
