//! Actions: the consents and sign-ins that an enterprise goes through, and how far each of them is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::advice::{Code, Explanation};
use crate::id::{ConsentRequestId, EnterpriseId, TenantId};
use crate::identity::Signer;
use crate::service::Service;
use crate::time::Timestamp;

/// A kind of action, under its name in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ActionType {
    /// The first consent, which binds the enterprise to its tenant.
    Registration,
    /// A sign-in that grants nothing new.
    LoginEnterpriseAdmin,
    /// Reading users and groups.
    UserSync,
    /// Reading presence.
    Presence,
    /// Deploying the app.
    Agent,
    /// Handling calls by the app.
    CallApp,
    /// Provisioning by the service provider.
    ServiceProviderManagement,
    /// Reading contacts.
    Contacts,
    /// Reading call records.
    Cdr,
    /// Recording calls.
    CallRecording,
}

/// When an action concerns an enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applies {
    /// Always, and nothing works without it.
    Mandatory,
    /// Mandatory with one of these services, optional otherwise.
    MandatoryWith(&'static [Service]),
    /// Mandatory with one of these services, not applicable otherwise.
    OnlyWith(&'static [Service]),
    /// Optional.
    Optional,
    /// Never by itself: when somebody asks for it.
    OnDemand,
}

/// One row of the action table.
#[derive(Debug)]
struct Row {
    action: ActionType,
    name: &'static str,
    consent_type: Option<&'static str>,
    title: &'static str,
    applies: Applies,
    recommended: bool,
}

const fn row(
    action: ActionType,
    name: &'static str,
    consent_type: Option<&'static str>,
    title: &'static str,
    applies: Applies,
) -> Row {
    Row { action, name, consent_type, title, applies, recommended: false }
}

const CALLING: &[Service] = &[Service::Pbx, Service::Trunk, Service::CallApp];

/// The action table of the design, as data.
const TABLE: &[Row] = &[
    row(ActionType::Registration, "REGISTRATION", None, "Register your organisation", Applies::Mandatory),
    row(
        ActionType::LoginEnterpriseAdmin,
        "LOGIN_ENTERPRISE_ADMIN",
        None,
        "Sign in as administrator",
        Applies::OnDemand,
    ),
    row(
        ActionType::UserSync,
        "GET_USER_SYNC_CONSENT",
        Some("UserSync"),
        "Allow user synchronisation",
        Applies::Mandatory,
    ),
    row(
        ActionType::Presence,
        "GET_PRESENCE_CONSENT",
        Some("Presence"),
        "Allow presence synchronisation",
        Applies::MandatoryWith(CALLING),
    ),
    row(ActionType::Agent, "GET_AGENT_CONSENT", Some("Agent"), "Allow deployment of the app", Applies::Mandatory),
    row(
        ActionType::CallApp,
        "GET_CALL_APP_CONSENT",
        Some("CallApp"),
        "Allow call handling by the app",
        Applies::OnlyWith(&[Service::CallApp]),
    ),
    Row {
        action: ActionType::ServiceProviderManagement,
        name: "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT",
        consent_type: Some("ServiceProviderManagement"),
        title: "Allow Management by Service Provider",
        applies: Applies::Optional,
        recommended: true,
    },
    row(ActionType::Contacts, "GET_CONTACTS_CONSENT", Some("Contacts"), "Allow reading of contacts", Applies::Optional),
    row(ActionType::Cdr, "GET_CDR_CONSENT", Some("CDR"), "Allow reading of call records", Applies::Optional),
    row(
        ActionType::CallRecording,
        "GET_CALL_RECORDING_CONSENT",
        Some("CallRecording"),
        "Allow call recording",
        Applies::OnlyWith(&[Service::CallRecording]),
    ),
];

/// The text names no action type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not an action type")]
pub struct UnknownAction;

impl ActionType {
    /// Every action type, in the order in which an enterprise meets them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.action)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.action == self).unwrap_or(&TABLE[0])
    }

    /// The name in the source, such as `REGISTRATION`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The matching consent type (R138); sign-ins have none.
    #[must_use]
    pub fn consent_type(self) -> Option<&'static str> {
        self.row().consent_type
    }

    /// The title that people see.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Whether an enterprise with these services cannot be ready without it.
    #[must_use]
    pub fn is_mandatory(self, services: &[Service]) -> bool {
        match self.row().applies {
            Applies::Mandatory => true,
            Applies::MandatoryWith(those) | Applies::OnlyWith(those) => services.iter().any(|one| those.contains(one)),
            Applies::Optional | Applies::OnDemand => false,
        }
    }

    /// Whether it is highly recommended though optional (R141).
    #[must_use]
    pub fn is_recommended(self) -> bool {
        self.row().recommended
    }
}

