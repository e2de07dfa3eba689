//! Wiring of `mail-delivery`.

use std::sync::Arc;

use aws_lambda_events::event::streams::DynamoDbEventResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail_delivery::{App, Invocation, deliver, told};
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::SystemClock;
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{MailAt, SecretsAt, Table};
use onboarding_lambda::{aws, log};
use onboarding_mail::{Mailer, Sender};
use onboarding_secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let mail = MailAt::from_env(&env)?;
    let sender = Sender { address: mail.from.clone(), configuration_set: mail.configuration_set.clone() };
    let app = App {
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        mailer: Mailer::connect(&sdk, mail.endpoint(), sender),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandomness::new()),
    };
    // Read now, where an error stops the function with the secret's name, not in the middle of a mail (G80).
    app.secrets.sealing_keys(app.clock.now()).await?;
    let handle = async |invocation: LambdaEvent<Invocation>| -> Result<DynamoDbEventResponse, Error> {
        match invocation.payload {
            Invocation::Batch(batch) => Ok(deliver(&app, &batch).await),
            // An error is an invocation that Lambda makes again.
            Invocation::Told(feedback) => Ok(told(&app, &feedback).await.map(|()| DynamoDbEventResponse::default())?),
        }
    };
    lambda_runtime::run(service_fn(handle)).await
}
