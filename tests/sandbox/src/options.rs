//! How a sandbox is to be started.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::id::ApplicationId;
use onboarding_core::time::Timestamp;
use onboarding_lambda::config::deployment::{Endpoint, PublicBase};
use onboarding_lambda::config::{ConfigError, Env};
use secrecy::SecretString;

/// The application id if none is given: everybody's sandbox knows the same one, so that several can share a
/// simulated Microsoft.
const CLIENT_ID: ApplicationId = ApplicationId::from_u128(0x0a4d_b0a2_d100_4a4a_8b8b_0000_000a_0001);

/// How a sandbox is to be started. The default is one in memory, on free ports, with the sweeper's timer.
#[derive(Debug)]
pub struct Options {
    /// Where everything is kept over a restart, or a kill; in memory without it.
    pub data: Option<PathBuf>,
    /// The API's port; 0 is the one that the data folder remembers, or any free one.
    pub port: u16,
    /// Whether a timer sweeps every second; without it only ticks move due rows (K5).
    pub sweep: bool,
    /// When the table's stream is read.
    pub stream: StreamReads,
    /// Plain http, addresses and any port are legal for listed hosts, and loopback is reached (K1).
    pub insecure_redirects: bool,
    /// A self-signed certificate, known to the simulated Microsoft, proves who we are, in the place of a client secret.
    pub certificate: bool,
    /// What the clock shows at first; the machine's time without it.
    pub start: Option<Timestamp>,
    /// What is elsewhere or otherwise.
    pub overrides: Overrides,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            port: 0,
            sweep: true,
            stream: StreamReads::AllTheTime,
            insecure_redirects: false,
            certificate: false,
            start: None,
            overrides: Overrides::default(),
        }
    }
}

/// When the table's stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamReads {
    /// All the time, as at AWS.
    AllTheTime,
    /// On ticks alone, so that nothing happens by itself.
    OnTicks,
}

/// What replaces a part of the sandbox, or a value of its own choice.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Where Entra is (`AUTHORITY_HOST`).
    pub authority: Option<Endpoint>,
    /// Where Graph is (`GRAPH_ENDPOINT`).
    pub graph: Option<Endpoint>,
    /// Where Partner Center is (`PARTNER_CENTER_ENDPOINT`).
    pub partner_center: Option<Endpoint>,
    /// Where DynamoDB is (`AWS_ENDPOINT_URL_DYNAMODB`).
    pub dynamodb: Option<Endpoint>,
    /// Where Secrets Manager is (`AWS_ENDPOINT_URL_SECRETS_MANAGER`).
    pub secrets_manager: Option<Endpoint>,
    /// Where SES is (`AWS_ENDPOINT_URL_SESV2`).
    pub ses: Option<Endpoint>,
    /// Our application at Microsoft (`CLIENT_ID`).
    pub client_id: Option<ApplicationId>,
    /// Our further registrations (`APPLICATION_CLIENTS`), whose secrets are made here.
    pub application_clients: Option<ApplicationClients>,
    /// Its secret, or a certificate and its key in PEM (`CLIENT_SECRET`): put into Secrets Manager, over what is there.
    pub client_secret: Option<SecretString>,
    /// Our own address (`PUBLIC_BASE_URL`); the API's own without it (K3).
    pub public_base: Option<PublicBase>,
    /// Where the hosts of webhooks lead, in the place of the machine's look-up, which is not asked about any.
    pub hosts: Option<BTreeMap<String, Vec<IpAddr>>>,
}

impl Overrides {
    /// Reads the variables of K2 and K3.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let client_secret: Option<String> = env.optional("CLIENT_SECRET")?;
        let client_id = env.optional_by("CLIENT_ID", ApplicationId::in_any_case)?;
        let own = client_id.unwrap_or(CLIENT_ID);
        Ok(Self {
            authority: env.optional("AUTHORITY_HOST")?,
            graph: env.optional("GRAPH_ENDPOINT")?,
            partner_center: env.optional("PARTNER_CENTER_ENDPOINT")?,
            dynamodb: env.optional("AWS_ENDPOINT_URL_DYNAMODB")?,
            secrets_manager: env.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER")?,
            ses: env.optional("AWS_ENDPOINT_URL_SESV2")?,
            client_id,
            application_clients: env.optional_by("APPLICATION_CLIENTS", |text| ApplicationClients::parse(text, own))?,
            client_secret: client_secret.map(SecretString::from),
            public_base: env.optional_by("PUBLIC_BASE_URL", PublicBase::in_sandbox)?,
            hosts: None,
        })
    }

    /// Our application at Microsoft.
    #[must_use]
    pub fn client_id(&self) -> ApplicationId {
        self.client_id.unwrap_or(CLIENT_ID)
    }

    /// Our registrations at Microsoft.
    #[must_use]
    pub fn clients(&self) -> ApplicationClients {
        self.application_clients.clone().unwrap_or_else(|| ApplicationClients::single(self.client_id()))
    }

    /// Where Partner Center is: it knows the tokens of one Microsoft alone, so it goes where Entra goes.
    pub(crate) fn partner_center(&self) -> Option<&Endpoint> {
        self.partner_center.as_ref().or(self.authority.as_ref())
    }

    /// Whether any part of Microsoft is elsewhere.
    pub(crate) const fn microsoft_is_elsewhere(&self) -> bool {
        self.authority.is_some() || self.graph.is_some()
    }

    /// Whether any part of Microsoft is ours to play.
    pub(crate) const fn wants_microsoft(&self) -> bool {
        self.authority.is_none() || self.graph.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_replaces_parts_and_values() {
        let pairs = [
            ("AUTHORITY_HOST", "http://localhost:9000"),
            ("CLIENT_ID", "48AC35B8-9aa8-4d74-927d-1f4a14a0b239"),
            ("CLIENT_SECRET", "s3cr3t"),
            ("PUBLIC_BASE_URL", "http://127.0.0.1:9001"),
        ];
        let overrides = Overrides::from_env(&Env::from_pairs(pairs)).unwrap();
        assert_eq!(overrides.client_id().to_string(), "48ac35b8-9aa8-4d74-927d-1f4a14a0b239");
        assert_eq!(overrides.public_base.as_ref().map(PublicBase::as_str), Some("http://127.0.0.1:9001"));
        assert!(overrides.wants_microsoft(), "Graph is still ours to play");
        assert!(!format!("{overrides:?}").contains("s3cr3t"));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let env = Env::from_pairs([("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamodb.example")]);
        let refused = Overrides::from_env(&env).unwrap_err();
        assert!(refused.to_string().starts_with("AWS_ENDPOINT_URL_DYNAMODB must be"), "{refused}");
    }
}
