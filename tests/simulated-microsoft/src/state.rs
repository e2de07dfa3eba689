//! Everything that survives a kill: service principals, grants, sign-ins under way, codes, tokens, keys.
//!
//! Written as one JSON file by rename after each change, so a reader sees the old world or the new
//! one. Transactions, codes and tokens are there only as hashes.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::answer::ReturnTo;
use crate::directory::{people, tenants};
use crate::grant::{AppRoleAssignment, Grant, ServicePrincipal};
use crate::id::{hash, secret};
use crate::keys::SigningKey;
use crate::lag::{Lag, Made};
use crate::partner_center::PartnerCenter;
use crate::second_factor::{End, Mfa};
use crate::sign_in::Purpose;

/// More sign-ins than any test has open at once.
const SIGN_INS: usize = 1_000;

/// A role somebody holds in a tenant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RoleHolder {
    pub(crate) tenant: String,
    pub(crate) oid: String,
    pub(crate) role_template_id: String,
}

/// A role that a tenant has.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ActiveRole {
    pub(crate) tenant: String,
    pub(crate) role_template_id: String,
    pub(crate) made: Made,
}

/// A group of Partner Center's that somebody is a member of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Agent {
    pub(crate) tenant: String,
    pub(crate) oid: String,
    pub(crate) group: String,
}

/// The PKCE challenge of an authorize request.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) value: String,
    pub(crate) s256: bool,
}

/// A sign-in under way. What it refers to is stored by name, so that no secret of a registration is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OpenSignIn {
    /// The hash of what the browser has.
    pub(crate) transaction: String,
    pub(crate) client_id: String,
    pub(crate) authority: String,
    pub(crate) return_to: ReturnTo,
    pub(crate) scopes: Vec<String>,
    pub(crate) default_of: Option<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) force_consent: bool,
    pub(crate) purpose: Purpose,
    /// Tenant and object id of the person who was chosen.
    pub(crate) account: Option<(String, String)>,
}

/// An authorization code, stored under its hash. It stays after use, to tell a second use.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) authority: String,
    pub(crate) tenant: String,
    pub(crate) oid: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) default_of: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) issued: DateTime<Utc>,
    pub(crate) redeemed: bool,
}

/// An access token, stored under its hash.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) client_id: String,
    pub(crate) tenant: String,
    /// None for an app-only token.
    pub(crate) oid: Option<String>,
    pub(crate) resource: String,
    /// Delegated scopes, or application roles.
    pub(crate) permissions: Vec<String>,
    pub(crate) expires: DateTime<Utc>,
    /// Whether a second factor stands behind it.
    #[serde(default)]
    pub(crate) second_factor: bool,
}

/// A refresh token, stored under its hash; bound to person and client, not to a resource.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) client_id: String,
    pub(crate) tenant: String,
    pub(crate) oid: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: DateTime<Utc>,
    /// When the person signed in.
    #[serde(default)]
    pub(crate) signed_in: DateTime<Utc>,
    /// Whether a second factor was asked for then.
    #[serde(default)]
    pub(crate) second_factor: bool,
    /// Why it is good no longer, though its time is not over.
    #[serde(default)]
    pub(crate) ended: Option<End>,
}

/// The simulated Microsoft's memory.
#[derive(Serialize, Deserialize)]
pub(crate) struct World {
    /// The last one is current.
    pub(crate) keys: Vec<SigningKey>,
    /// Makes `sub` pairwise.
    pub(crate) pairwise_salt: String,
    pub(crate) lag: Lag,
    pub(crate) principals: Vec<ServicePrincipal>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) assignments: Vec<AppRoleAssignment>,
    pub(crate) roles: Vec<RoleHolder>,
    /// Who is in Partner Center's groups.
    #[serde(default)]
    pub(crate) agents: Vec<Agent>,
    /// When a second factor is asked for, by the object id at home; always for whoever is not in it.
    #[serde(default)]
    pub(crate) mfa: BTreeMap<String, Mfa>,
    #[serde(default)]
    pub(crate) partner_center: PartnerCenter,
    /// Roles that a tenant has though nobody holds them.
    #[serde(default)]
    pub(crate) activated: Vec<ActiveRole>,
    /// Whether a tenant-wide consent takes the client's earlier ones away.
    #[serde(default)]
    pub(crate) wipes: bool,
    /// Oldest first; files of earlier versions have none.
    #[serde(default)]
    pub(crate) sign_ins: VecDeque<OpenSignIn>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) tokens: BTreeMap<String, AccessToken>,
    pub(crate) refresh_tokens: BTreeMap<String, RefreshToken>,
    /// The client assertions that were taken, by their `jti`, with their ends.
    #[serde(default)]
    pub(crate) assertions: BTreeMap<String, DateTime<Utc>>,
}

