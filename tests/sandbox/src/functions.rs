//! Every function of the bundle with what it needs, called as Lambda calls them.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures_util::future::BoxFuture;
use lambda_http::{Body, Request, RequestExt as _, Response};
use mail_delivery::{Invocation, NotRecorded};
use onboarding_connections::{Callbacks, Connections};
use onboarding_core::proof::Policy;
use onboarding_core::redirect_url::RedirectPolicy;
use onboarding_core::seal::rotation::Rotation;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::StoreError;
use onboarding_lambda::edge::Edge;
use onboarding_lambda::routes::{self, Found, Operation};
use onboarding_mail::Mailer;
use onboarding_microsoft::Microsoft;
use onboarding_secrets::SecretsError;
use serde_json::Value;
use webhook_delivery::{Lookup, Reach, Sender};

use crate::outside::Aws;
use crate::{Error, demo_reseller};

/// The functions. Signing keys, and secrets unless calls are noted, are cached once for all of them, where each has its own when
/// deployed.
pub(crate) struct Functions {
    credentials: credentials::App,
    create_enterprise: create_enterprise::App,
    audit: audit::App,
    enterprises: enterprises::App,
    registration_url: registration_url::App,
    provisioning: provisioning::App,
    partner_center: partner_center::App,
    partner_center_redirect: partner_center_redirect::App,
    partner_center_upkeep: partner_center_upkeep::App,
    consent_redirect: consent_redirect::App,
    consent_verify: consent_verify::App,
    invitations: invitations::App,
    webhooks: webhooks::App,
    webhook_delivery: webhook_delivery::App,
    mail_delivery: mail_delivery::App,
    sweep: sweep::App,
    key_rotation: key_rotation::App,
}

/// What the functions are made from.
pub(crate) struct Parts {
    pub(crate) edge: Edge,
    pub(crate) aws: Aws,
    pub(crate) microsoft: Arc<Microsoft>,
    pub(crate) mailer: Mailer,
    pub(crate) insecure_redirects: bool,
    pub(crate) hosts: Option<BTreeMap<String, Vec<IpAddr>>>,
}

/// The look-up of a sandbox that is told where hosts lead.
struct Hosts(BTreeMap<String, Vec<IpAddr>>);

