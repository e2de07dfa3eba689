//! Wiring of `mail-delivery`.

use std::convert::Infallible;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mail_delivery::{App, deliver};
use onboarding_core::time::SystemClock;
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{MailAt, SecretsAt, Table};
use onboarding_lambda::{aws, log};
use onboarding_mail::Mailer;
use onboarding_secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let mail = MailAt::from_env(&env)?;
    let app = App {
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        mailer: Mailer::connect(&sdk, mail.endpoint(), mail.from.clone()),
        clock: Arc::new(SystemClock),
    };
    // Read now, where an error stops the function with the secret's name, not in the middle of a mail (G80).
    app.secrets.sealing_keys(app.clock.now()).await?;
    let deliver = async |batch: LambdaEvent<Event>| Ok::<_, Infallible>(deliver(&app, &batch.payload).await);
    lambda_runtime::run(service_fn(deliver)).await
}
