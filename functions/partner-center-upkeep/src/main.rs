//! Wiring of `partner-center-upkeep`.

use std::convert::Infallible;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use onboarding_connections::{Callbacks, Connections};
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::{Clock as _, SystemClock};
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{MicrosoftAt, PublicBase, SecretsAt, Table};
use onboarding_lambda::{aws, log};
use onboarding_microsoft::{Microsoft, Settings};
use onboarding_secrets::Secrets;
use partner_center_upkeep::{App, keep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let (microsoft, public_base) = (MicrosoftAt::from_env(&env)?, PublicBase::from_env(&env)?);
    let connections = Connections {
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        microsoft: Arc::new(Microsoft::new(Settings { endpoints: microsoft.endpoints, clients: microsoft.clients })?),
        callbacks: Callbacks {
            admin: public_base.connection_admin_callback(),
            user: public_base.connection_user_callback(),
        },
        circuits: Arc::default(),
    };
    let app = App { connections, clock: Arc::new(SystemClock), random: Arc::new(SystemRandomness::new()) };
    app.connections.secrets.sealing_keys(SystemClock.now()).await?;
    let keep = async |batch: LambdaEvent<Event>| Ok::<_, Infallible>(keep(&app, &batch.payload).await);
    lambda_runtime::run(service_fn(keep)).await
}