impl World {
    fn new(keys: Vec<SigningKey>) -> Self {
        let mut world = Self {
            keys,
            pairwise_salt: secret(),
            lag: Lag::default(),
            principals: Vec::new(),
            grants: Vec::new(),
            assignments: Vec::new(),
            roles: Vec::new(),
            agents: Vec::new(),
            mfa: BTreeMap::new(),
            partner_center: PartnerCenter::default(),
            activated: Vec::new(),
            wipes: false,
            sign_ins: VecDeque::new(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            assertions: BTreeMap::new(),
        };
        for tenant in tenants() {
            for resource in tenant.resources {
                world.ensure_principal(tenant.id, resource, None);
            }
        }
        for membership in people().iter().flat_map(|person| person.memberships) {
            for role in membership.roles {
                world.roles.push(RoleHolder {
                    tenant: membership.tenant.id.to_owned(),
                    oid: membership.oid.to_owned(),
                    role_template_id: role.template_id.to_owned(),
                });
            }
            for group in membership.agents {
                world.agents.push(Agent {
                    tenant: membership.tenant.id.to_owned(),
                    oid: membership.oid.to_owned(),
                    group: (*group).to_owned(),
                });
            }
        }
        world
    }

    /// Back to the first day; signing keys stay, as a client may have cached them.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(std::mem::take(&mut self.keys));
    }

    pub(crate) fn current_key(&self) -> Result<&SigningKey, Error> {
        self.keys.last().ok_or(Error::NoKey)
    }

    /// Opens a sign-in; beyond the bound the oldest gives way.
    pub(crate) fn begin(&mut self, sign_in: OpenSignIn) {
        while self.sign_ins.len() >= SIGN_INS {
            self.sign_ins.pop_front();
        }
        self.sign_ins.push_back(sign_in);
    }

    pub(crate) fn sign_in(&self, transaction: &str) -> Option<&OpenSignIn> {
        let name = hash(transaction);
        self.sign_ins.iter().find(|sign_in| sign_in.transaction == name)
    }

    /// Replaces a sign-in that is still open.
    pub(crate) fn remember(&mut self, sign_in: OpenSignIn) {
        if let Some(known) = self.sign_ins.iter_mut().find(|known| known.transaction == sign_in.transaction) {
            *known = sign_in;
        }
    }

    pub(crate) fn finish(&mut self, transaction: &str) {
        let name = hash(transaction);
        self.sign_ins.retain(|sign_in| sign_in.transaction != name);
    }

    /// Drops what is so long dead that nobody can tell.
    pub(crate) fn forget_expired(&mut self, now: DateTime<Utc>) {
        let day = TimeDelta::days(1);
        self.codes.retain(|_, code| code.issued + day > now);
        self.tokens.retain(|_, token| token.expires + day > now);
        self.refresh_tokens.retain(|_, token| token.expires + day > now);
    }
}

/// The world and the file it lives in.
pub(crate) struct Store {
    world: Mutex<World>,
    file: Option<PathBuf>,
}

impl Store {
    /// Reads the file, or begins a new world: with a new key, or in memory with that of the process.
    pub(crate) fn open(file: Option<PathBuf>) -> Result<Self, Error> {
        let stored = match &file {
            Some(path) if path.exists() => Some(serde_json::from_slice(&fs::read(path)?)?),
            Some(_) | None => None,
        };
        let world = match stored {
            Some(world) => world,
            None if file.is_some() => World::new(vec![SigningKey::generate()?]),
            None => World::new(vec![SigningKey::first()?]),
        };
        save(&world, file.as_ref())?;
        Ok(Self { world: Mutex::new(world), file })
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the world and saves it before anybody sees the answer.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        let answer = change(&mut world);
        if let Err(error) = save(&world, self.file.as_ref()) {
            // The simulation goes on: a full disk must not look like a fault of Microsoft.
            eprintln!("simulated Microsoft: state not saved: {error}");
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn save(world: &World, file: Option<&PathBuf>) -> Result<(), Error> {
    let Some(file) = file else { return Ok(()) };
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, serde_json::to_vec(world)?)?;
    fs::rename(&unfinished, file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Mode;

    #[test]
    fn the_oldest_sign_in_gives_way() {
        let mut world = World::new(Vec::new());
        let opened = |transaction: &str| OpenSignIn {
            transaction: hash(transaction),
            client_id: String::new(),
            authority: String::new(),
            return_to: ReturnTo { redirect_uri: String::new(), mode: Mode::Query, state: None, admin_consent: false },
            scopes: Vec::new(),
            default_of: None,
            login_hint: None,
            force_consent: false,
            purpose: Purpose::AdminConsent,
            account: None,
        };
        for number in 0..=SIGN_INS {
            world.begin(opened(&number.to_string()));
        }
        assert_eq!(world.sign_ins.len(), SIGN_INS);
        assert!(world.sign_in("0").is_none() && world.sign_in("1").is_some());
    }
}
