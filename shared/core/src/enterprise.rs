//! An enterprise: the customer organisation that a service provider registers (R079-R103).

mod edit;
mod management;
mod preview;
mod profile;
mod reset;
mod warning;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::action::{ActionItem, ActionState, ActionType, ProvedBy};
use crate::id::{EnterpriseId, ResellerId, RoleTemplateId, TenantId};
use crate::identity::PERSONAL_ACCOUNTS;
use crate::invitation::OpenInvitations;
use crate::text::Domain;
use crate::time::Timestamp;
use crate::word::words;

pub use edit::{Edit, EditRefused};
pub use management::ManagementConsent;
pub use preview::Preview;
pub use profile::{ConfigDetails, EntConfigInfo, NOT_YOUR_RESELLER, Profile};
pub use reset::{Reset, ResetRefused};
pub use warning::Warning;

/// An enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enterprise {
    /// Its number.
    pub id: EnterpriseId,
    /// Whose it is.
    pub reseller: ResellerId,
    /// What the provider said of it.
    pub profile: Profile,
    /// Whether its provider lets it go on.
    pub standing: Standing,
    /// The tenant that it is bound to; set once, by a proved consent, and never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// When the management consent was last asked for; kept when it has long been granted (R007).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_requested_at: Option<Timestamp>,
    /// When every mandatory action was granted for the first time; it stays, whatever is lost later (R140).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Timestamp>,
    /// The invitations that were sent and neither accepted nor taken back.
    #[serde(default, skip_serializing_if = "OpenInvitations::is_empty")]
    pub invitations: OpenInvitations,
    /// The actions that have left their initial state.
    pub actions: BTreeMap<ActionType, ActionState>,
    /// The actions that were granted, whose loss was noticed, and that are not granted again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lost: BTreeSet<ActionType>,
    /// The tenant in which something was lost, or is still looked for, while it was known by a domain alone: what comes is seen there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sought_in: Option<TenantId>,
    /// The permissions that Microsoft refused by name, as they were asked for: they are left out where they can be.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub isolated: BTreeSet<String>,
    /// The delegated permissions of other APIs than Graph that were seen granted, as they are asked for. A tenant may lack such
    /// an API, so only the loss of what it had counts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub beyond_graph: BTreeSet<String>,
    /// The directory roles beside Teams Administrator that our service principal was seen to be a member of. A tenant may lack them,
    /// or get them later, so only the loss of what it was counts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub joined_roles: BTreeSet<RoleTemplateId>,
    /// How often an action was asked for anew, or no longer: links that were made before the last time are dead (R002, R146).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resets: BTreeMap<ActionType, u64>,
    /// When an action was last asked for anew (R146): a screen that was asked for before grants it no more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reset_at: BTreeMap<ActionType, Timestamp>,
    /// When Microsoft Graph was last read for all that is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts the edits of the profile; the `ETag`.
    pub version: u64,
}

/// Whether an enterprise's provider lets it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It goes on.
    Open,
    /// Stopped.
    Disabled,
    /// Gone.
    Offboarded,
}

impl Standing {
    /// The word in the audit trail.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Disabled => "disabled",
            Self::Offboarded => "offboarded",
        }
    }
}

words!(
    /// How far an enterprise is. Told from its standing and its actions, so it cannot contradict them.
    EnterpriseStatus {
        /// Made, nobody was asked for anything.
        Draft = "draft",
        /// Its administrator has an invitation.
        Invited = "invited",
        /// A registration link exists.
        Registering = "registering",
        /// Registered; application consents are missing.
        AwaitingApplicationConsent = "awaiting_application_consent",
        /// Every mandatory action is granted.
        Active = "active",
        /// Stopped by its provider.
        Disabled = "disabled",
        /// Gone.
        Offboarded = "offboarded",
    }
);

/// The tenant that the provider expects: a pin against anybody else finishing the link (T11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ExpectedTenant {
    /// By its id.
    Id(TenantId),
    /// By a domain that the tenant has verified; Microsoft's discovery turns it into the id.
    Domain(Domain),
}

