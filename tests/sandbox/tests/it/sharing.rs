//! K2: two sandboxes on one DynamoDB, one Secrets Manager and one Microsoft.

use std::time::Duration;

use onboarding_lambda::config::Env;
use onboarding_sandbox::{Options, Overrides};

use crate::world::{World, consent, options};

#[tokio::test]
async fn a_second_sandbox_finds_what_the_first_has_made() {
    let first = World::new().await;
    let ready = first.sandbox.ready();
    let pairs = [
        ("AWS_ENDPOINT_URL_DYNAMODB", ready.dynamodb.as_str()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ready.secrets.as_str()),
        ("AUTHORITY_HOST", ready.microsoft.as_str()),
        ("GRAPH_ENDPOINT", ready.microsoft.as_str()),
        ("PUBLIC_BASE_URL", ready.api.as_str()),
    ];
    let overrides = Overrides::from_env(&Env::from_pairs(pairs)).unwrap();
    let second = World::with(Options { overrides, ..options() }).await;
    assert!(second.sandbox.microsoft().is_none() && second.sandbox.secrets_manager().is_none());
    assert_eq!(second.sandbox.reseller_key(), first.sandbox.reseller_key());
    assert_eq!(second.sandbox.operator_key(), first.sandbox.operator_key());

    let enterprise = second.register("Contoso").await;
    assert!(consent(&second.link("Contoso").await).await.text().contains("Granted Consent"));
    assert_eq!(second.status(enterprise).await, "granted");
    first.sandbox.tick().await.unwrap();
    second.sandbox.tick().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(second.sandbox.webhooks().messages().len(), 1, "both read the stream, one delivers");
}

#[tokio::test]
async fn a_given_client_secret_is_put_over_the_former_one() {
    let folder = tempfile::tempdir().unwrap();
    let with = |pairs: &[(&str, &str)]| Options {
        data: Some(folder.path().to_owned()),
        overrides: Overrides::from_env(&Env::from_pairs(pairs.iter().copied())).unwrap(),
        ..options()
    };
    let world = World::with(with(&[])).await;
    world.sandbox.stop().await;
    let given = [("CLIENT_SECRET", "s3cret~+&%"), ("CLIENT_ID", "11111111-2222-4333-8444-555555555555")];
    let world = World::with(with(&given)).await;
    let app = world.sandbox.microsoft().unwrap().registration(given[1].1).unwrap();
    assert_eq!(app.client_secret, given[0].1);
    world.consented("Contoso").await;
}
