//! Our proof to Microsoft: a certificate in the place of the client secret, and the change from one to the other.

use chrono::{DateTime, Utc};
use onboarding_core::time::Clock as _;
use onboarding_sandbox::{Options, Overrides};
use serde_json::json;
use simulated_microsoft::{AppRegistration, CONTOSO, GRACE, SelfSigned};

use crate::world::{Decision, World};

pub(crate) const SECRET_ID: &str = "onboarding/sandbox/client-secret";

fn options() -> Options {
    Options { sweep: false, insecure_redirects: true, ..Options::default() }
}

/// Our application at Microsoft.
fn client_id() -> String {
    Overrides::default().client_id().to_string()
}

pub(crate) fn now(world: &World) -> DateTime<Utc> {
    DateTime::from_timestamp(world.sandbox.clock().now().seconds(), 0).unwrap()
}

impl World {
    /// Writes the credential, as an operator does.
    pub(crate) async fn put_credential(&self, text: &str) {
        self.secrets_manager("PutSecretValue", &json!({"SecretId": SECRET_ID, "SecretString": text})).await;
    }

    /// Changes our registration at Microsoft, as an operator does.
    pub(crate) fn register(&self, change: impl FnOnce(&mut AppRegistration)) {
        let mut app = self.microsoft().registration(&client_id()).unwrap();
        change(&mut app);
        self.microsoft().register(app);
    }

    /// A sign-in of a fresh enterprise up to Microsoft's answer, and the enterprise.
    async fn signed_in(&self, name: &str) -> (u64, String, onboarding_sandbox::Form) {
        let enterprise = self.enterprise(json!({"enterpriseName": name, "expectedTenant": CONTOSO.id})).await;
        let link = self.registration_url(enterprise).await;
        let answer = self.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
        (enterprise, link, answer)
    }
}

fn refused() -> (String, Option<String>) {
    ("blocked".to_owned(), Some("our_secret_bad_or_expired".to_owned()))
}

/// R115 The journey with a certificate, and no client secret anywhere, ends granted; so it does after a restart.
#[tokio::test]
async fn the_journey_with_a_certificate_ends_granted() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |certificate| Options { certificate, data: Some(folder.path().to_owned()), ..options() };
    let world = World::with(kept(true)).await;
    let app = world.microsoft().registration(&client_id()).unwrap();
    assert!(app.client_secret.is_empty() && app.certificates.len() == 1);
    let (enterprise, _, answer) = world.signed_in("One").await;
    world.post(answer).await;
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
    assert_eq!(world.token_calls(), 1);
    world.sandbox.stop().await;
    let world = World::with(kept(false)).await;
    let again = world.microsoft().registration(&client_id()).unwrap();
    assert_eq!(again.certificates[0].thumbprint(), app.certificates[0].thumbprint());
    let (enterprise, _, answer) = world.signed_in("Two").await;
    world.post(answer).await;
    assert_eq!(world.registration(enterprise).await.0, "granted");
}

/// R116, P2 A certificate that Microsoft does not know: told, once, the code is sent once, and the link works again as
/// soon as it is registered.
#[tokio::test]
async fn a_wrong_certificate_is_told_and_keeps_the_link() {
    let world = World::with(Options { certificate: true, ..options() }).await;
    let mut own = Vec::new();
    let other = SelfSigned::generate(now(&world), 30).unwrap().certificate().unwrap();
    world.register(|app| own = std::mem::replace(&mut app.certificates, vec![other]));
    let (enterprise, link, answer) = world.signed_in("One").await;
    for _ in 0..2 {
        let page = world.post(answer.clone()).await;
        assert!(page.text().contains("you did nothing wrong"), "{}", page.text());
    }
    assert_eq!(world.token_calls(), 1);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, refused());
    assert_eq!(world.outcome().await, refused());
    world.register(|app| app.certificates = own);
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
}

/// The change from secret to certificate, with both registered for its time: nobody notices, whatever is in the air.
#[tokio::test]
async fn a_secret_gives_way_to_a_certificate() {
    let world = World::new().await;
    let first = world.signed_in("First").await;
    let second = world.signed_in("Second").await;
    let certificate = SelfSigned::generate(now(&world), 30).unwrap();
    world.register(|app| app.certificates = vec![certificate.certificate().unwrap()]);
    world.post(first.2).await;
    world.put_credential(&certificate.pem().unwrap()).await;
    world.post(second.2).await;
    world.sandbox.clock().advance(5 * 60);
    let third = world.signed_in("Third").await;
    world.register(|app| app.client_secret.clear());
    world.post(third.2).await;
    for enterprise in [first.0, second.0, third.0] {
        assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
    }
    assert_eq!(world.token_calls(), 3);
}

/// P2 The same in haste: the secret is gone at Microsoft while it is still cached here. One sign-in is refused, its code is
/// not sent again, the credential is read again, and the same link works.
#[tokio::test]
async fn a_secret_that_is_gone_is_read_again() {
    let world = World::new().await;
    let (before, _, answer) = world.signed_in("Before").await;
    world.post(answer).await;
    assert_eq!(world.registration(before).await.0, "granted");
    let certificate = SelfSigned::generate(now(&world), 30).unwrap();
    world.put_credential(&certificate.pem().unwrap()).await;
    world.register(|app| {
        app.certificates = vec![certificate.certificate().unwrap()];
        app.client_secret.clear();
    });
    let (enterprise, link, answer) = world.signed_in("After").await;
    world.post(answer.clone()).await;
    assert_eq!(world.registration(enterprise).await, refused());
    world.post(answer).await;
    assert_eq!(world.token_calls(), 2, "the code of the refused sign-in was sent once");
    world.visit(&link, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, ("granted".to_owned(), None));
}

/// A credential that cannot be read again after a refusal is no fault of the person's: the page is the same.
#[tokio::test]
async fn a_refusal_while_secrets_manager_is_away_is_told_all_the_same() {
    let world = World::new().await;
    let (enterprise, _, answer) = world.signed_in("One").await;
    let (other, _, first) = world.signed_in("Other").await;
    world.post(first).await;
    assert_eq!(world.registration(other).await.0, "granted");
    world.register(|app| "renewed".clone_into(&mut app.client_secret));
    let faults = world.sandbox.secrets_manager().unwrap().faults();
    faults.fail(simulated_secrets_manager::Operation::GetSecretValue, 2, 500, "InternalServiceError");
    assert_eq!(world.post(answer).await.status, 200);
    assert_eq!(world.registration(enterprise).await, refused());
}
