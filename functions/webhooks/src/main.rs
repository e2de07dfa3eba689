//! Wiring of `webhooks`.

use std::convert::Infallible;

use lambda_http::{Error, service_fn};
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{PublicBase, Table};
use onboarding_lambda::edge::Edge;
use onboarding_lambda::{aws, log};
use webhooks::{App, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table) = (aws::sdk_config(&env)?, Table::from_env(&env)?);
    let app = App {
        edge: Edge::deployed(PublicBase::from_env(&env)?),
        store: Store::connect(&sdk, table.endpoint(), table.name.as_str()),
        redirect_policy: RedirectPolicy::default(),
    };
    lambda_http::run(service_fn(async |request| Ok::<_, Infallible>(handle(&app, request).await))).await
}
