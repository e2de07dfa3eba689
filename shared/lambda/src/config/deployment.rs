//! The settings of a deployment, in pieces: a function reads the pieces that it needs.
//!
//! | piece | variables |
//! |---|---|
//! | [`Table`] | `TABLE_NAME`, `AWS_ENDPOINT_URL_DYNAMODB` |
//! | [`PublicBase`] | `PUBLIC_BASE_URL` |
//! | [`SecretsAt`] | `SECRETS_PREFIX`, `AWS_ENDPOINT_URL_SECRETS_MANAGER` |
//! | [`MailAt`] | `MAIL_FROM`, `MAIL_CONFIGURATION_SET`, `AWS_ENDPOINT_URL_SESV2` |
//! | [`MicrosoftAt`] | `CLIENT_ID`, `APPLICATION_CLIENTS`, `CLOUD`, `AUTHORITY_HOST`, `GRAPH_ENDPOINT`, `PARTNER_CENTER_ENDPOINT` |
//! | [`crate::log::init`] | `LOG_LEVEL`, `METRICS_NAMESPACE` |
//! | [`crate::aws::sdk_config`] | `AWS_REGION` and the credentials that Lambda sets, `AWS_CA_BUNDLE` |

use std::fmt;
use std::str::FromStr;

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::ApplicationId;
use onboarding_core::secret::Handle;
use onboarding_core::text::EmailAddress;
use thiserror::Error;
use url::{Host, Url};

use super::{ConfigError, Env};

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: TableName,
    /// Where DynamoDB is, if not at AWS.
    pub endpoint: Option<Endpoint>,
}

impl Table {
    /// Reads `TABLE_NAME` and `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self { name: env.required("TABLE_NAME")?, endpoint: env.optional("AWS_ENDPOINT_URL_DYNAMODB")? })
    }

    /// Where DynamoDB is, if not at AWS, as the SDK takes it.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().map(|endpoint| endpoint.0.as_str())
    }
}

/// Where secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsAt {
    /// What the names of our secrets begin with.
    pub prefix: SecretsPrefix,
    /// Where Secrets Manager is, if not at AWS.
    pub endpoint: Option<Endpoint>,
}

impl SecretsAt {
    /// Reads `SECRETS_PREFIX` and `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let endpoint = env.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER")?;
        Ok(Self { prefix: env.required("SECRETS_PREFIX")?, endpoint })
    }

    /// Where Secrets Manager is, if not at AWS, as the SDK takes it.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().map(|endpoint| endpoint.0.as_str())
    }
}

/// From whom mail comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAt {
    /// The sender of every mail; SES must have it, or its domain, as a verified identity.
    pub from: EmailAddress,
    /// The configuration set by which SES tells of bounces; without it nobody hears of them.
    pub configuration_set: Option<String>,
    /// Where SES is, if not at AWS.
    pub endpoint: Option<Endpoint>,
}

impl MailAt {
    /// Reads `MAIL_FROM`, `MAIL_CONFIGURATION_SET` and `AWS_ENDPOINT_URL_SESV2`.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let configuration_set = env.optional("MAIL_CONFIGURATION_SET")?;
        let endpoint = env.optional("AWS_ENDPOINT_URL_SESV2")?;
        Ok(Self { from: env.required("MAIL_FROM")?, configuration_set, endpoint })
    }

    /// Where SES is, if not at AWS, as the SDK takes it.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_ref().map(|endpoint| endpoint.0.as_str())
    }
}

/// Which app registrations in which Microsoft cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MicrosoftAt {
    /// Our app registrations.
    pub clients: ApplicationClients,
    /// Where Microsoft is reached.
    pub endpoints: Endpoints,
}

