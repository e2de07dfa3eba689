//! The program itself: what it does not start without.

#![cfg(test)]

use std::process::Stdio;

use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;

/// Runs the program until it ends by itself, with `secrets` as Secrets Manager: whether it ended well, what it said, and
/// whether it ever asked Lambda for an event.
async fn run(secrets: &SimulatedSecretsManager) -> (bool, String, bool) {
    let runtime_api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = runtime_api.local_addr().unwrap().to_string();
    let endpoint = secrets.endpoint();
    let mut program = Command::new(env!("CARGO_BIN_EXE_consent-redirect"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "consent-redirect"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.as_str()),
            ("TABLE_NAME", "onboarding"),
            ("SECRETS_PREFIX", "onboarding/test"),
            ("PUBLIC_BASE_URL", "https://consent.example.com"),
            ("CLIENT_ID", "0a4db0a2-d100-4a4a-8b8b-0000000a0001"),
            ("CLOUD", "global"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (program.stdout.take().unwrap(), program.stderr.take().unwrap());
    let mut said = String::new();
    tokio::select! {
        ended = program.wait() => {
            stdout.read_to_string(&mut said).await.unwrap();
            stderr.read_to_string(&mut said).await.unwrap();
            (ended.unwrap().success(), said, false)
        }
        _ = runtime_api.accept() => (true, said, true),
    }
}

/// G80 Without its sealing key or its credential the function does not start: it says which secret is missing, and asks
/// for no event. With both it does.
#[tokio::test]
async fn it_does_not_start_without_its_secrets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secrets = SimulatedSecretsManager::start(listener, None).unwrap();
    let random = onboarding_core::random::SystemRandomness::new();
    let (ended_well, said, asked) = run(&secrets).await;
    assert!(!ended_well && !asked && said.contains("onboarding/test/sealing-keys"), "{said}");

    let credentials = onboarding_lambda::aws::Credentials::new("id", "key", None, None, "test");
    let region = onboarding_lambda::aws::Region::new("eu-west-1");
    let sdk = onboarding_lambda::aws::sdk_config_for(region, credentials, onboarding_lambda::aws::plain_http_client());
    let ours = onboarding_secrets::Secrets::connect(&sdk, Some(&secrets.endpoint()), "onboarding/test");
    ours.create_sealing_keys_if_absent(&random).await.unwrap();
    let (ended_well, said, asked) = run(&secrets).await;
    assert!(!ended_well && !asked && said.contains("onboarding/test/client-secret"), "{said}");

    ours.put_client_credential(&"a secret".to_owned().into()).await.unwrap();
    let (_, said, asked) = run(&secrets).await;
    assert!(asked, "{said}");
}
