//! Wiring of `sweep`.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::{SystemClock, Timestamp};
use onboarding_dynamo::Store;
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::Table;
use onboarding_lambda::{aws, log};
use serde_json::Value;
use sweep::{App, Tick, sweep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    log::init(&env)?;
    let (sdk, table) = (aws::sdk_config(&env)?, Table::from_env(&env)?);
    let store = Store::connect(&sdk, table.endpoint(), table.name.as_str());
    let app = App { store, clock: Arc::new(SystemClock), random: Arc::new(SystemRandomness::new()) };
    let tick = async |tick: LambdaEvent<Value>| -> Result<(), Error> {
        let swept = sweep(&app, Tick::of(&tick.payload), Timestamp::from(tick.context.deadline())).await?;
        tracing::info!(swept.woken, swept.sealed, swept.expired, swept.cut_short, "swept");
        Ok(())
    };
    lambda_runtime::run(service_fn(tick)).await
}
