//! A simulated Microsoft: Entra ID v2.0, Microsoft Graph and Partner Center over real HTTP.
//!
//! It takes a customer's tenant through consent as Microsoft does, refuses what Microsoft refuses,
//! and breaks on demand. The authority, Graph and Partner Center are served on one address. For the sandbox and
//! for tests; its facts are those of Microsoft's public documentation.

mod aadsts;
mod admin_consent;
mod answer;
mod app;
mod assertion;
mod authorize;
mod batch;
mod call;
mod certificate;
mod consent;
mod control;
mod directory;
mod discovery;
mod entity;
mod fault;
mod grant;
mod graph;
mod id;
mod identity;
mod index;
mod keys;
mod lag;
mod me;
mod page;
mod params;
mod partner_center;
mod permission;
mod role;
mod scope;
mod second_factor;
mod server;
mod shared;
mod sign_in;
mod state;
mod token;
mod tokens;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use crate::app::{AppRegistration, default_permissions};
pub use crate::call::{Call, Kind as CallKind};
pub use crate::certificate::{Certificate, SelfSigned};
pub use crate::directory::{
    ADMIN_AGENTS, APPLICATION_ADMINISTRATOR, BILLING_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR, CONTOSO, FABRIKAM,
    FIONA, FRANK, GINA, GINA_IN_WINGTIP, GLOBAL_ADMINISTRATOR, GLOBAL_READER, GRACE, GUS, GUS_IN_CONTOSO,
    HELPDESK_AGENTS, IGOR, LAMNA, LI, Membership, NADIA, NORTHWIND, OSCAR, PAUL, PERSONAL, PETRA,
    PRIVILEGED_ROLE_ADMINISTRATOR, Person, Role, SALES_AGENTS, SKYPE_FOR_BUSINESS_ADMINISTRATOR, TAILSPIN, TARA,
    TEAMS_ADMINISTRATOR, TESS, TOM, Tenant, WANDA, WILL, WINGTIP, WOODGROVE, people, tenants,
};
pub use crate::fault::{Effect, Fault};
pub use crate::grant::{Consent, Revocation};
pub use crate::lag::Lag;
pub use crate::partner_center::{PartnerCenter, Reported};
pub use crate::permission::{GRAPH, Kind as PermissionKind, PARTNER_CENTER, PERMISSIONS, Permission, TEAMS_ADMIN_API};
pub use crate::second_factor::{End, Mfa};
pub use crate::shared::Clock;

pub(crate) use crate::shared::Shared;

use crate::server::{Cut, CuttableListener};
use crate::state::{Agent, RoleHolder, Store};

/// Why the simulation cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state file cannot be read or written.
    #[error("state file: {0}")]
    File(#[from] std::io::Error),
    /// The state file is not ours.
    #[error("state file: {0}")]
    Format(#[from] serde_json::Error),
    /// A key cannot be made or used.
    #[error("signing key: {0}")]
    Key(#[from] rsa::Error),
    /// A key cannot be encoded.
    #[error("signing key: {0}")]
    StoredKey(String),
    /// A certificate cannot be made or read.
    #[error("certificate: {0}")]
    Certificate(String),
    /// A consent names what does not exist.
    #[error("no such permission: {0}")]
    UnknownPermission(String),
    /// The state file holds no key.
    #[error("the state file holds no signing key")]
    NoKey,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownPermission(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::File(_)
            | Self::Format(_)
            | Self::Key(_)
            | Self::StoredKey(_)
            | Self::Certificate(_)
            | Self::NoKey => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, self.to_string()).into_response()
    }
}

/// How to start a [`SimulatedMicrosoft`].
pub struct Options {
    /// The application (client) id of the registered application.
    pub client_id: String,
    /// Its secret; empty if it has none.
    pub client_secret: String,
    /// Its certificates.
    pub certificates: Vec<Certificate>,
    /// Its registered web redirect addresses; compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where to keep everything over a restart; none keeps it in memory.
    pub state_file: Option<PathBuf>,
    /// The clock.
    pub now: Clock,
}

/// A running simulation. Clones are the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct SimulatedMicrosoft {
    shared: Arc<Shared>,
    _running: Arc<oneshot::Sender<()>>,
}

impl SimulatedMicrosoft {
    /// Serves on `listener` as `base_url`, e.g. `http://localhost:4321`. Needs a tokio runtime. Without a state file it begins with
    /// the signing key that all such have in one process.
    pub fn start(listener: TcpListener, base_url: impl Into<String>, options: Options) -> Result<Self, Error> {
        let base_url = base_url.into().trim_end_matches('/').to_owned();
        let app = AppRegistration {
            client_id: options.client_id,
            client_secret: options.client_secret,
            certificates: options.certificates,
            display_name: "Teams Onboarding".to_owned(),
            redirect_uris: options.redirect_uris,
            permissions: default_permissions(),
        };
        let store = Store::open(options.state_file)?;
        let shared = Arc::new(Shared::new(base_url, options.now, store, app));
        let (running, stopped) = oneshot::channel();
        let service = server::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Cut>();
        let serve = axum::serve(CuttableListener(listener), service).with_graceful_shutdown(async {
            // Nothing is ever sent: the sender's end is the signal.
            let _ = stopped.await;
        });
        tokio::spawn(async move { serve.await });
        Ok(Self { shared, _running: Arc::new(running) })
    }

    /// The external address, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// Registers another application, or replaces the one of the same client id. Not persisted.
    pub fn register(&self, app: AppRegistration) {
        self.shared.register(app);
    }

    /// The application of a client id.
    #[must_use]
    pub fn registration(&self, client_id: &str) -> Option<AppRegistration> {
        self.shared.app(client_id)
    }