impl FromStr for ActionType {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        TABLE.iter().find(|row| row.name == text).map(|row| row.action).ok_or(UnknownAction)
    }
}

impl TryFrom<String> for ActionType {
    type Error = UnknownAction;

    fn try_from(text: String) -> Result<Self, UnknownAction> {
        text.parse()
    }
}

impl From<ActionType> for String {
    fn from(action: ActionType) -> String {
        action.name().to_owned()
    }
}

impl fmt::Display for ActionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far an action is. Each state holds only what is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ActionState {
    /// Nobody asked for it.
    NotRequested,
    /// Asked for; no link was made yet.
    PendingConsent {
        /// Since when.
        since: Timestamp,
    },
    /// A link was made.
    Started {
        /// Since when.
        since: Timestamp,
        /// The newest link.
        request: ConsentRequestId,
        /// Whether it asks with `prompt=consent`, after a consent for one person only.
        asked_again: bool,
    },
    /// Proved, but for a tenant that nobody named beforehand: the provider confirms or not.
    PendingConfirmation {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// The tenant to confirm.
        tenant: TenantId,
        /// Its name, for the person who confirms.
        organization: String,
    },
    /// The signer came back; Graph does not show the grant yet.
    Verifying {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
    },
    /// Proved by Graph.
    Granted {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Who granted it; none on the admin-consent page, which names nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Signer>,
    },
    /// Refused on Microsoft's page.
    Declined {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Why.
        code: Code,
        /// Whether the link asked with `prompt=consent`.
        asked_again: bool,
    },
    /// Stopped by something that somebody can mend.
    Blocked {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
        /// Why.
        code: Code,
        /// Whether the link asked with `prompt=consent`.
        asked_again: bool,
        /// The permissions that were asked for and are not granted, if that is why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// Could not be checked before the signer's token ended.
    Unverifiable {
        /// Since when.
        since: Timestamp,
        /// The link by which it came.
        request: ConsentRequestId,
    },
    /// Was granted and is gone from Graph.
    Drifted {
        /// Since when.
        since: Timestamp,
    },
    /// No longer asked for.
    Withdrawn {
        /// Since when.
        since: Timestamp,
    },
    /// Was granted and taken back on purpose.
    Revoked {
        /// Since when.
        since: Timestamp,
    },
    /// The link ended unused.
    Expired {
        /// Since when.
        since: Timestamp,
    },
}

impl ActionState {
    /// The state word of the contract.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotRequested => "not_requested",
            Self::PendingConsent { .. } => "pending_consent",
            Self::Started { .. } => "started",
            Self::PendingConfirmation { .. } => "pending_confirmation",
            Self::Verifying { .. } => "verifying",
            Self::Granted { .. } => "granted",
            Self::Declined { .. } => "declined",
            Self::Blocked { .. } => "blocked",
            Self::Unverifiable { .. } => "unverifiable",
            Self::Drifted { .. } => "drifted",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Revoked { .. } => "revoked",
            Self::Expired { .. } => "expired",
        }
    }

    /// Whether the next link must ask with `prompt=consent`: after a consent for one person only Microsoft would
    /// show no screen by itself.
    #[must_use]
    pub const fn must_ask_again(&self) -> bool {
        matches!(
            self,
            Self::Blocked { code: Code::OrgConsentNotTicked, .. }
                | Self::Blocked { asked_again: true, .. }
                | Self::Declined { asked_again: true, .. }
                | Self::Started { asked_again: true, .. }
        )
    }

    /// The tenant that waits for `confirm-tenant`, if one does.
    #[must_use]
    pub fn tenant_to_confirm(&self) -> Option<TenantToConfirm> {
        if let Self::PendingConfirmation { tenant, organization, .. } = self {
            Some(TenantToConfirm { tenant_id: *tenant, organization: organization.clone() })
        } else {
            None
        }
    }

    /// What is wrong, if something is.
    #[must_use]
    pub fn problem(&self) -> Option<Explanation> {
        match self {
            Self::Declined { code, .. } => Some(code.explain()),
            Self::Blocked { code, missing, .. } => Some(code.explain_missing(missing)),
            Self::Unverifiable { .. } => Some(Code::ProofUnreadable.explain()),
            Self::Drifted { .. } | Self::Revoked { .. } => Some(Code::ConsentMissing.explain()),
            Self::NotRequested
            | Self::PendingConsent { .. }
            | Self::Started { .. }
            | Self::PendingConfirmation { .. }
            | Self::Verifying { .. }
            | Self::Granted { .. }
            | Self::Withdrawn { .. }
            | Self::Expired { .. } => None,
        }
    }
}

