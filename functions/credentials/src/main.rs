//! Wiring of `credentials`.

use std::convert::Infallible;
use std::sync::Arc;

use credentials::{App, handle};
use lambda_http::{Error, service_fn};
use onboarding_core::catalogue::Catalogue;
use onboarding_core::redirect_url::RedirectPolicy;
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
    let app = App {
        edge: Edge::deployed(PublicBase::from_env(&env)?),
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        secrets: Arc::new(Secrets::connect(&sdk, secrets.endpoint(), secrets.prefix.as_str())),
        starter_catalogue: Catalogue::default(),
        redirect_policy: RedirectPolicy::default(),
    };
    lambda_http::run(service_fn(async |request| Ok::<_, Infallible>(handle(&app, request).await))).await
}