    /// The faults still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.faults()
    }

    /// Replaces all faults.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.shared.set_faults(faults);
    }

    /// Adds a fault behind the others.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.add_fault(fault);
    }

    /// The latest calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls()
    }

    /// How many calls there were of each kind, zero included.
    #[must_use]
    pub fn call_counts(&self) -> BTreeMap<&'static str, u64> {
        self.shared.call_counts()
    }

    /// Begins to count anew.
    pub fn forget_calls(&self) {
        self.shared.forget_calls();
    }

    /// Sets how long Graph hides new grants and roles; what it shows already it goes on to show.
    pub fn set_lag(&self, lag: Lag) {
        self.shared.set_lag(lag);
    }

    /// Sets whether a tenant-wide consent takes the client's earlier ones away.
    pub fn set_wipes(&self, wipes: bool) {
        self.shared.set_wipes(wipes);
    }

    /// Forgets grants, tokens, faults, lag and calls; registrations and keys stay.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Consents without a browser; nothing is granted if a permission is unknown.
    pub fn grant(&self, consent: &Consent) -> Result<(), Error> {
        self.shared.grant(consent)
    }

    /// Takes grants back at once, in Graph too; says how many permissions.
    #[must_use = "a revocation that takes nothing is a mistake in the test"]
    pub fn revoke(&self, revocation: &Revocation) -> usize {
        self.shared.revoke(revocation)
    }

    /// The delegated scopes a person may use through a client, whatever Graph shows yet.
    #[must_use]
    pub fn granted(&self, tenant: &str, client_id: &str, oid: &str) -> Vec<String> {
        let granted = self.shared.store.read(|world| world.delegated(tenant, client_id, oid));
        granted.iter().map(|permission| permission.scope_name()).collect()
    }

    /// Makes the service principal of an application in a tenant, unless it is there.
    pub fn provision(&self, tenant: &str, app_id: &str) {
        self.shared.provision(tenant, app_id);
    }

    /// The object id of an application's service principal in a tenant.
    #[must_use]
    pub fn service_principal(&self, tenant: &str, app_id: &str) -> Option<String> {
        self.shared.store.read(|world| world.principal(tenant, app_id).map(|found| found.id.clone()))
    }

    /// Deletes a service principal with all its grants.
    pub fn remove_service_principal(&self, tenant: &str, app_id: &str) {
        self.shared.remove_principal(tenant, app_id);
    }

    /// Enables or disables sign-in for an application in a tenant.
    pub fn set_enabled(&self, tenant: &str, app_id: &str, enabled: bool) {
        self.shared.set_enabled(tenant, app_id, enabled);
    }

    /// Gives a person (by the object id in that tenant) a role.
    pub fn assign_role(&self, tenant: &Tenant, oid: &str, role: &Role) {
        self.shared.assign_role(holder(tenant, oid, role));
    }

    /// Whether a person or a service principal (by the object id in that tenant) holds a role.
    #[must_use]
    pub fn holds(&self, tenant: &Tenant, oid: &str, role: &Role) -> bool {
        self.shared.store.read(|world| world.roles.contains(&holder(tenant, oid, role)))
    }

    /// Takes a role from a person.
    pub fn remove_role(&self, tenant: &Tenant, oid: &str, role: &Role) {
        self.shared.remove_role(&holder(tenant, oid, role));
    }

    /// Puts a person (by the object id in that tenant) into a group of Partner Center's.
    pub fn add_agent(&self, tenant: &Tenant, oid: &str, group: &str) {
        self.shared.add_agent(agent(tenant, oid, group));
    }

    /// Takes a person out of a group of Partner Center's.
    pub fn remove_agent(&self, tenant: &Tenant, oid: &str, group: &str) {
        self.shared.remove_agent(&agent(tenant, oid, group));
    }

    /// Sets when a person is asked for a second factor.
    pub fn set_mfa(&self, person: &Person, mfa: Mfa) {
        self.shared.set_mfa(person.oid, mfa);
    }

    /// Ends every sign-in of a person: refresh tokens are good no longer. Says how many there were.
    #[must_use = "an end of nothing is a mistake in the test"]
    pub fn end_sign_ins(&self, person: &Person, why: End) -> usize {
        self.shared.end_sign_ins(person.oid, why)
    }

    /// Sets how Partner Center behaves.
    pub fn set_partner_center(&self, settings: PartnerCenter) {
        self.shared.set_partner_center(settings);
    }

    /// Makes a tenant one that never had a role: nobody holds it, and it is found only once it is activated, which shows
    /// after the lag.
    pub fn forget_role(&self, tenant: &Tenant, role: &Role) {
        self.shared.forget_role(tenant.id, role.template_id);
    }

    /// A JWS over any header and claims with the current key: RS256, whatever the header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, Error> {
        self.shared.store.read(|world| world.current_key()?.sign(header, claims))
    }

    /// The name of the current key.
    pub fn current_kid(&self) -> Result<String, Error> {
        self.shared.store.read(|world| Ok(world.current_key()?.kid.clone()))
    }

    /// Makes a new current key and answers its name; the old ones stay listed.
    pub fn rotate_key(&self) -> Result<String, Error> {
        self.shared.rotate_key()
    }

    /// The published key set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.shared.jwks()
    }
}

fn holder(tenant: &Tenant, oid: &str, role: &Role) -> RoleHolder {
    RoleHolder { tenant: tenant.id.to_owned(), oid: oid.to_owned(), role_template_id: role.template_id.to_owned() }
}

fn agent(tenant: &Tenant, oid: &str, group: &str) -> Agent {
    Agent { tenant: tenant.id.to_owned(), oid: oid.to_owned(), group: group.to_owned() }
}