/// The text is neither a tenant id nor a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a tenant id (GUID) or a verified domain such as contoso.com")]
pub struct InvalidTenant;

impl FromStr for ExpectedTenant {
    type Err = InvalidTenant;

    fn from_str(text: &str) -> Result<Self, InvalidTenant> {
        match TenantId::in_any_case(text.trim()) {
            Ok(id) if id == PERSONAL_ACCOUNTS || id == TenantId::from_u128(0) => Err(InvalidTenant),
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Domain).map_err(|_| InvalidTenant),
        }
    }
}

impl TryFrom<String> for ExpectedTenant {
    type Error = InvalidTenant;

    fn try_from(text: String) -> Result<Self, InvalidTenant> {
        text.parse()
    }
}

impl From<ExpectedTenant> for String {
    fn from(tenant: ExpectedTenant) -> String {
        match tenant {
            ExpectedTenant::Id(id) => id.to_string(),
            ExpectedTenant::Domain(domain) => domain.into(),
        }
    }
}

/// Where music on hold comes from (R153).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MusicOnHold {
    /// `pbx`, where the PBX decides, or `builtin`, which cannot be changed.
    pub source: &'static str,
}

impl Enterprise {
    /// A new enterprise. Ticking the management consent raises its item at once (R001, R088).
    #[must_use]
    pub fn create(id: EnterpriseId, reseller: ResellerId, profile: Profile, now: Timestamp) -> Self {
        let asks = profile.can_reseller_manage_enterprise_provisioning == Some(true);
        let (standing, actions) = (Standing::Open, BTreeMap::new());
        let mut enterprise = Self {
            id,
            reseller,
            profile,
            standing,
            tenant: None,
            management_requested_at: None,
            ready_at: None,
            invitations: OpenInvitations::default(),
            actions,
            lost: BTreeSet::new(),
            sought_in: None,
            isolated: BTreeSet::new(),
            beyond_graph: BTreeSet::new(),
            joined_roles: BTreeSet::new(),
            resets: BTreeMap::new(),
            reset_at: BTreeMap::new(),
            verified_at: None,
            created_at: now,
            version: 1,
        };
        if asks {
            enterprise.ask_for_management(now);
        }
        enterprise
    }

