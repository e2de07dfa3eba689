//! Editing an enterprise: a merge patch (RFC 7396) on its profile, under the rules of its making (R002, R137, R167).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{Enterprise, ExpectedTenant, Profile, Standing};
use crate::action::{ActionState, ActionType, RevokeRequired};
use crate::catalogue::Catalogue;
use crate::fields::{Fault, Fields};
use crate::id::TenantId;
use crate::text::Name;
use crate::time::Timestamp;

/// What `GET /v1/enterprises/{id}` shows and an edit cannot change: ours to say, or changed elsewhere (T57).
const NOT_SETTABLE: &[&str] = &[
    "actionItems",
    "consentNeeded",
    "createdAt",
    "enterpriseId",
    "managementConsent",
    "moh",
    "pendingActions",
    "resellerId",
    "status",
    "tenantId",
    "warnings",
];

/// What an edit makes of an enterprise. Its one maker is [`Enterprise::edit`].
#[derive(Clone, Debug)]
pub struct Edit {
    before: Enterprise,
    after: Enterprise,
}

/// Why an edit is refused; nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditRefused {
    /// The enterprise is gone.
    #[error("the enterprise is offboarded")]
    Offboarded,
    /// The patch, or what it would make, is wrong.
    #[error("the body is wrong")]
    Invalid(Vec<Fault>),
    /// The management consent is granted, so it cannot just be no longer asked for (R002).
    #[error(transparent)]
    RevokeRequired(#[from] RevokeRequired),
    /// The enterprise is bound to this tenant, and the patch expects another.
    #[error("the enterprise is bound to a tenant")]
    TenantBound(TenantId),
}

impl Enterprise {
    /// What `patch` makes of this enterprise. Its provider's `catalogue` says what it may be given.
    pub fn edit(&self, patch: Fields, catalogue: &Catalogue, now: Timestamp) -> Result<Edit, EditRefused> {
        if self.standing == Standing::Offboarded {
            return Err(EditRefused::Offboarded);
        }
        let profile = self.profile.patched(patch, self, catalogue).map_err(EditRefused::Invalid)?;
        if let Some(bound) = self.tenant.filter(|bound| contradicts(&self.profile, &profile, *bound)) {
            return Err(EditRefused::TenantBound(bound));
        }
        let asks = |profile: &Profile| profile.can_reseller_manage_enterprise_provisioning == Some(true);
        let (asked, asks) = (asks(&self.profile), asks(&profile));
        let changed = u64::from(profile != self.profile);
        let mut after = Self { profile, version: self.version + changed, ..self.clone() };
        match (asked, asks) {
            (false, true) => after.ask_for_management(now),
            (true, false) => after.withdraw_management(now)?,
            (true, true) | (false, false) => {}
        }
        let edit = Edit { before: self.clone(), after };
        Ok(if edit.forgets_tenant() { edit.forgetting_tenant() } else { edit })
    }
}

impl Profile {
    fn patched(&self, mut patch: Fields, of: &Enterprise, catalogue: &Catalogue) -> Result<Self, Vec<Fault>> {
        for field in NOT_SETTABLE {
            patch.refuse(field, "not_settable", "cannot be changed by an edit; leave it out");
        }
        let catalogue = catalogue.keeping(&self.sbc_gateways, &self.pbx_id);
        Self::parse(patch.on(fields_of(self)), of.reseller, &catalogue)
    }
}

/// Whether an edit would come to expect another tenant than the bound one. Which tenant a domain is of is not asked
/// here: once a tenant is bound, it is named by its id.
fn contradicts(before: &Profile, after: &Profile, bound: TenantId) -> bool {
    match &after.expected_tenant {
        None => false,
        Some(ExpectedTenant::Id(id)) if *id == bound => false,
        unchanged => *unchanged != before.expected_tenant,
    }
}

/// What the audit trail, from which nothing is ever taken, says in the place of a mail address.
const NOT_KEPT: &str = "[not kept]";

fn kept(name: &str, value: &Value) -> Value {
    if name == "enterpriseAdminEmail" { NOT_KEPT.into() } else { value.clone() }
}

