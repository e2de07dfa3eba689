//! Wiring of `consent-verify`.

use std::convert::Infallible;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use consent_verify::{App, verify};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use onboarding_core::proof::Policy;
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::SystemClock;
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{MicrosoftAt, PublicBase, SecretsAt, Table};
use onboarding_lambda::{aws, log};
use onboarding_microsoft::{Microsoft, Settings};
use onboarding_secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let microsoft = MicrosoftAt::from_env(&env)?;
    let app = App {
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        microsoft: Arc::new(Microsoft::new(Settings { endpoints: microsoft.endpoints, clients: microsoft.clients })?),
        policy: Policy::default(),
        public_base: PublicBase::from_env(&env)?,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandomness::new()),
    };
    app.secrets.sealing_keys(app.clock.now()).await?;
    let clients = &app.microsoft.settings().clients;
    let all: Vec<_> = [clients.own()].into_iter().chain(clients.others()).collect();
    app.secrets.credentials(&all, clients.own(), app.clock.now()).await?;
    let verify = async |batch: LambdaEvent<Event>| Ok::<_, Infallible>(verify(&app, &batch.payload).await);
    lambda_runtime::run(service_fn(verify)).await
}