impl MicrosoftAt {
    /// Reads `CLIENT_ID`, `APPLICATION_CLIENTS`, `CLOUD`, and the overrides `AUTHORITY_HOST`, `GRAPH_ENDPOINT` and
    /// `PARTNER_CENTER_ENDPOINT`.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let client_id = env.required_by("CLIENT_ID", ApplicationId::in_any_case)?;
        let clients = env.optional_by("APPLICATION_CLIENTS", |text| ApplicationClients::parse(text, client_id))?;
        let clients = clients.unwrap_or_else(|| ApplicationClients::single(client_id));
        let cloud: Cloud = env.required("CLOUD")?;
        let authority: Option<Endpoint> = env.optional("AUTHORITY_HOST")?;
        let graph: Option<Endpoint> = env.optional("GRAPH_ENDPOINT")?;
        let partner_center: Option<Endpoint> = env.optional("PARTNER_CENTER_ENDPOINT")?;
        let url = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.0.clone());
        let endpoints = Endpoints::of(cloud, url(&authority).as_ref(), url(&graph).as_ref())
            .with_partner_center(url(&partner_center).as_ref());
        Ok(Self { clients, endpoints })
    }
}

/// Our own address, as browsers and Microsoft see it. URLs are made from it alone, never from a request's headers (T72).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicBase(String);

/// The text is not an https origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an https URL such as https://consent.example.com, without user name, path, query or fragment")]
pub struct NotABase;

impl PublicBase {
    /// Reads `PUBLIC_BASE_URL`.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        env.required("PUBLIC_BASE_URL")
    }

    /// The base in `text`, which may be http: for the sandbox, which listens on loopback.
    pub fn in_sandbox(text: &str) -> Result<Self, NotABase> {
        let url = Url::parse(text).map_err(|_| NotABase)?;
        let bare = url.path() == "/" && is_undecorated(&url) && url.has_host();
        if bare && matches!(url.scheme(), "http" | "https") {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(NotABase)
        }
    }

    /// The base without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one address that Microsoft sends people back to (R113).
    #[must_use]
    pub fn callback(&self) -> String {
        self.url("/restricted/handleResponse")
    }

    /// The one address that Microsoft's admin-consent page sends people back to.
    #[must_use]
    pub fn admin_consent_callback(&self) -> String {
        self.url("/restricted/adminConsent")
    }

    /// Where a partner's administrator comes back from Microsoft: the first step of a connection.
    #[must_use]
    pub fn connection_admin_callback(&self) -> String {
        self.url("/partner-center/admin-consent")
    }

    /// Where a partner's integration user comes back from Microsoft: the second step of a connection.
    #[must_use]
    pub fn connection_user_callback(&self) -> String {
        self.url("/partner-center/user-consent")
    }

    /// Where our start page is: the URL to which a handle is appended.
    #[must_use]
    pub fn start_page(&self) -> String {
        self.url("/start/")
    }

    /// The URL of the start link with this handle.
    #[must_use]
    pub fn start_link(&self, handle: &Handle) -> String {
        format!("{}{}", self.start_page(), handle.expose())
    }

    /// The URL of `path`, which begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromStr for PublicBase {
    type Err = NotABase;

    fn from_str(text: &str) -> Result<Self, NotABase> {
        Self::in_sandbox(text).ok().filter(|base| base.0.starts_with("https://")).ok_or(NotABase)
    }
}

/// Where a service is reached instead of its own address.
///
/// https, or http to this very machine: codes and tokens never cross a network in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// The text is not such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an https URL, or http on localhost, without user name, query or fragment")]
pub struct NotAnEndpoint;

impl Endpoint {
    /// The address.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        let url = Url::parse(text).map_err(|_| NotAnEndpoint)?;
        let reach = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if reach && is_undecorated(&url) { Ok(Self(url)) } else { Err(NotAnEndpoint) }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_undecorated(url: &Url) -> bool {
    let user = !url.username().is_empty() || url.password().is_some();
    !user && url.query().is_none() && url.fragment().is_none()
}

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $fault:ident, $wanted:literal, $length:expr, $extra:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        #[doc = concat!("The text ", $wanted, ", and does not.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
        #[error($wanted)]
        pub struct $fault;

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $fault;