    /// The entity tag of the profile as it is (RFC 9110 §8.8.3).
    #[must_use]
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// How far it is at `now`: an invitation ends by itself.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> EnterpriseStatus {
        let granted = |action| self.action(action).is_granted();
        match self.standing {
            Standing::Disabled => EnterpriseStatus::Disabled,
            Standing::Offboarded => EnterpriseStatus::Offboarded,
            Standing::Open if self.missing().next().is_none() => EnterpriseStatus::Active,
            Standing::Open if granted(ActionType::Registration) => EnterpriseStatus::AwaitingApplicationConsent,
            Standing::Open if self.actions.contains_key(&ActionType::Registration) => EnterpriseStatus::Registering,
            Standing::Open if self.invitations.at(now).next().is_some() => EnterpriseStatus::Invited,
            Standing::Open => EnterpriseStatus::Draft,
        }
    }

    /// The state of `action`: what is mandatory is pending from the beginning, the rest until somebody asks. What was proved in
    /// another tenant than that of this enterprise is pending too: it says nothing of this one.
    #[must_use]
    pub fn action(&self, action: ActionType) -> ActionState {
        let pending = |since| ActionState::PendingConsent { since };
        match self.actions.get(&action) {
            Some(state) if self.is_of_another_tenant(state) => pending(state.since().unwrap_or(self.created_at)),
            Some(state) => state.clone(),
            None if action.is_mandatory(&self.profile.services) => pending(self.created_at),
            None => ActionState::NotRequested,
        }
    }

    /// Whether a grant was proved in another tenant than the one that this enterprise is bound to, or pinned to by its id.
    fn is_of_another_tenant(&self, state: &ActionState) -> bool {
        self.pin().zip(state.proved_in()).is_some_and(|(own, other)| own != other)
    }

    /// Whether anybody is to hear of `action`: it applies to the services of this enterprise, or is granted all the same. What was
    /// asked for a service that was dropped since is nobody's to give (R137).
    #[must_use]
    pub fn concerns(&self, action: ActionType) -> bool {
        action.is_applicable(&self.profile.services) || self.action(action).is_granted()
    }

    /// The action items: what is mandatory or was asked for (R004, K11); what matters most first.
    #[must_use]
    pub fn action_items(&self) -> Vec<ActionItem> {
        let items = self.by_weight(ActionType::all()).into_iter().map(|action| (action, self.action(action)));
        let listed = items.filter(|(action, state)| *state != ActionState::NotRequested && self.concerns(*action));
        listed.map(|(action, state)| ActionItem::new(self.id, action, &state, &self.profile)).collect()
    }

    /// These actions as they are shown: what is raised to the top first, the others in their order (R141).
    #[must_use]
    pub fn by_weight(&self, actions: impl IntoIterator<Item = ActionType>) -> Vec<ActionType> {
        let mut ordered: Vec<ActionType> = actions.into_iter().collect();
        ordered.sort_by_key(|action| !action.is_raised(&self.profile));
        ordered
    }

    /// The optional actions that are recommended and not granted, with the reason (R141).
    pub fn recommended(&self) -> impl Iterator<Item = (ActionType, &'static str)> {
        let open = ActionType::all().filter(|action| !self.action(*action).is_granted());
        open.filter_map(|action| Some((action, action.recommendation(&self.profile)?)))
    }

    /// The actions that wait for somebody: asked for, and neither granted nor withdrawn (R148).
    #[must_use]
    pub fn pending_actions(&self) -> Vec<ActionType> {
        let open = ActionType::all().filter(|action| self.action(*action).status().is_open());
        open.filter(|action| self.concerns(*action)).collect()
    }

    /// The mandatory actions that are not granted.
    pub fn missing(&self) -> impl Iterator<Item = ActionType> {
        let mandatory = ActionType::all().filter(|action| action.is_mandatory(&self.profile.services));
        mandatory.filter(|action| !self.action(*action).is_granted())
    }

    /// The actions whose delegated permissions a screen for `action` asks for again, so that its grant takes none of them away:
    /// what is granted, what may be though nobody saw it, and what is left of a grant that was lost in part, be that mended just now. A
    /// sign-in that grants nothing takes nothing.
    #[must_use]
    pub fn asked_again_with(&self, action: ActionType) -> Vec<ActionType> {
        let grants = |action: ActionType| matches!(action.proved_by(), ProvedBy::Grants | ProvedBy::Membership);
        let unseen = |action: ActionType| {
            let state = self.action(action);
            state.is_not_visible() || state.is_unverifiable()
        };
        let holds = |action: ActionType| self.has_something(action) || unseen(action);
        let others = ActionType::all().filter(|other| *other != action && grants(*other) && holds(*other));
        others.filter(|_| grants(action)).collect()
    }

    /// Whether the tenant holds permissions of `action`, or may: it is granted, or nobody may read whether it still is, or a part
    /// of it is gone, or its grant is being looked for. A loss that somebody has begun to mend is one until it is mended.
    #[must_use]
    pub fn has_something(&self, action: ActionType) -> bool {
        match self.action(action) {
            ActionState::Granted { .. } | ActionState::Drifted { .. } | ActionState::Verifying { .. } => true,
            ActionState::Started { .. }
            | ActionState::Declined { .. }
            | ActionState::Blocked { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Expired { .. } => self.lost.contains(&action),
            ActionState::NotRequested
            | ActionState::PendingConsent { .. }
            | ActionState::PendingConfirmation { .. }
            | ActionState::Withdrawn { .. }
            | ActionState::Revoked { .. } => false,
        }
    }

    /// Whether `action` is asked for and neither granted nor being proved.
    #[must_use]
    pub fn is_asked_for(&self, action: ActionType) -> bool {
        match self.action(action) {
            ActionState::PendingConsent { .. }
            | ActionState::Started { .. }
            | ActionState::Declined { .. }
            | ActionState::Blocked { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Drifted { .. }
            | ActionState::Revoked { .. }
            | ActionState::Expired { .. } => true,
            ActionState::NotRequested
            | ActionState::PendingConfirmation { .. }
            | ActionState::Verifying { .. }
            | ActionState::Granted { .. }
            | ActionState::Withdrawn { .. } => false,
        }
    }

    /// The tenant that a link of this enterprise must end in, if one is known by id.
    #[must_use]
    pub fn pin(&self) -> Option<TenantId> {
        match (self.tenant, &self.profile.expected_tenant) {
            (Some(bound), _) => Some(bound),
            (None, Some(ExpectedTenant::Id(expected))) => Some(*expected),
            (None, Some(ExpectedTenant::Domain(_)) | None) => None,
        }
    }

    /// Where its music on hold comes from (R095, R153).
    #[must_use]
    pub fn music_on_hold(&self) -> MusicOnHold {
        MusicOnHold { source: if self.profile.pbx_moh == Some(true) { "pbx" } else { "builtin" } }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::fields::Fields;
    use serde_json::json;

    /// Enterprise `id`, with SMS alone and these fields beside.
    pub(crate) fn sample(id: u64, extra: &serde_json::Value) -> Enterprise {
        let mut body = json!({"enterpriseName": "Contoso", "pbxId": [], "sbcGateways": [], "services": ["SMS"]});
        body.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        let fields = Fields::of(body.as_object().cloned().unwrap());
        let reseller = ResellerId::try_from(1).unwrap();
        let profile = Profile::parse(fields, reseller, &Catalogue::default()).unwrap();
        Enterprise::create(EnterpriseId::try_from(id).unwrap(), reseller, profile, Timestamp::from_seconds(1))
    }

    fn enterprise(extra: &serde_json::Value) -> Enterprise {
        sample(7, extra)
    }

    /// R153 Music on hold is the PBX's where ticked, and built in otherwise.
    #[test]
    fn music_on_hold_is_built_in_unless_ticked() {
        let source = |extra| enterprise(&extra).music_on_hold().source;
        assert_eq!(source(json!({"pbxMOH": true})), "pbx");
        assert_eq!((source(json!({"pbxMOH": false})), source(json!({}))), ("builtin", "builtin"));
    }

    #[test]
    fn the_status_follows_from_the_actions() {
        let mut enterprise = enterprise(&json!({}));
        assert_eq!(enterprise.status(enterprise.created_at).word(), "draft");
        let (since, random) = (enterprise.created_at, crate::random::tests::Counting::default());
        let request = crate::id::ConsentRequestId::new(since, &random);
        let started = ActionState::Started { since, request: request.clone(), asked_again: false };
        enterprise.actions.insert(ActionType::Registration, started);
        assert_eq!(enterprise.status(enterprise.created_at).word(), "registering");
        let by = crate::identity::Signer {
            tenant: TenantId::from_u128(1),
            object: crate::id::ObjectId::from_u128(2),
            user_principal_name: None,
        };
        let granted = ActionState::Granted { since, request, by: Some(by), tenant: None };
        enterprise.actions.insert(ActionType::Registration, granted.clone());
        assert_eq!(enterprise.status(enterprise.created_at).word(), "awaiting_application_consent");
        for action in ActionType::all().filter(|action| action.is_mandatory(&enterprise.profile.services)) {
            enterprise.actions.insert(action, granted.clone());
        }
        assert_eq!(enterprise.status(enterprise.created_at).word(), "active");
        enterprise.standing = Standing::Disabled;
        assert_eq!(enterprise.status(enterprise.created_at).word(), "disabled");
    }

    /// A new tenant-wide grant asks for the earlier ones again, as long as it is one.
    #[test]
    fn what_is_granted_is_asked_for_again() {
        let mut enterprise = enterprise(&json!({}));
        assert_eq!(enterprise.asked_again_with(ActionType::ServiceProviderManagement), []);
        let request =
            crate::id::ConsentRequestId::new(enterprise.created_at, &crate::random::tests::Counting::default());
        let granted = ActionState::Granted { since: enterprise.created_at, request, by: None, tenant: None };
        for action in [ActionType::Registration, ActionType::UserSync, ActionType::LoginEnterpriseAdmin] {
            enterprise.actions.insert(action, granted.clone());
        }
        let with = |action| enterprise.asked_again_with(action);
        assert_eq!(with(ActionType::ServiceProviderManagement), [ActionType::Registration]);
        assert_eq!(with(ActionType::Registration), []);
        assert_eq!((with(ActionType::Presence), with(ActionType::LoginEnterpriseAdmin)), (vec![], vec![]));
    }

    /// R112 What may still be granted is asked for again too; of what was lost in part, only what is left, unless the screen needs
    /// the rest itself.
    #[test]
    fn what_may_be_granted_is_asked_for_again() {
        let (action, management) = (ActionType::Registration, ActionType::ServiceProviderManagement);
        let mut enterprise = enterprise(&json!({}));
        let since = enterprise.created_at;
        let request = || crate::id::ConsentRequestId::new(since, &crate::random::tests::Counting::default());
        let mut again = |state: ActionState, is_lost: bool| {
            enterprise.lost = is_lost.then_some(action).into_iter().collect();
            enterprise.actions.insert(action, state);
            let again = enterprise.asked_again_with(management);
            (again.contains(&action), enterprise.left_out(&[management], &again))
        };
        let nothing = Vec::<String>::new;
        let unverifiable = || ActionState::Unverifiable { since, request: request(), by: None };
        assert_eq!(again(unverifiable(), true), (true, nothing()));
        assert_eq!(again(unverifiable(), false), (true, nothing()), "it was accepted, and nobody could look");
        let (code, asked_again) = (crate::advice::Code::GrantNotVisible, false);
        let unseen = ActionState::Blocked { since, request: request(), code, asked_again, missing: vec![] };
        assert_eq!(again(unseen, false), (true, nothing()), "it was accepted, and not seen in time");
        assert_eq!(again(ActionState::Verifying { since, request: request() }, false), (true, nothing()));
        assert_eq!(again(ActionState::Revoked { since, request: request(), by: None }, true), (false, nothing()));
        let (code, asked_again) = (crate::advice::Code::Declined, false);
        for mended in [
            ActionState::Started { since, request: request(), asked_again },
            ActionState::Declined { since, request: request(), code, asked_again },
            ActionState::Blocked { since, request: request(), code, asked_again, missing: vec![] },
            ActionState::Expired { since, request: Some(request()), asked_again },
        ] {
            assert!(again(mended.clone(), true).0, "{mended:?}");
            assert!(!again(mended, false).0, "it never was granted");
        }
        let missing = ["User.ReadWrite.All", "Directory.AccessAsUser.All"].map(str::to_owned).to_vec();
        let drifted = ActionState::Drifted { since, request: request(), by: None, missing };
        assert_eq!(again(drifted, true), (true, vec!["User.ReadWrite.All".to_owned()]));
    }

    #[test]
    fn registration_is_an_item_from_the_beginning() {
        let items = enterprise(&json!({})).action_items();
        assert_eq!((items[0].action_type, items[0].status), (ActionType::Registration, "pending_consent"));
    }

    #[test]
    fn nobody_expects_the_tenant_of_personal_accounts() {
        for text in ["9188040d-6c67-4c5b-b112-36a304b66dad", "00000000-0000-0000-0000-000000000000", "common"] {
            assert_eq!(text.parse::<ExpectedTenant>(), Err(InvalidTenant), "{text}");
        }
    }

    #[test]
    fn a_bound_tenant_is_the_pin_whatever_was_expected() {
        let expected = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239";
        let mut enterprise = enterprise(&json!({"expectedTenant": expected.to_uppercase()}));
        assert_eq!(enterprise.pin().map(|pin| pin.to_string()), Some(expected.to_owned()));
        enterprise.tenant = Some(TenantId::from_u128(1));
        assert_eq!(enterprise.pin(), Some(TenantId::from_u128(1)));
    }
}
