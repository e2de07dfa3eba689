//! Where the deployment is: at AWS, as the environment says, or a sandbox on this machine.

use clap::Args;
use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion, Trail};
use onboarding_core::credential::Environment;
use onboarding_core::random::SystemRandomness;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_core::time::{Clock as _, SystemClock, Timestamp};
use onboarding_dynamo::Store;
use onboarding_lambda::aws::{self, Credentials, Region, SdkConfig};
use onboarding_lambda::config::Env;
use onboarding_lambda::config::deployment::{Endpoint, PublicBase, SecretsPrefix, TableName};
use onboarding_operator::Order;
use onboarding_secrets::Secrets;

use crate::error::Error;

/// The names that every sandbox has.
const SANDBOX_TABLE: &str = "onboarding-sandbox";
const SANDBOX_PREFIX: &str = "onboarding/sandbox";
const SANDBOX_REGION: &str = "eu-west-1";

/// In the audit trail, who did it.
const ACTOR: Actor = Actor::System("onboarding-admin");

/// Where the deployment is.
#[derive(Args)]
pub(crate) struct Place {
    /// The table's name.
    #[arg(long, env = "TABLE_NAME", global = true)]
    table: Option<TableName>,
    /// What the names of the secrets begin with.
    #[arg(long, env = "SECRETS_PREFIX", global = true)]
    secrets_prefix: Option<SecretsPrefix>,
    /// Where DynamoDB is, if not at AWS.
    #[arg(long, env = "AWS_ENDPOINT_URL_DYNAMODB", value_name = "URL", global = true)]
    endpoint_dynamodb: Option<Endpoint>,
    /// Where Secrets Manager is, if not at AWS.
    #[arg(long, env = "AWS_ENDPOINT_URL_SECRETS_MANAGER", value_name = "URL", global = true)]
    endpoint_secrets_manager: Option<Endpoint>,
    /// Our own address, which the links in mails begin with.
    #[arg(long, env = "PUBLIC_BASE_URL", value_name = "URL", global = true)]
    public_base_url: Option<String>,
    /// A sandbox, at the two endpoints that it prints: its names, `onb_test_` keys, any host as a redirect host.
    #[arg(long, global = true)]
    sandbox: bool,
}

impl Place {
    pub(crate) fn store(&self) -> Result<Store, Error> {
        let table = self.table.as_ref().map(TableName::as_str);
        let table = table.or(self.sandbox.then_some(SANDBOX_TABLE)).ok_or(Error::Unsaid("--table"))?;
        let endpoint = self.endpoint(self.endpoint_dynamodb.as_ref(), "--endpoint-dynamodb")?;
        Ok(Store::connect(&self.sdk()?, endpoint, table))
    }

    pub(crate) fn secrets(&self) -> Result<Secrets, Error> {
        let prefix = self.secrets_prefix.as_ref().map(SecretsPrefix::as_str);
        let prefix = prefix.or(self.sandbox.then_some(SANDBOX_PREFIX)).ok_or(Error::Unsaid("--secrets-prefix"))?;
        let endpoint = self.endpoint(self.endpoint_secrets_manager.as_ref(), "--endpoint-secrets-manager")?;
        Ok(Secrets::connect(&self.sdk()?, endpoint, prefix))
    }

    /// Whether our own address is said.
    pub(crate) const fn has_public_base(&self) -> bool {
        self.public_base_url.is_some()
    }

    /// Our own address.
    pub(crate) fn public_base(&self) -> Result<PublicBase, Error> {
        let said = self.public_base_url.as_deref().ok_or(Error::Unsaid("--public-base-url"))?;
        Ok(if self.sandbox { PublicBase::in_sandbox(said) } else { said.parse() }?)
    }

    /// Which keys are good there.
    pub(crate) const fn environment(&self) -> Environment {
        if self.sandbox { Environment::Test } else { Environment::Live }
    }

    pub(crate) const fn redirect_policy(&self) -> RedirectPolicy {
        RedirectPolicy { insecure: self.sandbox }
    }

    /// A sandbox is never at AWS: without its address nothing is done there by mistake.
    fn endpoint<'a>(&self, given: Option<&'a Endpoint>, option: &'static str) -> Result<Option<&'a str>, Error> {
        match given {
            Some(endpoint) => Ok(Some(endpoint.as_url().as_str())),
            None if self.sandbox => Err(Error::Unsaid(option)),
            None => Ok(None),
        }
    }

    fn sdk(&self) -> Result<SdkConfig, Error> {
        if !self.sandbox {
            return Ok(aws::sdk_config(&Env::from_process())?);
        }
        let credentials = Credentials::new("sandbox", "sandbox", None, None, "sandbox");
        Ok(aws::sdk_config_for(Region::new(SANDBOX_REGION), credentials, aws::plain_http_client()))
    }
}

/// The instant of this command, and its randomness.
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    random: SystemRandomness,
}

impl Moment {
    pub(crate) fn present() -> Self {
        Self { now: SystemClock.now(), random: SystemRandomness::new() }
    }

    pub(crate) fn occasion(&self) -> Occasion<'_> {
        Occasion { now: self.now, reference: None, random: &self.random }
    }

    pub(crate) fn order(&self) -> Order<'_> {
        Order { actor: &ACTOR, occasion: self.occasion(), attempt: None }
    }

    /// The audit row of something that this command did, beyond the moves of the API.
    pub(crate) fn noted(&self, trail: Trail, (action, object): (&str, String), after: Option<String>) -> AuditRow {
        AuditRow::new(trail, None, Fact { actor: &ACTOR, action, object, before: None, after }, self.occasion())
    }
}