impl Profile {
    /// All of it as one JSON object, but for the mail address: for the audit trail.
    #[must_use]
    pub fn told(&self) -> String {
        let fields = fields_of(self);
        Value::Object(fields.iter().map(|(name, value)| (name.clone(), kept(name, value))).collect()).to_string()
    }
}

fn fields_of(profile: &Profile) -> Map<String, Value> {
    match serde_json::to_value(profile) {
        Ok(Value::Object(fields)) => fields,
        // A profile is an object by its type.
        Ok(_) | Err(_) => Map::new(),
    }
}

impl Edit {
    /// The enterprise as it was.
    #[must_use]
    pub const fn before(&self) -> &Enterprise {
        &self.before
    }

    /// The enterprise as it will be.
    #[must_use]
    pub const fn after(&self) -> &Enterprise {
        &self.after
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }

    /// The old name and the new one, if they are not the same name to everybody else (R080).
    #[must_use]
    pub fn renamed(&self) -> Option<(&Name, &Name)> {
        let names = (&self.before.profile.enterprise_name, &self.after.profile.enterprise_name);
        (names.0.folded() != names.1.folded()).then_some(names)
    }

    /// The tenant that is newly expected.
    #[must_use]
    pub fn newly_expected(&self) -> Option<&ExpectedTenant> {
        let expected = [&self.before, &self.after].map(|one| one.profile.expected_tenant.as_ref());
        expected[1].filter(|_| expected[0] != expected[1])
    }

    /// Whether what was seen of the tenant that was expected before says nothing any more: another one is expected, and none is
    /// bound.
    #[must_use]
    pub fn forgets_tenant(&self) -> bool {
        let watched = self.before.watched_tenant();
        let is_another = |new: &ExpectedTenant| !matches!(new, ExpectedTenant::Id(id) if watched == Some(*id));
        self.before.tenant.is_none() && self.newly_expected().is_some_and(is_another)
    }

    fn forgetting_tenant(mut self) -> Self {
        (self.after.sought_in, self.after.verified_at) = (None, None);
        self.after.beyond_graph.clear();
        self.after.joined_roles.clear();
        self.after.lost.clear();
        self
    }

    /// The action that it moves, with the state that it had in the store, if it had one, and the new one.
    #[must_use]
    pub fn moved(&self) -> Option<(ActionType, Option<&ActionState>, &ActionState)> {
        let action = ActionType::ServiceProviderManagement;
        let (before, after) = (self.before.actions.get(&action), self.after.actions.get(&action)?);
        (before != Some(after)).then_some((action, before, after))
    }

    /// How often which action was asked for anew, or no longer, if this edit counts once more: a withdrawal.
    #[must_use]
    pub fn withdraws(&self) -> Option<&BTreeMap<ActionType, u64>> {
        (self.before.resets != self.after.resets).then_some(&self.after.resets)
    }

    /// The actions that wait for somebody only because of this edit (R137, R167).
    #[must_use]
    pub fn consent_needed(&self) -> Vec<ActionType> {
        let before = self.before.pending_actions();
        let mut needed = self.after.pending_actions();
        needed.retain(|action| !before.contains(action));
        needed
    }

    /// The changed fields as they were and as they will be, as JSON objects with the version that has them; `null` is absent.
    /// For the audit trail, which keeps no mail address, and has edits in the order in which they were asked for: the versions
    /// tell the order in which they were made.
    #[must_use]
    pub fn changes(&self) -> (String, String) {
        let (before, after) = (fields_of(&self.before.profile), fields_of(&self.after.profile));
        let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
        let changed: Vec<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
        let of = |fields: &Map<String, Value>, version: u64| {
            let value = |name: &String| fields.get(name).map(|value| kept(name, value)).unwrap_or_default();
            let mut told: Map<String, Value> = changed.iter().map(|name| ((*name).clone(), value(name))).collect();
            told.insert("version".to_owned(), version.into());
            Value::Object(told).to_string()
        };
        (of(&before, self.before.version), of(&after, self.after.version))
    }
}

#[cfg(test)]
mod tests;
