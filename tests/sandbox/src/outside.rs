//! What the functions find outside: DynamoDB, Secrets Manager and Microsoft, each in process unless it is overridden.

use std::sync::Arc;
use std::time::Duration;

use aws_types::sdk_config::TimeoutConfig;
use chrono::DateTime;
use onboarding_core::action::ActionType;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::ApplicationId;
use onboarding_core::permission::{GRAPH, Kind, names};
use onboarding_core::time::Clock as _;
use onboarding_dynamo::Store;
use onboarding_lambda::aws::{self, Credentials, Region, SdkConfig};
use onboarding_lambda::config::deployment::{Endpoint, PublicBase};
use onboarding_mail::{Mailer, Sender};
use onboarding_microsoft::{Microsoft, Settings};
use onboarding_secrets::Secrets;
use secrecy::ExposeSecret as _;
use simulated_microsoft::{AppRegistration, Certificate, PERMISSIONS, Permission, PermissionKind, SimulatedMicrosoft};
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::net::TcpListener;

use crate::background::Background;
use crate::data::DataFolder;
use crate::dynamodb::{self, Addresses};
use crate::{Error, Options, Overrides, SandboxClock, calls, ports};

/// The name of the table.
pub(crate) const TABLE: &str = "onboarding-sandbox";
/// What the names of our secrets begin with.
pub(crate) const SECRETS_PREFIX: &str = "onboarding/sandbox";
const REGION: &str = "eu-west-1";
/// The configuration set by which the mail service tells of bounces.
const MAIL_EVENTS: &str = "onboarding-sandbox";
/// From whom mail of the sandbox comes.
const MAIL_FROM: &str = "no-reply@onboarding.example";

/// A busy developer's machine is not a region of AWS: deployed functions give an attempt one second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// The AWS SDK's settings for the endpoints.
fn sdk(options: &Options) -> Result<SdkConfig, Error> {
    let Overrides { dynamodb, secrets_manager, ses, .. } = &options.overrides;
    let given = [dynamodb, secrets_manager, ses];
    let tls = given.into_iter().flatten().any(|endpoint| endpoint.as_url().scheme() == "https");
    let http = if tls { aws::https_client()? } else { aws::plain_http_client() };
    let credentials = Credentials::new("sandbox", "sandbox", None, None, "sandbox");
    let sdk = aws::sdk_config_for(Region::new(REGION), credentials, http);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    Ok(sdk.into_builder().timeout_config(timeouts).build())
}

/// DynamoDB: where it is, and the table in it.
pub(crate) struct DynamoDb {
    /// For our own clients.
    pub(crate) endpoint: String,
    /// For everybody else's.
    pub(crate) address: String,
    /// Whether it is the in-process one.
    pub(crate) is_ours: bool,
    pub(crate) store: Store,
    pub(crate) sdk: SdkConfig,
}

impl DynamoDb {
    /// Serves the data folder's rows on `listener`, or goes to the override; the table is made if it is not there.
    pub(crate) async fn start(
        listener: Option<TcpListener>,
        data: Option<&DataFolder>,
        options: &Options,
        background: &mut Background,
    ) -> Result<Self, Error> {
        let (endpoint, address) = match (&options.overrides.dynamodb, listener) {
            (None, Some(listener)) => {
                let Addresses { engine, door } = dynamodb::serve(listener, data, background).await?;
                (engine, door)
            }
            (given, _) => (address(given.as_ref()), address(given.as_ref())),
        };
        let sdk = sdk(options)?;
        let store = Store::connect(&sdk, Some(&endpoint), TABLE);
        store.create_table().await?;
        Ok(Self { endpoint, address, is_ours: options.overrides.dynamodb.is_none(), store, sdk })
    }
}

/// Secrets Manager: where it is, and our secrets in it.
pub(crate) struct SecretsManager {
    pub(crate) endpoint: String,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) simulated: Option<SimulatedSecretsManager>,
}

