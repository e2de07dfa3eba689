//! A running sandbox: how its parts come up, what they offer, and how they go down.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use onboarding_core::credential::Environment;
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::redirect_url::{RedirectPolicy, RedirectUrl};
use onboarding_core::secret::hex;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::Store;
use onboarding_lambda::config::deployment::PublicBase;
use onboarding_lambda::edge::Edge;
use simulated_microsoft::SimulatedMicrosoft;
use simulated_secrets_manager::SimulatedSecretsManager;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::background::Background;
use crate::bootstrap::{self, Keys};
use crate::data::DataFolder;
use crate::functions::{Functions, Parts, StreamFunction};
use crate::mailbox::Mailbox;
use crate::outside::{self, Acquaintance, Aws, DynamoDb, MicrosoftSide, SecretsManager};
use crate::ports::{self, Listeners};
use crate::ready::{Journey, Ready};
use crate::receiver::Receiver;
use crate::schedule::{Schedule, TickError};
use crate::server::{self, MAIL, SES, Shared, WEBHOOKS};
use crate::stream::{Mapping, Stream, StreamError};
use crate::walk::rows::Table;
use crate::walk::{Setting, Walk};
use crate::{Error, Options, SandboxClock, demo_reseller};

/// A running sandbox. Clones are handles to the same one; it stops when it is told to, or when the last is dropped.
#[derive(Clone)]
pub struct Sandbox(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    store: Store,
    microsoft: Option<SimulatedMicrosoft>,
    secrets_manager: Option<SimulatedSecretsManager>,
    held: Mutex<Held>,
}

/// What is let go of at the end, in this order.
struct Held {
    /// The API, the mappings and the timer.
    front: Background,
    /// What they speak to.
    back: Background,
    data: Option<DataFolder>,
}

/// What the functions find outside, up and running.
struct Outside {
    public_base: PublicBase,
    dynamodb: DynamoDb,
    secrets_manager: SecretsManager,
    microsoft: MicrosoftSide,
    keys: Keys,
}

/// Shows no key.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sandbox({})", self.api())
    }
}

impl Sandbox {
    /// Starts a sandbox. When this returns, every part answers.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let clock = Arc::new(SandboxClock::starting_at(options.start));
        let random: Arc<dyn Random> = Arc::new(SystemRandomness::new());
        let data = options.data.as_deref().map(DataFolder::open).transpose()?;
        let mut held = Held { front: Background::new(), back: Background::new(), data };
        let mut listeners = Listeners::open(&options, held.data.as_ref()).await?;
        let api = format!("http://127.0.0.1:{}", ports::port_of(&listeners.api)?);

        let outside = Box::pin(Outside::start(&api, &mut listeners, &options, (&clock, &random), &mut held)).await?;
        let edge = Edge {
            clock: Arc::clone(&clock) as _,
            random,
            environment: Environment::Test,
            public_base: outside.public_base.clone(),
        };
        let functions = Arc::new(Functions::new(&Parts {
            edge: edge.clone(),
            aws: Aws::new(&outside.dynamodb, &outside.secrets_manager),
            microsoft: Arc::clone(&outside.microsoft.client),
            mailer: outside::mailer(&options, &format!("{api}{SES}"))?,
            insecure_redirects: options.insecure_redirects,
            hosts: options.overrides.hosts.clone(),
        })?);
        let mailbox = Arc::new(Mailbox::new(held.data.as_ref()));
        let schedule = outside.schedule((&functions, &mailbox), &clock, held.data.as_ref()).await?;
        schedule.start(&options, &mut held.front);

        let store = outside.dynamodb.store.clone();
        let webhooks = format!("{api}{WEBHOOKS}");
        let sides = (store.clone(), Arc::clone(&outside.secrets_manager.secrets));
        let receiver = Arc::new(Receiver::new(webhooks, sides, Arc::clone(&clock), held.data.as_ref()));
        let ready = outside.ready(api, &receiver, &options, edge.random.as_ref()).await?;
        let walk = outside.walk(&ready, &options, &edge.random)?;
        let Outside { secrets_manager, microsoft, keys, .. } = outside;
        let operator_key = keys.operator;
        let shared =
            Arc::new(Shared { functions, schedule, clock, receiver, mailbox, edge, operator_key, ready, walk });
        serve(listeners.api, Arc::clone(&shared), &mut held.front);
        let (microsoft, secrets_manager) = (microsoft.simulated, secrets_manager.simulated);
        Ok(Self(Arc::new(Running { shared, store, microsoft, secrets_manager, held: Mutex::new(held) })))
    }

    /// The API's address.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.0.shared.ready.api
    }

    /// The operator's API key.
    #[must_use]
    pub fn operator_key(&self) -> &str {
        &self.0.shared.ready.operator_key
    }

    /// The API key of the demo provider.
    #[must_use]
    pub fn reseller_key(&self) -> &str {
        &self.0.shared.ready.reseller_key
    }

    /// The simulated Microsoft; none if all of it is elsewhere.
    #[must_use]
    pub fn microsoft(&self) -> Option<&SimulatedMicrosoft> {
        self.0.microsoft.as_ref()
    }

    /// The in-process Secrets Manager; none if it is elsewhere.
    #[must_use]
    pub fn secrets_manager(&self) -> Option<&SimulatedSecretsManager> {
        self.0.secrets_manager.as_ref()
    }

    /// The table.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &SandboxClock {
        &self.0.shared.clock
    }

    /// The receiver of webhooks.
    #[must_use]
    pub fn webhooks(&self) -> &Receiver {
        &self.0.shared.receiver
    }

    /// The mailbox.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.0.shared.mailbox
    }

    /// What the ready line tells.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.0.shared.ready
    }

    /// One pass of schedule and stream, with every attempt that it starts: as `POST /sandbox/tick` (K5).
    pub async fn tick(&self) -> Result<(), TickError> {
        Box::pin(self.0.shared.schedule.tick()).await
    }

    /// Stops: requests under way are answered, ports and the data folder are free afterwards.
    pub async fn stop(self) {
        let mut held = self.0.held.lock().await;
        held.front.stop().await;
        held.back.stop().await;
        if let Some(secrets_manager) = &self.0.secrets_manager {
            secrets_manager.stop().await;
        }
        held.data = None;
    }
}

