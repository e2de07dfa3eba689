//! K8: what survives a stop.

use onboarding_sandbox::{Error, Options, Sandbox};

use crate::world::{World, consent, options};

#[tokio::test]
async fn a_restart_finds_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { data: Some(folder.path().join("data")), ..options() };
    let before = World::with(options()).await;
    let granted = before.consented("Contoso").await;
    let pending = before.register("Contoso again").await;
    let link = before.link("Contoso again").await;
    before.sandbox.tick().await.unwrap();
    let told = before.sandbox.ready().line();
    let caught = before.sandbox.webhooks().messages();
    assert_eq!(caught.len(), 1);
    assert!(matches!(Sandbox::start(options()).await, Err(Error::DataInUse(_))));
    before.sandbox.stop().await;

    let after = World::with(options()).await;
    assert_eq!(after.sandbox.ready().line(), told);
    assert_eq!(after.sandbox.webhooks().messages(), caught);
    assert_eq!(after.status(granted).await, "granted");
    assert!(consent(&link).await.text().contains("Granted Consent"));
    assert_eq!(after.status(pending).await, "granted");
    after.sandbox.tick().await.unwrap();
    let ids: Vec<_> = after.sandbox.webhooks().messages().into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["1", "2"], "what was delivered before is not delivered again");
}

#[tokio::test]
async fn a_sandbox_in_memory_is_new_each_time() {
    let (one, other) = (World::new().await, World::new().await);
    assert_ne!(one.sandbox.api(), other.sandbox.api());
    assert_ne!(one.sandbox.operator_key(), other.sandbox.operator_key());
    let enterprise = one.register("Contoso").await;
    assert_eq!(other.as_reseller(&format!("/v1/enterprises/{enterprise}"), None).await.status(), 404);
}