impl SecretsManager {
    /// Serves the data folder's secrets on `listener`, or goes to the override.
    pub(crate) fn start(
        listener: Option<TcpListener>,
        data: Option<&DataFolder>,
        options: &Options,
        clock: &Arc<SandboxClock>,
    ) -> Result<Self, Error> {
        let simulated = match listener {
            Some(listener) => {
                let (file, clock) = (data.map(|data| data.file("secrets.json")), Arc::clone(clock));
                let now = move || DateTime::from_timestamp_millis(clock.now().millis()).unwrap_or_default();
                Some(SimulatedSecretsManager::start_by(listener, file, now)?)
            }
            None => None,
        };
        let overridden = || address(options.overrides.secrets_manager.as_ref());
        let endpoint = simulated.as_ref().map_or_else(overridden, SimulatedSecretsManager::endpoint);
        let secrets = Arc::new(Secrets::connect(&sdk(options)?, Some(&endpoint), SECRETS_PREFIX));
        Ok(Self { endpoint, secrets, simulated })
    }
}

/// Our client of the mail service: the mailbox's, at `own`, or the override.
pub(crate) fn mailer(options: &Options, own: &str) -> Result<Mailer, Error> {
    let given = options.overrides.ses.as_ref().map(|given| address(Some(given)));
    let sdk = calls::noted(&sdk(options)?, "mail-delivery");
    let sender = Sender { address: MAIL_FROM.parse()?, configuration_set: Some(MAIL_EVENTS.to_owned()) };
    Ok(Mailer::connect(&sdk, Some(given.as_deref().unwrap_or(own)), sender))
}

/// Table and secrets, for each function: shared by all, or by clients of its own where its calls are noted.
#[derive(Clone)]
pub(crate) struct Aws {
    store: Store,
    secrets: Arc<Secrets>,
    noted: Option<Noted>,
}

/// What clients of a function's own are made from.
#[derive(Clone)]
struct Noted {
    sdk: SdkConfig,
    dynamodb: String,
    secrets_manager: String,
}

impl Aws {
    pub(crate) fn new(dynamodb: &DynamoDb, secrets_manager: &SecretsManager) -> Self {
        let noted = calls::are_noted().then(|| Noted {
            sdk: dynamodb.sdk.clone(),
            dynamodb: dynamodb.endpoint.clone(),
            secrets_manager: secrets_manager.endpoint.clone(),
        });
        Self { store: dynamodb.store.clone(), secrets: Arc::clone(&secrets_manager.secrets), noted }
    }

    /// The table, for an instance of `function`.
    pub(crate) fn store(&self, function: &'static str) -> Store {
        match &self.noted {
            Some(Noted { sdk, dynamodb, .. }) => Store::connect(&calls::noted(sdk, function), Some(dynamodb), TABLE),
            None => self.store.instance(),
        }
    }

    /// The secrets, for `function`.
    pub(crate) fn secrets(&self, function: &'static str) -> Arc<Secrets> {
        let Some(Noted { sdk, secrets_manager, .. }) = &self.noted else { return Arc::clone(&self.secrets) };
        Arc::new(Secrets::connect(&calls::noted(sdk, function), Some(secrets_manager), SECRETS_PREFIX))
    }
}

/// Microsoft: where it is, and our client of it.
pub(crate) struct MicrosoftSide {
    pub(crate) address: String,
    pub(crate) client: Arc<Microsoft>,
    pub(crate) simulated: Option<SimulatedMicrosoft>,
}

/// What Microsoft and we know of each other.
pub(crate) struct Acquaintance<'a> {
    pub(crate) public_base: &'a PublicBase,
    pub(crate) credential: &'a ClientCredential,
    /// Those of our further registrations.
    pub(crate) further: &'a [(ApplicationId, Arc<ClientCredential>)],
    pub(crate) clock: &'a Arc<SandboxClock>,
}