impl Outside {
    async fn start(
        api: &str,
        listeners: &mut Listeners,
        options: &Options,
        (clock, random): (&Arc<SandboxClock>, &Arc<dyn Random>),
        held: &mut Held,
    ) -> Result<Self, Error> {
        let data = held.data.as_ref();
        let dynamodb = DynamoDb::start(listeners.dynamodb.take(), data, options, &mut held.back).await?;
        let secrets_manager = SecretsManager::start(listeners.secrets.take(), data, options, clock)?;
        let secrets = &secrets_manager.secrets;
        let keys = bootstrap::secrets(secrets, options, (clock.now(), random.as_ref())).await?;
        bootstrap::rows(&dynamodb.store, secrets, &keys, options, (clock.now(), random.as_ref())).await?;
        let public_base = options.overrides.public_base.clone();
        let public_base = public_base.map_or_else(|| PublicBase::in_sandbox(api), Ok)?;
        let credential = &secrets.client_credential(clock.now()).await?;
        let clients = options.overrides.clients();
        let others: Vec<_> = clients.others().into_iter().collect();
        let further = &secrets.credentials(&others, clients.own(), clock.now()).await?;
        let acquaintance = Acquaintance { public_base: &public_base, credential, further, clock };
        let microsoft =
            MicrosoftSide::start(listeners.microsoft.take(), data, options, acquaintance, &mut held.back).await?;
        Ok(Self { public_base, dynamodb, secrets_manager, microsoft, keys })
    }

    async fn schedule(
        &self,
        (functions, mailbox): (&Arc<Functions>, &Arc<Mailbox>),
        clock: &Arc<SandboxClock>,
        data: Option<&DataFolder>,
    ) -> Result<Arc<Schedule>, Error> {
        let arn = self.dynamodb.store.stream_arn().await?.ok_or(StreamError::absent())?;
        let stream = Stream::new(&self.dynamodb, arn);
        let mapping = |function: StreamFunction| {
            let kept = data.filter(|_| self.dynamodb.is_ours);
            let file: Option<PathBuf> = kept.map(|data| data.file(&format!("stream-{}.json", function.name())));
            Arc::new(Mapping::new(function, stream.clone(), file, (Arc::clone(functions), Arc::clone(clock))))
        };
        Ok(Arc::new(Schedule {
            functions: Arc::clone(functions),
            verification: mapping(StreamFunction::ConsentVerify),
            upkeep: mapping(StreamFunction::PartnerCenterUpkeep),
            delivery: mapping(StreamFunction::WebhookDelivery),
            mail: mapping(StreamFunction::MailDelivery),
            mailbox: Arc::clone(mailbox),
            clock: Arc::clone(clock),
        }))
    }

    async fn ready(
        &self,
        api: String,
        receiver: &Receiver,
        options: &Options,
        random: &dyn Random,
    ) -> Result<Ready, Error> {
        let journey = Journey {
            enterprise_name: format!("Contoso {}", hex(&random.bytes::<3>())),
            is_received: self.receives(receiver, options).await?,
            redirect_url: receiver.url(),
        };
        Ok(Ready {
            operator_key: self.keys.operator.expose().to_owned(),
            reseller_key: self.keys.reseller.expose().to_owned(),
            microsoft: self.microsoft.address.clone(),
            mail: format!("{api}{MAIL}"),
            webhooks: format!("{api}{WEBHOOKS}"),
            dynamodb: self.dynamodb.address.clone(),
            secrets: self.secrets_manager.endpoint.clone(),
            journey: journey.or_elsewhere(&format!("https://{}/onboarding", demo_reseller::STRICT_HOST)),
            api,
        })
    }

    /// The page at `/`, which has Microsoft to play with if both Entra and Graph are simulated here.
    fn walk(&self, ready: &Ready, options: &Options, random: &Arc<dyn Random>) -> Result<Walk, Error> {
        let simulated = self.microsoft.simulated.as_ref().filter(|_| !options.overrides.microsoft_is_elsewhere());
        let setting = Setting {
            ready: ready.clone(),
            microsoft: simulated.map(|microsoft| microsoft.base_url().to_owned()),
            timer: options.sweep,
            random: Arc::clone(random),
        };
        Ok(Walk::new(setting, Table::new(&self.dynamodb))?)
    }

    /// Whether the demo provider may have its webhooks sent to the receiver. It was made by the first start on these
    /// rows, which may have had other flags.
    async fn receives(&self, receiver: &Receiver, options: &Options) -> Result<bool, Error> {
        let id = demo_reseller::reseller(false, onboarding_core::time::Timestamp::from_seconds(0))?.id;
        let hosts = self.dynamodb.store.reseller(id).await?.map(|reseller| reseller.redirect_hosts);
        let policy = RedirectPolicy { insecure: options.insecure_redirects };
        Ok(RedirectUrl::parse(&receiver.url(), &hosts.unwrap_or_default(), policy).is_ok())
    }
}

fn serve(listener: TcpListener, shared: Arc<Shared>, front: &mut Background) {
    let service = server::router(shared).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let stopped = front.stopped();
    front.serve(async move {
        if let Err(fault) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
            tracing::error!(%fault, "the API ended");
        }
    });
}
