//! What every request and every handle looks at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::Error;
use crate::app::AppRegistration;
use crate::call::{Call, Calls, Kind};
use crate::fault::{self, Effect, Fault};
use crate::grant::{Consent, Revocation};
use crate::graph::{Answer, GraphCall};
use crate::id::secret;
use crate::keys::{SigningKey, jwks};
use crate::lag::{Lag, Made};
use crate::partner_center::PartnerCenter;
use crate::second_factor::{End, Mfa};
use crate::sign_in::SignIn;
use crate::state::{Agent, RoleHolder, Store};

/// The clock every rule about time asks.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    apps: RwLock<Vec<AppRegistration>>,
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<Calls>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(base_url: String, clock: Clock, store: Store, app: AppRegistration) -> Self {
        Self { base_url, clock, store, apps: RwLock::new(vec![app]), faults: Mutex::default(), calls: Mutex::default() }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<AppRegistration> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.iter().find(|app| app.client_id.eq_ignore_ascii_case(client_id)).cloned()
    }

    pub(crate) fn register(&self, app: AppRegistration) {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        apps.retain(|known| known.client_id != app.client_id);
        apps.push(app);
    }

    pub(crate) fn faults(&self) -> Vec<Fault> {
        lock(&self.faults).clone()
    }

    pub(crate) fn set_faults(&self, faults: Vec<Fault>) {
        *lock(&self.faults) = faults;
    }

    pub(crate) fn add_fault(&self, fault: Fault) {
        lock(&self.faults).push(fault);
    }

    pub(crate) fn take_fault(&self, kind: Kind) -> Option<Effect> {
        fault::take(&mut lock(&self.faults), kind)
    }

    pub(crate) fn take_item_fault(&self, path: &str) -> Option<Effect> {
        fault::take_item(&mut lock(&self.faults), path)
    }

    pub(crate) fn record(&self, call: Call) {
        lock(&self.calls).record(call);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.calls).list()
    }

    pub(crate) fn call_counts(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.calls).counts()
    }

    pub(crate) fn forget_calls(&self) {
        *lock(&self.calls) = Calls::default();
    }

    /// Opens a sign-in; the id is all the browser gets.
    pub(crate) fn begin(&self, sign_in: &SignIn) -> String {
        let transaction = secret();
        self.store.change(|world| world.begin(sign_in.stored(&transaction)));
        transaction
    }

    /// A sign-in under way, with its application as it is registered now.
    pub(crate) fn sign_in(&self, transaction: &str) -> Option<SignIn> {
        let stored = self.store.read(|world| world.sign_in(transaction).cloned())?;
        let app = self.app(&stored.client_id)?;
        SignIn::restored(stored, app)
    }

    pub(crate) fn remember(&self, transaction: &str, sign_in: &SignIn) {
        self.store.change(|world| world.remember(sign_in.stored(transaction)));
    }

    pub(crate) fn finish(&self, transaction: &str) {
        self.store.change(|world| world.finish(transaction));
    }

    /// Answers one Graph request; only a `POST` needs the world saved.
    pub(crate) fn graph(&self, call: &GraphCall<'_>) -> Answer {
        let answer = if call.method == "GET" {
            self.store.read(|world| call.read(world))
        } else {
            self.store.change(|world| call.write(world))
        };
        answer.unwrap_or_else(|refused| refused)
    }

    pub(crate) fn set_lag(&self, lag: Lag) {
        let now = self.now();
        self.store.change(|world| world.set_lag(lag, now));
    }

    pub(crate) fn set_wipes(&self, wipes: bool) {
        self.store.change(|world| world.wipes = wipes);
    }

    /// Forgets everything but the registrations and the signing keys.
    pub(crate) fn reset(&self) {
        self.store.change(crate::state::World::reset);
        self.set_faults(Vec::new());
        self.forget_calls();
    }

    pub(crate) fn grant(&self, consent: &Consent) -> Result<(), Error> {
        let now = self.now();
        let permissions = consent.permissions()?;
        let name = self.app(&consent.client_id).map(|app| app.display_name);
        self.store.change(|world| {
            world.ensure_principal(&consent.tenant, &consent.client_id, name.as_deref());
            world.grant(&consent.tenant, &consent.client_id, consent.person.as_deref(), &permissions, now);
        });
        Ok(())
    }

    pub(crate) fn revoke(&self, revocation: &Revocation) -> usize {
        self.store.change(|world| world.revoke(revocation))
    }

    pub(crate) fn provision(&self, tenant: &str, app_id: &str) -> String {
        let name = self.app(app_id).map(|app| app.display_name);
        self.store.change(|world| world.ensure_principal(tenant, app_id, name.as_deref()))
    }

    pub(crate) fn remove_principal(&self, tenant: &str, app_id: &str) -> bool {
        self.store.change(|world| world.remove_principal(tenant, app_id))
    }

    pub(crate) fn set_enabled(&self, tenant: &str, app_id: &str, enabled: bool) -> bool {
        self.store.change(|world| {
            let mut principals = world.principals.iter_mut();
            let found = principals.find(|principal| principal.tenant == tenant && principal.app_id == app_id);
            found.is_some_and(|principal| std::mem::replace(&mut principal.enabled, enabled) != enabled)
        })
    }

    pub(crate) fn assign_role(&self, holder: RoleHolder) {
        self.store.change(|world| {
            if !world.roles.contains(&holder) {
                world.roles.push(holder);
            }
        });
    }

    pub(crate) fn remove_role(&self, holder: &RoleHolder) {
        self.store.change(|world| {
            world.activate(&holder.tenant, &holder.role_template_id, Made::before());
            world.roles.retain(|held| held != holder);
        });
    }

    pub(crate) fn forget_role(&self, tenant: &str, role_template_id: &str) {
        self.store.change(|world| world.forget_role(tenant, role_template_id));
    }

    pub(crate) fn add_agent(&self, agent: Agent) {
        self.store.change(|world| {
            if !world.agents.contains(&agent) {
                world.agents.push(agent);
            }
        });
    }

    pub(crate) fn remove_agent(&self, agent: &Agent) {
        self.store.change(|world| world.agents.retain(|held| held != agent));
    }

    pub(crate) fn set_mfa(&self, person: &str, mfa: Mfa) {
        self.store.change(|world| world.mfa.insert(person.to_owned(), mfa));
    }

    pub(crate) fn end_sign_ins(&self, person: &str, why: End) -> usize {
        self.store.change(|world| world.end_sign_ins(person, why))
    }

    pub(crate) fn set_partner_center(&self, settings: PartnerCenter) {
        self.store.change(|world| world.partner_center = settings);
    }

    pub(crate) fn jwks(&self) -> Value {
        self.store.read(|world| jwks(&world.keys, &self.base_url))
    }

    /// Makes a new current key; the old ones stay listed.
    pub(crate) fn rotate_key(&self) -> Result<String, Error> {
        let key = SigningKey::generate()?;
        let kid = key.kid.clone();
        self.store.change(|world| world.keys.push(key));
        Ok(kid)
    }
}