impl MicrosoftSide {
    /// Serves on `listener` as `localhost`, or goes to the overrides.
    pub(crate) async fn start(
        listener: Option<TcpListener>,
        data: Option<&DataFolder>,
        options: &Options,
        acquaintance: Acquaintance<'_>,
        background: &mut Background,
    ) -> Result<Self, Error> {
        let overrides = &options.overrides;
        let base = acquaintance.public_base;
        let redirect_uris = vec![
            base.callback(),
            base.admin_consent_callback(),
            base.connection_admin_callback(),
            base.connection_user_callback(),
        ];
        let mut simulated = None;
        if let Some(listener) = listener {
            let port = ports::port_of(&listener)?;
            let settings = simulation(data, options, &acquaintance, redirect_uris)?;
            let microsoft = SimulatedMicrosoft::start(listener, format!("http://localhost:{port}"), settings)?;
            for (client, credential) in acquaintance.further {
                microsoft.register(further_registration(*client, credential, &overrides.clients(), base));
            }
            simulated = Some(microsoft);
            if let Some(hand_on) = ports::also_on_ipv6(port).await {
                background.until_stopped(hand_on);
            }
        }
        let own = simulated.as_ref().and_then(|microsoft| url::Url::parse(microsoft.base_url()).ok());
        let part = |given: Option<&Endpoint>| given.map(|given| given.as_url().clone()).or_else(|| own.clone());
        let (authority, graph) = (part(overrides.authority.as_ref()), part(overrides.graph.as_ref()));
        let endpoints = Endpoints::of(Cloud::Global, authority.as_ref(), graph.as_ref())
            .with_partner_center(part(overrides.partner_center()).as_ref());
        let settings = Settings { endpoints, clients: overrides.clients() };
        let own = simulated.as_ref().map(|microsoft| microsoft.base_url().to_owned());
        let address = own.unwrap_or_else(|| address(overrides.authority.as_ref()));
        Ok(Self { address, client: Arc::new(Microsoft::new(settings)?), simulated })
    }
}

/// A further registration: it lists the application permissions of its actions, and nobody signs in to it.
fn further_registration(
    client: ApplicationId,
    credential: &ClientCredential,
    clients: &ApplicationClients,
    base: &PublicBase,
) -> AppRegistration {
    let actions = ActionType::all().filter(|action| clients.of(*action) == client);
    let names: Vec<&str> = actions.flat_map(|action| names(action, Kind::Application, GRAPH)).collect();
    let listed = |listed: &&Permission| listed.kind == PermissionKind::Application && names.contains(&listed.value);
    let client_secret = match credential {
        ClientCredential::Secret { value: secret, .. } => secret.expose_secret().to_owned(),
        ClientCredential::Certificate(_) => String::new(),
    };
    AppRegistration {
        client_id: client.to_string(),
        client_secret,
        certificates: Vec::new(),
        display_name: "Teams Onboarding, further application".to_owned(),
        redirect_uris: vec![base.admin_consent_callback()],
        permissions: PERMISSIONS.iter().filter(listed).collect(),
    }
}

fn simulation(
    data: Option<&DataFolder>,
    options: &Options,
    acquaintance: &Acquaintance<'_>,
    redirect_uris: Vec<String>,
) -> Result<simulated_microsoft::Options, Error> {
    let clock = Arc::clone(acquaintance.clock);
    let (client_secret, certificates) = match acquaintance.credential {
        ClientCredential::Secret { value: secret, .. } => (secret.expose_secret().to_owned(), Vec::new()),
        ClientCredential::Certificate(certificate) => (String::new(), vec![Certificate::from_der(certificate.der())?]),
    };
    Ok(simulated_microsoft::Options {
        client_id: options.overrides.client_id().to_string(),
        client_secret,
        certificates,
        redirect_uris,
        state_file: data.map(|data| data.file("microsoft.json")),
        now: Arc::new(move || DateTime::from_timestamp_millis(clock.now().millis()).unwrap_or_default()),
    })
}

fn address(endpoint: Option<&Endpoint>) -> String {
    endpoint.map(|endpoint| endpoint.as_url().as_str().trim_end_matches('/').to_owned()).unwrap_or_default()
}
