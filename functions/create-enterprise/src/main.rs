//! Wiring of `create-enterprise`.

use std::convert::Infallible;
use std::sync::Arc;

use create_enterprise::{App, handle};
use lambda_http::{Error, service_fn};
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{PublicBase, SecretsAt, Table};
use onboarding_lambda::edge::Edge;
use onboarding_lambda::{aws, log};
use onboarding_secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table, secrets) = (aws::sdk_config(&env)?, Table::from_env(&env)?, SecretsAt::from_env(&env)?);
    let store = Store::connect(&sdk, table.endpoint(), table.name.as_str());
    // Read with the first invitation: most of what this function answers needs no secret.
    let secrets = Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str()));
    let app = App { edge: Edge::deployed(PublicBase::from_env(&env)?), store, secrets };
    lambda_http::run(service_fn(async |request| Ok::<_, Infallible>(handle(&app, request).await))).await
}
