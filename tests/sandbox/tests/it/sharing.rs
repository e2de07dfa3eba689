//! K2: two sandboxes on one DynamoDB, one Secrets Manager and one Microsoft.

use std::time::Duration;

use onboarding_lambda::config::Env;
use onboarding_microsoft::http;
use onboarding_sandbox::{Options, Overrides, Sandbox};
use serde_json::Value;

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

/// K8 DynamoDB answers whoever asks, with a signature or without.
#[tokio::test]
async fn rows_can_be_read_without_a_signature() {
    let sandbox = Sandbox::start(Options { sweep: false, ..Options::default() }).await.unwrap();
    let ask = async |authorization: Option<&str>| {
        let call = http::client().unwrap().post(&sandbox.ready().dynamodb);
        let call = call.header("content-type", "application/x-amz-json-1.0");
        let call = call.header("x-amz-target", "DynamoDB_20120810.Scan").body(r#"{"TableName":"onboarding-sandbox"}"#);
        let call = authorization.into_iter().fold(call, |call, value| call.header("authorization", value));
        let answer = call.header("x-amz-date", "20260101T000000Z").send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let other = "AWS4-HMAC-SHA256 Credential=other/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, \
                 Signature=0000";
    for authorization in [None, Some(other)] {
        let (status, page) = ask(authorization).await;
        assert_eq!(status, 200, "{page}");
        assert!(page["Count"].as_u64().unwrap() > 0);
    }
}