impl Lookup for Hosts {
    fn addresses<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { self.0.get(host).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

impl Functions {
    pub(crate) fn new(parts: &Parts) -> Result<Self, Error> {
        let Parts { edge, aws, microsoft, mailer, insecure_redirects, hosts } = parts;
        let redirect_policy = RedirectPolicy { insecure: *insecure_redirects };
        let reach = if *insecure_redirects { Reach::PublicAndLoopback } else { Reach::Public };
        let sender = match hosts {
            Some(hosts) => Sender::with_lookup(reach, Arc::new(Hosts(hosts.clone()))),
            None => Sender::new(reach),
        };
        let (edge, microsoft) = (|| edge.clone(), || Arc::clone(microsoft));
        let (clock, random) = (|| Arc::clone(&parts.edge.clock), || Arc::clone(&parts.edge.random));
        let policy = Policy::default();
        let callbacks = Callbacks {
            admin: parts.edge.public_base.connection_admin_callback(),
            user: parts.edge.public_base.connection_user_callback(),
        };
        let connections = |function| Connections {
            store: aws.store(function),
            secrets: aws.secrets(function),
            microsoft: microsoft(),
            callbacks: callbacks.clone(),
            circuits: Arc::default(),
        };
        Ok(Self {
            credentials: credentials::App {
                edge: edge(),
                store: aws.store("credentials"),
                secrets: aws.secrets("credentials"),
                starter_catalogue: demo_reseller::starter_catalogue()?,
                redirect_policy,
            },
            create_enterprise: create_enterprise::App {
                edge: edge(),
                store: aws.store("create-enterprise"),
                secrets: aws.secrets("create-enterprise"),
            },
            audit: audit::App { edge: edge(), store: aws.store("audit") },
            enterprises: enterprises::App { edge: edge(), store: aws.store("enterprises") },
            registration_url: registration_url::App {
                edge: edge(),
                store: aws.store("registration-url"),
                secrets: aws.secrets("registration-url"),
                microsoft: microsoft(),
                redirect_policy,
            },
            provisioning: provisioning::App {
                edge: edge(),
                store: aws.store("provisioning"),
                secrets: aws.secrets("provisioning"),
                microsoft: microsoft(),
                policy,
            },
            partner_center: partner_center::App { edge: edge(), connections: connections("partner-center") },
            partner_center_redirect: partner_center_redirect::App {
                edge: edge(),
                connections: connections("partner-center-redirect"),
                policy,
            },
            partner_center_upkeep: partner_center_upkeep::App {
                connections: connections("partner-center-upkeep"),
                clock: clock(),
                random: random(),
            },
            consent_redirect: consent_redirect::App {
                edge: edge(),
                store: aws.store("consent-redirect"),
                secrets: aws.secrets("consent-redirect"),
                microsoft: microsoft(),
                policy,
            },
            consent_verify: consent_verify::App {
                store: aws.store("consent-verify"),
                secrets: aws.secrets("consent-verify"),
                microsoft: microsoft(),
                policy,
                public_base: parts.edge.public_base.clone(),
                clock: clock(),
                random: random(),
            },
            invitations: invitations::App {
                edge: edge(),
                store: aws.store("invitations"),
                secrets: aws.secrets("invitations"),
            },
            webhooks: webhooks::App { edge: edge(), store: aws.store("webhooks"), redirect_policy },
            webhook_delivery: webhook_delivery::App {
                store: aws.store("webhook-delivery"),
                secrets: aws.secrets("webhook-delivery"),
                sender: sender?,
                clock: clock(),
            },
            mail_delivery: mail_delivery::App {
                store: aws.store("mail-delivery"),
                secrets: aws.secrets("mail-delivery"),
                mailer: mailer.clone(),
                random: random(),
                clock: clock(),
            },
            sweep: sweep::App { store: aws.store("sweep"), clock: clock(), random: random() },
            key_rotation: key_rotation::App { secrets: aws.secrets("key-rotation"), clock: clock(), random: random() },
        })
    }

    /// One invocation by the gateway. A path or method that no route has is answered by the edge, which is the same in
    /// every function; deployed, `create-enterprise` has the default route, as it has the fewest rights.
    pub(crate) async fn serve(&self, request: Request) -> Response<Body> {
        let operation = match routes::find(request.method(), request.raw_http_path()) {
            Found::Route(route, _) => Some(route.operation),
            Found::MethodNotAllowed(_) | Found::Nothing => None,
        };
        match operation {
            Some(Operation::Credentials(_)) => Box::pin(credentials::handle(&self.credentials, request)).await,
            Some(Operation::CreateEnterprise(_)) | None => {
                Box::pin(create_enterprise::handle(&self.create_enterprise, request)).await
            }
            Some(Operation::Audit(_)) => Box::pin(audit::handle(&self.audit, request)).await,
            Some(Operation::Enterprises(_)) => Box::pin(enterprises::handle(&self.enterprises, request)).await,
            Some(Operation::RegistrationUrl(_)) => {
                Box::pin(registration_url::handle(&self.registration_url, request)).await
            }
            Some(Operation::Provisioning(_)) => Box::pin(provisioning::handle(&self.provisioning, request)).await,
            Some(Operation::PartnerCenter(_)) => Box::pin(partner_center::handle(&self.partner_center, request)).await,
            Some(Operation::PartnerCenterRedirect(_)) => {
                Box::pin(partner_center_redirect::handle(&self.partner_center_redirect, request)).await
            }
            Some(Operation::ConsentRedirect(_)) => {
                Box::pin(consent_redirect::handle(&self.consent_redirect, request)).await
            }
            Some(Operation::Invitations(_)) => Box::pin(invitations::handle(&self.invitations, request)).await,
            Some(Operation::Webhooks(_)) => Box::pin(webhooks::handle(&self.webhooks, request)).await,
        }
    }

    /// One invocation by the event source mapping of `function`.
    pub(crate) async fn consume(
        &self,
        function: StreamFunction,
        batch: &Event,
        deadline: Timestamp,
    ) -> DynamoDbEventResponse {
        match function {
            StreamFunction::ConsentVerify => Box::pin(consent_verify::verify(&self.consent_verify, batch)).await,
            StreamFunction::PartnerCenterUpkeep => {
                Box::pin(partner_center_upkeep::keep(&self.partner_center_upkeep, batch)).await
            }
            StreamFunction::WebhookDelivery => {
                Box::pin(webhook_delivery::deliver(&self.webhook_delivery, batch, deadline)).await
            }
            StreamFunction::MailDelivery => Box::pin(mail_delivery::deliver(&self.mail_delivery, batch)).await,
        }
    }

    /// One invocation by `EventBridge`, with what the mail service tells.
    pub(crate) async fn told_of_mail(&self, event: Value) -> Result<(), NotRecorded> {
        match serde_json::from_value(event) {
            Ok(Invocation::Told(feedback)) => mail_delivery::told(&self.mail_delivery, &feedback).await,
            other => unreachable!("an event of SES is read as {other:?}"),
        }
    }

    /// One invocation by the platform team.
    pub(crate) async fn rotate_sealing_keys(&self) -> Result<Rotation, SecretsError> {
        key_rotation::rotate(&self.key_rotation).await
    }

    /// One invocation by the schedule.
    pub(crate) async fn sweep(&self, deadline: Timestamp) -> Result<(), StoreError> {
        let swept = Box::pin(sweep::sweep(&self.sweep, sweep::Tick::All, deadline)).await?;
        if swept.woken > 0 {
            tracing::debug!(woken = swept.woken, "swept");
        }
        Ok(())
    }
}

/// A function that the table's stream invokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamFunction {
    ConsentVerify,
    PartnerCenterUpkeep,
    WebhookDelivery,
    MailDelivery,
}

impl StreamFunction {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ConsentVerify => "consent-verify",
            Self::PartnerCenterUpkeep => "partner-center-upkeep",
            Self::WebhookDelivery => "webhook-delivery",
            Self::MailDelivery => "mail-delivery",
        }
    }
}