            fn from_str(text: &str) -> Result<Self, $fault> {
                let sound = text.bytes().all(|b| b.is_ascii_alphanumeric() || $extra.contains(&b));
                if sound && ($length).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err($fault) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

plain_name!(
    /// The name of a DynamoDB table, by DynamoDB's own rule.
    TableName,
    NotATableName,
    "must have 3 to 255 of a-z, A-Z, 0-9, _, - and .",
    3..=255,
    b"_-."
);
plain_name!(
    /// What the names of our secrets begin with; Secrets Manager's alphabet, with room for what follows.
    SecretsPrefix,
    NotAPrefix,
    "must have 1 to 256 of a-z, A-Z, 0-9, /, _, +, =, ., @ and -",
    1..=256,
    b"/_+=.@-"
);

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "48AC35B8-9aa8-4d74-927d-1f4a14a0b239";

    #[test]
    fn every_piece_names_the_variable_that_it_misses() {
        let env = Env::from_pairs::<&str, &str>([]);
        let names = [
            Table::from_env(&env).unwrap_err(),
            PublicBase::from_env(&env).unwrap_err(),
            SecretsAt::from_env(&env).unwrap_err(),
            MailAt::from_env(&env).unwrap_err(),
            MicrosoftAt::from_env(&env).unwrap_err(),
        ];
        let expected = ["TABLE_NAME", "PUBLIC_BASE_URL", "SECRETS_PREFIX", "MAIL_FROM", "CLIENT_ID"];
        assert_eq!(names, expected.map(|name| ConfigError::Missing { name }));
    }

    #[test]
    fn a_public_base_is_an_https_origin() {
        for text in ["https://a.example", "https://a.example/", "https://a.example:8443"] {
            let base: PublicBase = text.parse().unwrap();
            assert_eq!(base.url("/x"), format!("{}/x", text.trim_end_matches('/')));
        }
        for text in ["http://a.example", "https://a.example/x", "https://a.example?x", "https://u@a.example", "", "a"] {
            assert_eq!(text.parse::<PublicBase>(), Err(NotABase), "{text}");
        }
        assert_eq!(PublicBase::in_sandbox("http://127.0.0.1:7000/").unwrap().as_str(), "http://127.0.0.1:7000");
        assert_eq!(PublicBase::in_sandbox("ftp://a.example"), Err(NotABase));
    }

    #[test]
    fn an_override_is_https_or_this_machine() {
        for text in ["https://x.example", "http://localhost:8000", "http://127.0.0.1:1/p", "http://[::1]:1"] {
            assert!(text.parse::<Endpoint>().is_ok(), "{text}");
        }
        for text in ["http://x.example", "http://localhost.evil.example", "https://x.example?y", "https://u:p@x", "x"] {
            assert_eq!(text.parse::<Endpoint>(), Err(NotAnEndpoint), "{text}");
        }
    }

    #[test]
    fn microsoft_is_a_cloud_with_overrides() {
        let given = [("CLIENT_ID", CLIENT), ("CLOUD", "global"), ("GRAPH_ENDPOINT", "http://localhost:1")];
        let at = MicrosoftAt::from_env(&Env::from_pairs(given)).unwrap();
        assert_eq!(at.clients.own().to_string(), CLIENT.to_lowercase());
        assert_eq!(at.endpoints.graph("/me"), "http://localhost:1/v1.0/me");
        assert_eq!(at.endpoints.authority_host(), "login.microsoftonline.com");
    }

    #[test]
    fn application_clients_are_read_at_the_start() {
        let other = r#"{"GET_PRESENCE_CONSENT": "11111111-2222-4333-8444-555555555555"}"#;
        let at = |text| {
            let given = [("CLIENT_ID", CLIENT), ("CLOUD", "global"), ("APPLICATION_CLIENTS", text)];
            MicrosoftAt::from_env(&Env::from_pairs(given))
        };
        assert_eq!(at(other).unwrap().clients.others().len(), 1);
        assert_eq!(at("").unwrap().clients.others().len(), 0);
        let refused = at("{").unwrap_err().to_string();
        assert!(refused.starts_with("APPLICATION_CLIENTS must be a JSON object"), "{refused}");
    }

    #[test]
    fn names_keep_to_the_alphabets_of_aws() {
        assert!("onboarding-prod".parse::<TableName>().is_ok());
        assert_eq!("ab".parse::<TableName>(), Err(NotATableName));
        assert_eq!("a/b/c".parse::<TableName>(), Err(NotATableName));
        assert!("onboarding/prod/".parse::<SecretsPrefix>().is_ok());
        assert_eq!("a b".parse::<SecretsPrefix>(), Err(NotAPrefix));
    }
}
