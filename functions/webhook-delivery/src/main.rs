//! Wiring of `webhook-delivery`.

use std::convert::Infallible;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use onboarding_core::time::{SystemClock, Timestamp};
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{SecretsAt, Table};
use onboarding_lambda::{aws, log};
use onboarding_secrets::Secrets;
use webhook_delivery::{App, Reach, Sender, deliver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let app = App {
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        sender: Sender::new(Reach::Public)?,
        clock: Arc::new(SystemClock),
    };
    app.secrets.sealing_keys(app.clock.now()).await?;
    let deliver = async |batch: LambdaEvent<Event>| {
        Ok::<_, Infallible>(deliver(&app, &batch.payload, Timestamp::from(batch.context.deadline())).await)
    };
    lambda_runtime::run(service_fn(deliver)).await
}