/// An action of an enterprise, as `GET …/actions` answers it (K11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionItem {
    /// Whose.
    pub enterprise_id: EnterpriseId,
    /// Which action.
    pub action_type: ActionType,
    /// Its consent type, if it is a consent.
    pub consent_type: Option<&'static str>,
    /// Its state word.
    pub status: &'static str,
    /// Whether the enterprise cannot be ready without it.
    pub mandatory: bool,
    /// Whether it is recommended though optional.
    pub recommended: bool,
    /// Its title for people.
    pub title: &'static str,
    /// What is wrong, if something is.
    pub problem: Option<Explanation>,
    /// The tenant that waits for `confirm-tenant`, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_to_confirm: Option<TenantToConfirm>,
}

/// The tenant that a provider is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantToConfirm {
    /// Its id, to be sent back in `confirm-tenant`.
    pub tenant_id: TenantId,
    /// Its name in Microsoft Graph.
    pub organization: String,
}

impl ActionItem {
    /// The item of `action` in `state`, for `enterprise` with `services`.
    #[must_use]
    pub fn new(enterprise: EnterpriseId, action: ActionType, state: &ActionState, services: &[Service]) -> Self {
        Self {
            enterprise_id: enterprise,
            action_type: action,
            consent_type: action.consent_type(),
            status: state.word(),
            mandatory: action.is_mandatory(services),
            recommended: action.is_recommended(),
            title: action.title(),
            problem: state.problem(),
            tenant_to_confirm: state.tenant_to_confirm(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_under_its_own_name() {
        for action in ActionType::all() {
            assert_eq!(TABLE.iter().filter(|row| row.action == action).count(), 1);
            assert_eq!(action.name().parse(), Ok(action));
        }
        assert_eq!("registration".parse::<ActionType>(), Err(UnknownAction));
    }

    #[test]
    fn what_is_mandatory_follows_from_the_services() {
        assert!(ActionType::Registration.is_mandatory(&[]));
        assert!(ActionType::Presence.is_mandatory(&[Service::Trunk]));
        assert!(!ActionType::Presence.is_mandatory(&[Service::Sms]));
        assert!(!ActionType::CallApp.is_mandatory(&[Service::Pbx]));
        assert!(!ActionType::ServiceProviderManagement.is_mandatory(&[Service::Pbx]));
    }

    #[test]
    fn a_state_is_stored_under_its_word() {
        let since = Timestamp::from_seconds(1);
        let request = ConsentRequestId::new(since, &crate::random::tests::Counting::default());
        let blocked =
            ActionState::Blocked { since, request, code: Code::WrongTenant, asked_again: true, missing: vec![] };
        assert!(blocked.must_ask_again());
        let stored = serde_json::to_value(&blocked).unwrap();
        assert_eq!(stored["status"], blocked.word());
        assert_eq!(stored["code"], "wrong_tenant");
        assert_eq!(serde_json::from_value::<ActionState>(stored).unwrap(), blocked);
        assert_eq!(blocked.problem().map(|problem| problem.code), Some(Code::WrongTenant));
    }
}
