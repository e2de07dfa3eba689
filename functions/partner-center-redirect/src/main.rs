//! Wiring of `partner-center-redirect`.

use std::convert::Infallible;
use std::sync::Arc;

use lambda_http::{Error, service_fn};
use onboarding_connections::{Callbacks, Connections};
use onboarding_core::proof::Policy;
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{MicrosoftAt, PublicBase, SecretsAt, Table};
use onboarding_lambda::edge::Edge;
use onboarding_lambda::{aws, log};
use onboarding_microsoft::{Microsoft, Settings};
use onboarding_secrets::Secrets;
use partner_center_redirect::{App, handle};

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
    let app = App { edge: Edge::deployed(public_base), connections, policy: Policy::default() };
    // Read now, where an error stops the function with the secret's name, not at somebody's call (G80).
    app.connections.secrets.sealing_keys(app.edge.clock.now()).await?;
    lambda_http::run(service_fn(async |request| Ok::<_, Infallible>(handle(&app, request).await))).await
}
