//! Wiring of `key-rotation`.

use std::sync::Arc;

use key_rotation::{App, rotate};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::SystemClock;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::SecretsAt;
use onboarding_lambda::{aws, log};
use onboarding_secrets::Secrets;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, secrets) = (aws::sdk_config(&env)?, SecretsAt::from_env(&env)?);
    let app = App {
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandomness::new()),
    };
    let rotate = async |_: LambdaEvent<Value>| -> Result<_, Error> { Ok(rotate(&app).await?) };
    lambda_runtime::run(service_fn(rotate)).await
}
